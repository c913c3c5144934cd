package history

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

func TestRunName(t *testing.T) {
	if got, want := []string{RunName("x-shard-003"), RunName("x")}, []string{"x (shard 3)", "x"}; !cmp.Equal(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
}

func TestNestedError(t *testing.T) {
	for _, tt := range []struct{ name, cause, want string }{
		{"States.TaskFailed", `{"Error":"Lacuna.Incomplete","Status":"FAILED"}`, "Lacuna.Incomplete"},
		{"States.TaskFailed", `{"Status":"ABORTED"}`, "ABORTED"},
		{"States.Timeout", "", "States.Timeout"},
		{"States.TaskFailed", `{"Error":"cut`, "States.TaskFailed"},
	} {
		if got := NestedError(tt.name, tt.cause); got != tt.want {
			t.Errorf("NestedError(%q, %q) = %q, want %q", tt.name, tt.cause, got, tt.want)
		}
	}
}

func TestCauseOf(t *testing.T) {
	for cause, want := range map[string]string{
		`{"errorMessage":"why","errorType":"E"}`:                                 "why",
		`{"ExecutionArn":"a","Error":"E","Cause":"why","Status":"FAILED"}`:       "E: why",
		`{"ExecutionArn":"a","Status":"ABORTED","Input":{"shard":{"name":"s"}}}`: "ABORTED",
		`{"Cause":"of something else"}`:                                          `{"Cause":"of something else"}`,
		`{"ExecutionArn":"a","Error":"cut`:                                       `{"ExecutionArn":"a","Error":"cut`,
		"a text":                                                                 "a text",
	} {
		if got := CauseOf(cause); got != want {
			t.Errorf("CauseOf(%s) = %q, want %q", cause, got, want)
		}
	}
}

func TestEndOfShard(t *testing.T) {
	done, failed, other := `{"shard":"x-shard-001"}`, `{"shard":"x-shard-002","error":"E"}`, `[]`
	event := func(kind, name string, output *string) engine.Event {
		return engine.Event{Type: kind, Details: &engine.Details{Name: name, Output: output}}
	}
	for _, tt := range []struct {
		e    engine.Event
		want string
	}{
		{event("TaskStateExited", "Shard", &done), "x-shard-001"},
		{event("PassStateExited", "ShardFailed", &failed), "x-shard-002"},
		{event("TaskStateExited", "Scrape", &done), ""},
		{event("TaskStateExited", "Shard", &other), ""},
		{event("TaskStateExited", "Shard", nil), ""},
		{engine.Event{Type: "TaskStateExited"}, ""},
	} {
		if got := EndOfShard(tt.e); got != tt.want {
			t.Errorf("%s of %+v: %q, want %q", tt.e.Type, tt.e.Details, got, tt.want)
		}
	}
}

var start = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)

// shelf has executions, histories and summaries by name.
type shelf struct {
	executions map[string]store.Execution
	events     map[string][]store.Event
	summaries  []store.Run
}

func (s shelf) Execution(_ context.Context, name string) (store.Execution, error) {
	x, ok := s.executions[name]
	if !ok {
		return x, fmt.Errorf("execution %s: %w", name, store.ErrUnknown)
	}
	return x, nil
}

func (s shelf) Summaries(_ context.Context, list []store.Execution) ([]store.Run, error) {
	for _, x := range list {
		if !x.Started.Equal(start) {
			return nil, fmt.Errorf("%s is looked for at %s", x.Name, x.Started)
		}
	}
	return s.summaries, nil
}

func (s shelf) Events(_ context.Context, name string, after int64) ([]store.Event, error) {
	if after != 0 {
		return nil, errors.New("all are wanted")
	}
	return s.events[name], nil
}

// dividedRun is a run that has n shards, of which the last has not begun, and the one before
// it goes on; the third has failed.
func dividedRun(t *testing.T, n int) (x store.Execution, events []Event, from shelf) {
	t.Helper()
	from = shelf{executions: map[string]store.Execution{}, events: map[string][]store.Event{}}
	sel := message.Selection{Run: "r", AsOf: start}
	var stored []store.Event
	add := func(kind, details string) {
		stored = append(stored, store.Event{ID: int64(len(stored)) + 1, PreviousID: int64(len(stored)), Time: start, Type: kind, Details: json.RawMessage(details)})
	}
	for i := range n {
		name := fmt.Sprintf("r-shard-%03d", i+1)
		sel.Shards = append(sel.Shards, message.Shard{Name: name, First: fmt.Sprintf("A#%03d", i), Last: fmt.Sprintf("B#%03d", i)})
		one := store.Execution{Name: name, Started: start, Stopped: start.Add(time.Minute), Status: engine.Succeeded, Input: json.RawMessage("{}")}
		sum := message.Summary{Run: name, Status: message.Complete, Requests: i, Series: []message.SeriesResult{{Key: name}}}
		sum.Series[0].Observed = 10
		switch i {
		case n - 1:
			continue
		case n - 2:
			one.Stopped, one.Status = time.Time{}, engine.Running
		case 2:
			one.Status, one.Error = engine.Failed, "Lacuna.Incomplete"
			sum.Status, sum.Series[0].Failed = message.Incomplete, 3
		}
		from.executions[name] = one
		from.events[name] = []store.Event{{ID: 1, Time: start, Type: "PassStateEntered", Details: json.RawMessage(fmt.Sprintf(`{"name":"Inside%d"}`, i+1))}}
		if i == n-2 {
			continue
		}
		text, err := json.Marshal(sum)
		if err != nil {
			t.Fatal(err)
		}
		from.summaries = append(from.summaries, store.Run{ID: name, AsOf: start, Status: sum.Status, Summary: text})
	}
	text, err := json.Marshal(sel)
	if err != nil {
		t.Fatal(err)
	}
	add("ExecutionStarted", "{}")
	add("TaskStateExited", fmt.Sprintf(`{"name":"Select","output":%q}`, text))
	add("MapStateEntered", `{"name":"EachShard"}`)
	add("MapStateStarted", fmt.Sprintf(`{"length":%d}`, n))
	fork := int64(len(stored))
	for i := range n - 1 {
		add("MapIterationStarted", fmt.Sprintf(`{"name":"EachShard","index":%d}`, i))
		stored[len(stored)-1].PreviousID = fork
		add("TaskStateEntered", fmt.Sprintf(`{"name":"Shard","input":"{\"machine\":\"m\",\"name\":\"r-shard-%03d\"}"}`, i+1))
	}
	if events, err = ReadEvents(stored); err != nil {
		t.Fatal(err)
	}
	return store.Execution{Name: "r", Status: engine.Running, Started: start, Input: json.RawMessage("{}")}, events, from
}

