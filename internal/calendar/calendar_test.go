package calendar_test

import (
	"encoding/csv"
	"os"
	"os/exec"
	"sync"
	"testing"

	"lacuna/internal/calendar"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// days reads the first column of a file below testdata, without its header.
func days(t testing.TB, path string) span.Runs {
	t.Helper()
	f, err := os.Open("../../testdata/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out span.Runs
	for _, record := range records[1:] {
		d, err := span.Parse(record[0])
		if err != nil {
			t.Fatal(err)
		}
		out = out.Append(d)
	}
	if len(out) == 0 {
		t.Fatalf("%s has no days", path)
	}
	return out
}

func within(t testing.TB, text string) span.Span {
	t.Helper()
	s, err := span.ParseSpan(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func named(t testing.TB, name string) *calendar.Calendar {
	t.Helper()
	c, ok := calendar.Named(name)
	if !ok || c.Name() != name {
		t.Fatalf("Named(%q) = %v, %v", name, c, ok)
	}
	return c
}

// What banks and publishers really did, day by day, both ways.
func TestCalendarsAgainstReality(t *testing.T) {
	weekdays := named(t, calendar.Weekdays)
	open := func(calendarOf, s string) span.Runs { return named(t, calendarOf).Open(within(t, s)) }
	closed := func(path, s string) span.Runs {
		return weekdays.Open(within(t, s)).Subtract(days(t, path))
	}
	tests := []struct {
		name      string
		got, want span.Runs
	}{
		{
			"brazil-bank and the holidays of ANBIMA",
			open(calendar.BrazilBank, "2000-01-01/2078-12-31"), closed("calendar/anbima-holidays.csv", "2000-01-01/2078-12-31"),
		},
		{
			"brazil-bank and the days of PTAX",
			open(calendar.BrazilBank, "2007-03-14/2026-07-01"), days(t, "publisher/ptax/USD-BRL.csv"),
		},
		{
			"brazil-bank and the days of SGS 10813",
			open(calendar.BrazilBank, "2000-01-01/2024-03-22"), days(t, "publisher/sgs/10813.csv").Within(within(t, "2000-01-01/2024-03-22")),
		},
		{
			"target and the weekdays without rates",
			open(calendar.Target, "1999-01-04/2026-10-30"), closed("calendar/ecb-weekdays-without-rates.csv", "1999-01-04/2026-10-30"),
		},
		{
			"target and the days of the dollar's rate",
			open(calendar.Target, "1999-01-04/2026-10-30"), days(t, "publisher/ecb/USD.csv"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("open days mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// rickar/cal computes with midnights of the machine's zone, and there are
// nights without one: in Brazil that of a holiday, 2 November 2004.
func TestCalendarsDoNotDependOnTheMachinesZone(t *testing.T) {
	if os.Getenv("LACUNA_TEST_ZONE") != "" {
		TestCalendarsAgainstReality(t)
		return
	}
	for _, zone := range []string{"America/Sao_Paulo", "Pacific/Apia", "Asia/Beirut"} {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "LACUNA_TEST_ZONE=1", "TZ="+zone)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("in %s: %v\n%s", zone, err, out)
		}
	}
}

func TestClosed(t *testing.T) {
	brazil, target := named(t, calendar.BrazilBank), named(t, calendar.Target)
	own := calendar.Derive("own", target,
		[]calendar.Exception{{Day: span.Date(2027, 5, 3), Reason: "moved holiday"}, {Day: span.Date(2027, 5, 8), Reason: "works"}},
		[]calendar.Exception{{Day: span.Date(2027, 5, 1), Reason: "Saturday at work"}, {Day: span.Date(2027, 12, 25)}})
	tests := []struct {
		name   string
		in     *calendar.Calendar
		day    string
		reason string
		closed bool
	}{
		{"open weekday", brazil, "2024-02-15", "", false},
		{"Monday of Carnival", brazil, "2024-02-12", "Segunda-feira de Carnaval", true},
		{"Tuesday of Carnival", brazil, "2024-02-13", "Carnaval", true},
		{"Ash Wednesday", brazil, "2024-02-14", "", false},
		{"Corpus Christi", brazil, "2024-05-30", "Corpus Christi", true},
		{"20 November before it was a holiday", brazil, "2023-11-20", "", false},
		{"20 November since", brazil, "2024-11-20", "Dia Nacional de Zumbi e da Consciência Negra", true},
		{"last day of the year", brazil, "2024-12-31", "", false},
		{"Saturday", brazil, "2024-02-17", "Saturday", true},
		{"holiday on a Saturday", brazil, "2022-01-01", "Ano Novo", true},
		{"two holidays on one day", brazil, "2000-04-21", "Tiradentes", true},
		{"Good Friday", target, "2024-03-29", "Good Friday", true},
		{"Good Friday before 2000", target, "1999-04-02", "", false},
		{"last day of 1999", target, "1999-12-31", "Change of the millennium", true},
		{"last day of 2000", target, "2000-12-29", "", false},
		{"last day of 2001", target, "2001-12-31", "Introduction of euro cash", true},
		{"every day", named(t, calendar.Daily), "2024-02-17", "", false},
		{"weekdays know no holidays", named(t, calendar.Weekdays), "2024-12-25", "", false},
		{"declared closed", own, "2027-05-03", "moved holiday", true},
		{"declared closed on a Saturday", own, "2027-05-08", "works", true},
		{"declared open on a holiday at a weekend", own, "2027-05-01", "", false},
		{"declared open on a holiday", own, "2027-12-25", "", false},
		{"holiday of the base", own, "2027-12-24", "", false},
		{"weekend of the base", own, "2027-05-02", "Sunday", true},
		{"named holiday of the base", own, "2027-03-26", "Good Friday", true},
		{"the base is as it was", target, "2027-05-08", "Saturday", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reason, closed := tt.in.Closed(within(t, tt.day).From)
			if reason != tt.reason || closed != tt.closed {
				t.Errorf("Closed(%s) = %q, %v; want %q, %v", tt.day, reason, closed, tt.reason, tt.closed)
			}
		})
	}
	if c, ok := calendar.Named("moon"); ok {
		t.Errorf("Named(moon) = %v", c)
	}
}

// Open and Closed tell the same, on any range, over the ends of years.
func TestOpenAgainstClosed(t *testing.T) {
	first := span.Date(1998, 1, 1)
	day := rapid.Custom(func(rt *rapid.T) span.Day { return first + span.Day(rapid.IntRange(0, 3000).Draw(rt, "day")) })
	exceptions := rapid.SliceOf(rapid.Custom(func(rt *rapid.T) calendar.Exception {
		return calendar.Exception{Day: day.Draw(rt, "day"), Reason: "declared"}
	}))
	rapid.Check(t, func(rt *rapid.T) {
		base := named(t, rapid.SampledFrom(calendar.Names()).Draw(rt, "base"))
		closed, open := exceptions.Draw(rt, "closed"), exceptions.Draw(rt, "open")
		c := calendar.Derive("derived", base, closed, open)
		s := span.Span{From: day.Draw(rt, "from")}
		s.To = s.From + span.Day(rapid.IntRange(-1, 800).Draw(rt, "length"))
		want := span.Runs{}
		for d := s.From; d <= s.To; d++ {
			_, isClosed := base.Closed(d)
			for _, e := range closed {
				isClosed = isClosed || e.Day == d
			}
			for _, e := range open {
				isClosed = isClosed && e.Day != d
			}
			if !isClosed {
				want = want.Append(d)
			}
			if reason, got := c.Closed(d); got != isClosed || (reason != "") != isClosed {
				rt.Fatalf("Closed(%s) = %q, %v; want %v", d, reason, got, isClosed)
			}
		}
		got := append(span.Runs{}, c.Open(s)...)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("Open(%v) mismatch (-want +got):\n%s", s, diff)
		}
	})
}

func TestOpenFromManyGoroutines(t *testing.T) {
	c := calendar.Derive("own", named(t, calendar.BrazilBank), nil, nil)
	want := named(t, calendar.BrazilBank).Open(within(t, "2000-01-01/2026-12-31"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if diff := cmp.Diff(want, c.Open(within(t, "2000-01-01/2026-12-31"))); diff != "" {
				t.Errorf("Open mismatch (-want +got):\n%s", diff)
			}
		})
	}
	wg.Wait()
}

// What a Lambda pays at its start, once for each calendar.
func BenchmarkOpenNew26Years(b *testing.B) {
	s := within(b, "2000-01-03/2026-07-01")
	for b.Loop() {
		named(b, calendar.BrazilBank).Open(s)
	}
}

func BenchmarkOpenKnown26Years(b *testing.B) {
	c, s := named(b, calendar.BrazilBank), within(b, "2000-01-03/2026-07-01")
	for b.Loop() {
		c.Open(s)
	}
}
