// Package gap finds the runs of days that a series lacks. It knows sets of days
// only: what is expected and what settles a day is decided elsewhere.
package gap

import (
	"cmp"
	"slices"

	"lacuna/internal/span"
)

// Detect returns the gaps, oldest first: runs of consecutive expected days that
// are not settled. A gap begins and ends at such a day; days between that are
// not expected, a weekend say, do not break it.
func Detect(expected, settled span.Runs) []span.Span {
	var gaps []span.Span
	inGap := false // the expected day before is missing
	for _, e := range expected {
		for d := e.From; d <= e.To; {
			for len(settled) > 0 && settled[0].To < d {
				settled = settled[1:]
			}
			if len(settled) > 0 && settled[0].From <= d {
				d, inGap = settled[0].To+1, false
				continue
			}
			to := e.To
			if len(settled) > 0 {
				to = min(to, settled[0].From-1)
			}
			if inGap {
				gaps[len(gaps)-1].To = to
			} else {
				gaps = append(gaps, span.Span{From: d, To: to})
			}
			d, inGap = to+1, true
		}
	}
	return gaps
}

// Compress returns the days that are expected as runs of consecutive expected
// days: each runs over the days between that are not expected, so that a series
// without a gap is one run. Days that are not expected are left out.
func Compress(expected, days span.Runs) span.Runs {
	return Detect(expected, expected.Subtract(days))
}

// Limit returns at most limit gaps that cover the newest of gaps, which are
// sorted, and the oldest gaps that are left for later. While there are too many,
// the nearest are merged, as long as at most reach days lie between them; then
// the oldest are dropped.
func Limit(gaps []span.Span, limit, reach int) (kept, dropped []span.Span) {
	if len(gaps) <= limit {
		return gaps, nil
	}
	bridged := nearest(gaps, len(gaps)-max(limit, 0), reach)
	first := make([]int, 0, len(gaps)) // of the gaps merged into each kept one
	for i, g := range gaps {
		if i > 0 && bridged[i-1] {
			kept[len(kept)-1].To = g.To
			continue
		}
		kept, first = append(kept, g), append(first, i)
	}
	switch excess := len(kept) - max(limit, 0); {
	case excess <= 0:
		return kept, nil
	case excess == len(kept):
		return nil, gaps
	default:
		return kept[excess:], slices.Clip(gaps[:first[excess]])
	}
}

// nearest marks up to n gaps that are at most reach days before their next one,
// the nearest first and of equals the older.
func nearest(gaps []span.Span, n, reach int) []bool {
	between := func(i int) int { return int(gaps[i+1].From-gaps[i].To) - 1 }
	var near []int
	for i := range len(gaps) - 1 {
		if between(i) <= reach {
			near = append(near, i)
		}
	}
	slices.SortStableFunc(near, func(a, b int) int { return cmp.Compare(between(a), between(b)) })
	marked := make([]bool, len(gaps))
	for _, i := range near[:min(n, len(near))] {
		marked[i] = true
	}
	return marked
}
