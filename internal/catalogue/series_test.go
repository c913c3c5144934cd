package catalogue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/span"
	publisherdata "lacuna/testdata/publisher"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// one returns a series from the text of its fields that are not always the same.
func one(tb testing.TB, fields string) *catalogue.Series {
	tb.Helper()
	text := fmt.Sprintf(`version: 1
calendars:
  closed: {base: daily, closed: [{day: 2024-01-14, reason: no survey}, {day: 2024-04-01, reason: strike}]}
sources: {s: {}}
series:
- {key: A, title: x, unit: x, source: s, code: x, %s}
`, fields)
	c, err := catalogue.Parse("one.yaml", []byte(text), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return c.All()[0]
}

func within(tb testing.TB, text string) span.Span {
	tb.Helper()
	s, err := span.ParseSpan(text)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestExpected(t *testing.T) {
	tests := []struct {
		name, fields, in string
		want             string // ranges
	}{
		{"daily over a weekend", "calendar: target, since: 2020-01-01", "2024-03-27/2024-04-03", "2024-03-27/2024-03-28 2024-04-02/2024-04-03"},
		{"from since", "calendar: target, since: 2024-04-03", "2024-03-27/2024-04-04", "2024-04-03/2024-04-04"},
		{"up to until", "calendar: target, since: 2020-01-01, until: 2024-03-27", "2024-03-26/2024-04-04", "2024-03-26/2024-03-27"},
		{"before since", "calendar: target, since: 2024-04-03", "2024-03-27/2024-04-02", ""},
		{"after until", "calendar: target, since: 2020-01-01, until: 2024-03-27", "2024-03-28/2024-04-04", ""},
		{
			"without known absent ranges",
			"calendar: daily, since: 2020-01-01, known_absent: [{days: 2024-01-05/2024-01-06, reason: x}, {days: 2024-01-03, reason: x}]",
			"2024-01-01/2024-01-07", "2024-01-01/2024-01-02 2024-01-04 2024-01-07",
		},
		{"weeks from since", "cadence: weekly, since: 2023-12-31", "2024-01-01/2024-01-28", "2024-01-07 2024-01-14 2024-01-21 2024-01-28"},
		{"weeks that are closed", "cadence: weekly, since: 2023-12-31, calendar: closed", "2024-01-01/2024-01-28", "2024-01-07 2024-01-21 2024-01-28"},
		{"months, the range begins inside one", "cadence: monthly, since: 2023-01-01", "2023-11-02/2024-02-01", "2023-12-01 2024-01-01 2024-02-01"},
		{"quarters, the range begins inside one", "cadence: quarterly, since: 2023-01-01", "2023-10-01/2024-06-30", "2023-10-01 2024-01-01 2024-04-01"},
		{"quarters that are closed", "cadence: quarterly, since: 2023-01-01, calendar: closed", "2023-11-30/2024-07-01", "2024-01-01 2024-07-01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range one(t, tt.fields).Expected(within(t, tt.in)) {
				got = append(got, s.String())
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got, emptyIsNil); diff != "" {
				t.Errorf("Expected(%s) mismatch (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

var emptyIsNil = cmp.Transformer("days", func(s []string) string { return strings.Join(s, " ") })

func TestDue(t *testing.T) {
	const (
		evening = `ready: {at: "18:00", zone: America/Sao_Paulo}`
		later   = `ready: {at: "09:00", zone: America/Sao_Paulo, lag: 1}`
		after   = `ready: {at: "09:00", zone: America/Sao_Paulo, after: 10d}`
	)
	tests := []struct{ name, fields, asOf, want string }{
		{"before the time of day", "calendar: brazil-bank, since: 2000-01-03, " + evening, "2026-06-30T20:59:59Z", "2026-06-29"},
		{"at the time of day", "calendar: brazil-bank, since: 2000-01-03, " + evening, "2026-06-30T21:00:00Z", "2026-06-30"},
		{"still the day before in the zone", "calendar: brazil-bank, since: 2000-01-03, " + evening, "2026-07-01T00:00:00Z", "2026-06-30"},
		{"on a weekend", "calendar: brazil-bank, since: 2000-01-03, " + evening, "2026-06-28T12:00:00Z", "2026-06-26"},
		{"over Carnival", "calendar: brazil-bank, since: 2000-01-03, " + evening, "2024-02-14T20:59:00Z", "2024-02-09"},
		{"on the next open day", "calendar: brazil-bank, since: 2000-01-03, " + later, "2026-06-29T12:00:00Z", "2026-06-26"},
		{"before the next open day", "calendar: brazil-bank, since: 2000-01-03, " + later, "2026-06-28T12:00:00Z", "2026-06-25"},
		{"known absent days are passed over", "calendar: daily, since: 2000-01-03, known_absent: [{days: 2024-01-01/2026-12-31, reason: x}]", "2026-06-28T12:00:00Z", "2023-12-31"},
		{"an ended series", "calendar: target, since: 2000-01-03, until: 2010-01-01, " + evening, "2026-06-28T12:00:00Z", "2009-12-31"},
		{"the day of the end waits for its lag", "calendar: daily, since: 2000-01-03, until: 2010-01-01, " + later, "2010-01-02T10:59:00Z", "2009-12-31"},
		{"before the first day is due", "calendar: daily, since: 2024-01-01, " + evening, "2024-01-01T20:00:00Z", ""},
		{"before the series", "calendar: daily, since: 2024-01-01, " + evening, "2020-01-01T20:00:00Z", ""},
		{"weeks, ready when the next begins", "cadence: weekly, since: 2023-12-31, ready: {at: \"00:00\", zone: UTC, lag: 1}", "2024-01-20T23:59:59Z", "2024-01-07"},
		{"quarters, two later", "cadence: quarterly, since: 2020-01-01, ready: {at: \"00:00\", zone: UTC, lag: 2}", "2024-01-20T00:00:00Z", "2023-07-01"},
		{"months, before the tenth day after one", "cadence: monthly, since: 2020-01-01, " + after, "2026-07-10T11:59:59Z", "2026-05-01"},
		{"months, the tenth day after one", "cadence: monthly, since: 2020-01-01, " + after, "2026-07-10T12:00:00Z", "2026-06-01"},
		{"February of a leap year", "cadence: monthly, since: 2020-01-01, " + after, "2024-03-10T12:00:00Z", "2024-02-01"},
		{"the last known absent month is passed over", "cadence: monthly, since: 2020-01-01, known_absent: [{days: 2026-06-01, reason: x}], " + after, "2026-07-10T12:00:00Z", "2026-05-01"},
		{"the first month is not over for ten days", "cadence: monthly, since: 2026-06-01, " + after, "2026-07-10T11:59:59Z", ""},
		{"after, long before the series", "cadence: weekly, since: 2026-06-01, " + after, "2020-07-10T11:59:59Z", ""},
		{"quarters, ten days after one", "cadence: quarterly, since: 2020-01-01, " + after, "2026-07-10T12:00:00Z", "2026-04-01"},
		{"weeks, ten days after one", "cadence: weekly, since: 2023-12-31, " + after, "2024-01-16T12:00:00Z", "2023-12-31"},
		{"days, ten days after each", "calendar: brazil-bank, since: 2020-01-02, " + after, "2024-01-22T12:00:00Z", "2024-01-12"},
		{"without ready: when the next day begins", "calendar: target, since: 2000-01-03", "2026-06-28T23:59:59Z", "2026-06-25"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asOf, err := time.Parse(time.RFC3339, tt.asOf)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if d, ok := one(t, tt.fields).Due(asOf); ok {
				got = d.String()
			}
			if got != tt.want {
				t.Errorf("Due(%s) = %q, want %q", tt.asOf, got, tt.want)
			}
		})
	}
}

// Due is the newest expected day whose own time has come.
func TestDueAgainstDueAt(t *testing.T) {
	var series []*catalogue.Series
	for _, days := range []string{
		"calendar: brazil-bank, since: 2000-01-03", "calendar: target, since: 2003-06-02, until: 2004-02-03",
		"calendar: daily, since: 2004-01-01, known_absent: [{days: 2004-01-20/2004-03-11, reason: x}]",
		"cadence: weekly, since: 2003-11-02", "cadence: monthly, since: 2003-09-01", "cadence: quarterly, since: 2002-10-01",
	} {
		for _, ready := range []string{`at: "18:00", zone: America/Sao_Paulo`, `at: "00:00", zone: Pacific/Kiritimati, lag: 1`, `at: "02:30", zone: Europe/Berlin, lag: 3`, `at: "09:00", zone: America/Sao_Paulo, after: 10d`} {
			series = append(series, one(t, days+", ready: {"+ready+"}"))
		}
	}
	all := within(t, "2000-01-01/2005-12-31")
	first := time.Date(2003, 12, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.SampledFrom(series).Draw(rt, "series")
		asOf := first.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(rt, "minutes")) * time.Minute)
		want, any := span.Day(0), false
		for d := range s.Expected(all).All() {
			if !s.DueAt(d).After(asOf) {
				want, any = d, true
			}
		}
		if got, ok := s.Due(asOf); got != want || ok != any {
			rt.Errorf("Due(%s) of %s from %s = %s, %v; want %s, %v", asOf, s.Cadence, s.Since, got, ok, want, any)
		}
	})
}

func TestExplain(t *testing.T) {
	const brazil = `calendar: brazil-bank, since: 2000-01-03, until: 2025-12-31, ready: {at: "18:00", zone: America/Sao_Paulo}, known_absent: [{days: 2010-05-03/2010-05-07, reason: strike}]`
	tests := []struct {
		fields, day, want string
		expected          bool
	}{
		{brazil, "1999-12-31", "before 2000-01-03, when the series begins", false},
		{brazil, "2026-01-02", "after 2025-12-31, when the series ended", false},
		{brazil, "2024-02-12", "closed in the calendar brazil-bank: Segunda-feira de Carnaval", false},
		{brazil, "2024-02-10", "closed in the calendar brazil-bank: Saturday", false},
		{brazil, "2010-05-04", "known absent (2010-05-03/2010-05-07): strike", false},
		{brazil, "2024-02-14", "a Wednesday, open in the calendar brazil-bank, due at 2024-02-14 18:00 -03", true},
		{"cadence: weekly, since: 2023-12-31", "2024-01-08", "the series is weekly: the next first day of a period is 2024-01-14", false},
		{"cadence: weekly, since: 2023-12-31", "2024-01-07", "the series is weekly, due at 2024-01-14 00:00 UTC", true},
		{`cadence: monthly, since: 2020-01-01, ready: {at: "09:00", zone: America/Sao_Paulo, after: 10d}`, "2026-06-01", "the series is monthly, due at 2026-07-10 09:00 -03", true},
		{"cadence: weekly, since: 2023-12-31, calendar: closed", "2024-01-14", "closed in the calendar closed: no survey", false},
		{"cadence: weekly, since: 2023-12-31, calendar: closed", "2024-01-07", "the series is weekly, due at 2024-01-21 00:00 UTC", true},
	}
	for _, tt := range tests {
		s := one(t, tt.fields)
		d := within(t, tt.day).From
		expected, why := s.Explain(d)
		if expected != tt.expected || why != tt.want {
			t.Errorf("Explain(%s) = %v, %q; want %v, %q", tt.day, expected, why, tt.expected, tt.want)
		}
		if got := s.Expected(span.Span{From: d, To: d}).Contains(d); got != tt.expected {
			t.Errorf("Expected has %s: %v, Explain says %v", tt.day, got, tt.expected)
		}
	}
}

func TestCheck(t *testing.T) {
	s := one(t, "calendar: daily, since: 2020-01-01, fields: [buy, sell], checks: {buy: {min: 0.5}, sell: {max: 20, not_below: buy}}")
	quote := func(buy, sell string) row.Fields {
		return row.Fields{{Name: "buy", Value: buy}, {Name: "sell", Value: sell}}
	}
	tests := []struct {
		name   string
		fields row.Fields
		want   string
	}{
		{"good", quote("5.1995", "5.2001"), ""},
		{"at its bounds", quote("0.50", "20.000"), ""},
		{"equal", quote("5.10", "5.1"), ""},
		{"a field is missing", quote("5.1995", "5.2")[:1], "sell is missing"},
		{"nothing", nil, "buy is missing"},
		{"no number", quote("5,1995", "5.2"), `buy: "5,1995" is not a decimal number`},
		{"too low", quote("0.49999", "5.2"), "buy 0.49999 is below 0.5"},
		{"negative", quote("-1", "5.2"), "buy -1 is below 0.5"},
		{"too high", quote("5", "20.0001"), "sell 20.0001 is above 20"},
		{"swapped", quote("5.2001", "5.1995"), "sell 5.1995 is below buy 5.2001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.Check(tt.fields); got != tt.want {
				t.Errorf("Check(%v) = %q, want %q", tt.fields, got, tt.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	c := parse(t, "../../series.yaml")
	all := keys(c.All())
	tests := []struct {
		name, globs, want, wantErr string
	}{
		{name: "none: all", want: all},
		{name: "star", globs: "*", want: all},
		{name: "one key", globs: "CURRENCY#BRL", want: "CURRENCY#BRL"},
		{name: "star over #", globs: "*B*", want: "CURRENCY#GBP CURRENCY#BRL ECB#USD OIL#BRENT"},
		{name: "question mark", globs: "CURRENCY#?B?", want: "CURRENCY#GBP"},
		{name: "two, in the file's order, once", globs: "RATE#* CURRENCY#USD RATE#CDI", want: "CURRENCY#USD RATE#SELIC RATE#CDI RATE#SELIC_TARGET"},
		{name: "misspelt", globs: "CURENCY#USD", wantErr: `no series matches "CURENCY#USD": did you mean CURRENCY#USD?`},
		{name: "another case", globs: "rate#cdi", wantErr: `no series matches "rate#cdi": did you mean RATE#CDI?`},
		{name: "misspelt before a star", globs: "CURRENCI#*", wantErr: `no series matches "CURRENCI#*": did you mean CURRENCY#BRL?`},
		{name: "nothing near", globs: "GRAIN#*", wantErr: `no series matches "GRAIN#*"`},
		{name: "one letter too many", globs: "CURRENCY#USD,", wantErr: `no series matches "CURRENCY#USD,": did you mean CURRENCY#USD?`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			matched, err := c.Match(strings.Fields(tt.globs)...)
			var got []string
			for _, s := range matched {
				got = append(got, s.Key)
			}
			if strings.Join(got, " ") != tt.want || errText(err) != tt.wantErr {
				t.Errorf("Match(%s) = %v, %v; want %s, %s", tt.globs, got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestAliases(t *testing.T) {
	c := parse(t, "testdata/everything.yaml")
	if s, ok := c.Lookup("A/one"); !ok || s.Key != "A#1" {
		t.Errorf("Lookup(A/one) = %v, %v", s, ok)
	}
	if s, ok := c.Lookup("A/two"); ok {
		t.Errorf("Lookup(A/two) = %v", s)
	}
	if matched, err := c.Match("A/*"); err != nil || len(matched) != 1 || matched[0].Key != "A#1" {
		t.Errorf("Match(A/*) = %v, %v", matched, err)
	}
	if s, ok := c.Source("nothing"); ok {
		t.Errorf("Source(nothing) = %v", s)
	}
}

// FuzzMatch holds globs against the obvious way: try every way to share out
// the text among the stars.
func FuzzMatch(f *testing.F) {
	c := parse(f, "../../series.yaml")
	f.Add("CUR*#?S*")
	f.Add("**D")
	f.Add("?*?")
	f.Add("*A*C*I*")
	f.Fuzz(func(t *testing.T, glob string) {
		if strings.Count(glob, "*") > 6 || len(glob) > 40 {
			return
		}
		matched, _ := c.Match(glob)
		got := map[string]bool{}
		for _, s := range matched {
			got[s.Key] = true
		}
		for _, s := range c.All() {
			if want := slowMatch(glob, s.Key); got[s.Key] != want {
				t.Errorf("%q matches %s: %v, want %v", glob, s.Key, got[s.Key], want)
			}
		}
	})
}

func slowMatch(glob, text string) bool {
	switch {
	case glob == "":
		return text == ""
	case glob[0] == '*':
		return slowMatch(glob[1:], text) || text != "" && slowMatch(glob, text[1:])
	}
	return text != "" && (glob[0] == '?' || glob[0] == text[0]) && slowMatch(glob[1:], text[1:])
}

// The days that the catalogues expect are those that the publishers had.
func TestCataloguesAgainstReality(t *testing.T) {
	type published struct{ series, file, until string }
	tests := map[string][]published{
		"../../series.yaml": {
			{"CURRENCY#BRL", "ecb/BRL.csv", "2026-10-30"},
			{"ECB#USD", "ecb/USD.csv", "2026-10-30"},
			{"SGS#10813", "sgs/10813.csv", "2024-03-22"},
			{"FUEL#DIESEL", "anp/OLEO_DIESEL.csv", "2026-03-14"},
			{"FUEL#DIESEL_S10", "anp/OLEO_DIESEL_S10.csv", "2026-03-14"},
			{"FUEL#GASOLINE", "anp/GASOLINA_COMUM.csv", "2026-03-14"},
			{"FUEL#ETHANOL", "anp/ETANOL_HIDRATADO.csv", "2026-03-14"},
			{"FUEL#LPG", "anp/GLP.csv", "2026-03-14"},
		},
	}
	examples := parse(t, "../../examples/ecb.yaml")
	for _, s := range examples.All() {
		tests["../../examples/ecb.yaml"] = append(tests["../../examples/ecb.yaml"], published{s.Key, "ecb/" + s.Code + ".csv", "2026-10-30"})
	}
	if n := len(examples.All()); n != 30 {
		t.Errorf("%d currencies in the example, want 30", n)
	}
	for path, files := range tests {
		c := parse(t, path)
		for _, f := range files {
			t.Run(f.series, func(t *testing.T) {
				s, ok := c.Lookup(f.series)
				if !ok {
					t.Fatalf("not in %s", path)
				}
				until := day(f.until)
				if s.Until != 0 {
					until = min(until, s.Until)
				}
				in := span.Span{From: s.Since, To: until}
				if diff := cmp.Diff(daysOf(t, f.file).Within(in), s.Expected(span.Span{From: s.Since, To: day(f.until)})); diff != "" {
					t.Errorf("days mismatch (-published +expected):\n%s", diff)
				}
			})
		}
	}
}

// daysOf reads the first column of a file of observations.
func daysOf(tb testing.TB, path string) span.Runs {
	tb.Helper()
	text, err := publisherdata.Files.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var days span.Runs
	for line := range strings.Lines(string(text)) {
		if d, err := span.Parse(line[:min(10, len(line))]); err == nil {
			days = days.Append(d)
		}
	}
	return days
}

// The shipped checks let every real observation pass, also beside the one before
// it and the one after: 2008, 2015, 2020 and 2025 had the largest changes.
func TestShippedChecksPassWhatWasPublished(t *testing.T) {
	c := parse(t, "../../series.yaml")
	published := publisher.NewData(span.Date(2030, 1, 1))
	checked := map[string]int{}
	for _, s := range c.All() {
		var before catalogue.Neighbour
		for _, o := range published.Observations(s.Source, s.Code) {
			var fields row.Fields
			for i, name := range s.Fields { // a publisher may have more
				if o.Values[i] != "" {
					fields = append(fields, row.Field{Name: name, Value: o.Values[i]})
				}
			}
			if fields == nil {
				continue
			}
			why := s.Check(fields)
			if why == "" && before.Day != 0 {
				before.Steps = max(1, s.Expected(span.Span{From: before.Day + 1, To: o.Day}).Days())
				if why = s.CheckChange(fields, before); why == "" {
					why = s.CheckChange(before.Fields, catalogue.Neighbour{Day: o.Day, Fields: fields, Steps: before.Steps})
				}
			}
			if why != "" {
				t.Errorf("%s %s: %s", s.Key, o.Day, why)
			}
			before = catalogue.Neighbour{Day: o.Day, Fields: fields}
			checked[s.Key]++
		}
	}
	for least, keys := range map[int][]string{
		4000: {"CURRENCY#USD", "CURRENCY#BRL", "ECB#USD", "SGS#1", "SGS#10813", "OIL#BRENT"},
		679:  {"FUEL#DIESEL", "FUEL#DIESEL_S10", "FUEL#GASOLINE", "FUEL#ETHANOL", "FUEL#LPG"},
	} {
		for _, key := range keys {
			if checked[key] < least {
				t.Errorf("%s: %d days checked, want %d", key, checked[key], least)
			}
		}
	}
}

func TestCheckChange(t *testing.T) {
	s := one(t, "calendar: daily, since: 2020-01-01, fields: [buy, sell], checks: {buy: {max_change: 10%}, sell: {max_change: 12.5%}}")
	quote := func(buy, sell string) row.Fields {
		return row.Fields{{Name: "buy", Value: buy}, {Name: "sell", Value: sell}}
	}
	beside := func(steps int) catalogue.Neighbour {
		return catalogue.Neighbour{Day: span.Date(2026, 6, 26), Fields: quote("5", "8"), Steps: steps}
	}
	tests := []struct {
		name      string
		fields    row.Fields
		neighbour catalogue.Neighbour
		want      string
	}{
		{"as far as is allowed", quote("5.5", "7"), beside(1), ""},
		{"up", quote("5.51", "8"), beside(1), "buy 5.51 is more than 10% away from 5 on 2026-06-26"},
		{"down", quote("5", "6.99"), beside(1), "sell 6.99 is more than 12.5% away from 8 on 2026-06-26"},
		{"twice as far in two steps", quote("6", "6"), beside(2), ""},
		{"further", quote("6.01", "8"), beside(2), "buy 6.01 is more than 2 times 10% away from 5 on 2026-06-26"},
		{"a neighbour without the field", quote("99", "8"), catalogue.Neighbour{Fields: quote("5", "8")[1:], Steps: 1}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.CheckChange(tt.fields, tt.neighbour); got != tt.want {
				t.Errorf("CheckChange = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAround(t *testing.T) {
	const brazil = "calendar: brazil-bank, since: 2024-01-02, until: 2024-12-30"
	tests := []struct {
		fields, in string
		n          int
		want       string
	}{
		{brazil, "2024-02-14", 1, "2024-02-09/2024-02-15"}, // Carnival before it
		{brazil, "2024-02-10/2024-02-13", 2, "2024-02-08/2024-02-15"},
		{brazil, "2024-01-03/2024-12-27", 5, "2024-01-02/2024-12-30"},
		{brazil, "2024-01-03/2024-12-26", 2, "2024-01-02/2024-12-30"},
		{"cadence: weekly, since: 2023-12-31", "2024-03-03", 10, "2023-12-31/2024-05-12"},
		{"cadence: quarterly, since: 2010-01-01", "2024-04-01", 10, "2021-10-01/2026-10-01"},
	}
	for _, tt := range tests {
		if got := one(t, tt.fields).Around(within(t, tt.in), tt.n).String(); got != tt.want {
			t.Errorf("Around(%s, %d) of %s = %s, want %s", tt.in, tt.n, tt.fields, got, tt.want)
		}
	}
}

func TestLookbackAt(t *testing.T) {
	asOf := time.Date(2024, 2, 16, 12, 0, 0, 0, time.UTC)
	tests := []struct{ fields, want string }{
		{"calendar: brazil-bank, since: 2020-01-02, lookback: 3", "[2024-02-09 2024-02-14/2024-02-15] 2024-02-16"},
		{"calendar: brazil-bank, since: 2024-02-14, lookback: 30", "[2024-02-14/2024-02-15] 2024-02-16"},
		{"calendar: brazil-bank, since: 2020-01-02", "[] 2024-02-16"},
		{"calendar: brazil-bank, since: 2024-03-01, lookback: 3", "[] 2024-02-16"},
		// A series that has ended is compared once after its last day was due, here on the next one that is open.
		{"calendar: brazil-bank, since: 2020-01-02, until: 2024-02-11, lookback: 2", "[2024-02-08/2024-02-09] 2024-02-15"},
		{"calendar: brazil-bank, since: 2020-01-02, until: 2024-02-15, lookback: 1", "[2024-02-15] 2024-02-16"},
		{"calendar: brazil-bank, since: 2020-01-02, until: 2024-02-16, lookback: 1", "[2024-02-15] 2024-02-16"},
	}
	for _, tt := range tests {
		newest, before := one(t, tt.fields).LookbackAt(asOf)
		if got := fmt.Sprint(newest, before); got != tt.want {
			t.Errorf("LookbackAt of %s = %s, want %s", tt.fields, got, tt.want)
		}
	}
}

func BenchmarkExpected26Years(b *testing.B) {
	c, err := catalogue.Parse("series.yaml", lacuna.Series, nil)
	if err != nil {
		b.Fatal(err)
	}
	s, _ := c.Lookup("CURRENCY#USD")
	all := within(b, "2000-01-03/2026-06-30")
	for b.Loop() {
		s.Expected(all)
	}
}

func BenchmarkCheck(b *testing.B) {
	c, err := catalogue.Parse("series.yaml", lacuna.Series, nil)
	if err != nil {
		b.Fatal(err)
	}
	s, _ := c.Lookup("CURRENCY#USD")
	fields := row.Fields{{Name: "buy", Value: "5.1995"}, {Name: "sell", Value: "5.2001"}}
	b.ReportAllocs()
	for b.Loop() {
		s.Check(fields)
	}
}
