// Package detect is the Detect task: it finds the days of one series that its
// calendar expects, that are due, and that no row settles. It has no
// permissions and reads nothing.
package detect

import (
	"context"

	"lacuna/internal/catalogue"
	"lacuna/internal/gap"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Handler detects gaps. Use New.
type Handler struct{ catalogue *catalogue.Catalogue }

// New returns a Handler over the series of c.
func New(c *catalogue.Catalogue) *Handler { return &Handler{catalogue: c} }

// Handle runs the task once. It changes nothing, so a retry is safe.
func (h *Handler) Handle(_ context.Context, in message.Detect) (message.Detected, error) {
	key := in.Coverage.Key
	series, err := h.catalogue.Find(key)
	if err != nil {
		return message.Detected{}, err
	}
	source, _ := h.catalogue.Source(series.Source) // a catalogue has the sources of its series
	expected := series.Expected(in.Coverage.Span())
	var due span.Runs
	var newest span.Day
	if last, any := series.Due(in.AsOf); any && len(expected) > 0 && last >= expected[0].From {
		due = expected.Within(span.Span{From: expected[0].From, To: last})
		if last <= in.Coverage.To {
			newest = last
		}
	}
	wanted := in.Only.Wanted(due, row.Sorted{
		Settled: in.Coverage.Settled, Recheck: in.Coverage.Recheck, Waiting: in.Coverage.Waiting, Quarantined: in.Coverage.Quarantined,
	})
	gaps, dropped := gap.Limit(gap.Detect(due, due.Subtract(wanted)), in.MaxGaps, source.RequestCostDays)
	out := message.Detected{
		Key:         key,
		Expected:    expected.Days(),
		Missing:     wanted.Days(),
		NotDue:      expected.Days() - due.Days(),
		Waiting:     expected.Intersect(in.Coverage.Waiting).Days(),
		Quarantined: expected.Intersect(in.Coverage.Quarantined).Days(),
		Due:         newest,
		Latest:      in.Coverage.Latest,
		Gaps:        gaps,
		Deferred:    wanted.Intersect(span.Collect(dropped...)).Days(),
	}
	if n := len(wanted); n > 0 {
		out.Oldest, out.Newest = wanted[0].From, wanted[n-1].To
	}
	return out, nil
}
