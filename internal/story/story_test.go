package story_test

import (
	"context"
	"encoding/json"
	"errors"
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
	if err := rows.SaveRun(t.Context(), store.Run{ID: "run-1", AsOf: asOf, Summary: summary}); err != nil {
		t.Fatal(err)
	}
	st, err := story.Tell(t.Context(), rows, shipped(t, "ECB#USD"), day, asOf, again)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range st.Failures {
		names = append(names, f.Run+" "+f.Error)
	}
	if got, want := strings.Join(names, ", "), "run-1 Its.Own, run-1 Whole.Source"; got != want {
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
