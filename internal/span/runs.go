package span

import (
	"iter"
	"slices"
	"sort"
)

// Runs is a set of days as runs: sorted, and no two of them overlap or touch.
// The functions below keep it so; a nil Runs is the empty set.
type Runs []Span

// Append adds d, which is not before any day of r.
func (r Runs) Append(d Day) Runs { return r.AppendSpan(Span{d, d}) }

// AppendSpan adds the days of s, which does not begin before the last run of r.
func (r Runs) AppendSpan(s Span) Runs {
	if n := len(r); n > 0 && s.From <= r[n-1].To+1 {
		r[n-1].To = max(r[n-1].To, s.To)
		return r
	}
	return append(r, s)
}

// Collect returns the set of all days in spans, which may be in any order and overlap.
func Collect(spans ...Span) Runs {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b Span) int { return int(a.From) - int(b.From) })
	var r Runs
	for _, s := range sorted {
		r = r.AppendSpan(s)
	}
	return r
}

// Days returns the number of days in r.
func (r Runs) Days() int {
	n := 0
	for _, s := range r {
		n += s.Days()
	}
	return n
}

// Contains reports whether d is in r.
func (r Runs) Contains(d Day) bool {
	i := sort.Search(len(r), func(i int) bool { return r[i].To >= d })
	return i < len(r) && r[i].From <= d
}

// Before returns the last day of r before d; ok is false when there is none.
func (r Runs) Before(d Day) (day Day, ok bool) {
	i := sort.Search(len(r), func(i int) bool { return r[i].From >= d }) - 1
	if i < 0 {
		return 0, false
	}
	return min(r[i].To, d-1), true
}

// After returns the first day of r after d; ok is false when there is none.
func (r Runs) After(d Day) (day Day, ok bool) {
	i := sort.Search(len(r), func(i int) bool { return r[i].To > d })
	if i == len(r) {
		return 0, false
	}
	return max(r[i].From, d+1), true
}

// All yields the days of r in order.
func (r Runs) All() iter.Seq[Day] {
	return func(yield func(Day) bool) {
		for _, s := range r {
			for d := s.From; d <= s.To; d++ {
				if !yield(d) {
					return
				}
			}
		}
	}
}

// Within returns the part of r inside s; it shares no memory with r.
func (r Runs) Within(s Span) Runs {
	first := sort.Search(len(r), func(i int) bool { return r[i].To >= s.From })
	return r[first:].Intersect(Runs{s})
}

// Union returns the days in r or o.
func (r Runs) Union(o Runs) Runs {
	var out Runs
	for len(r) > 0 || len(o) > 0 {
		if len(o) == 0 || len(r) > 0 && r[0].From <= o[0].From {
			out, r = out.AppendSpan(r[0]), r[1:]
		} else {
			out, o = out.AppendSpan(o[0]), o[1:]
		}
	}
	return out
}

// Intersect returns the days in both r and o.
func (r Runs) Intersect(o Runs) Runs {
	var out Runs
	for len(r) > 0 && len(o) > 0 {
		if both, ok := r[0].Intersect(o[0]); ok {
			out = append(out, both)
		}
		if r[0].To < o[0].To {
			r = r[1:]
		} else {
			o = o[1:]
		}
	}
	return out
}

// Subtract returns the days in r that are not in o.
func (r Runs) Subtract(o Runs) Runs {
	if len(o) == 0 {
		return slices.Clone(r)
	}
	var out Runs
	for _, s := range r {
		for len(o) > 0 && o[0].To < s.From {
			o = o[1:]
		}
		from := s.From
		for i := 0; i < len(o) && o[i].From <= s.To; i++ {
			if from < o[i].From {
				out = append(out, Span{from, o[i].From - 1})
			}
			from = o[i].To + 1
		}
		if from <= s.To {
			out = append(out, Span{from, s.To})
		}
	}
	return out
}