func shownTree(t *testing.T, x store.Execution, events []Event, shards []Shard, of output.Listing) string {
	t.Helper()
	var out bytes.Buffer
	w := output.NewScreen(&out).Lines()
	WriteTree(w, x, events, shards, of)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func readShards(t *testing.T, x store.Execution, events []Event, from shelf) ([]Shard, *Meter) {
	t.Helper()
	used := &Meter{}
	used.Add(events)
	shards, err := ReadShards(t.Context(), from, x, used, true)
	if err != nil {
		t.Fatal(err)
	}
	return shards, used
}

func TestFewShardsHaveTheirStates(t *testing.T) {
	x, events, from := dividedRun(t, 5)
	shards, used := readShards(t, x, events, from)
	var got []string
	for _, s := range shards {
		got = append(got, fmt.Sprintf("%s %s %s %s %v %v %v", s.Run, s.Status, s.First, s.Last, Known(s.Requests), Known(s.Observed), Known(s.Failed)))
	}
	want := []string{
		"r-shard-001 complete A#000 B#000 0 10 0", "r-shard-002 complete A#001 B#001 1 10 0", "r-shard-003 incomplete A#002 B#002 2 10 3",
		"r-shard-004 running A#003 B#003   ", "r-shard-005 not begun A#004 B#004   ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shards (-want +got):\n%s", diff)
	}
	if len(used.shards) != 4 {
		t.Errorf("what %d shards used is counted, want that of the 4 that have begun", len(used.shards))
	}
	tree := shownTree(t, x, events, shards, output.Listing{})
	if !strings.Contains(tree, "[2] r-shard-003  not ended\n09:00:00     │  └─ Shard  not ended\n09:00:00     │     └─ Inside3  not ended\n") || WorstShard(shards) != "" {
		t.Errorf("%s", tree)
	}
}

func TestManyShardsHaveALine(t *testing.T) {
	for _, tt := range []struct {
		n, lines int
		of       output.Listing
		first    string
		rest     string
	}{
		{12, 12, output.Listing{}, "r-shard-001  complete  1m0s  0 requests  10 days observed\n", ""},
		{143, 40, output.Listing{Has: "--all"}, "r-shard-003  incomplete  1m0s  2 requests  10 days observed  3 failed  Lacuna.Incomplete\n", "└─ The worst 40 of 143 shards: --all has the other 103.\n"},
		{143, 143, output.Listing{All: true}, "r-shard-001  complete  1m0s  0 requests  10 days observed\n", ""},
	} {
		x, events, from := dividedRun(t, tt.n)
		shards, _ := readShards(t, x, events, from)
		tree := shownTree(t, x, events, shards, tt.of)
		if n := strings.Count(tree, " r-shard-"); n != tt.lines || !strings.HasSuffix(tree, tt.rest) || strings.Contains(tree, "Inside") {
			t.Errorf("%d shards have %d lines, want %d and %q:\n%s", tt.n, n, tt.lines, tt.rest, tree)
		}
		if _, after, _ := strings.Cut(tree, "EachShard  not ended\n"); !strings.HasPrefix(after, "09:00:00     ├─ "+tt.first) {
			t.Errorf("the first of %d shards is not %q:\n%s", tt.n, tt.first, after)
		}
		if got := WorstShard(shards); got != "r-shard-003" {
			t.Errorf("the worst of %d shards is %q", tt.n, got)
		}
	}
}

// A shard that Step Functions has forgotten is told by its summary.
func TestAForgottenShard(t *testing.T) {
	x, events, from := dividedRun(t, 5)
	delete(from.executions, "r-shard-003")
	shards, _ := readShards(t, x, events, from)
	if s := shards[2]; s.Status != message.Incomplete || s.Error != "Lacuna.Incomplete" || *s.Observed != 10 || string(s.Input) != "{}" {
		t.Errorf("%+v", s)
	}
	from.events["r-shard-001"] = []store.Event{{ID: 1, Details: json.RawMessage("[")}}
	if _, err := ReadShards(t.Context(), from, x, meterOf(events), true); err == nil || !strings.Contains(err.Error(), "shard r-shard-001: event 1") {
		t.Errorf("a history that cannot be read: %v", err)
	}
	if shards, err := ReadShards(t.Context(), from, x, &Meter{}, true); shards != nil || err != nil {
		t.Errorf("a run that is whole has %v, %v", shards, err)
	}
}

func meterOf(events []Event) *Meter {
	m := &Meter{}
	m.Add(events)
	return m
}
