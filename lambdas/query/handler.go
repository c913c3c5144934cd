// Package query is the Query task: it reads which days of some series of a source
// have a row and sorts them by what the run does about them.
package query

import (
	"context"
	"fmt"
	"sync"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/gap"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

const (
	// atOnce is how many series are read at once: their answers are in memory.
	atOnce = 10
	// LastAttempt is the one after which the state machine does not try again when the
	// store could not be read.
	LastAttempt = 5
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
//
// A series that cannot be read fails alone, in the answer. As long as another attempt
// may help it fails the task, and so does a store that cannot be used at all.
func (h *Handler) Handle(ctx context.Context, in message.Query) (message.Covered, error) {
	out := message.Covered{Series: make([]message.Coverage, len(in.Series))}
	errs := make([]error, len(in.Series))
	slots := make(chan struct{}, atOnce)
	var reading sync.WaitGroup
	for i, r := range in.Series {
		slots <- struct{}{}
		reading.Go(func() {
			defer func() { <-slots }()
			out.Series[i], errs[i] = h.cover(ctx, in, r)
		})
	}
	reading.Wait()
	for i, err := range errs {
		if err == nil {
			continue
		}
		name := fault.NameOf(err)
		again := name == fault.StoreThrottled || name == fault.StoreUnavailable
		if name == fault.StoreUnusable || again && in.Attempt < LastAttempt {
			return message.Covered{}, err
		}
		out.Series[i] = message.Coverage{SeriesRange: in.Series[i], Error: string(name)}
	}
	return out, nil
}

func (h *Handler) cover(ctx context.Context, in message.Query, r message.SeriesRange) (message.Coverage, error) {
	series, err := h.catalogue.Find(r.Key)
	if err != nil {
		return message.Coverage{}, err
	}
	marks, err := h.Marks(ctx, r)
	if err != nil {
		return message.Coverage{}, err
	}
	return Cover(series, in, r, marks), nil
}

// Marks reads what is known of the days of r, oldest first.
func (h *Handler) Marks(ctx context.Context, r message.SeriesRange) ([]row.Mark, error) {
	marks, err := h.marks.Marks(ctx, r.Key, r.Span())
	if err != nil {
		return nil, fmt.Errorf("coverage of %s: %w", r.Key, err)
	}
	return marks, nil
}

// Cover returns what marks, the rows of s in the range r, cover.
func Cover(s *catalogue.Series, in message.Query, r message.SeriesRange, marks []row.Mark) message.Coverage {
	newest, before := s.LookbackAt(in.AsOf)
	rows := in.Only.Sort(marks, newest, before, span.DayOf(in.AsOf))
	expected := s.Expected(r.Span())
	return message.Coverage{
		SeriesRange: r,
		Settled:     gap.Compress(expected, rows.Settled),
		Recheck:     gap.Compress(expected, rows.Recheck),
		Waiting:     gap.Compress(expected, rows.Waiting),
		Quarantined: gap.Compress(expected, rows.Quarantined),
		Latest:      rows.Latest,
	}
}
