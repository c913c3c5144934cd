package scrape_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// benchOf is a newBench whose series has more fields.
func benchOf(t *testing.T, values map[string]string, fields string) *bench {
	t.Helper()
	b := newBench(t, values, nil)
	var err error
	text := strings.Replace(series, "   checks:", "   "+fields+`, ready: {at: "18:00", zone: UTC}, checks:`, 1)
	if b.Catalogue, err = catalogue.Parse("series.yaml", []byte(text), nil); err != nil {
		t.Fatal(err)
	}
	return b
}

// weekdays returns values for the weekdays of a range, without the days that lack.
func weekdays(from, to string, lack ...string) map[string]string {
	values := map[string]string{}
	for d := day(from); d <= day(to); d++ {
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
			values[d.String()] = "5.1"
		}
	}
	for _, d := range lack {
		delete(values, d)
	}
	return values
}

// ask sends a message for a range at a time of asking.
func (b *bench) ask(t *testing.T, run, from, to, asOf string, only row.Only) {
	t.Helper()
	m := msg(run, 0)
	m.Streams[0].From, m.Streams[0].To, m.Only = day(from), day(to), only
	m.AsOf = day(asOf).Time().Add(22 * time.Hour)
	b.do(t.Context(), t, m)
	if b.answers.failure != "" {
		t.Fatalf("run %s fails: %s", run, b.answers.cause)
	}
}

// unsettled shows the rows that are not observed as day, status, attempts and
// the day to ask again.
func (b *bench) unsettled(t *testing.T) string {
	var words []string
	for _, r := range b.rows(t) {
		if r.Status != row.Observed {
			again := "-"
			if r.RetryAt != 0 {
				again = r.RetryAt.String()
			}
			words = append(words, fmt.Sprintf("%s %s %d %s", r.Day, r.Status, r.Attempts, again))
		}
	}
	return strings.Join(words, "; ")
}

