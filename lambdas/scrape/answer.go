package scrape

import (
	"slices"

	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

const (
	// neighbours is how many expected days around a stream's range are read, to
	// judge its days beside them.
	neighbours = 10
	// maxHolidays is the longest run of expected days without values, between
	// published ones, that may be holidays; a longer one is suspicious.
	maxHolidays = 5
	// sure is the age, in expected days, from which one empty answer is enough
	// to take a day for a holiday.
	sure = 10
)

// dayAnswer is what the publisher said of one day. There are tens of thousands at once: what
// all of them share is in part.
type dayAnswer struct {
	day     span.Day
	damaged bool
	fields  row.Fields
	reason  string     // why the value is not good
	empty   *row.Empty // of a day that the answer leaves out; else nil
}

// says returns what a makes of a row.
func (p *part) says(a *dayAnswer) row.Answer {
	return row.Answer{Fields: a.fields, Reason: a.reason, Source: p.source, Raw: p.raw}
}

// answers returns what the publisher said about the days of p, by day: its
// observations, the damaged days that were wanted, and an empty answer for each
// wanted day that it left out. A day that is both observed and damaged counts
// as damaged.
func (p *part) answers(observed []source.Observation, damaged []source.Damage, shown shown) []dayAnswer {
	p.source, p.raw = shown.source, shown.raw
	var got []dayAnswer
	for _, d := range damaged {
		if d.Key == p.series.Key && p.wanted.Contains(d.Day) {
			got = append(got, dayAnswer{day: d.Day, damaged: true, fields: d.Fields, reason: d.Reason})
		}
	}
	got = slices.Grow(got, len(observed))
	for _, o := range observed {
		got = append(got, dayAnswer{day: o.Day, fields: o.Fields, reason: p.series.Check(o.Fields)})
	}
	slices.SortStableFunc(got, func(a, b dayAnswer) int { return int(a.day - b.day) })
	got = slices.CompactFunc(got, func(a, b dayAnswer) bool { return a.day == b.day })
	p.compare(got)
	lacking := p.lacking(got)
	if lacking == 0 { // as after most requests
		return got
	}
	answers := make([]dayAnswer, 0, len(got)+lacking)
	p.shows(&shown, got)
	for day := range p.wanted.All() {
		for len(got) > 0 && got[0].day < day {
			answers, got = append(answers, got[0]), got[1:]
		}
		if len(got) == 0 || got[0].day != day {
			empty := shown.of(p, day)
			answers = append(answers, dayAnswer{day: day, empty: &empty})
		}
	}
	return append(answers, got...)
}

// lacking returns how many wanted days are not among those of got.
func (p *part) lacking(got []dayAnswer) (n int) {
	for day := range p.wanted.All() {
		for len(got) > 0 && got[0].day < day {
			got = got[1:]
		}
		if len(got) == 0 || got[0].day != day {
			n++
		}
	}
	return n
}

// compare gives a reason to those of got, good ones so far, that differ too much
// from the observed day before, or where there is none near, from the one after.
func (p *part) compare(got []dayAnswer) {
	if !slices.ContainsFunc(p.series.Checks, func(c catalogue.Check) bool { return c.MaxChange != "" }) {
		return
	}
	known := p.around              // observed or not
	var before catalogue.Neighbour // without a Day: none yet
	for i := range got {
		a := &got[i]
		for ; len(known) > 0 && known[0].Day < a.day; known = known[1:] {
			if known[0].Status == row.Observed && before.Day < known[0].Day {
				before = catalogue.Neighbour{Day: known[0].Day, Fields: known[0].Fields}
			}
		}
		if a.reason != "" {
			continue
		}
		if beside, ok := p.beside(a.day, before, got[i+1:], known); ok {
			a.reason = p.series.CheckChange(a.fields, beside)
		}
		if a.reason == "" {
			before = catalogue.Neighbour{Day: a.day, Fields: a.fields}
		}
	}
}

// beside returns the neighbour of day: the one before if it is near, or the
// first of those after it; ok is false when neither is near.
func (p *part) beside(day span.Day, before catalogue.Neighbour, got []dayAnswer, known []row.Row) (n catalogue.Neighbour, ok bool) {
	if before.Day != 0 {
		if before.Steps = p.steps(before.Day, day); before.Steps <= neighbours {
			return before, true
		}
	}
	if i := slices.IndexFunc(got, func(a dayAnswer) bool { return a.reason == "" }); i >= 0 {
		n = catalogue.Neighbour{Day: got[i].day, Fields: got[i].fields}
	}
	i := slices.IndexFunc(known, func(r row.Row) bool { return r.Status == row.Observed && r.Day > day })
	if i >= 0 && (n.Day == 0 || known[i].Day < n.Day) {
		n = catalogue.Neighbour{Day: known[i].Day, Fields: known[i].Fields}
	}
	if n.Day == 0 {
		return n, false
	}
	n.Steps = p.steps(day, n.Day)
	return n, n.Steps <= neighbours
}

// steps returns how many expected days lead from one day to a later one, at least 1.
func (p *part) steps(from, to span.Day) int {
	if to == from+1 {
		return 1
	}
	return max(1, p.due.Within(span.Span{From: from + 1, To: to}).Days())
}
