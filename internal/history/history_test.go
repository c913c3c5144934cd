package history

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/sfnapi"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

const oneTask = `{"StartAt": "Report", "States": {"Report": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}`

// keeping is a keeper of a new database, which tells what it logs.
func keeping(t *testing.T) (*Keeper, chan string) {
	t.Helper()
	rows, err := sqlite.Open(filepath.Join(t.TempDir(), "lacuna.db"), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	})
	logged := make(chan string, 100)
	return &Keeper{Rows: rows, Machine: "m", Log: slog.New(teller{logged})}, logged
}

// teller sends what is logged.
type teller struct{ logged chan string }

func (l teller) Enabled(context.Context, slog.Level) bool      { return true }
func (l teller) Handle(_ context.Context, r slog.Record) error { l.logged <- r.Message; return nil }
func (l teller) WithAttrs([]slog.Attr) slog.Handler            { return l }
func (l teller) WithGroup(string) slog.Handler                 { return l }

// begin starts an execution whose task ends as answer says.
func begin(t *testing.T, name string, answer func(context.Context) (json.RawMessage, error)) *engine.Execution {
	t.Helper()
	m, err := asl.Parse([]byte(oneTask))
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Options{Integrations: func(string) engine.Integration {
		return func(ctx context.Context, _ engine.Call) (json.RawMessage, error) { return answer(ctx) }
	}})
	x, err := e.Start(t.Context(), engine.StartInput{Name: name, Machine: m, MachineName: "m", Input: json.RawMessage(`{"from":"-3d"}`)})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Events that could not be written at first are there in the end, each once, and so is how
