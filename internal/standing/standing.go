// Package standing says how a series stands: which of its days are there, which lack and
// why, in numbers and as a picture.
package standing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Standing is the coverage of one series from its beginning until today.
type Standing struct {
	Coverage
	OldestGap   *Days    `json:"oldest_gap"`
	Newest      span.Day `json:"newest,omitzero"`       // newest observed day
	Behind      int      `json:"freshness_days"`        // due days after Newest
	NextRecheck span.Day `json:"next_recheck,omitzero"` // first day on which one without a good value is asked for again
}

// Of returns how s stands at asOf, marks being its rows in r.
func Of(s *catalogue.Series, r span.Span, marks []row.Mark, asOf time.Time) Standing {
	st := Standing{Coverage: Cover(s, r, marks, asOf)}
	st.NextRecheck = st.recheck
	after := r
	if newest, ok := newest(marks); ok {
		st.Newest, after.From = newest, newest+1
	}
	st.Behind = st.due.Within(after).Days()
	if gaps := st.Gaps(st.missing); len(gaps) > 0 {
		st.OldestGap = &Days{gaps[0].From, gaps[0].To, st.missing.Within(gaps[0]).Days()}
	}
	return st
}

// Range returns the part of days, up to today, in which one has days.
func Range(one *catalogue.Series, days span.Span, today span.Day) (r span.Span, ok bool) {
	r = span.Span{From: one.Since, To: today}
	if one.Until != 0 {
		r.To = min(r.To, one.Until)
	}
	return r.Intersect(days)
}

// Any returns an error, which says why, when there are series in list and none of them has a
// day in days up to today: nothing can be said of how they stand then.
func Any(list []*catalogue.Series, days span.Span, today span.Day) error {
	days.To = min(days.To, today)
	if len(list) == 0 || slices.ContainsFunc(list, func(one *catalogue.Series) bool { _, ok := Range(one, days, today); return ok }) {
		return nil
	}
	return catalogue.NoneIn(list, days)
}

func newest(marks []row.Mark) (day span.Day, ok bool) {
	for i := len(marks) - 1; i >= 0; i-- {
		if marks[i].Status == row.Observed {
			return marks[i].Day, true
		}
	}
	return 0, false
}

// Words say how a series stands.
func (st *Standing) Words() string {
	words := []string{"no gap"}
	if g := st.OldestGap; g != nil {
		words[0] = "oldest gap " + span.Span{From: g.From, To: g.To}.String()
	}
	switch {
	case st.Newest == 0:
		words = append(words, "no value yet")
	case st.Behind == 0:
		words = append(words, "fresh to "+st.Newest.String())
	default:
		words = append(words, fmt.Sprintf("newest value of %s, %s behind", st.Newest, output.Count(st.Behind, "due day")))
	}
	if st.NextRecheck != 0 {
		words = append(words, "asked again on "+st.NextRecheck.String())
	}
	return strings.Join(words, ", ")
}

// Report is how series stand, as JSON has it.
type Report struct {
	SchemaVersion int        `json:"schema_version"`
	AsOf          time.Time  `json:"as_of"`
	Complete      bool       `json:"complete"` // nothing is missing or waiting
	Series        []Standing `json:"series"`
}

// Add adds a series to r, which begins as complete.
func (r *Report) Add(st Standing) {
	r.Complete = r.Complete && st.Missing == 0 && st.Waiting == 0
	r.Series = append(r.Series, st)
}

// Bare returns st without its days: a few hundred bytes for ever.
func (st Standing) Bare() Standing {
	st.daysOf, st.withdrawn = daysOf{}, nil
	return st
}
