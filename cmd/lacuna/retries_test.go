package main

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

// Two streams fail at the same time, each by its own rules, and a query by others.
func TestRetriesAreToldOnce(t *testing.T) {
	var told []string
	r, err := newRetries(func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(id int64, state, input string) {
		r.event("run", engine.Event{ID: id, PreviousID: 1, Type: "TaskStateEntered", Details: &engine.Details{Name: state, Input: &input}})
	}
	last := map[string]int64{"a": 10, "b": 20, "q": 30, "s": 40}
	enter(10, "Scrape", `{"source":"ecb","bundle":{"streams":[{"id":"ecb-001"}]}}`)
	enter(20, "Scrape", `{"source":"anp","bundle":{"streams":[{"id":"anp-001"}]}}`)
	enter(30, "Query", `{"series":[{"key":"SGS#1"}]}`)
	enter(40, "Select", `{}`)
	id := int64(100)
	next := func(task, kind, name string) {
		id++
		e := engine.Event{ID: id, PreviousID: last[task], Type: kind, Details: &engine.Details{}}
		if name != "" {
			e.Details.Error = &name
		}
		if why := "row 3 is none"; name == "Source.Malformed" {
			e.Details.Cause = &why
		}
		r.event("run", e)
		last[task] = id
	}
	fail := func(task, name string) {
		next(task, "TaskScheduled", "")
		next(task, "TaskStarted", "")
		next(task, "TaskFailed", name)
	}
	fail("a", "Source.Unavailable")
	fail("b", "Source.Malformed")
	fail("a", "Source.Throttled") // counted by itself
	fail("b", "Source.Malformed") // for good
	next("a", "TaskScheduled", "")
	next("a", "TaskTimedOut", "States.Timeout")
	fail("q", "Store.Throttled")
	fail("s", "Input.Invalid") // nothing retries it
	fail("s", "Lambda.Unknown")
	for range 6 {
		fail("a", "Source.Unavailable")
	}
	next("a", "TaskStateExited", "")
	want := []string{
		"ecb ecb-001: Source.Unavailable, attempt 1 of 6, next within 2.5s",
		"anp anp-001: Source.Malformed, attempt 1 of 2, next in 30s: row 3 is none",
		"ecb ecb-001: Source.Throttled, attempt 1 of 7, next within 15s",
		"ecb ecb-001: States.Timeout, attempt 1 of 3, next within 5s",
		"SGS#1: Store.Throttled, attempt 1 of 6, next within 1s",
		"Select: Lambda.Unknown, attempt 1 of 7, next within 500ms",
		"ecb ecb-001: Source.Unavailable, attempt 2 of 6, next within 5s",
		"ecb ecb-001: Source.Unavailable, attempt 3 of 6, next within 10s",
		"ecb ecb-001: Source.Unavailable, attempt 4 of 6, next within 20s",
		"ecb ecb-001: Source.Unavailable, attempt 5 of 6, next within 40s",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if len(r.tasks) != 3 {
		t.Errorf("%d tasks are remembered, three go on", len(r.tasks))
	}
	// An error may be called anything.
	told = nil
	r.rules["Select"] = r.rules["Report"] // whose last rule is for all errors
	enter(50, "Select", `{}`)
	last["s"] = 50
	fail("s", strings.Repeat("x", 100_000))
	if len(told) != 1 || len(told[0]) > 2000 {
		t.Errorf("told %d lines, the first of %d bytes", len(told), len(strings.Join(told, "")))
	}
}

// A Lambda's error is an object, and people are told the message in it.
func TestRetriesTellTheMessage(t *testing.T) {
	told := ""
	r, err := newRetries(func(format string, args ...any) { told += fmt.Sprintf(format, args...) }, 0)
	if err != nil {
		t.Fatal(err)
	}
	input, name, cause := `{}`, "Store.Unavailable", `{"errorMessage":"table rates: no answer","errorType":"Store.Unavailable"}`
	r.event("run", engine.Event{ID: 2, Type: "TaskStateEntered", Details: &engine.Details{Name: "Report", Input: &input}})
	r.event("run", engine.Event{ID: 3, PreviousID: 2, Type: "TaskFailed", Details: &engine.Details{Error: &name, Cause: &cause}})
	if want := "Report: Store.Unavailable, attempt 1 of 6, next at once: table rates: no answer"; told != want {
		t.Errorf("told %q, want %q", told, want)
	}
	told, name = "", "Store.Unusable"
	r.event("run", engine.Event{ID: 4, Type: "TaskStateEntered", Details: &engine.Details{Name: "Report", Input: &input}})
	r.event("run", engine.Event{ID: 5, PreviousID: 4, Type: "TaskFailed", Details: &engine.Details{Error: &name, Cause: &cause}})
	if told != "" {
		t.Errorf("told %q of what is not retried", told)
	}
}

// The shards of a run have tasks of the same ids and names.
func TestRetriesOfShards(t *testing.T) {
	var told []string
	r, err := newRetries(func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }, 0)
	if err != nil {
		t.Fatal(err)
	}
	input, name := `{"source":"ecb","bundle":{"streams":[{"id":"ecb-001"}]}}`, "Source.Unavailable"
	runs := []string{"r-shard-001", "r-shard-012"}
	for _, run := range runs {
		r.event(run, engine.Event{ID: 10, PreviousID: 1, Type: "TaskStateEntered", Details: &engine.Details{Name: "Scrape", Input: &input}})
	}
	for _, run := range append(runs, runs[0]) {
		r.event(run, engine.Event{ID: 11, PreviousID: 10, Type: "TaskFailed", Details: &engine.Details{Error: &name}})
	}
	want := []string{
		"shard 1: ecb ecb-001: Source.Unavailable, attempt 1 of 6, next at once",
		"shard 12: ecb ecb-001: Source.Unavailable, attempt 1 of 6, next at once",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
