// Package query is the Query task: it reads which days of one series have a
// row and sorts them by what the run does about them.
package query

import (
	"context"
	"fmt"

	"lacuna/internal/catalogue"
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
	series, err := h.catalogue.Find(in.Key)
	if err != nil {
		return message.Coverage{}, err
	}
	marks, err := h.Marks(ctx, in.SeriesRange)
	if err != nil {
		return message.Coverage{}, err
	}
	return Cover(series, in, marks), nil
}

// Marks reads what is known of the days of r, oldest first.
func (h *Handler) Marks(ctx context.Context, r message.SeriesRange) ([]row.Mark, error) {
	marks, err := h.marks.Marks(ctx, r.Key, r.Span())
	if err != nil {
		return nil, fmt.Errorf("coverage of %s: %w", r.Key, err)
	}
	return marks, nil
}

// Cover returns what marks, the rows of s in the range asked for, cover.
func Cover(s *catalogue.Series, in message.Query, marks []row.Mark) message.Coverage {
	newest, before := s.LookbackAt(in.AsOf)
	rows := in.Only.Sort(marks, newest, before, span.DayOf(in.AsOf))
	expected := s.Expected(in.Span())
	return message.Coverage{
		SeriesRange: in.SeriesRange,
		Settled:     compress(expected, rows.Settled),
		Recheck:     compress(expected, rows.Recheck),
		Waiting:     compress(expected, rows.Waiting),
		Quarantined: compress(expected, rows.Quarantined),
		Latest:      rows.Latest,
	}
}

// compress is never null in JSON.
func compress(expected, days span.Runs) span.Runs {
	if r := gap.Compress(expected, days); r != nil {
		return r
	}
	return span.Runs{}
}
