package stream_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/calendar"
	"lacuna/internal/gap"
	"lacuna/internal/span"
	"lacuna/internal/stream"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// spans reads "5-6 9" as days from 1970-01-01.
func spans(text string) []span.Span {
	var out []span.Span
	for _, word := range strings.Fields(text) {
		var from, to span.Day
		if n, _ := fmt.Sscanf(word, "%d-%d", &from, &to); n < 2 {
			to = from
		}
		out = append(out, span.Span{From: from, To: to})
	}
	return out
}

// need is a series whose weeks begin on day 1 and last five days of seven.
func need(key, gaps string) stream.Need {
	var expected span.Runs
	for monday := span.Day(1); monday < 400; monday += 7 {
		expected = expected.AppendSpan(span.Span{From: monday, To: monday + 4})
	}
	return stream.Need{Key: key, Gaps: spans(gaps), Expected: expected}
}

func one(days int, s string, series ...string) stream.Stream {
	return stream.Stream{Series: series, Span: spans(s)[0], Days: days}
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name   string
		needs  []stream.Need
		limits stream.Limits
		want   []stream.Stream
	}{
		{
			name: "nothing lacks", needs: []stream.Need{need("A", "")},
		},
		{
			name: "one gap over a weekend", needs: []stream.Need{need("A", "3-9")},
			limits: stream.Limits{RequestCostDays: 10},
			want:   []stream.Stream{one(5, "3-9", "A")},
		},
		{
			name: "near gaps are bridged", needs: []stream.Need{need("A", "1 10 12")},
			limits: stream.Limits{RequestCostDays: 10},
			want:   []stream.Stream{one(3, "1-12", "A")},
		},
		{
			name: "far gaps are apart, newest first", needs: []stream.Need{need("A", "1 24 26")},
			limits: stream.Limits{RequestCostDays: 10},
			want:   []stream.Stream{one(2, "24-26", "A"), one(1, "1", "A")},
		},
		{
			name: "longest range", needs: []stream.Need{need("A", "1-40")},
			limits: stream.Limits{RequestCostDays: 100, MaxDays: 21},
			want:   []stream.Stream{one(15, "22-40", "A"), one(15, "1-19", "A")},
		},
		{
			name: "most rows", needs: []stream.Need{need("A", "1-12"), need("B", "1")},
			limits: stream.Limits{RequestCostDays: 100, MaxRows: 10, MaxSeries: 2},
			want:   []stream.Stream{one(5, "8-12", "A"), one(6, "1-5", "A", "B")},
		},
		{
			name: "a single day whatever its rows", needs: []stream.Need{need("A", "1"), need("B", "1")},
			limits: stream.Limits{MaxRows: 1},
			want:   []stream.Stream{one(2, "1", "A", "B")},
		},
		{
			name: "series by key, those without a gap left out", needs: []stream.Need{need("C", "3"), need("B", ""), need("A", "1-2"), need("D", "9")},
			limits: stream.Limits{RequestCostDays: 100, MaxSeries: 2},
			want:   []stream.Stream{one(1, "9", "D"), one(3, "1-3", "A", "C")},
		},
		{
			name: "a series is named where it lacks days", needs: []stream.Need{need("A", "1 366"), need("B", "2")},
			limits: stream.Limits{RequestCostDays: 30},
			want:   []stream.Stream{one(1, "366", "A"), one(2, "1-2", "A", "B")},
		},
		{
			name: "two groups on the same days, in the order of keys", needs: []stream.Need{need("B", "1"), need("A", "1")},
			limits: stream.Limits{MaxSeries: 1},
			want:   []stream.Stream{one(1, "1", "A"), one(1, "1", "B")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, stream.Plan(tt.needs, tt.limits)); diff != "" {
				t.Errorf("Plan mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// missing returns the expected days in the gaps of n.
func missing(n stream.Need) []span.Day {
	var out []span.Day
	for d := range n.Expected.Intersect(span.Collect(n.Gaps...)).All() {
		out = append(out, d)
	}
	return out
}

// groups returns those of needs that lack something as they are asked for
// together: by key, so many at once.
func groups(needs []stream.Need, most int) [][]stream.Need {
	lacking := slices.DeleteFunc(slices.Clone(needs), func(n stream.Need) bool { return len(missing(n)) == 0 })
	slices.SortFunc(lacking, func(a, b stream.Need) int { return strings.Compare(a.Key, b.Key) })
	return slices.Collect(slices.Chunk(lacking, most))
}

// leastCost tries every way to cut the missing days of needs into ranges, by
// asking of each day whether a range ends there.
func leastCost(needs []stream.Need, limits stream.Limits) int {
	var days []span.Day
	for _, n := range needs {
		days = append(days, missing(n)...)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	if len(days) == 0 {
		return 0
	}
	best := math.MaxInt
	for cuts := range 1 << (len(days) - 1) {
		cost, from := 0, 0
		for i := range days {
			if i < len(days)-1 && cuts>>i&1 == 0 {
				continue
			}
			s := span.Span{From: days[from], To: days[i]}
			if s.Days() > limits.MaxDays || s.Days() > 1 && rows(needs, s) > limits.MaxRows {
				cost = math.MaxInt / 2
				break
			}
			cost, from = cost+limits.RequestCostDays+s.Days(), i+1
		}
		best = min(best, cost)
	}
	return best
}

// rows returns the expected days in s of the series that lack something.
func rows(needs []stream.Need, s span.Span) int {
	n := 0
	for _, need := range needs {
		if len(need.Gaps) > 0 {
			n += need.Expected.Within(s).Days()
		}
	}
	return n
}

// drawNeeds draws series with at most 12 missing days in all.
func drawNeeds(rt *rapid.T) []stream.Need {
	left := 12
	needs := make([]stream.Need, rapid.IntRange(0, 3).Draw(rt, "series"))
	for i := range needs {
		var expected, settled span.Runs
		for d := range span.Day(40) {
			switch rapid.SampledFrom([]string{"closed", "settled", "settled", "missing"}).Draw(rt, "day") {
			case "settled":
				expected, settled = expected.Append(d), settled.Append(d)
			case "missing":
				expected = expected.Append(d)
				if left--; left < 0 {
					settled = settled.Append(d)
				}
			}
		}
		needs[i] = stream.Need{Key: string(rune('C' - i)), Expected: expected, Gaps: gap.Detect(expected, settled)}
	}
	return needs
}

// The plan of each group is the cheapest there is, fills every missing day once
// and nothing else, and keeps the limits.
func TestPlanIsMinimal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		needs := drawNeeds(rt)
		limits := stream.Limits{
			MaxDays:         rapid.IntRange(1, 40).Draw(rt, "max days"),
			MaxSeries:       rapid.IntRange(1, 3).Draw(rt, "max series"),
			MaxRows:         rapid.IntRange(1, 60).Draw(rt, "max rows"),
			RequestCostDays: rapid.IntRange(0, 15).Draw(rt, "request cost"),
		}
		left := stream.Plan(needs, limits)
		for _, group := range groups(needs, limits.MaxSeries) {
			of := func(s stream.Stream) bool {
				return slices.ContainsFunc(group, func(n stream.Need) bool { return n.Key == s.Series[0] })
			}
			var streams []stream.Stream
			for _, s := range left {
				if of(s) {
					streams = append(streams, s)
				}
			}
			left = slices.DeleteFunc(left, of)
			checkGroup(rt, group, limits, streams)
		}
		if len(left) > 0 {
			rt.Errorf("%v are of no group", left)
		}
	})
}

// checkGroup checks the streams of series that are asked for together.
func checkGroup(rt *rapid.T, needs []stream.Need, limits stream.Limits, streams []stream.Stream) {
	cost := 0
	for i, s := range streams {
		cost += limits.RequestCostDays + s.Span.Days()
		if s.Span.Days() > limits.MaxDays || s.Span.Days() > 1 && rows(needs, s.Span) > limits.MaxRows {
			rt.Errorf("%v is over the limits %+v", s, limits)
		}
		if i > 0 && s.Span.To >= streams[i-1].Span.From {
			rt.Errorf("%v comes after %v", s, streams[i-1])
		}
	}
	if want := leastCost(needs, limits); cost != want {
		rt.Errorf("cost %d of %v, least is %d", cost, streams, want)
	}
	filled := 0
	for _, n := range needs {
		for _, d := range missing(n) {
			filled++
			if !slices.ContainsFunc(streams, func(s stream.Stream) bool { return s.Span.Contains(d) && slices.Contains(s.Series, n.Key) }) {
				rt.Errorf("%s %d is in no stream", n.Key, d)
			}
		}
	}
	for _, s := range streams {
		filled -= s.Days
		for _, key := range s.Series {
			lacks := slices.ContainsFunc(needs, func(n stream.Need) bool {
				return n.Key == key && slices.ContainsFunc(missing(n), s.Span.Contains)
			})
			if !lacks {
				rt.Errorf("%v names %s, which lacks nothing there", s, key)
			}
		}
	}
	if filled != 0 {
		rt.Errorf("%d missing days more than the streams count", filled)
	}
}

// leastCostOfMany is leastCost for many days: the cheapest way to cover the days
// up to each one, by trying each day as the first of the last range.
func leastCostOfMany(needs []stream.Need, limits stream.Limits) int {
	var days []span.Day
	for _, n := range needs {
		days = append(days, missing(n)...)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	if len(days) == 0 {
		return 0
	}
	expected := make([]int, days[len(days)-1]-days[0]+2) // days of all series before days[0]+i
	for i := range len(expected) - 1 {
		expected[i+1] = expected[i]
		for _, n := range needs {
			if n.Expected.Contains(days[0] + span.Day(i)) {
				expected[i+1]++
			}
		}
	}
	least := make([]int, len(days)+1)
	for to := range days {
		least[to+1] = math.MaxInt
		for from := to; from >= 0; from-- {
			s := span.Span{From: days[from], To: days[to]}
			if s.Days() > limits.MaxDays || from < to && expected[s.To-days[0]+1]-expected[s.From-days[0]] > limits.MaxRows {
				break
			}
			least[to+1] = min(least[to+1], least[from]+limits.RequestCostDays+s.Days())
		}
	}
	return least[len(days)]
}

// The two slow answers agree, so that the second is one too.
func TestTheLeastCostOfManyIsTheLeastCost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		needs := drawNeeds(rt)
		needs = slices.DeleteFunc(needs, func(n stream.Need) bool { return len(missing(n)) == 0 })
		limits := stream.Limits{
			MaxDays:         rapid.IntRange(1, 40).Draw(rt, "max days"),
			MaxRows:         rapid.IntRange(1, 60).Draw(rt, "max rows"),
			RequestCostDays: rapid.IntRange(0, 15).Draw(rt, "request cost"),
		}
		if got, want := leastCostOfMany(needs, limits), leastCost(needs, limits); got != want {
			rt.Errorf("cost %d, want %d", got, want)
		}
	})
}

