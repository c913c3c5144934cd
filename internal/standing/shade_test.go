package standing

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

const declared = `version: 1
calendars:
  work: {base: weekdays, closed: [{day: 2024-01-09, reason: feast}]}
sources:
  s: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 1, rate_per_s: 5, timeout: 30s}
series:
- {key: DAILY, title: t, unit: u, source: s, code: c, fields: [v], calendar: work, since: 2024-01-01, ready: {at: "18:00", zone: UTC},
   known_absent: [{days: 2024-02-05/2024-02-23, reason: none}]}
- {key: MONTHLY, title: t, unit: u, source: s, code: c, fields: [v], calendar: daily, cadence: monthly, since: 2024-01-01, ready: {at: "18:00", zone: UTC}}
`

func series(t testing.TB, key string) *catalogue.Series {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(declared), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Find(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// letters has a letter a day.
func letters(runs []Run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(strings.Repeat(r.Shade.Letter(), r.Days))
	}
	return b.String()
}

var asOfJanuary = time.Date(2024, 1, 23, 12, 0, 0, 0, time.UTC)

// january has a day of each shade: 2024 began on a Monday.
func january(t testing.TB) Coverage {
	return Cover(series(t, "DAILY"), span.Span{From: day(2024, 1, 1), To: day(2024, 1, 31)}, marksOfJanuary(), asOfJanuary)
}

func marksOfJanuary() []row.Mark {
	jan := func(d int, s row.Status) row.Mark { return row.Mark{Day: day(2024, 1, d), Status: s} }
	again := func(m row.Mark) row.Mark { m.RetryAt = day(2024, 2, 1); return m }
	gone := jan(3, row.Observed)
	gone.Withdrawn = "it is gone"
	return []row.Mark{
		jan(1, row.Observed), jan(2, row.Absent), gone, again(jan(4, row.Absent)), again(jan(5, row.Incomplete)), jan(6, row.Observed),
		jan(10, row.Quarantined), jan(11, row.Incomplete), again(jan(24, row.Absent)), jan(31, row.Observed),
	}
}

// Each day is counted once, and what lacks is said of the days that are due.
func TestNumbers(t *testing.T) {
	jan := func(d int) span.Day { return day(2024, 1, d) }
	got := Of(series(t, "DAILY"), span.Span{From: jan(1), To: jan(31)}, marksOfJanuary(), asOfJanuary)
	want := Standing{
		Coverage: Coverage{
			Key: "DAILY", From: jan(1), To: jan(31), Expected: 22, Observed: 3, Absent: 3, Incomplete: 2, Quarantined: 1,
			Missing: 8, NotDue: 5, Waiting: 3, Withdrawn: 1, Unexpected: 1,
		},
		OldestGap: &Days{From: jan(8), To: jan(8), Days: 1}, Newest: jan(31), NextRecheck: day(2024, 2, 1),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Coverage{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Rows() != 10 || got.Withdrawals()[0] != "2024-01-03: it is gone" {
		t.Errorf("%d rows, withdrawn %q", got.Rows(), got.Withdrawals())
	}
	if bare := got.Bare(); bare.Expected != 22 || len(bare.Withdrawals()) > 0 || len(bare.Gaps(got.missing)) > 0 {
		t.Errorf("bare it still has its days: %+v", bare)
	}

	marks := []row.Mark{{Day: jan(2), Status: row.Observed}, {Day: jan(3), Status: row.Absent, RetryAt: jan(30)}, {Day: jan(4), Status: row.Absent, RetryAt: jan(29)}}
	got = Of(series(t, "DAILY"), span.Span{From: jan(1), To: jan(31)}, marks, jan(8).Time())
	if got.Newest != jan(2) || got.Behind != 3 || got.NextRecheck != jan(29) || *got.OldestGap != (Days{jan(1), jan(1), 1}) {
		t.Errorf("newest %s, %d behind, asked again on %s, oldest gap %+v", got.Newest, got.Behind, got.NextRecheck, got.OldestGap)
	}
	got = Of(series(t, "DAILY"), span.Span{From: jan(1), To: jan(2)}, marks[:1], jan(3).Time())
	if got.Newest != jan(2) || got.Behind != 0 || got.Missing != 1 || got.OldestGap == nil {
		t.Errorf("newest %s, %d behind, %d missing", got.Newest, got.Behind, got.Missing)
	}
	got = Of(series(t, "DAILY"), span.Span{From: jan(1), To: jan(7)}, []row.Mark{{Day: jan(6), Status: row.Observed}}, jan(9).Time())
	if got.Unexpected != 1 || got.Observed != 0 || got.Rows() != 1 {
		t.Errorf("a row on the Saturday at the end: %+v", got.Bare())
	}
	// What a person marked missing lacks as if it had no row, and nobody waits for it.
	marked := []row.Mark{{Day: jan(2), Status: row.Observed}, {Day: jan(3), Status: row.Absent, RetryAt: jan(8), Missing: true}}
	got = Of(series(t, "DAILY"), span.Span{From: jan(2), To: jan(3)}, marked, jan(8).Time())
	if got.Missing != 1 || got.Absent+got.Waiting != 0 || got.NextRecheck != 0 || got.Rows() != 2 || *got.OldestGap != (Days{jan(3), jan(3), 1}) || got.Shade(span.Span{From: jan(3), To: jan(3)}) != Missing {
		t.Errorf("marked missing: %+v", got.Bare())
	}
	// Nothing is due on the day on which the first value is.
	got = Of(series(t, "DAILY"), span.Span{From: jan(8), To: jan(31)}, nil, jan(8).Time())
	if got.Missing != 0 || got.NotDue != 17 || got.OldestGap != nil || got.Newest != 0 {
		t.Errorf("%+v", got.Bare())
	}
	got = Of(series(t, "DAILY"), span.Span{From: jan(8), To: jan(31)}, nil, jan(9).Time())
	if got.Missing != 1 || got.NotDue != 16 {
		t.Errorf("%+v", got.Bare())
	}
}

// A report is complete while nothing of any series is missing or waits.
func TestReport(t *testing.T) {
	tests := []struct {
		name   string
		series []Coverage
		want   bool
	}{
		{"all there", []Coverage{{Observed: 5}, {Observed: 1, Quarantined: 1}}, true},
		{"one missing", []Coverage{{Missing: 1}}, false},
		{"one waiting", []Coverage{{Waiting: 1}}, false},
		{"the first missing", []Coverage{{Missing: 2}, {Observed: 1}}, false},
	}
	for _, tt := range tests {
		r := Report{Complete: true}
		for _, c := range tt.series {
			r.Add(Standing{Coverage: c})
		}
		if r.Complete != tt.want || len(r.Series) != len(tt.series) {
			t.Errorf("%s: complete %t of %d series", tt.name, r.Complete, len(r.Series))
		}
	}
}

func TestRange(t *testing.T) {
	all := span.Span{From: day(1990, 1, 1), To: day(2030, 1, 1)}
	tests := []struct {
		name         string
		since, until span.Day
		days         span.Span
		today        span.Day
		want         string
	}{
		{"until today", day(2024, 1, 1), 0, all, day(2024, 1, 31), "2024-01-01/2024-01-31"},
		{"that has ended", day(2024, 1, 1), day(2024, 1, 9), all, day(2024, 1, 31), "2024-01-01/2024-01-09"},
		{"that ends later", day(2024, 1, 1), day(2024, 2, 9), all, day(2024, 1, 31), "2024-01-01/2024-01-31"},
		{"a part", day(2024, 1, 1), 0, span.Span{From: day(2024, 1, 5), To: day(2024, 3, 1)}, day(2024, 1, 31), "2024-01-05/2024-01-31"},
		{"that begins today", day(2024, 1, 31), 0, all, day(2024, 1, 31), "2024-01-31"},
		{"that begins tomorrow", day(2024, 2, 1), 0, span.Span{From: day(2024, 1, 1), To: day(2024, 3, 1)}, day(2024, 1, 31), ""},
	}
	for _, tt := range tests {
		got, ok := Range(&catalogue.Series{Since: tt.since, Until: tt.until}, tt.days, tt.today)
		if ok != (tt.want != "") || ok && got.String() != tt.want {
			t.Errorf("%s: %s, %t; want %q", tt.name, got, ok, tt.want)
		}
	}
}

func TestShades(t *testing.T) {
	c := january(t)
	all := span.Span{From: day(2023, 12, 30), To: day(2024, 2, 2)}
	want := "--" + "oaxwiu-" + "m-qim--" + "mmmmm--" + "m.w..--" + "..o" + "--"
	if got := letters(c.Shades(all)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "--" + "oaxwiui" + "mmqimmm" + "mmmmmmm" + "m.w...." + "..o" + "--"
	if got := letters(c.Bridged(all)); got != want {
		t.Errorf("bridged: got  %s\n         want %s", got, want)
	}
	for _, tt := range []struct {
		from, to int
		want     Shade
	}{
		{1, 2, Observed}, {1, 3, Withdrawn}, {1, 4, Partly}, {4, 4, Waiting}, {4, 5, Incomplete}, {5, 6, Incomplete}, {6, 7, Unexpected},
		{7, 7, Closed}, {7, 8, Missing}, {8, 12, Quarantined}, {13, 14, Closed}, {12, 20, Missing}, {25, 26, NotDue}, {2, 2, Settled}, {9, 9, Closed},
	} {
		if got := c.Shade(span.Span{From: day(2024, 1, tt.from), To: day(2024, 1, tt.to)}); got != tt.want {
			t.Errorf("%d to %d January is %s, want %s", tt.from, tt.to, got.Class(), tt.want.Class())
		}
	}
}

func TestShadeOfACell(t *testing.T) {
	tests := []struct {
		days []Shade
		want Shade
	}{
		{[]Shade{Settled, Missing}, Partly}, {[]Shade{Observed, Missing}, Partly}, {[]Shade{Withdrawn, Missing}, Partly},
		{[]Shade{Observed, Waiting}, Partly}, {[]Shade{Observed, Incomplete}, Partly}, {[]Shade{Observed, Quarantined}, Quarantined},
		{[]Shade{NotDue, Missing}, Missing}, {[]Shade{Unexpected, Incomplete}, Incomplete}, {[]Shade{Closed, Settled}, Settled}, {nil, Closed},
	}
	for _, tt := range tests {
		var runs []Run
		for _, s := range tt.days {
			runs = append(runs, Run{s, 1})
		}
		if got := worst(runs); got != tt.want {
			t.Errorf("%v: %s, want %s", runs, got.Class(), tt.want.Class())
		}
	}
}

// Twice as many closed days as lie between two are bridged, and no more; before and after
// the range of a series all is closed.
func TestBridgedAndItsEnds(t *testing.T) {
	at := func(n span.Day) span.Day { return day(2024, 1, 1) + n }
	for _, tt := range []struct {
		name string
		last span.Day // of days 0, 10, 20, 30 and this one: 15 days a day
		want []Run
	}{
		{"30 closed days", 61, []Run{{Closed, 5}, {Observed, 62}, {Closed, 3}}},
		{"32 closed days", 63, []Run{{Closed, 5}, {Observed, 31}, {Closed, 32}, {Observed, 1}, {Closed, 3}}},
	} {
		var days span.Runs
		for _, n := range []span.Day{0, 10, 20, 30, tt.last} {
			days = days.Append(at(n))
		}
		c := Coverage{From: at(0), To: at(tt.last), daysOf: daysOf{expected: days, due: days, observed: days}}
		wide := span.Span{From: at(-5), To: at(tt.last + 3)}
		for name, got := range map[string][]Run{"Bridged": c.Bridged(wide), "Index": c.Index().Shades(wide)} {
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", tt.name, name, diff)
			}
		}
		for _, s := range []span.Span{{From: at(-9), To: at(-1)}, {From: at(100), To: at(108)}} {
			if diff := cmp.Diff([]Run{{Closed, 9}}, c.Bridged(s)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", s, diff)
			}
		}
	}
}

// What a publisher never had is a hole in the picture, and no long weekend.
func TestBridgedEndsWhereTheSeriesHasNoDays(t *testing.T) {
	var marks []row.Mark
	s, days := series(t, "DAILY"), span.Span{From: day(2024, 1, 29), To: day(2024, 3, 1)}
	for d := range s.Expected(days).All() {
		marks = append(marks, row.Mark{Day: d, Status: row.Observed})
	}
	c := Cover(s, days, marks, time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC))
	want := []Run{{Observed, 5}, {Closed, 23}, {Observed, 5}}
	if diff := cmp.Diff(want, c.Bridged(days)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The months of a monthly series stand side by side.
func TestBridgedMonths(t *testing.T) {
	s, days := series(t, "MONTHLY"), span.Span{From: day(2024, 1, 1), To: day(2024, 12, 31)}
	marks := []row.Mark{{Day: day(2024, 1, 1), Status: row.Observed}, {Day: day(2024, 2, 1), Status: row.Observed}}
	c := Cover(s, days, marks, time.Date(2024, 4, 10, 0, 0, 0, 0, time.UTC))
	want := []Run{{Observed, 60}, {Missing, 61}, {NotDue, 245}}
	if diff := cmp.Diff(want, c.Index().Shades(days)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Against one day at a time, whatever the rows are.
func TestShadesAgainstDays(t *testing.T) {
	daily := series(t, "DAILY")
	rapid.Check(t, func(rt *rapid.T) {
		days := span.Span{From: day(2024, 1, 1), To: day(2024, 1, 1) + span.Day(rapid.IntRange(0, 90).Draw(rt, "days"))}
		var marks []row.Mark
		for d := days.From; d <= days.To; d++ {
			s := rapid.SampledFrom([]row.Status{"", "", row.Observed, row.Observed, row.Absent, row.Incomplete, row.Quarantined}).Draw(rt, "status")
			if s != "" {
				m := row.Mark{Day: d, Status: s}
				if s != row.Observed && rapid.Bool().Draw(rt, "again") {
					m.RetryAt = d + 30
				}
				marks = append(marks, m)
			}
		}
		c := Cover(daily, days, marks, (days.From + span.Day(rapid.IntRange(-1, 100).Draw(rt, "as of"))).Time())
		x := c.Index()
		from := days.From + span.Day(rapid.IntRange(-9, 95).Draw(rt, "from"))
		cell := span.Span{From: from, To: from + span.Day(rapid.IntRange(0, 60).Draw(rt, "to"))}
		runs := c.Shades(cell)
		at, single := cell.From, []Shade{}
		for i, r := range runs {
			if r.Days < 1 || i > 0 && runs[i-1].Shade == r.Shade {
				rt.Fatalf("runs %v", runs)
			}
			for range r.Days {
				if one := c.Shade(span.Span{From: at, To: at}); one != r.Shade {
					rt.Fatalf("%s is %s alone and %s in a run", at, one.Class(), r.Shade.Class())
				}
				single, at = append(single, r.Shade), at+1
			}
		}
		if at != cell.To+1 {
			rt.Fatalf("the runs of %s end on %s", cell, at-1)
		}
		if got, most := c.Shade(cell), slices.Max(single); got != most && got != Partly {
			rt.Fatalf("%s is %s, want %s", cell, got.Class(), most.Class())
		}
		if got, want := letters(x.Shades(cell)), letters(c.Bridged(days)); len(got) != cell.Days() ||
			days.From <= cell.From && cell.To <= days.To && got != want[cell.From-days.From:][:cell.Days()] {
			rt.Fatalf("index of %s: %s, want a part of %s from %s on", cell, got, want, days.From)
		}
		// The terminal draws the same with fewer shades.
		drawn := c.drawn(cell)
		if (drawn == Quarantined) != (c.Shade(cell) == Quarantined) && !slices.Contains(single, Unexpected) {
			rt.Fatalf("%s is %s in a terminal and %s", cell, drawn.Class(), c.Shade(cell).Class())
		}
	})
}

func TestShadesAreToldApart(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Shades() {
		for _, text := range []string{"letter " + s.Letter(), "class " + s.Class(), "word " + s.Word()} {
			if seen[text] {
				t.Errorf("shade %d has %q as another has", s, text)
			}
			seen[text] = true
		}
	}
}

// An index of a series since 2000 with a hundred gaps.
func TestIndexIsSmall(t *testing.T) {
	days := span.Span{From: day(2000, 1, 1), To: day(2026, 12, 31)}
	c := &Coverage{From: days.From, To: days.To, daysOf: daysOf{expected: runs(days), due: runs(days)}}
	for i := range 100 {
		from := days.From + span.Day(90*i+7)
		c.missing = c.missing.AppendSpan(span.Span{From: from, To: from + span.Day(i%5)})
	}
	c.observed = c.due.Subtract(c.missing)
	if got := c.Index().Bytes(); got > 450 {
		t.Errorf("%d bytes", got)
	}
	c.missing, c.observed = nil, c.due
	if got := c.Index().Bytes(); got > 40 {
		t.Errorf("%d bytes of a complete one", got)
	}
}

func BenchmarkIndex(b *testing.B) {
	var marks []row.Mark
	s, days := series(b, "DAILY"), span.Span{From: day(2024, 1, 1), To: day(2026, 12, 31)}
	for d := range s.Expected(days).All() {
		if d%50 != 0 {
			marks = append(marks, row.Mark{Day: d, Status: row.Observed})
		}
	}
	c := Cover(s, days, marks, days.To.Time())
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			c.Index()
		}
	})
	x := c.Index()
	b.Run("months", func(b *testing.B) {
		for b.Loop() {
			for d := days.From; d < days.To; d += 30 {
				x.Shade(span.Span{From: d, To: d + 29})
			}
		}
	})
}
