package sqlite_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

var eight = time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)

func TestExecutionHistory(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "days.db"))
	first := store.Execution{Name: "run-1", Machine: "lacuna", Input: json.RawMessage(`{"from":"2024-01-01"}`), Started: eight, Status: "RUNNING"}
	second := store.Execution{Name: "run-2", Machine: "lacuna", Input: json.RawMessage(`{}`), Started: eight, Status: "RUNNING"}
	for _, e := range []store.Execution{first, second} {
		if err := s.StartExecution(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	var events []store.Event
	for i := range 250 {
		events = append(events, store.Event{
			ID: int64(i + 1), PreviousID: int64(i), Time: eight.Add(time.Duration(i) * time.Millisecond), Type: "TaskStateEntered",
			Details: json.RawMessage(fmt.Sprintf(`{"name":"Scrape ç","input":"{\"n\":%d}"}`, i)),
		})
	}
	events[7].Details = nil
	for _, part := range [][]store.Event{events[:100], nil, events[90:]} { // some come again
		if err := s.AppendEvents(t.Context(), "run-1", part); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AppendEvents(t.Context(), "run-2", events[:1]); err != nil {
		t.Fatal(err)
	}
	first.Status, first.Stopped, first.Output = "SUCCEEDED", eight.Add(time.Minute), json.RawMessage(`{"status":"complete"}`)
	second.Status, second.Stopped, second.Error, second.Cause = "FAILED", eight.Add(time.Hour), "Lacuna.Incomplete", "3 streams"
	for _, e := range []store.Execution{first, second} {
		if err := s.EndExecution(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}

	again := open(t, filepath.Join(dir, "days.db"))
	for _, s := range []*sqlite.Store{s, again} {
		got, err := s.Executions(t.Context(), 10)
		wantValue(t, "Executions", []store.Execution{second, first}, got, err)
		got, err = s.Executions(t.Context(), 1)
		wantValue(t, "Executions(1)", []store.Execution{second}, got, err)
		one, err := s.Execution(t.Context(), "run-1")
		wantValue(t, "Execution", first, one, err)
		history, err := s.Events(t.Context(), "run-1", 0)
		wantValue(t, "Events", events, history, err)
	}
}

func wantValue(t *testing.T, what string, want, got any, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", what, diff)
	}
}

func TestExecutionNames(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "days.db"))
	x := store.Execution{Name: "run-1", Machine: "lacuna", Started: eight}
	if err := s.StartExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if err := s.StartExecution(t.Context(), x); !errors.Is(err, store.ErrExists) {
		t.Errorf("StartExecution of a name in use: error %v, want ErrExists", err)
	}
	_, err := s.Execution(t.Context(), "none")
	for what, err := range map[string]error{
		"Execution":    err,
		"EndExecution": s.EndExecution(t.Context(), store.Execution{Name: "none", Status: "FAILED"}),
		"AppendEvents": s.AppendEvents(t.Context(), "none", nil),
	} {
		if !errors.Is(err, store.ErrUnknown) || err.Error() != "execution none: no such execution" {
			t.Errorf("%s: error %v, want ErrUnknown", what, err)
		}
	}
	if events, err := s.Events(t.Context(), "none", 0); err != nil || len(events) > 0 {
		t.Errorf("Events = %v, %v; want none", events, err)
	}
	// The name that was refused did not stop the one that runs.
	if err := s.EndExecution(t.Context(), store.Execution{Name: "run-1", Status: "SUCCEEDED"}); err != nil {
		t.Error(err)
	}
	wantFiles(t, dir, "days.db", "days.db-shm", "days.db-wal")
}

var died = store.Execution{
	Machine: "lacuna", Input: json.RawMessage(`{}`), Started: eight, Status: "ABORTED", Error: "Lacuna.ProcessDied",
	Cause: "the process that ran it died; running it again is safe: only what is still missing is fetched",
}

func TestExecutionsOfADeadProcessAreAborted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "days.db")
	victim := start(t, "runner", path, "victim")
	survivor := start(t, "runner", path, "survivor")
	victim.read(t)
	survivor.read(t)
	victim.kill(t, "")

	s := mustOpen(t, path)
	one, err := s.Execution(t.Context(), "victim")
	want := died
	want.Name, want.Stopped = "victim", eight.Add(time.Second) // its last event
	wantValue(t, "Execution", want, one, err)
	one, err = s.Execution(t.Context(), "victim-2")
	want.Name, want.Stopped = "victim-2", eight // it had none
	wantValue(t, "Execution", want, one, err)
	one, err = s.Execution(t.Context(), "survivor")
	wantValue(t, "Execution", store.Execution{Name: "survivor", Machine: "lacuna", Input: json.RawMessage(`{}`), Started: eight, Status: "RUNNING"}, one, err)

	survivor.end(t)
	one, err = s.Execution(t.Context(), "survivor-2")
	wantValue(t, "Status", "SUCCEEDED", one.Status, err)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "days.db")
}

func TestOpenStoresDoNotAbortEachOther(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "days.db")
	running := mustOpen(t, path)
	x := died
	x.Name = "run-1"
	if err := running.StartExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	other := mustOpen(t, path)
	one, err := other.Execution(t.Context(), "run-1")
	wantValue(t, "Status while it runs", "RUNNING", one.Status, err)
	for _, s := range []*sqlite.Store{other, running} {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantFiles(t, dir, "days.db")
	one, err = open(t, path).Execution(t.Context(), "run-1")
	x.Stopped = eight
	wantValue(t, "Execution after its store was closed", x, one, err)
}

