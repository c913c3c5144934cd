package gap_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"lacuna/internal/calendar"
	"lacuna/internal/gap"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// on reads days written as "5-6 9": runs and single days of a month.
func on(text string) span.Runs {
	var out span.Runs
	for _, word := range strings.Fields(text) {
		var from, to span.Day
		if n, _ := fmt.Sscanf(word, "%d-%d", &from, &to); n < 2 {
			to = from
		}
		out = out.AppendSpan(span.Span{From: from, To: to})
	}
	return out
}

// spans reads gaps written the same way; they may touch.
func spans(text string) []span.Span {
	var out []span.Span
	for _, word := range strings.Fields(text) {
		out = append(out, on(word)...)
	}
	return out
}

func TestDetect(t *testing.T) {
	tests := []struct {
		name                    string
		expected, settled, want string
	}{
		{name: "nothing expected", settled: "1-9"},
		{name: "nothing missing", expected: "1-5 8-12", settled: "1-12"},
		{name: "nothing settled", expected: "1-5 8-12", want: "1-12"},
		{name: "hole in the middle", expected: "5-7", settled: "5 7", want: "6"},
		{name: "weekend bridged", expected: "8-9 12-13", settled: "8 13", want: "9-12"},
		{name: "settled Friday ends a gap", expected: "1-5 8-12", settled: "5", want: "1-4 8-12"},
		{name: "settled Monday begins another", expected: "1-5 8-12", settled: "8", want: "1-5 9-12"},
		{name: "settled weekend day does not break", expected: "1-5 8-12", settled: "6", want: "1-12"},
		{name: "settled run over a weekend", expected: "1-5 8-12", settled: "4-9", want: "1-3 10-12"},
		{name: "settled days outside", expected: "10-12", settled: "1-3 20", want: "10-12"},
		{name: "neighbours around a settled day", expected: "1-3", settled: "2", want: "1 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := gap.Detect(on(tt.expected), on(tt.settled))
			if diff := cmp.Diff(spans(tt.want), got); diff != "" {
				t.Errorf("Detect(%s, %s) mismatch (-want +got):\n%s", tt.expected, tt.settled, diff)
			}
		})
	}
}

// slowGaps collects gaps day by day: an expected day that is not settled
// belongs to the gap of the expected day before, if that one is in a gap.
func slowGaps(expected, settled span.Runs) []span.Span {
	var gaps []span.Span
	inGap := false
	for d := range expected.All() {
		missing := !settled.Contains(d)
		if missing && inGap {
			gaps[len(gaps)-1].To = d
		} else if missing {
			gaps = append(gaps, span.Span{From: d, To: d})
		}
		inGap = missing
	}
	return gaps
}

// set draws days below 64 from the bits of a number.
func set(bits uint64) span.Runs {
	var out span.Runs
	for d := range span.Day(64) {
		if bits>>d&1 == 1 {
			out = out.Append(d)
		}
	}
	return out
}

func FuzzDetect(f *testing.F) {
	f.Add(uint64(0b1111100111110011111), uint64(0b1000001))
	f.Add(^uint64(0), uint64(0))
	f.Fuzz(func(t *testing.T, e, s uint64) {
		expected, settled := set(e), set(s)
		if diff := cmp.Diff(slowGaps(expected, settled), gap.Detect(expected, settled)); diff != "" {
			t.Errorf("Detect(%v, %v) mismatch (-want +got):\n%s", expected, settled, diff)
		}
		if diff := cmp.Diff(slowGaps(expected, set(^s)), []span.Span(gap.Compress(expected, settled))); diff != "" {
			t.Errorf("Compress(%v, %v) mismatch (-want +got):\n%s", expected, settled, diff)
		}
	})
}

func TestCompressOfACompleteSeriesIsOneRun(t *testing.T) {
	c, _ := calendar.Named(calendar.BrazilBank)
	whole := span.Span{From: span.Date(2000, 1, 3), To: span.Date(2026, 6, 30)}
	open := c.Open(whole)
	if diff := cmp.Diff(span.Runs{whole}, gap.Compress(open, open)); diff != "" {
		t.Errorf("Compress mismatch (-want +got):\n%s", diff)
	}
}

