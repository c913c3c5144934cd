// Package detect is the Detect task: it finds the days of some series that their
// calendars expect, that are due, and that no row settles. It has no
// permissions and reads nothing.
package detect

import (
	"context"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/gap"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Handler detects gaps. Use New.
type Handler struct{ catalogue *catalogue.Catalogue }

// New returns a Handler over the series of c.
func New(c *catalogue.Catalogue) *Handler { return &Handler{catalogue: c} }

// Handle runs the task once. It changes nothing, so a retry is safe. A series that
// failed is passed on with its error, and one that the catalogue does not have fails.
func (h *Handler) Handle(_ context.Context, in message.Detect) (message.Found, error) {
	out := message.Found{Series: make([]message.Detected, 0, len(in.Series))}
	for _, c := range in.Series {
		found := message.Detected{Key: c.Key, Error: c.Error}
		if c.Error == "" {
			var err error
			if found, err = h.detect(in, c); err != nil {
				found = message.Detected{Key: c.Key, Error: string(fault.NameOf(err))}
			}
		}
		out.Series = append(out.Series, found)
	}
	return out, nil
}

func (h *Handler) detect(in message.Detect, c message.Coverage) (message.Detected, error) {
	series, err := h.catalogue.Find(c.Key)
	if err != nil {
		return message.Detected{}, err
	}
	source, _ := h.catalogue.Source(series.Source) // a catalogue has the sources of its series
	expected := series.Expected(c.Span())
	var due span.Runs
	var newest span.Day
	if last, any := series.Due(in.AsOf); any && len(expected) > 0 && last >= expected[0].From {
		due = expected.Within(span.Span{From: expected[0].From, To: last})
		if last <= c.To {
			newest = last
		}
	}
	wanted := in.Only.Wanted(due, row.Sorted{Settled: c.Settled, Recheck: c.Recheck, Waiting: c.Waiting, Quarantined: c.Quarantined})
	gaps, dropped := gap.Limit(gap.Detect(due, due.Subtract(wanted)), in.MaxGaps, source.RequestCostDays)
	out := message.Detected{
		Key:         c.Key,
		Expected:    expected.Days(),
		Missing:     wanted.Days(),
		NotDue:      expected.Days() - due.Days(),
		Waiting:     expected.Intersect(c.Waiting).Days(),
		Quarantined: expected.Intersect(c.Quarantined).Days(),
		Due:         newest,
		Latest:      c.Latest,
		Gaps:        gaps,
		Deferred:    wanted.Intersect(span.Collect(dropped...)).Days(),
	}
	if n := len(wanted); n > 0 {
		out.Oldest, out.Newest = wanted[0].From, wanted[n-1].To
	}
	return out, nil
}