// A process that lives long sees that another died.
func TestDeadRunsAreAbortedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s := open(t, path)
	victim := start(t, "runner", path, "victim")
	victim.read(t)
	mine := store.Execution{Name: "mine", Started: eight}
	if err := s.StartExecution(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"RUNNING", "ABORTED"} {
		if i == 1 {
			victim.kill(t, "")
		}
		if err := s.AbortDead(t.Context()); err != nil {
			t.Fatal(err)
		}
		one, err := s.Execution(t.Context(), "victim")
		wantValue(t, "Status of the victim", want, one.Status, err)
		one, err = s.Execution(t.Context(), "mine")
		wantValue(t, "Status of my own", "RUNNING", one.Status, err)
	}
	alone, err := sqlite.Open(":memory:", sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, alone)
	if err := errors.Join(alone.StartExecution(t.Context(), mine), alone.AbortDead(t.Context())); err != nil {
		t.Error(err)
	}
	one, err := alone.Execution(t.Context(), "mine")
	wantValue(t, "Status in memory", "RUNNING", one.Status, err)
}

// Executions keep what they ran, each text once.
func TestDefinitions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s := open(t, path)
	texts := map[string]string{"a": `{"StartAt":"A"}`, "b": `{"StartAt":"B"}`, "a again": `{"StartAt":"A"}`, "nobody's": ""}
	for name, text := range texts {
		x := store.Execution{Name: name, Input: json.RawMessage(`{}`), Definition: []byte(text)}
		if err := s.StartExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		if err := s.StartExecution(t.Context(), store.Execution{Name: name, Definition: []byte(`refused`)}); !errors.Is(err, store.ErrExists) {
			t.Errorf("StartExecution of a name in use: error %v", err)
		}
	}
	for name, text := range texts {
		got, err := s.Definition(t.Context(), name)
		wantValue(t, "Definition of "+name, text, string(got), err)
		x, err := s.Execution(t.Context(), name)
		wantValue(t, "Definition in the execution "+name, 0, len(x.Definition), err)
	}
	if text, err := s.Definition(t.Context(), "none"); text != nil || err != nil {
		t.Errorf("Definition of nothing = %s, %v", text, err)
	}
	edit(t, path, `CREATE TEMP TABLE t(n CHECK(n = 2)); INSERT INTO t SELECT count(*) FROM definitions`)
}

func TestEventsAfterAnId(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "days.db"))
	events := []store.Event{{ID: 1, Time: eight, Type: "ExecutionStarted"}, {ID: 2, PreviousID: 1, Time: eight, Type: "PassStateEntered", Details: json.RawMessage(`{}`)}}
	err := s.StartExecution(t.Context(), store.Execution{Name: "run-1"})
	if err := errors.Join(err, s.AppendEvents(t.Context(), "run-1", events)); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[int64][]store.Event{-1: events, 0: events, 1: events[1:], 2: nil, 9: nil} {
		got, err := s.Events(t.Context(), "run-1", after)
		wantValue(t, fmt.Sprintf("Events behind %d", after), want, got, err)
	}
	one, err := s.Event(t.Context(), "run-1", 2)
	wantValue(t, "Event", events[1], one, err)
	for name, id := range map[string]int64{"run-1": 3, "none": 1} {
		if _, err := s.Event(t.Context(), name, id); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("Event %d of %s: error %v, want ErrUnknown", id, name, err)
		}
	}
}

// Two links to one file are one database.
func TestDeathIsSeenThroughALink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	link := filepath.Join(t.TempDir(), "link.db")
	running := open(t, path)
	if err := running.StartExecution(t.Context(), store.Execution{Name: "run-1"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	one, err := open(t, link).Execution(t.Context(), "run-1")
	wantValue(t, "Status", "RUNNING", one.Status, err)
}

// The name of a lock in a file that came from elsewhere removes nothing.
func TestLockOutsideTheFolderIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	path, precious := filepath.Join(dir, "days.db"), filepath.Join(dir, "precious")
	write(t, precious, "")
	mustOpen(t, path).Close()
	for i, process := range []string{"precious", "../" + filepath.Base(dir) + "/precious", precious, "days.db"} {
		edit(t, path, fmt.Sprintf(`INSERT INTO executions(name, machine, input, started, status, process) VALUES ('%d', '', '', '', 'RUNNING', '%s')`, i, process))
		one, err := open(t, path).Execution(t.Context(), fmt.Sprint(i))
		wantValue(t, "Status", "ABORTED", one.Status, err)
	}
	wantFiles(t, dir, "days.db", "days.db-shm", "days.db-wal", "precious")
}

// Whoever writes, the number is another one, and only then.
func TestWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lacuna.db")
	one, err := sqlite.Open(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	other, err := sqlite.Open(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	before, err := one.Written(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range []*sqlite.Store{one, other, nil} {
		if s != nil {
			if err := s.SetBreaker(t.Context(), "ecb", store.Breaker{Run: fmt.Sprint(i), DownUntil: time.Unix(1, 0)}); err != nil {
				t.Fatal(err)
			}
		}
		now, err := one.Written(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if (now != before) != (s != nil) {
			t.Errorf("write %d: %d, before %d", i, now, before)
		}
		before = now
	}
}