// holed returns thirty series of the euro's calendar, 2008 to mid-2026, each with
// so many of a thousand days deleted at random.
func holed(perThousand int) (needs []stream.Need, gaps, days int) {
	c, _ := calendar.Named(calendar.Target)
	open := c.Open(span.Span{From: span.Date(2008, 1, 2), To: span.Date(2026, 6, 30)})
	random := rand.New(rand.NewPCG(30, uint64(perThousand)))
	for i := range 30 {
		var settled span.Runs
		for d := range open.All() {
			if random.IntN(1000) >= perThousand {
				settled = settled.Append(d)
			}
		}
		n := stream.Need{Key: fmt.Sprintf("S%02d", i), Expected: open, Gaps: gap.Detect(open, settled)}
		needs, gaps, days = append(needs, n), gaps+len(n.Gaps), days+open.Days()-settled.Days()
	}
	return needs, gaps, days
}

// Thirty currencies with holes, at the limits of three kinds of publishers: what
// is planned costs as little as anything can. docs/benchmarks.md has the counts.
func TestThirtyCurrenciesWithHolesCostTheLeast(t *testing.T) {
	tests := []struct {
		name        string
		perThousand int
		limits      stream.Limits
		requests    int
	}{
		{"the ECB, 5 % deleted", 50, stream.Limits{MaxDays: 3650, MaxSeries: 40, MaxRows: 25_000, RequestCostDays: 365}, 6},
		{"one series a request, 5 % deleted", 50, stream.Limits{MaxDays: 3650, MaxSeries: 1, MaxRows: 25_000, RequestCostDays: 365}, 60},
		{"requests as dear as ten days, 5 % deleted", 50, stream.Limits{MaxDays: 3650, MaxSeries: 1, MaxRows: 25_000, RequestCostDays: 10}, 4846},
		{"the ECB, one day of a thousand deleted", 1, stream.Limits{MaxDays: 3650, MaxSeries: 40, MaxRows: 25_000, RequestCostDays: 365}, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			needs, gaps, days := holed(tt.perThousand)
			streams := stream.Plan(needs, tt.limits)
			cost, least := 0, 0
			for _, s := range streams {
				cost += tt.limits.RequestCostDays + s.Span.Days()
			}
			for _, group := range groups(needs, tt.limits.MaxSeries) {
				least += leastCostOfMany(group, tt.limits)
			}
			if cost != least || len(streams) != tt.requests {
				t.Errorf("%d days in %d gaps: %d requests that cost %d, want %d and %d", days, gaps, len(streams), cost, tt.requests, least)
			}
		})
	}
}