// 2026-05-01 is closed in the calendar; the ranges are whole weeks of May and June.
func TestWhatAnEmptyDayIs(t *testing.T) {
	type asking struct{ asOf, want string }
	tests := []struct {
		name, fields string
		lack         []string
		asks         []asking
	}{
		{"late, at the end", "on_empty: learn", []string{"2026-06-19"},
			[]asking{{"2026-06-19", "2026-06-19 absent 1 2026-06-20"}, {"2026-06-20", "2026-06-19 absent 2 2026-06-22"}}},
		{"a holiday that is old, at once", "on_empty: learn", []string{"2026-06-08", "2026-06-09"},
			[]asking{{"2026-06-30", "2026-06-08 absent 1 -; 2026-06-09 absent 1 -"}}},
		{"a holiday that is new, at the second answer", "on_empty: learn", []string{"2026-06-16"},
			[]asking{{"2026-06-19", "2026-06-16 absent 1 2026-06-20"}, {"2026-06-19", "2026-06-16 absent 1 2026-06-20"}, {"2026-06-20", "2026-06-16 absent 2 -"}}},
		{"six of them", "on_empty: learn", []string{"2026-06-09", "2026-06-10", "2026-06-11", "2026-06-12", "2026-06-15", "2026-06-16"},
			[]asking{{"2026-06-30", "2026-06-09 absent 1 2026-07-01; 2026-06-10 absent 1 2026-07-01; " +
				"2026-06-11 absent 1 2026-07-01; 2026-06-12 absent 1 2026-07-01; 2026-06-15 absent 1 2026-07-01; 2026-06-16 absent 1 2026-07-01"}}},
		{"not a holiday where that is not learned", "on_empty: recheck", []string{"2026-06-08"},
			[]asking{{"2026-06-30", "2026-06-08 absent 1 2026-07-01"}}},
		{"a week of them", "on_empty: learn", []string{"2026-06-08", "2026-06-09", "2026-06-10", "2026-06-11", "2026-06-12"},
			[]asking{{"2026-06-30", "2026-06-08 absent 1 -; 2026-06-09 absent 1 -; 2026-06-10 absent 1 -; 2026-06-11 absent 1 -; 2026-06-12 absent 1 -"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := benchOf(t, weekdays("2026-05-18", "2026-06-19", tt.lack...), tt.fields)
			for i, a := range tt.asks {
				b.ask(t, fmt.Sprint("r", i), "2026-05-18", "2026-06-19", a.asOf, row.OnlyDue)
				if got := b.unsettled(t); got != a.want {
					t.Errorf("asked on %s: %s, want %s", a.asOf, got, a.want)
				}
			}
		})
	}
}

// A day on its ladder that lies between wanted ones is stored when it comes.
func TestAWaitingDayThatComesAlong(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-12", "2026-06-10")
	b := benchOf(t, values, "on_empty: recheck")
	b.ask(t, "r1", "2026-06-10", "2026-06-10", "2026-06-12", row.OnlyDue)
	b.ask(t, "r2", "2026-06-10", "2026-06-10", "2026-06-13", row.OnlyDue)
	values["2026-06-10"] = "5.1"
	b.ask(t, "r3", "2026-06-08", "2026-06-12", "2026-06-14", row.OnlyDue)
	c := b.streams(t, "r3")[0].Series[0]
	if c.Observed != 5 || c.Early != 1 || c.Pending != 0 {
		t.Errorf("counts %+v, want 5 observed and 1 of them early", c)
	}
}

// A run that asks before the day of the ladder has come changes nothing, and still
// leaves the day behind.
func TestADayAskedForEarlyIsStillPending(t *testing.T) {
	b := benchOf(t, weekdays("2026-06-08", "2026-06-12", "2026-06-10"), "on_empty: recheck")
	b.ask(t, "r1", "2026-06-10", "2026-06-10", "2026-06-12", row.OnlyDue)
	for i, only := range []row.Only{row.OnlyFailed, row.OnlyAll} {
		run := fmt.Sprint("early", i)
		b.ask(t, run, "2026-06-10", "2026-06-10", "2026-06-12", only)
		if c := b.streams(t, run)[0].Series[0]; c.Absent != 0 || c.Pending != 1 || c.New != 0 || c.Still != 1 {
			t.Errorf("only %s: counts %+v, want 1 pending, as before", only, c)
		}
	}
}

// What a run finds out is news; that it is still so is none, until the day is a person's.
// A day in quarantine that lies between wanted ones is healed when its value comes.
func TestNewsOfADay(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-12", "2026-06-10")
	b := benchOf(t, values, "on_empty: recheck")
	type news struct{ New, Still, Quarantined, Healed int }
	ask := func(run, from, to, asOf string, want news) {
		t.Helper()
		b.ask(t, run, from, to, asOf, row.OnlyDue)
		c := b.streams(t, run)[0].Series[0]
		if got := (news{c.New, c.Still, c.Quarantined, c.Healed}); got != want {
			t.Errorf("%s: %+v, want %+v", run, got, want)
		}
	}
	ask("r1", "2026-06-10", "2026-06-10", "2026-06-12", news{New: 1})
	ask("r1", "2026-06-10", "2026-06-10", "2026-06-12", news{New: 1}) // a message that comes twice
	ask("r2", "2026-06-10", "2026-06-10", "2026-06-12", news{})       // counted by nobody here: Detect knows that it waits
	for i, asOf := range []string{"2026-06-13", "2026-06-15", "2026-06-19", "2026-06-27"} {
		for range 2 {
			ask(fmt.Sprint("again", i), "2026-06-10", "2026-06-10", asOf, news{Still: 1})
		}
	}
	ask("last", "2026-06-10", "2026-06-10", "2026-07-13", news{New: 1, Quarantined: 1})
	values["2026-06-10"] = "5.1"
	for range 2 {
		ask("healed", "2026-06-08", "2026-06-12", "2026-07-14", news{Healed: 1})
	}
}

// A publisher that has nothing for a whole month, though there are rows before
// and after it, is not believed, whatever the series learns.
func TestALongEmptyStretchIsSuspicious(t *testing.T) {
	for _, onEmpty := range []string{"learn", "recheck"} {
		b := benchOf(t, nil, "on_empty: "+onEmpty)
		for text := range weekdays("2026-04-01", "2026-06-30", "2026-04-03", "2026-04-21", "2026-05-01", "2026-06-04") {
			if !strings.HasPrefix(text, "2026-05") {
				b.put(t, row.Row{Series: "USD", Day: day(text), Status: row.Observed, Run: "r0", Fields: row.Fields{{Name: "sell", Value: "5.1"}}})
			}
		}
		b.ask(t, "r1", "2026-05-04", "2026-05-29", "2026-07-01", row.OnlyDue)
		s := b.streams(t, "r1")[0]
		want := "USD 2026-05-04/2026-05-29: suspicious: 20 days without a value, between published ones"
		if len(s.Warnings) != 1 || s.Warnings[0] != want || s.Series[0].Suspicious != 20 || s.Series[0].Pending != 20 {
			t.Errorf("%s: warnings %q, counts %+v", onEmpty, s.Warnings, s.Series[0])
		}
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("%s: log %s", onEmpty, b.log.String())
		}
	}
}