func TestLimit(t *testing.T) {
	tests := []struct {
		name                string
		gaps                string
		limit, reach        int
		wantKept, wantLater string
	}{
		{name: "few enough", gaps: "1 3 5", limit: 3, reach: 9, wantKept: "1 3 5"},
		{name: "nearest merged", gaps: "1 10 12 20", limit: 3, reach: 9, wantKept: "1 10-12 20"},
		{name: "of equals the older merged", gaps: "1 3 5", limit: 2, reach: 9, wantKept: "1-3 5"},
		{name: "merged into one", gaps: "1 10 12 20", limit: 1, reach: 9, wantKept: "1-20"},
		{name: "too far to merge, oldest later", gaps: "1 10 20 22", limit: 2, reach: 7, wantKept: "10 20-22", wantLater: "1"},
		{name: "merged ones later, as they were", gaps: "1 3 20 40", limit: 2, reach: 5, wantKept: "20 40", wantLater: "1 3"},
		{name: "reach counts the days between", gaps: "1 5", limit: 1, reach: 3, wantKept: "1-5"},
		{name: "one day out of reach", gaps: "1 6", limit: 1, reach: 3, wantKept: "6", wantLater: "1"},
		{name: "none allowed", gaps: "1 3", limit: 0, reach: 9, wantLater: "1 3"},
		{name: "no gaps", limit: 0, reach: 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kept, later := gap.Limit(spans(tt.gaps), tt.limit, tt.reach)
			if diff := cmp.Diff([][]span.Span{spans(tt.wantKept), spans(tt.wantLater)}, [][]span.Span{kept, later}); diff != "" {
				t.Errorf("Limit(%s, %d, %d) mismatch (-want +got):\n%s", tt.gaps, tt.limit, tt.reach, diff)
			}
		})
	}
}

// Whatever the limit: no gap is lost, none is touched by reading, and merging
// never goes further than it may.
func TestLimitLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		gaps := gap.Detect(set(^uint64(0)), set(rapid.Uint64().Draw(rt, "settled")))
		before := append([]span.Span{}, gaps...)
		limit, reach := rapid.IntRange(-1, 20).Draw(rt, "limit"), rapid.IntRange(0, 12).Draw(rt, "reach")
		kept, later := gap.Limit(gaps, limit, reach)
		if diff := cmp.Diff(before, append([]span.Span{}, gaps...)); diff != "" {
			rt.Fatalf("Limit changed its input (-want +got):\n%s", diff)
		}
		if len(kept) > max(limit, 0) {
			rt.Fatalf("%d gaps kept, limit %d", len(kept), limit)
		}
		inside := func(g span.Span, among []span.Span) bool {
			for _, k := range among {
				if k.From <= g.From && g.To <= k.To {
					return true
				}
			}
			return false
		}
		for i, g := range gaps {
			if inside(g, kept) == inside(g, later) {
				rt.Errorf("gap %v is kept: %v, and later: %v", g, inside(g, kept), inside(g, later))
			}
			if i > 0 && g.From-gaps[i-1].To-1 > span.Day(reach) && inside(span.Span{From: gaps[i-1].To, To: g.From}, kept) {
				rt.Errorf("gaps %v and %v are merged over more than %d days", gaps[i-1], g, reach)
			}
		}
	})
}

// everyOther settles every second open day of 25 years: the most gaps there are.
func everyOther(tb testing.TB) (expected, settled span.Runs) {
	c, ok := calendar.Named(calendar.BrazilBank)
	if !ok {
		tb.Fatal("no calendar")
	}
	expected = c.Open(span.Span{From: span.Date(2001, 1, 1), To: span.Date(2025, 12, 31)})
	n := 0
	for d := range expected.All() {
		if n++; n%2 == 0 {
			settled = settled.Append(d)
		}
	}
	return expected, settled
}

// 10,000 series of 25 years are to take less than a second.
func BenchmarkDetect10000Series(b *testing.B) {
	expected, settled := everyOther(b)
	b.ReportAllocs()
	for b.Loop() {
		for range 10_000 {
			gap.Detect(expected, settled)
		}
	}
}

func TestGapsAreSmallInMemory(t *testing.T) {
	expected, settled := everyOther(t)
	const series = 100
	held := make([][]span.Span, series)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	gaps := 0
	for i := range held {
		held[i] = gap.Detect(expected, settled)
		gaps += len(held[i])
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if per := int(after.HeapAlloc-before.HeapAlloc) / gaps; per >= 64 {
		t.Errorf("%d bytes held for each of %d gaps, want under 64", per, gaps)
	}
	runtime.KeepAlive(held)
}