// Gaps are only cut where a limit forces it, when a request costs more than
// the longest time without open days.
func TestPlanCutsLongGapsAsRarelyAsItCan(t *testing.T) {
	c, _ := calendar.Named(calendar.BrazilBank)
	whole := span.Span{From: span.Date(2000, 1, 3), To: span.Date(2026, 6, 30)}
	open := c.Open(whole)
	streams := stream.Plan([]stream.Need{{Key: "A", Gaps: []span.Span{whole}, Expected: open}},
		stream.Limits{MaxDays: 3650, MaxSeries: 1, MaxRows: 25_000, RequestCostDays: 365})
	days := 0
	for _, s := range streams {
		days += s.Days
	}
	if len(streams) != 3 || days != open.Days() {
		t.Errorf("%d streams for %d days, want 3 for %d", len(streams), days, open.Days())
	}
}

// 60 series, of which each lacks two days of five: 100,000 gaps.
func BenchmarkPlan100000Gaps(b *testing.B) {
	c, _ := calendar.Named(calendar.Target)
	open := c.Open(span.Span{From: span.Date(1999, 1, 4), To: span.Date(2026, 6, 30)})
	random := rand.New(rand.NewPCG(1, 2))
	gaps := 0
	needs := make([]stream.Need, 60)
	for i := range needs {
		var settled span.Runs
		for d := range open.All() {
			if random.IntN(5) < 3 {
				settled = settled.Append(d)
			}
		}
		needs[i] = stream.Need{Key: fmt.Sprintf("S%02d", i), Expected: open, Gaps: gap.Detect(open, settled)}
		gaps += len(needs[i].Gaps)
	}
	for _, most := range []int{1, 40} {
		b.Run(fmt.Sprintf("%d series a request", most), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				stream.Plan(needs, stream.Limits{MaxDays: 3650, MaxSeries: most, MaxRows: 25_000, RequestCostDays: 365})
			}
			b.ReportMetric(float64(gaps), "gaps")
		})
	}
}
