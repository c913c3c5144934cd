package scrape

import (
	"fmt"

	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// shown is what an answer shows of one series. What it does not show it does not
// prove: that a day has no value least of all.
type shown struct {
	source   string
	span     span.Span // that was asked for
	raw      string    // hash of what is kept of it
	empty    span.Runs // days that the answer has, without a value
	silent   span.Runs // days that one of several requests was for, which was answered without a row
	values   span.Runs // due days that it has with one
	observed span.Runs // due days that are stored, and were shown when last compared
	known    span.Runs // values and observed
}

// shows adds what got, the answer's days of p, and the rows around them tell.
func (p *part) shows(s *shown, got []dayAnswer) {
	for _, a := range got {
		if len(a.fields) > 0 && !a.damaged {
			s.values = s.values.Append(a.day)
		}
	}
	s.values, s.observed = s.values.Intersect(p.due), p.published()
	s.known = s.values.Union(s.observed)
}

// of returns what the answer shows of a wanted day of p that it has no value for.
//
// An observed day is withdrawn when the answer has values on both sides of it. A
// day that has none yet is between witnesses only when no day nearer to it is
// known to be published: an answer that lacks such a day is not whole.
func (s *shown) of(p *part, day span.Day) row.Empty {
	isObserved := s.observed.Contains(day)
	near := s.known
	if isObserved {
		near = s.values
	}
	before, begins := near.Before(day)
	after, ends := near.After(day)
	between := begins && ends
	if between && p.due.Within(span.Span{From: before + 1, To: after - 1}).Days() > maxHolidays {
		return row.Empty{Kind: row.Suspicious}
	}
	if between && len(s.values) > 0 && s.silent.Contains(day) { // the values are of other requests
		if isObserved {
			return row.Empty{}
		}
		return row.Empty{Kind: row.Unproven, Why: s.source + " has no row in its answer to the request for it, and the answers to others prove nothing of it"}
	}
	if why := s.lacks(p, before, begins, after, ends); why != "" && !isObserved {
		return row.Empty{Kind: row.Unproven, Why: why}
	}
	switch {
	case between && s.values.Contains(before) && s.values.Contains(after):
		return row.Empty{
			Kind: row.Between, Witnesses: span.Span{From: before, To: after},
			Learn: p.series.OnEmpty == catalogue.Learn, Old: p.steps(day, p.due[len(p.due)-1].To) >= sure,
		}
	case isObserved && s.empty.Contains(day) && (begins || ends):
		return row.Empty{Kind: row.Itself}
	}
	return row.Empty{}
}

// lacks says which days beside a day without a value, the nearest ones that are
// known, the answer should have had.
func (s *shown) lacks(p *part, before span.Day, begins bool, after span.Day, ends bool) string {
	answer := fmt.Sprintf("the answer of %s for %s", s.source, s.span)
	if len(s.values) == 0 && len(s.empty) == 0 {
		if newest := (span.Span{From: p.newest, To: p.newest}); len(p.wanted) == 1 && p.wanted[0] == newest {
			return "" // published late today, as happens
		}
		return answer + " has no row of it"
	}
	for _, side := range []struct {
		day span.Day
		any bool
	}{{before, begins}, {after, ends}} {
		if side.any && s.span.Contains(side.day) && !s.values.Contains(side.day) {
			return fmt.Sprintf("%s lacks %s, which is published", answer, side.day)
		}
	}
	return ""
}
