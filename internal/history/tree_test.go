package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"lacuna/internal/output"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

// A run of two iterations at once: one task is retried and then good, one fails
// for good, and the Map state with it.
func TestTree(t *testing.T) {
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	history := []struct {
		id, previous int64
		kind         string
		details      string
	}{
		{1, 0, "ExecutionStarted", `{"input":"{}"}`},
		{2, 0, "MapStateEntered", `{"name":"EachStream","input":"{}"}`},
		{3, 2, "MapStateStarted", `{"length":2}`},
		{4, 3, "MapIterationStarted", `{"name":"EachStream","index":0}`},
		{5, 3, "MapIterationStarted", `{"name":"EachStream","index":1}`},
		{6, 4, "TaskStateEntered", `{"name":"Scrape","input":"{\"source\":\"ecb\",\"stream\":{\"id\":\"ecb-001\"}}"}`},
		{7, 5, "TaskStateEntered", `{"name":"Scrape","input":"{\"key\":\"A\"}"}`},
		{8, 6, "TaskScheduled", `{}`},
		{9, 7, "TaskScheduled", `{}`},
		{10, 8, "TaskFailed", `{"error":"Source.Unavailable","cause":"{\"errorMessage\":\"503\",\"errorType\":\"Source.Unavailable\"}"}`},
		{11, 9, "TaskFailed", `{"error":"Source.Rejected","cause":"no such series"}`},
		{12, 10, "TaskScheduled", `{}`},
		{13, 12, "TaskSucceeded", `{}`},
		{14, 13, "TaskStateExited", `{"name":"Scrape"}`},
		{15, 14, "MapIterationSucceeded", `{"name":"EachStream","index":0}`},
		{150, 14, "MapIterationStarted", `{"name":"EachStream","index":2}`}, // after the last event inside the first
		{151, 150, "PassStateEntered", `{"name":"Skip","input":"{\"key\":\"B\"}"}`},
		{152, 151, "PassStateExited", `{"name":"Skip"}`},
		{153, 152, "MapIterationSucceeded", `{"name":"EachStream","index":2}`},
		{16, 11, "MapIterationFailed", `{"name":"EachStream","index":1}`},
		{17, 16, "MapStateFailed", `{}`},
		{18, 17, "MapStateExited", `{"name":"EachStream"}`},
		{1000, 18, "TaskStateEntered", `{"name":"Late","input":"{}"}`},
		{1001, 1000, "TaskFailed", `{"error":"Source.Unavailable","cause":"503"}`}, // a text that stands there already
		{1002, 1001, "TaskStateExited", `{"name":"Late"}`},
		{2000, 1002, "TaskStateEntered", `{"name":"Last","input":"{}"}`},
		{3000, 2000, "ExecutionFailed", `{"error":"E","cause":"why: no such series"}`},
	}
	var events []Event
	for _, h := range history {
		e, err := readEvent(store.Event{ID: h.id, PreviousID: h.previous, Type: h.kind, Time: start.Add(time.Duration(h.id) * time.Millisecond), Details: json.RawMessage(h.details)})
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	var out bytes.Buffer
	w := output.NewScreen(&out).Lines()
	WriteTree(w, store.Execution{Name: "run", Status: "FAILED", Started: start, Stopped: start.Add(time.Second), Error: "E", Cause: "why: no such series", Input: json.RawMessage("{}")}, events, nil, output.Listing{})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := `run  FAILED  2026-07-01 00:00:00 UTC  1s
input {}
E: why: no such series
00:00:00  ├─ EachStream  16ms
00:00:00  │  ├─ [0] ecb-001  11ms
00:00:00  │  │  └─ Scrape  8ms  1 retry  Source.Unavailable  (503)
00:00:00  │  ├─ [1] A  11ms  failed
00:00:00  │  │  └─ Scrape  9ms  Source.Rejected  failed
00:00:00  │  └─ [2] B  3ms
00:00:00  │     └─ Skip  1ms
00:00:01  ├─ Late  2ms  Source.Unavailable
00:00:02  └─ Last  1s  failed
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

// When a process died nobody knows: it was last heard of when its last event was written.
func TestTreeOfADeadProcess(t *testing.T) {
	var b bytes.Buffer
	w := output.NewScreen(&b).Lines()
	WriteTree(w, store.Execution{Name: "run", Status: "ABORTED", Stopped: time.Time{}.Add(time.Second), Error: sqlite.DiedError, Input: json.RawMessage("{}")}, nil, nil, output.Listing{})
	if err := w.Flush(); err != nil || !strings.HasPrefix(b.String(), "run  ABORTED  0001-01-01 00:00:00 UTC  at least 1s\n") {
		t.Errorf("error %v\n%s", err, b.String())
	}
}

// An emulator that leaves out which event led to which shows states one after
// the other.
func TestTreeWithoutPreviousEvents(t *testing.T) {
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	var events []Event
	for i, h := range [][2]string{
		{"ExecutionStarted", `{}`},
		{"TaskStateEntered", `{"name":"Select","input":"{}"}`},
		{"TaskStateExited", `{"name":"Select"}`},
		{"TaskStateEntered", `{"name":"Report","input":"{}"}`},
		{"TaskStateExited", `{"name":"Report"}`},
		{"FailStateEntered", `{"name":"Incomplete","input":"{}"}`},
	} {
		e, err := readEvent(store.Event{ID: int64(i + 1), Type: h[0], Time: start.Add(time.Duration(i*i) * time.Millisecond), Details: json.RawMessage(h[1])})
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	var out bytes.Buffer
	w := output.NewScreen(&out).Lines()
	writer{Lines: w, texts: map[string]bool{}}.writeInside(treeOf(events), "")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("00:00:00  ├─ Select  3ms\n00:00:00  ├─ Report  7ms\n00:00:00  └─ Incomplete  0s  failed\n", out.String()); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

// A history nested without end is shown as far as it may be, and says what is left out.
func TestDeepHistory(t *testing.T) {
	var events []Event
	for i := range 40_000 {
		e, err := readEvent(store.Event{ID: int64(i + 1), PreviousID: int64(i), Type: "TaskStateEntered", Details: json.RawMessage(`{"name":"S"}`)})
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	for i := range 40_000 { // beside one another, and none of them ends
		events = append(events, Event{Event: store.Event{ID: int64(100_000 + i), Type: "MapIterationStarted"}, name: "M", index: i},
			Event{Event: store.Event{ID: int64(200_000 + i), Type: "TaskStateExited"}, name: "none"})
	}
	var out bytes.Buffer
	w := output.NewScreen(&out).Lines()
	writer{Lines: w, texts: map[string]bool{}}.writeInside(treeOf(events), "")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 2<<20 || !strings.Contains(out.String(), fmt.Sprintf("and %d more that are left out", 40_000-maxDeep)) ||
		!strings.Contains(out.String(), fmt.Sprintf("└─ and %d more that are left out", 40_000-(maxNodes-maxDeep))) {
		t.Errorf("a tree of %d bytes: %.3000s", out.Len(), out.String())
	}
}

// Of many iterations those are shown in which most went wrong, in the order of the run.
func TestTheWorstIterations(t *testing.T) {
	var events []Event
	id := int64(0)
	add := func(previous int64, kind, details string) int64 {
		id++
		e, err := readEvent(store.Event{ID: id, PreviousID: previous, Type: kind, Details: json.RawMessage(details)})
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
		return id
	}
	fork := add(add(0, "MapStateEntered", `{"name":"EachStream","input":"{}"}`), "MapStateStarted", `{"length":60}`)
	for i := range 60 {
		at := add(fork, "MapIterationStarted", fmt.Sprintf(`{"name":"EachStream","index":%d}`, i))
		at = add(add(at, "TaskStateEntered", `{"name":"Scrape","input":"{}"}`), "TaskScheduled", `{}`)
		switch i {
		case 50: // caught
			at = add(at, "TaskFailed", `{"error":"Source.Rejected"}`)
		case 52: // good at the second attempt
			at = add(add(at, "TaskFailed", `{"error":"Source.Unavailable"}`), "TaskScheduled", `{}`)
		case 54: // goes on
			continue
		}
		at = add(at, "TaskStateExited", `{"name":"Scrape"}`)
		add(at, "MapIterationSucceeded", fmt.Sprintf(`{"name":"EachStream","index":%d}`, i))
	}
	shown := func(of output.Listing) string {
		var out bytes.Buffer
		w := output.NewScreen(&out).Lines()
		WriteTree(w, store.Execution{Input: json.RawMessage("{}")}, events, nil, of)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	var want, got []string
	for i := range 37 {
		want = append(want, fmt.Sprintf("[%d]", i))
	}
	want = append(want, "[50]", "[52]", "[54]")
	text := shown(output.Listing{Has: "-o json"})
	for _, word := range strings.Fields(text) {
		if strings.HasPrefix(word, "[") {
			got = append(got, word)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || !strings.HasSuffix(text, "└─ The worst 40 of 60 iterations: -o json has the other 20.\n") {
		t.Errorf("(-want +got):\n%s\n%s", diff, text)
	}
	if all := shown(output.Listing{All: true}); strings.Count(all, "[") != 60 || strings.Contains(all, "worst") {
		t.Errorf("all of it:\n%s", all)
	}
}

// Any history is a tree within its bounds.
func FuzzEvents(f *testing.F) {
	f.Add(`[{"ID":1,"Type":"MapStateEntered","Details":{"name":"M","input":"{}"}},{"ID":2,"previousEventId":1,"Type":"MapIterationStarted","Details":{"name":"M","index":-1}}]`)
	f.Add(`[{"ID":1,"previousEventId":1,"Type":"TaskStateEntered","Details":{}},{"ID":1,"Type":"TaskStateExited","Details":{"name":"","cause":"{\"errorMessage\":\"\u001b[2J\"}"}}]`)
	f.Add(`[{"Type":"MapIterationFailed","Details":{}},{"Type":"ExecutionFailed","Details":[]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var stored []store.Event
		if json.Unmarshal([]byte(text), &stored) != nil {
			return
		}
		events, err := ReadEvents(stored)
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		w := output.NewScreen(io.Discard).Lines()
		WriteTree(w, store.Execution{Started: time.Unix(0, 0)}, events, nil, output.Listing{})
		v := whole(events)
		states := v.States("")
		for name, s := range states {
			v.Iterations("", name, 0, 10)
			v.States(s.At)
		}
		if _, err := SummaryIn(events); err != nil && len(err.Error()) > 1000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
