package story_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
	"lacuna/internal/story"
)

var asOf = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

func shipped(t *testing.T, key string) *catalogue.Series {
	t.Helper()
	text, err := os.ReadFile("../../series.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Parse("series.yaml", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.Find(key)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func again(verb string, _ ...string) string { return "lacuna " + verb }

// What becomes of a day is said of every state that it can be in.
func TestStates(t *testing.T) {
	const key = "ECB#USD"
	one, good := shipped(t, key), row.Fields{{Name: "rate", Value: "1.1"}}
	if len(one.Fields) != 1 {
		t.Fatalf("fields %v", one.Fields)
	}
	good[0].Name = one.Fields[0]
	monday, sunday, next := span.Date(2026, 6, 1), span.Date(2026, 6, 7), span.Date(2026, 7, 1)
	tests := []struct {
		name        string
		day         span.Day
		row         row.Row // Status "": none
		state, says string
		commands    int
	}{
		{"closed", sunday, row.Row{}, "closed", "Never asked for.", 0},
		{"not due", next, row.Row{}, "not_due", "once it is due", 0},
		{"missing", monday, row.Row{}, story.StateMissing, "The next backfill asks for it.", 1},
		{"against the calendar", sunday, row.Row{Status: row.Observed, Fields: good}, "observed", "The calendar is contradicted", 1},
		{"observed", monday, row.Row{Status: row.Observed, Fields: good}, "observed", "Not asked for again, unless", 0},
		{"quarantined", monday, row.Row{Status: row.Quarantined, Attempts: 5}, "quarantined", "Waits for a person", 2},
		{"quarantined with a value", monday, row.Row{Status: row.Quarantined, Attempts: 5, Fields: good}, "quarantined", "Waits for a person", 3},
		{"asked again", monday, row.Row{Status: row.Absent, Attempts: 1, RetryAt: next}, "absent", "Asked again by the first backfill from 2026-07-01 on.", 0},
		{"incomplete", monday, row.Row{Status: row.Incomplete, Attempts: 1, RetryAt: next, Fields: good}, "incomplete", "from 2026-07-01 on.", 1},
		{"settled", monday, row.Row{Status: row.Absent, Attempts: 5}, "absent", "Settled, and not asked for again.", 1},
		{"absent on a closed day", sunday, row.Row{Status: row.Absent, Attempts: 1, RetryAt: next}, "absent", "Not expected, so not asked for again.", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := memory.New()
			if tt.row.Status != "" {
				tt.row.Series, tt.row.Day, tt.row.FetchedAt, tt.row.Run = key, tt.day, asOf, "run"
				if err := rows.Change(t.Context(), row.Row{Series: key, Day: tt.day}, tt.row); err != nil {
					t.Fatal(err)
				}
			}
			st, err := story.Tell(t.Context(), rows, one, tt.day, asOf, again)
			if err != nil {
				t.Fatal(err)
			}
			if st.State != tt.state || !strings.Contains(st.Next, tt.says) || len(st.Commands) != tt.commands {
				t.Errorf("%s: %s %q, want %s: %q and %d commands", st.State, st.Next, st.Commands, tt.state, tt.says, tt.commands)
			}
			if (st.Row != nil) != (tt.row.Status != "") || st.Row != nil && len(st.Row.Trail) == 0 {
				t.Errorf("row %+v", st.Row)
			}
		})
	}
}

// A day that the publisher has withdrawn, the revisions before it and when it was due.
func TestADayThatWasWithdrawn(t *testing.T) {
	const key = "ECB#USD"
	one, day := shipped(t, key), span.Date(2026, 6, 1)
	value := func(v string) row.Fields { return row.Fields{{Name: one.Fields[0], Value: v}} }
	rows := memory.New()
	r := row.Row{Series: key, Day: day}
	for i, next := range []row.Row{
		{Status: row.Observed, Fields: value("1.1"), Run: "r0"},
		{Status: row.Observed, Fields: value("1.2"), Run: "r1"},
		{Status: row.Observed, Fields: value("1.2"), Run: "r1", Reason: "withdrawn by the publisher"},
	} {
		next.Series, next.Day, next.FetchedAt = key, day, asOf.AddDate(0, 0, i)
		if err := rows.Change(t.Context(), r, next); err != nil {
			t.Fatal(err)
		}
		r = next
	}
	st, err := story.Tell(t.Context(), rows, one, day, asOf, again)
	if err != nil {
		t.Fatal(err)
	}
	if st.State != "observed" || !strings.HasPrefix(st.Next, "The value stays until a person decides") || st.Row.Withdrawn == "" || !st.Expected {
		t.Errorf("%s %q, row %+v", st.State, st.Next, st.Row)
	}
	if got := fmt.Sprint(st.Acts); got != "[mark missing mark absent quarantine accept]" || len(st.Commands) != 3 {
		t.Errorf("acts %s, commands %q", got, st.Commands)
	}
	if len(st.Revisions) != 1 || st.Revisions[0].Fields.String() != one.Fields[0]+" 1.1" || st.Revisions[0].ReplacedBy != "r1" || !st.Revisions[0].ReplacedAt.Equal(asOf.AddDate(0, 0, 1)) {
		t.Errorf("revisions %+v", st.Revisions)
	}
	if !st.DueAt.Equal(one.DueAt(day)) || st.DueAt.IsZero() {
		t.Errorf("due at %s", st.DueAt)
	}
	if closed, err := story.Tell(t.Context(), rows, one, span.Date(2026, 6, 7), asOf, again); err != nil || !closed.DueAt.IsZero() {
		t.Errorf("a Sunday is due at %s, %v", closed.DueAt, err)
	}
}

const lookedBack = `version: 1
sources:
  s: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 1, rate_per_s: 5, timeout: 30s}
series:
- {key: A, title: t, unit: u, source: s, code: a, fields: [v], calendar: daily, since: 2026-06-01, lookback: 5, ready: {at: "18:00", zone: UTC}}
- {key: ENDED, title: t, unit: u, source: s, code: e, fields: [v], calendar: daily, since: 2026-06-01, until: 2026-06-20, lookback: 5, ready: {at: "18:00", zone: UTC}}
`

// The newest days are compared again: of a series that goes on each day, of one that has
// ended once after its end.
func TestDaysThatAreComparedAgain(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", []byte(lookedBack), nil)
	if err != nil {
		t.Fatal(err)
	}
	june := func(d int) span.Day { return span.Date(2026, time.June, d) }
	const compared, never = "Compared again", "Not asked for again, unless"
	tests := []struct {
		key          string
		day, fetched span.Day
		status       row.Status
		says         string
	}{
		{"A", june(29), june(30), row.Observed, compared}, // the newest one due at noon of the 30th
		{"A", june(25), june(26), row.Observed, compared},
		{"A", june(24), june(26), row.Observed, never},
		{"A", june(29), june(30), row.Absent, "Settled"},
		{"ENDED", june(20), june(20), row.Observed, compared},
		{"ENDED", june(20), june(21), row.Observed, never},
		{"ENDED", june(15), june(15), row.Observed, never},
	}
	for _, tt := range tests {
		one, err := c.Find(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		rows := memory.New()
		next := row.Row{Series: tt.key, Day: tt.day, Status: tt.status, FetchedAt: tt.fetched.Time()}
		if tt.status == row.Observed {
			next.Fields = row.Fields{{Name: "v", Value: "1"}}
		}
		if err := rows.Change(t.Context(), row.Row{Series: tt.key, Day: tt.day}, next); err != nil {
			t.Fatal(err)
		}
		st, err := story.Tell(t.Context(), rows, one, tt.day, asOf, again)
		if err != nil || !strings.HasPrefix(st.Next, tt.says) {
			t.Errorf("%s %s, fetched on %s: %q, %v; want %s", tt.key, tt.day, tt.fetched, st.Next, err, tt.says)
		}
	}
	one, err := c.Find("A")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[span.Day]string{june(29): story.StateMissing, june(30): "not_due"} {
		if st, err := story.Tell(t.Context(), memory.New(), one, day, asOf, again); err != nil || st.State != want {
			t.Errorf("%s: %+v, %v; want %s", day, st, err, want)
		}
	}
	if st, err := story.Tell(t.Context(), memory.New(), one, june(1), june(1).Time(), again); err != nil || st.State != "not_due" {
		t.Errorf("before anything is due: %+v, %v", st, err)
	}
}

// A missing day has the failures that kept it from being asked for, and no others.
func TestFailuresOfAMissingDay(t *testing.T) {
	day, other := span.Date(2026, 6, 1), span.Date(2026, 5, 4)
	of := func(d span.Day) span.Span { return span.Span{From: d, To: d} }
	summary, err := json.Marshal(message.Summary{Failures: []message.Failure{
		{Source: "ecb", Series: []string{"ECB#USD"}, Span: of(day), Error: "Its.Own"},
		{Source: "ecb", Series: []string{"ECB#USD"}, Span: of(other), Error: "Other.Days"},
		{Source: "ecb", Series: []string{"ECB#BRL"}, Span: of(day), Error: "Other.Series"},
		{Source: "ecb", Error: "Whole.Source"},
		{Source: "fred", Error: "Other.Source"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	rows := memory.New()
	whole, err := json.Marshal(message.Summary{Shards: []message.ShardResult{{Run: "run-1"}}, Failures: []message.Failure{{Source: "ecb", Error: "Of.A.Shard"}}})
	if err != nil {
		t.Fatal(err)
	}
	for id, summary := range map[string][]byte{"run-1": summary, "run": whole} {
		if err := rows.SaveRun(t.Context(), store.Run{ID: id, AsOf: asOf, Summary: summary}); err != nil {
			t.Fatal(err)
		}
	}
	st, err := story.Tell(t.Context(), rows, shipped(t, "ECB#USD"), day, asOf, again)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range st.Failures {
		names = append(names, f.Run+" "+f.Error)
	}
	if got, want := strings.Join(names, ", "), "run-1 Its.Own, run-1 Whole.Source, run Of.A.Shard"; got != want {
		t.Errorf("failures %s, want %s", got, want)
	}
}

// brokenRuns has rows, and summaries that cannot be read.
type brokenRuns struct{ *memory.Store }

var errBroken = errors.New("broken")

func (brokenRuns) Runs(context.Context, int) ([]store.Run, error) { return nil, errBroken }

func TestRunsThatCannotBeRead(t *testing.T) {
	one := shipped(t, "ECB#USD")
	if _, err := story.Tell(t.Context(), brokenRuns{memory.New()}, one, span.Date(2026, 6, 1), asOf, again); !errors.Is(err, errBroken) {
		t.Errorf("error %v, want %v", err, errBroken)
	}
	if _, err := story.Tell(t.Context(), brokenRuns{memory.New()}, one, span.Date(2026, 6, 7), asOf, again); err != nil {
		t.Errorf("of a closed day: error %v; nobody failed to ask for it", err)
	}
}
