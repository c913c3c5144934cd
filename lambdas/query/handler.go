// Package query is the Query task: it reads which days of one series have a
// row and sorts them by what the run does about them.
package query

import (
	"context"
	"fmt"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/gap"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Marks reads what is known of the days of a series, oldest first.
type Marks interface {
	Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error)
}

// Handler queries. Use New.
type Handler struct {
	catalogue *catalogue.Catalogue
	marks     Marks
}

// New returns a Handler over the series of c and the rows of marks.
func New(c *catalogue.Catalogue, marks Marks) *Handler {
	return &Handler{catalogue: c, marks: marks}
}

// Handle runs the task once. It changes nothing, so a retry is safe. Its ranges
// run over days that the series does not have, such as weekends, so that a
// series without gaps is one range.
func (h *Handler) Handle(ctx context.Context, in message.Query) (message.Coverage, error) {
	series, ok := h.catalogue.Lookup(in.Key)
	if !ok {
		return message.Coverage{}, fault.New(fault.InputInvalid, "series %q is not in the catalogue", in.Key)
	}
	all := span.Span{From: in.From, To: in.To}
	marks, err := h.marks.Marks(ctx, in.Key, all)
	if err != nil {
		return message.Coverage{}, fmt.Errorf("coverage of %s: %w", in.Key, err)
	}
	var settled, recheck, waiting, quarantined span.Runs
	var latest span.Day
	today := span.DayOf(in.AsOf)
	newest, before := series.LookbackAt(in.AsOf)
	again := in.Only.Lookback(marks, newest, before)
	for _, m := range marks {
		if m.Status == row.Observed {
			latest = m.Day
		}
		switch {
		case in.Only.Wants(m, today, again):
			recheck = recheck.Append(m.Day)
		case m.Status == row.Quarantined:
			quarantined = quarantined.Append(m.Day)
		case m.RetryAt > today:
			waiting = waiting.Append(m.Day)
		default:
			settled = settled.Append(m.Day)
		}
	}
	expected := series.Expected(all)
	return message.Coverage{
		SeriesRange: in.SeriesRange,
		Settled:     compress(expected, settled),
		Recheck:     compress(expected, recheck),
		Waiting:     compress(expected, waiting),
		Quarantined: compress(expected, quarantined),
		Latest:      latest,
	}, nil
}

// compress is never null in JSON.
func compress(expected, days span.Runs) span.Runs {
	if r := gap.Compress(expected, days); r != nil {
		return r
	}
	return span.Runs{}
}
