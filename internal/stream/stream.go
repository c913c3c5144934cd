// Package stream decides which ranges are asked for to fill gaps: near gaps
// together in one request, far ones apart. It knows days and keys only, and
// reads neither a clock nor a store.
package stream

import (
	"cmp"
	"slices"

	"lacuna/internal/span"
)

// Need is what one series lacks.
type Need struct {
	Key      string
	Gaps     []span.Span
	Expected span.Runs // at least within Gaps and between them; only these days are fetched for
}

// Limits bound the requests of a source. Zero means no limit.
type Limits struct {
	MaxDays         int // longest range, in days
	MaxSeries       int // most series of a request
	MaxRows         int // most expected days of a range, over the series asked together
	RequestCostDays int // a request weighs as much as this many days of range
}

// Stream is one range to ask for.
type Stream struct {
	Series []string // the series that lack days in Span, sorted
	Span   span.Span
	Days   int // missing days that it fills, over its series
}

// Plan returns the streams that fill the gaps of needs, newest last day first.
// Series are taken together in the order of their keys, up to MaxSeries. For
// each such group the sum of RequestCostDays and the days of the range, over
// its streams, is the smallest that the limits allow; a single day is always
// allowed. A stream begins and ends on a missing day.
func Plan(needs []Need, limits Limits) []Stream {
	var lacking []lack
	for _, n := range needs {
		if missing := n.Expected.Intersect(span.Collect(n.Gaps...)); len(missing) > 0 {
			lacking = append(lacking, lack{n.Key, missing, n.Expected})
		}
	}
	slices.SortFunc(lacking, func(a, b lack) int { return cmp.Compare(a.key, b.key) })
	if limits.MaxSeries <= 0 {
		limits.MaxSeries = max(len(lacking), 1)
	}
	var streams []Stream
	for group := range slices.Chunk(lacking, limits.MaxSeries) {
		streams = append(streams, fill(group, ranges(newTimeline(group), limits))...)
	}
	slices.SortStableFunc(streams, func(a, b Stream) int {
		return cmp.Or(cmp.Compare(b.Span.To, a.Span.To), cmp.Compare(b.Span.From, a.Span.From))
	})
	return streams
}

// lack is a need with its missing days.
type lack struct {
	key               string
	missing, expected span.Runs
}

// fill returns the streams of ranges, which are oldest first and cover the
// missing days of group.
func fill(group []lack, ranges []span.Span) []Stream {
	streams := make([]Stream, len(ranges))
	for i, r := range ranges {
		streams[i].Span = r
	}
	for _, l := range group {
		i := 0
		for _, run := range l.missing {
			for part := run; part.From <= run.To; part.From = part.To + 1 {
				for ranges[i].To < part.From {
					i++
				}
				part.To = min(run.To, ranges[i].To)
				s := &streams[i]
				if n := len(s.Series); n == 0 || s.Series[n-1] != l.key {
					s.Series = append(s.Series, l.key)
				}
				s.Days += part.Days()
			}
		}
	}
	return streams
}
