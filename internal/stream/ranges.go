package stream

import (
	"slices"

	"lacuna/internal/span"
)

// timeline is the missing days of a group of series, each day once.
type timeline struct {
	days   []span.Day
	before []int // expected days before days[i], over the series of the group
	upto   []int // the same up to and including days[i]
}

func newTimeline(group []lack) timeline {
	var runs []span.Span
	for _, l := range group {
		runs = append(runs, l.missing...)
	}
	missing := span.Collect(runs...)
	t := timeline{days: make([]span.Day, 0, missing.Days())}
	for d := range missing.All() {
		t.days = append(t.days, d)
	}
	t.before, t.upto = make([]int, len(t.days)), make([]int, len(t.days))
	for _, l := range group {
		t.count(l.expected)
	}
	return t
}

// count adds one series' expected days to before and upto.
func (t *timeline) count(expected span.Runs) {
	past := 0 // days of the runs that ended before d
	for i, d := range t.days {
		for len(expected) > 0 && expected[0].To < d {
			past += expected[0].Days()
			expected = expected[1:]
		}
		t.before[i] += past
		t.upto[i] += past
		if len(expected) > 0 && expected[0].From <= d {
			t.before[i] += int(d - expected[0].From)
			t.upto[i] += int(d-expected[0].From) + 1
		}
	}
}

// ranges cuts t into the cheapest ranges within limits, oldest first.
//
// The cheapest way to cover days[:j+1] ends with a range from some days[i] to
// days[j] and covers days[:i] the cheapest way:
//
//	cost[j+1] = min over i of cost[i] - days[i]   + RequestCostDays + days[j] + 1
//
// Only the part before the gap depends on i, and both limits admit the i of a
// window whose start never moves back. So a queue of the candidates in the
// window, each dearer than the one before it, has the best in front, and each
// day enters and leaves it once.
func ranges(t timeline, limits Limits) []span.Span {
	n := len(t.days)
	cost := make([]int, n+1) // of covering the first i days
	start := make([]int, n)  // index of the first day of the range that ends at day j
	best := func(i int) int { return cost[i] - int(t.days[i]) }
	queue, head, first := make([]int, 0, n), 0, 0
	for j, day := range t.days {
		for len(queue) > head && best(queue[len(queue)-1]) > best(j) {
			queue = queue[:len(queue)-1]
		}
		queue = append(queue, j)
		for first < j && !t.allowed(first, j, limits) {
			first++
		}
		for queue[head] < first {
			head++
		}
		start[j] = queue[head]
		cost[j+1] = best(start[j]) + limits.RequestCostDays + int(day) + 1
	}
	var out []span.Span
	for j := n - 1; j >= 0; j = start[j] - 1 {
		out = append(out, span.Span{From: t.days[start[j]], To: t.days[j]})
	}
	slices.Reverse(out)
	return out
}

// allowed reports whether a range from days[i] to days[j] is within limits.
func (t *timeline) allowed(i, j int, limits Limits) bool {
	days := int(t.days[j]-t.days[i]) + 1
	return (limits.MaxDays <= 0 || days <= limits.MaxDays) &&
		(limits.MaxRows <= 0 || t.upto[j]-t.before[i] <= limits.MaxRows)
}