// the execution ended.
func TestEventsAreWrittenAtLast(t *testing.T) {
	k, logged := keeping(t)
	answer := make(chan struct{})
	x := begin(t, "run", func(context.Context) (json.RawMessage, error) {
		<-answer
		return json.RawMessage(`{"run":"run","status":"complete"}`), nil
	})
	recorded := make(chan error)
	go func() {
		_, err := k.Record(x)
		recorded <- err
	}()
	if got := <-logged; !strings.Contains(got, "will be tried again") { // there is no such execution yet
		t.Errorf("logged %s", got)
	}
	time.Sleep(3 * flushEvery)
	if n := len(logged); n > 0 {
		t.Errorf("logged %d times more, within a second", n)
	}
	if err := k.Begin("run", x.Input(), json.RawMessage(oneTask)); err != nil {
		t.Fatal(err)
	}
	if err := k.Begin("run", x.Input(), json.RawMessage(oneTask)); !errors.Is(err, sfnapi.ErrNameInUse) {
		t.Errorf("the same name again: %v", err)
	}
	close(answer)
	if err := <-recorded; err != nil {
		t.Fatal(err)
	}
	stored, err := k.Rows.Events(t.Context(), "run", 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []store.Event
	for _, e := range x.History() {
		one, err := StoredEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, one)
	}
	if diff := cmp.Diff(want, stored, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" || len(stored) < 5 {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	ended, err := k.Rows.Execution(t.Context(), "run")
	if err != nil || ended.Status != engine.Succeeded || string(ended.Output) != `{"run":"run","status":"complete"}` || ended.Stopped.IsZero() {
		t.Errorf("%+v, %v", ended, err)
	}
	events, err := ReadEvents(stored)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := SummaryIn(events)
	if err != nil || sum == nil || sum.Status != message.Complete {
		t.Errorf("summary %+v, %v", sum, err)
	}
	if same, err := SummaryOf(x.History()); err != nil || !cmp.Equal(same, sum) {
		t.Errorf("of the engine's events: %+v, %v", same, err)
	}
}

// Follow writes how an execution failed, and Wait waits for that. An end that cannot be
// written is an error in the log.
func TestFollow(t *testing.T) {
	k, logged := keeping(t)
	fails := func(context.Context) (json.RawMessage, error) { return nil, &engine.Error{Name: "E", Cause: "why"} }
	if err := k.Begin("known", json.RawMessage("{}"), nil); err != nil {
		t.Fatal(err)
	}
	k.Follow(begin(t, "known", fails))
	k.Wait()
	ended, err := k.Rows.Execution(t.Context(), "known")
	if err != nil || ended.Status != engine.Failed || ended.Error != "E" || ended.Cause != "why" {
		t.Errorf("%+v, %v", ended, err)
	}
	x := begin(t, "unknown", fails)
	k.Follow(x)
	k.Wait()
	if got := <-logged; got != "the end of a run is not written" {
		t.Errorf("logged %s", got)
	}
	if err := k.Start(t.Context(), "never", json.RawMessage("{}"), nil); err != nil {
		t.Fatal(err)
	}
	if err := k.Fail("never", errors.New("no engine")); err != nil {
		t.Fatal(err)
	}
	if ended, err := k.Rows.Execution(t.Context(), "never"); err != nil || ended.Status != engine.Failed || ended.Error != "Lacuna.Internal" || ended.Cause != "no engine" {
		t.Errorf("%+v, %v", ended, err)
	}
}

func TestSummaryIn(t *testing.T) {
	exit := func(name, output string) Event {
		return Event{Event: store.Event{Type: "TaskStateExited"}, name: name, output: output}
	}
	good := exit("Report", `{"run":"r","status":"pending"}`)
	tests := []struct {
		name    string
		events  []Event
		want    string // status
		wantErr string
	}{
		{"none", nil, "", ""},
		{"no report", []Event{exit("Select", `{"status":"complete"}`)}, "", ""},
		{"another kind of event", []Event{{Event: store.Event{Type: "TaskStateEntered"}, name: "Report", output: `{"status":"complete"}`}}, "", ""},
		{"reported", []Event{good, exit("Other", "{}")}, "pending", ""},
		{"reported twice", []Event{good, exit("Report", `{"status":"complete"}`)}, "complete", ""},
		{"a report that failed", []Event{good, exit("Report", `{"Error":"E"}`)}, "", ""},
		{"no JSON", []Event{exit("Report", `{`)}, "", "output of the state Report: "},
		{"too much", []Event{exit("Report", `[`+strings.Repeat("1,", maxSummary)+`1]`)}, "", "more than 50000 values"},
	}
	for _, tt := range tests {
		sum, err := SummaryIn(tt.events)
		if got := ""; sum != nil {
			got = sum.Status
			if got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
		} else if tt.want != "" {
			t.Errorf("%s: no summary", tt.name)
		}
		if (err != nil) != (tt.wantErr != "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.wantErr)
		}
	}
	if got := NewOutcome(store.Execution{Name: "r"}, nil, Meter{}).Summary; got.Run != "r" || got.Status != StatusFailed {
		t.Errorf("without a summary: %+v", got)
	}
}

// What the list of runs says of each.
func TestListDocument(t *testing.T) {
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	x := func(status, failed, input string, took time.Duration) store.Execution {
		e := store.Execution{Name: "r", Status: status, Started: start, Error: failed, Input: json.RawMessage(input)}
		if took > 0 {
			e.Stopped = start.Add(took)
		}
		return e
	}
	const sum = `{"status":"incomplete","requests":3,"retries":2,"series":[{"key":"A","observed":5,"failed":1},{"key":"B","observed":2,"failed":4}]}`
	tests := []struct {
		name, summary string
		x             store.Execution
		status, about string
		took          string
		observed      any // "": nobody knows
	}{
		{"reported", sum, x("FAILED", "Lacuna.Incomplete", `{"from":"-3d","to":"today","series":["A"]}`, 1500*time.Millisecond), "incomplete", "A, -3d/today", "1.5s", 7},
		{"succeeded", sum, x("SUCCEEDED", "", `{"to":"today"}`, 61*time.Second+time.Millisecond), "incomplete", "to today", "1m1s", 7},
		{"aborted", sum, x("ABORTED", "E", `{"from":"-3d","dry_run":true}`, time.Second), "aborted", "from -3d, dry run", "1s", 7},
		{"goes on", "", x("RUNNING", "", `{"only":"all"}`, 0), "running", "only all", "1h0m0s", ""},
		{"failed", "", x("FAILED", "E", `{"only":"due"}`, time.Second), "failed", "E", "1s", ""},
		{"timed out", "", x("TIMED_OUT", "", `{}`, time.Second), "failed", "", "1s", ""},
		{"interrupted", "", x("ABORTED", "Lacuna.Interrupted", `{}`, time.Second), "aborted", "", "1s", ""},
		{"killed", "", x("ABORTED", "Lacuna.ProcessDied", `{}`, time.Second), "aborted", "", "", ""},
		{"nobody knows", "", x("UNKNOWN", "", `{}`, 0), "unknown", "", "", ""},
		{"five series", "", x("RUNNING", "", `{"series":["A","B","C","D","E"]}`, 0), "running", "A, B, C, D, E", "1h0m0s", ""},
		{"seven series", "", x("RUNNING", "", `{"series":["A","B","C","D","E","F","G"]}`, 0), "running", "A, B, C, D, E, and 2 more", "1h0m0s", ""},
		{"an input that is none", "", x("RUNNING", "", `{"series":[`+strings.Repeat(`"A",`, maxInput)+`"A"]}`, 0), "running", "", "1h0m0s", ""},
		{"a deep one", "", x("RUNNING", "", `{"from":"-3d","series":[[["A"]]]}`, 0), "running", "", "1h0m0s", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var summaries []store.Run
			if tt.summary != "" {
				summaries = []store.Run{{ID: "another", Summary: json.RawMessage(`{}`)}, {ID: "r", Summary: json.RawMessage(tt.summary)}}
			}
			synctest.Test(t, func(t *testing.T) {
				if tt.x.Status == "RUNNING" {
					tt.x.Started = time.Now()
					time.Sleep(time.Hour)
				}
				d, err := NewListDocument([]store.Execution{tt.x}, summaries)
				if err != nil || len(d.Runs) != 1 {
					t.Fatalf("%+v, %v", d, err)
				}
				l := d.Runs[0]
				if l.Status != tt.status || strings.Join(l.About(), ", ") != tt.about || l.Took() != tt.took || Known(l.Observed) != tt.observed {
					t.Errorf("%s %q took %q, %v observed; want %s %q %q %v", l.Status, l.About(), l.Took(), Known(l.Observed), tt.status, tt.about, tt.took, tt.observed)
				}
				counts := []any{Known(l.Requests), Known(l.Retries), Known(l.Failed)}
				want := []any{"", "", ""}
				if tt.summary != "" {
					want = []any{3, 2, 5}
				}
				if !slices.Equal(counts, want) {
					t.Errorf("counts %v, want %v", counts, want)
				}
			})
		})
	}
	if _, err := NewListDocument([]store.Execution{x("FAILED", "", "{}", 1)}, []store.Run{{ID: "r", Summary: json.RawMessage("[")}}); err == nil || !strings.Contains(err.Error(), "summary of run r") {
		t.Errorf("a summary that is none: %v", err)
	}
	for _, stopped := range []time.Time{{}, start} {
		text, err := json.Marshal(NewRunDocument(store.Execution{Name: "r", Started: start, Stopped: stopped, Input: json.RawMessage("{}")}, nil, nil, nil, nil))
		if err != nil || strings.Contains(string(text), "stopped") != !stopped.IsZero() {
			t.Errorf("%s, %v", text, err)
		}
	}
}

func TestRemarks(t *testing.T) {
	series := []message.SeriesResult{
		{Count: row.Count{Revised: 1, Suspicious: 2}, Failed: 1, Waiting: 2, Quarantine: 3, Deferred: 4},
		{Count: row.Count{Revised: 1, Contradicted: 1}, Failed: 10, Waiting: 20, Quarantine: 30, Deferred: 40},
	}
	sum := Counted(series)
	if sum.Failed != 11 || sum.Waiting != 22 || sum.Quarantine != 33 || sum.Deferred != 44 || sum.Revised != 2 {
		t.Errorf("summed %+v", sum)
	}
	want := []string{
		"warning: look", "2 days revised: the old values are kept, `lacuna why` and `export --as-of` have them.",
		"1 day with a value that the calendar or an earlier verdict says should not be there.", "2 days without a value are suspicious: not taken for holidays.",
	}
	if diff := cmp.Diff(want, Remarks(sum, []string{"look"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
