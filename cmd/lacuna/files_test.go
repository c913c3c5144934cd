package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"lacuna/internal/store"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A plan replaces a plan and nothing else, whichever way its name leads there.
func TestPlanIsWrittenWhereNothingElseIs(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	good, err := json.Marshal(plan{SchemaVersion: schemaVersion})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"days.db": "a database", "days.db-wal": "pages", "plan.json": string(good), "empty": "", "notes.txt": "mine", "other.json": `{"schema_version": 1}`} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"to-plan": "plan.json", "to-db": "days.db", "to-nothing": "made-by-link"} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(at("days.db"), at("hard.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, at("folder")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, want string }{
		{"new.json", ""},
		{"plan.json", ""},
		{"empty", ""},
		{"days.db", "is the database or a file beside it"},
		{"days.db-wal", "is the database or a file beside it"},
		{"days.db-shm", "is the database or a file beside it"},
		{"days.db-run-X", "is the database or a file beside it"},
		{"hard.json", "is the database or a file beside it"},
		{"folder/days.db", "is the database or a file beside it"},
		{"to-db", "is the database or a file beside it"},
		{"to-plan", "no regular file"},
		{"to-nothing", "no regular file"},
		{"folder", "no regular file"},
		{"notes.txt", "is not replaced: it is no plan: invalid character"},
		{"other.json", "is not replaced: it is no plan: input: missing"},
		{"none/new.json", "no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &app{target: targetLocal, db: at("days.db")}
			before, _ := os.ReadFile(at(tt.name))
			err := a.savePlan(&plan{SchemaVersion: schemaVersion, Requests: 7}, at(tt.name))
			after, _ := os.ReadFile(at(tt.name))
			if tt.want == "" {
				if err != nil || !strings.Contains(string(after), `"requests": 7`) {
					t.Errorf("error %v, text %q; want the plan", err, after)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !bytes.Equal(before, after) {
				t.Errorf("error %v, want %q; before %q, after %q", err, tt.want, before, after)
			}
		})
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".lacuna-") || e.Name() == "made-by-link" {
			t.Errorf("%s was left", e.Name())
		}
	}
}

// A database that is not there yet is not taken for a plan's place either.
func TestPlanIsNotWrittenWhereTheDatabaseWillBe(t *testing.T) {
	t.Chdir(t.TempDir())
	a := &app{target: targetLocal, db: "new.db"}
	if err := a.savePlan(&plan{}, "./new.db"); err == nil || !strings.Contains(err.Error(), "is the database") {
		t.Errorf("error %v", err)
	}
}

func TestStdoutIsNotTheDatabase(t *testing.T) {
	db := filepath.Join(t.TempDir(), "days.db")
	out, err := os.OpenFile(db, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := (&app{target: targetLocal, db: db, stdout: &screen{out: out}}).checkStdout(); err == nil || !strings.Contains(err.Error(), "stdout is the database") {
		t.Errorf("error %v", err)
	}
	if err := (&app{target: targetLocal, db: db + "x", stdout: &screen{out: out}}).checkStdout(); err != nil {
		t.Errorf("another file: %v", err)
	}
}

func TestPlanBounds(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no object", `[]`, "cannot unmarshal"},
		{"another version", `{"schema_version": 2, "input": {}}`, "schema_version 2, this program reads 1"},
		{"no input", `{"schema_version": 1}`, "input: missing"},
		{"streams", `{"schema_version": 1, "input": {}, "streams": [` + strings.Repeat("{},", 3000) + `{}]}`, "3001 streams: want at most 2500"},
		{"series of a stream", `{"schema_version": 1, "input": {}, "streams": [{"series": [` + strings.Repeat(`"",`, 4000) + `""]}]}`, "streams[0]: more than 3000 values"},
		{"depth", `{"schema_version": 1, "input": ` + strings.Repeat("[", 100), "nested more than 20 deep"},
	}
	for _, tt := range tests {
		if _, err := parsePlan([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
}

// Any text is a plan that can be compared, or is refused.
func FuzzPlan(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"input":{"from":"2024-01-01","series":["A"]},"streams":[{"id":"x","source":"ecb","series":["A"],"from":"2024-01-02","to":"2024-01-05","days":4}]}`))
	f.Add([]byte(`{"schema_version":1,"input":null,"streams":null}`))
	f.Add([]byte(`{"schema_version":1,"input":{},"streams":[null,{"series":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parsePlan(text)
		if err != nil {
			return
		}
		if changed := p.changed(plan{Streams: p.Streams}); changed != "" {
			t.Errorf("a plan differs from itself: %s", changed)
		}
		if changed := p.changed(plan{}); (changed == "") != (len(p.Streams) == 0) || len(changed) > 3000 {
			t.Errorf("%d streams, said in %d bytes", len(p.Streams), len(changed))
		}
	})
}

// Any parameter is the parts of a stack, or is refused.
func FuzzParts(f *testing.F) {
	f.Add(`{"table":"t","state_machine_arn":"arn:aws:states:eu-west-1:1:stateMachine:x","queues":{"ecb":{"url":"u","dlq_url":"d"}},"catalogue":{"sha256":"a"}}`)
	f.Add(`{"queues":null,"functions":{"":""}}`)
	f.Add(strings.Repeat("[", 100))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseParts(text)
		if err != nil {
			return
		}
		if len(text) > maxParts {
			t.Errorf("%d bytes are accepted", len(text))
		}
		if again, err := json.Marshal(p); err != nil {
			t.Errorf("%s: %v", again, err)
		}
	})
}

// A history nested without end is shown as far as it may be, and says what is left out.
func TestDeepHistory(t *testing.T) {
	var events []event
	for i := range 40_000 {
		e, err := readEvent(store.Event{ID: int64(i + 1), PreviousID: int64(i), Type: "TaskStateEntered", Details: json.RawMessage(`{"name":"S"}`)})
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	for i := range 40_000 { // beside one another, and none of them ends
		events = append(events, event{Event: store.Event{ID: int64(100_000 + i), Type: "MapIterationStarted"}, name: "M", index: i},
			event{Event: store.Event{ID: int64(200_000 + i), Type: "TaskStateExited"}, name: "none"})
	}
	var out bytes.Buffer
	w := (&screen{out: &out}).lines()
	treeOf(events).writeInside(w, "")
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 2<<20 || !strings.Contains(out.String(), fmt.Sprintf("and %d more that are left out", 40_000-maxDeep)) ||
		!strings.Contains(out.String(), fmt.Sprintf("└─ and %d more that are left out", 40_000-(maxNodes-maxDeep))) {
		t.Errorf("a tree of %d bytes: %.3000s", out.Len(), out.String())
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
		events, err := readEvents(stored)
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		w := (&screen{out: io.Discard}).lines()
		writeTree(w, store.Execution{Started: time.Unix(0, 0)}, treeOf(events))
		if _, err := summaryIn(events); err != nil && len(err.Error()) > 1000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