func TestAChangeThatIsTooLarge(t *testing.T) {
	put := func(b *bench, text, value string) {
		b.put(t, row.Row{Series: "USD", Day: day(text), Status: row.Observed, Run: "r0", Fields: row.Fields{{Name: "sell", Value: value}}})
	}
	week := func(values ...string) map[string]string {
		m := map[string]string{}
		for i, v := range values {
			m[(day("2026-06-08") + span.Day(i)).String()] = v
		}
		return m
	}
	tests := []struct {
		name   string
		values map[string]string
		stored map[string]string
		want   string // values that are held
	}{
		{"a spike", week("5.0", "5.1", "6.0", "5.2", "5.3"), nil, "6.0 is more than 10% away from 5.1 on 2026-06-09"},
		{"a new level is held once", week("5.0", "5.1", "5.8", "5.8", "5.8"), nil, "5.8 is more than 10% away from 5.1 on 2026-06-09"},
		{"the first day, by the one after it", week("7.0", "5.1", "5.1", "5.1", "5.1"), nil, "7.0 is more than 10% away from 5.1 on 2026-06-09"},
		{"by the stored day before", week("5.7"), map[string]string{"2026-06-05": "5.0"}, "5.7 is more than 10% away from 5.0 on 2026-06-05"},
		{"by the stored day after", week("5.7"), map[string]string{"2026-06-09": "5.0"}, "5.7 is more than 10% away from 5.0 on 2026-06-09"},
		{"two steps may be twice as far", week("5.9"), map[string]string{"2026-06-03": "5.0"}, ""}, // Thursday the 4th is closed
		{"three steps after a hole", week("", "", "7.0"), map[string]string{"2026-06-05": "5.0"}, "7.0 is more than 3 times 10% away from 5.0 on 2026-06-05"},
		{"by the answer, not by what it revises", week("5.0", "5.4", "5.9", "6.0", "6.0"), map[string]string{"2026-06-09": "5.0"}, ""},
		{"by the stored day, which is nearer", week("5.7", "", "5.6"), map[string]string{"2026-06-09": "5.0"},
			"5.7 is more than 10% away from 5.0 on 2026-06-09; 5.6 is more than 10% away from 5.0 on 2026-06-09"},
		{"by the answer's day, which is nearer", week("5.7", "5.1"), map[string]string{"2026-06-10": "5.7"},
			"5.7 is more than 10% away from 5.1 on 2026-06-09; 5.1 is more than 10% away from 5.7 on 2026-06-10"},
		{"nothing near", week("50"), map[string]string{"2026-05-18": "5.0"}, "50 is above 20"},
		{"too high, though near its neighbour", week("19.5", "20.5"), nil, "20.5 is above 20"},
		{"ten steps before", week("15"), map[string]string{"2026-05-22": "5.0"}, "15 is more than 10 times 10% away from 5.0 on 2026-05-22"},
		{"ten steps after", week("", "", "", "", "15"), map[string]string{"2026-06-26": "5.0"}, "15 is more than 10 times 10% away from 5.0 on 2026-06-26"},
		{"far away is another time", week("15"), map[string]string{"2026-05-18": "5.0"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for text, v := range tt.values {
				if v == "" {
					delete(tt.values, text)
				}
			}
			b := benchOf(t, tt.values, "on_empty: recheck")
			text := strings.Replace(series, "max: 20", "max: 20, max_change: 10%", 1)
			c, err := catalogue.Parse("series.yaml", []byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			b.Catalogue = c
			for text, value := range tt.stored {
				put(b, text, value)
			}
			b.ask(t, "r1", "2026-06-08", "2026-06-12", "2026-07-01", row.OnlyDue)
			var held []string
			for _, r := range b.rows(t) {
				if r.Status == row.Incomplete {
					held = append(held, strings.TrimPrefix(r.Reason, "sell "))
				}
			}
			if got := strings.Join(held, "; "); got != tt.want {
				t.Errorf("held: %s, want %s", got, tt.want)
			}
		})
	}
}

// A row that is held is nothing to compare with, and a revision is not compared with what
// it revises.
func TestNothingToCompareWith(t *testing.T) {
	for _, tt := range []struct {
		name, day string
		status    row.Status
		want      string
	}{
		{"held, before it", "2026-06-08", row.Incomplete, "2026-06-09 observed 5.7"},
		{"held, after it", "2026-06-10", row.Incomplete, "2026-06-09 observed 5.7"},
		{"revised", "2026-06-09", row.Observed, "2026-06-09 observed 5.7"},
	} {
		b := newBench(t, map[string]string{"2026-06-09": "5.7"}, nil)
		c, err := catalogue.Parse("series.yaml", []byte(strings.Replace(series, "max: 20", "max: 20, max_change: 10%", 1)), nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Catalogue = c
		b.put(t, row.Row{Series: "USD", Day: day(tt.day), Status: tt.status, Run: "r0", Fields: row.Fields{{Name: "sell", Value: "5.0"}}})
		b.ask(t, "r1", "2026-06-08", "2026-06-12", "2026-07-01", row.OnlyDue)
		if got := b.table(t); !slices.Contains(got, tt.want) {
			t.Errorf("%s: rows %q, want %s", tt.name, got, tt.want)
		}
	}
}

func TestLookback(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-30")
	b := benchOf(t, values, "lookback: 5")
	ask := func(run, asOf string) {
		b.requests = nil
		b.ask(t, run, "2026-06-08", "2026-06-30", asOf, row.OnlyDue)
	}
	ask("r1", "2026-06-19") // the first fill
	ask("r2", "2026-06-19")
	if len(b.requests) > 0 {
		t.Fatalf("compared on the day of the fill: %v", b.requests)
	}
	values["2026-06-16"] = "5.2" // one of the newest five
	values["2026-06-12"] = "5.3" // older
	ask("r3", "2026-06-20")
	if want := "[2026-06-15/2026-06-19]"; fmt.Sprint(b.requests) != want {
		t.Errorf("compared %v, want %s", b.requests, want)
	}
	if s := b.streams(t, "r3")[0]; s.Series[0].Revised != 1 || s.Series[0].Observed != 1 {
		t.Errorf("counts %+v, want one revised", s.Series[0])
	}
	ask("r4", "2026-06-20")
	if len(b.requests) > 0 {
		t.Errorf("compared twice on a day: %v", b.requests)
	}
	ask("r5", "2026-06-22")
	if want := "[2026-06-16/2026-06-22]"; fmt.Sprint(b.requests) != want {
		t.Errorf("compared on Monday %v, want %s", b.requests, want)
	}
	got := map[string]string{}
	for _, r := range b.rows(t) {
		value, _ := r.Fields.Get("sell")
		got[r.Day.String()] = value
	}
	if got["2026-06-16"] != "5.2" || got["2026-06-12"] != "5.1" || got["2026-06-22"] != "5.1" {
		t.Errorf("values %v", got)
	}
}

// Whether a series was compared today stands in its newest day, which may be far
// from a stream's own.
func TestLookbackFarFromTheNewestDay(t *testing.T) {
	b := benchOf(t, weekdays("2026-03-02", "2026-06-30"), "lookback: 60")
	b.ask(t, "r1", "2026-03-02", "2026-06-30", "2026-06-30", row.OnlyDue)
	for _, step := range []struct{ run, from, to, want string }{
		{"r2", "2026-06-29", "2026-06-30", "[2026-06-29/2026-06-30]"},
		{"r3", "2026-04-13", "2026-04-17", "[]"},
	} {
		b.requests = nil
		b.ask(t, step.run, step.from, step.to, "2026-07-01", row.OnlyDue)
		if fmt.Sprint(b.requests) != step.want {
			t.Errorf("%s of %s to %s compares %v, want %s", step.run, step.from, step.to, b.requests, step.want)
		}
	}
}

// Days that follow quarantined ones are those of a series that has ended.
func TestQuarantinedAfterTheEnd(t *testing.T) {
	b := newBench(t, nil, nil)
	add := func(text string, status row.Status, attempts int) {
		b.put(t, row.Row{Series: "USD", Day: day(text), Status: status, Run: "r0", Attempts: attempts, RetryAt: day("2026-06-20")})
	}
	for text, status := range map[string]row.Status{
		"2026-06-05": row.Quarantined, "2026-06-08": row.Absent, "2026-06-09": row.Absent, // after the end
		"2026-06-11": row.Absent, // the 10th is there
	} {
		add(text, status, 5)
	}
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-10"), Status: row.Observed, Run: "r0", Fields: row.Fields{{Name: "sell", Value: "5.1"}}})
	b.ask(t, "r1", "2026-06-08", "2026-06-11", "2026-07-01", row.OnlyDue)
	if c := b.streams(t, "r1")[0].Series[0]; c.Quarantined != 3 || c.Ended != 2 || c.New != 1 {
		t.Errorf("counts %+v, want 3 quarantined and 2 of them after the end", c)
	}
	// The days beside a stream's range that the same run quarantined are another stream's.
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-12"), Status: row.Absent, Run: "r0", Attempts: 5, RetryAt: day("2026-06-20")})
	b.ask(t, "r1", "2026-06-12", "2026-06-12", "2026-07-01", row.OnlyDue)
	if c := b.streams(t, "r1")[0].Series[0]; c.Quarantined != 1 || c.Ended != 0 {
		t.Errorf("counts %+v, want 1 quarantined, after one of the same run", c)
	}
}

func TestAValueForASettledDay(t *testing.T) {
	b := newBench(t, weekdays("2026-06-08", "2026-06-12"), nil)
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-09"), Status: row.Absent, Run: "r0"})
	b.ask(t, "r1", "2026-06-08", "2026-06-12", "2026-07-01", row.OnlyDue)
	want := "[USD 2026-06-09: published, but the day was settled as absent]"
	if s := b.streams(t, "r1")[0]; fmt.Sprint(s.Warnings) != want || s.Series[0].Contradicted != 1 {
		t.Errorf("warnings %q, counts %+v", s.Warnings, s.Series[0])
	}
	b.ask(t, "r2", "2026-06-08", "2026-06-12", "2026-07-01", row.OnlyDue)
	if s := b.streams(t, "r2")[0]; len(s.Warnings) > 0 || s.Series[0].Contradicted != 0 {
		t.Errorf("another run warns of it too: %q, counts %+v", s.Warnings, s.Series[0])
	}
}

// The rows of the range that the answer says nothing of are counted to its last day.
func TestTheLastDayOfARangeCounts(t *testing.T) {
	b := newBench(t, map[string]string{"2026-06-15": "5.1"}, nil)
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-16"), Status: row.Observed, Run: "r0", Fields: row.Fields{{Name: "sell", Value: "5.1"}}})
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-17"), Status: row.Observed, Run: "r0", Fields: row.Fields{{Name: "sell", Value: "5.1"}}})
	b.ask(t, "r1", "2026-06-15", "2026-06-16", "2026-07-01", row.OnlyDue)
	if c := b.streams(t, "r1")[0].Series[0]; c.Latest != day("2026-06-16") || c.Observed != 1 {
		t.Errorf("counts %+v, want the row of the last day to be the latest", c)
	}
	b.ask(t, "r2", "2026-06-15", "2026-06-16", "2026-07-01", row.OnlyDue) // nothing to ask for
	if c := b.streams(t, "r2")[0].Series[0]; c.Latest != day("2026-06-16") || len(b.requests) != 1 {
		t.Errorf("counts %+v, want no row behind the last day", c)
	}
}

func TestValuesThatContradict(t *testing.T) {
	values := weekdays("2026-06-01", "2026-06-12") // Thursday the 4th is Corpus Christi
	b := newBench(t, values, nil)
	settled, err := row.Decide(row.Row{Series: "USD", Day: day("2026-06-09")}, row.MarkAbsent, row.Hand{At: day("2026-06-12").Time(), By: "ana", Reason: "strike"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.put(t, settled)
	// The second time is the message once more, as after a crash: the rows are
	// there, and say the same.
	for range 2 {
		b.ask(t, "r1", "2026-06-01", "2026-06-12", "2026-07-01", row.OnlyDue)
		s := b.streams(t, "r1")[0]
		want := "USD 2026-06-04: published, but closed in the calendar brazil-bank: Corpus Christi, and one more such day"
		if len(s.Warnings) != 1 || s.Warnings[0] != want || s.Series[0].Contradicted != 2 || s.Series[0].Observed != 10 || len(b.requests) != 1 {
			t.Errorf("%d requests, warnings %q, counts %+v, want %q", len(b.requests), s.Warnings, s.Series[0], want)
		}
	}
}
