package enginetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// CheckRefusal compares the error of a definition that has to be refused with that of
// the case; refused tells whether it is such an error at all.
func (c Case) CheckRefusal(t *testing.T, err error, refused bool) {
	if !refused {
		t.Fatalf("the definition gives %v, want it refused", err)
	}
	if want := c.Expect.Cause; want != nil && !matches(*want, err.Error()) {
		t.Errorf("refused\n got %s\nwant %s", err, *want)
	}
}

// CheckDiagnostics compares diagnostics, as ValidateStateMachineDefinition shows them.
func (c Case) CheckDiagnostics(t *testing.T, got []map[string]any) {
	if diff := cmp.Diff(c.Expect.Diagnostics, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("diagnostics mismatch (-want +got):\n%s", diff)
	}
}

// CheckResult compares what became of an execution.
func (c Case) CheckResult(t *testing.T, got engine.Result) {
	want := c.Expect
	if got.Status != want.Status {
		t.Errorf("status %s, want %s (error %s, cause %s)", got.Status, want.Status, shown(got.Error), shown(got.Cause))
	}
	if want.Status == engine.Succeeded && got.Status == engine.Succeeded {
		var output any
		if err := json.Unmarshal(got.Output, &output); err != nil {
			t.Fatal(err)
		}
		if !matches(want.Output, output) {
			t.Errorf("output\n got %s\nwant %s", compact(output), compact(want.Output))
		}
	}
	if !matchesText(want.Error, got.Error) {
		t.Errorf("error\n got %s\nwant %s", shown(got.Error), shown(want.Error))
	}
	if !matchesText(want.Cause, got.Cause) {
		t.Errorf("cause\n got %s\nwant %s", shown(got.Cause), shown(want.Cause))
	}
}

// CheckHistory compares the events of an execution, as GetExecutionHistory shows them
// and decoded from their JSON; their times are left out.
func (c Case) CheckHistory(t *testing.T, events []any) {
	for _, e := range events {
		delete(e.(map[string]any), "timestamp")
	}
	compareEvents(t, c, events)
	compareHistory(t, c, events)
	if t.Failed() && *showHistory {
		for _, e := range events {
			line, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.400s", line)
		}
	}
}

func shown(s *string) string {
	if s == nil {
		return "(none)"
	}
	return strconv.Quote(*s)
}

// compareEvents compares the event types: their order too, where the recording keeps it.
func compareEvents(t *testing.T, c Case, events []any) {
	if c.Events == nil {
		return
	}
	got := make([]string, len(events))
	for i, e := range events {
		got[i] = e.(map[string]any)["type"].(string)
	}
	want := slices.Clone(c.Events)
	if !c.EventsOrdered {
		slices.Sort(want)
		slices.Sort(got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event types mismatch (-want +got):\n%s", diff)
	}
}

// compareHistory compares whole events, in order. Where the order is free and differs,
// it compares them as a set, without their ids.
func compareHistory(t *testing.T, c Case, got []any) {
	if c.History == nil {
		return
	}
	want := make([]any, len(c.History))
	for i := range want {
		want[i] = unpack(c.History[i])
	}
	ours := make([]any, len(got))
	for i := range ours {
		ours[i] = unpack(got[i])
	}
	if len(want) != len(ours) {
		t.Errorf("history has %d events, want %d", len(ours), len(want))
		return
	}
	c.adjust(want, ours)
	if !c.EventsOrdered && !slices.EqualFunc(want, ours, matches) {
		compareUnordered(t, want, ours)
		return
	}
	for i := range want {
		if !matches(want[i], ours[i]) {
			t.Errorf("event %d\n got %s\nwant %s", i+1, compact(ours[i]), compact(want[i]))
		}
	}
}

func compareUnordered(t *testing.T, want, got []any) {
	for _, list := range [][]any{want, got} {
		for _, e := range list {
			delete(e.(map[string]any), "id")
			delete(e.(map[string]any), "previousEventId")
		}
	}
	for _, w := range want {
		at := slices.IndexFunc(got, func(g any) bool { return matches(w, g) })
		if at < 0 {
			t.Errorf("no event of ours is like %s", compact(w))
			continue
		}
		got = slices.Delete(slices.Clone(got), at, at+1)
	}
}

// mapRunsChanged is before AWS's first recording in which MapStateExited follows
// MapRunStarted, and after the last in which it follows MapRunSucceeded.
var mapRunsChanged = time.Date(2024, time.November, 1, 0, 0, 0, 0, time.UTC)

// adjust drops what cannot agree: the answer of the service to a submission, which the
// mocks do not hold, and in old recordings what follows MapRunSucceeded.
func (c Case) adjust(want, got []any) {
	recorded, err := time.Parse("02-01-2006", c.Recorded)
	old := err == nil && recorded.Before(mapRunsChanged)
	for i := range want {
		w, g := want[i].(map[string]any), got[i].(map[string]any)
		for _, e := range []map[string]any{w, g} {
			if details, ok := e["taskSubmittedEventDetails"].(map[string]any); ok {
				delete(details, "output")
			}
		}
		if old && w["type"] == "MapStateExited" && i >= 2 && want[i-2].(map[string]any)["type"] == "MapRunSucceeded" {
			delete(w, "previousEventId")
			delete(g, "previousEventId")
		}
	}
}

// unpack decodes the JSON texts in the details of an event.
func unpack(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			text, ok := value.(string)
			if ok && slices.Contains([]string{"input", "output", "parameters", "cause"}, key) {
				var decoded any
				if json.Unmarshal([]byte(text), &decoded) == nil {
					value = decoded
				}
			} else if assigned, ok := value.(map[string]any); ok && key == "assignedVariables" {
				value = unpackAll(assigned)
			} else {
				value = unpack(value)
			}
			out[key] = value
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = unpack(v[i])
		}
		return out
	}
	return v
}

func unpackAll(assigned map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range assigned {
		text, ok := value.(string)
		var decoded any
		if ok && json.Unmarshal([]byte(text), &decoded) == nil {
			value = decoded
		}
		out[name] = value
	}
	return out
}

func compact(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.2000s", data)
}

const anything = "<<any>>"

func matchesText(want, got *string) bool {
	if want == nil || got == nil {
		return want == got
	}
	var w, g any
	if json.Unmarshal([]byte(*want), &w) == nil && json.Unmarshal([]byte(*got), &g) == nil {
		return matches(w, g)
	}
	return matches(*want, *got)
}

// matches compares a recorded value with ours. A string that is exactly <<any>> stands
// for any string or number, inside a string for one or more characters.
func matches(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return false
		}
		return maps.EqualFunc(want, withoutRedriveCount(want, got), matches)
	case []any:
		got, ok := got.([]any)
		return ok && slices.EqualFunc(want, got, matches)
	case string:
		return matchesString(want, got)
	}
	return want == got
}

// withoutRedriveCount drops RedriveCount from our $$.Execution where the recording is
// older than that member.
func withoutRedriveCount(want, got map[string]any) map[string]any {
	_, recorded := want["RedriveCount"]
	_, execution := want["StartTime"]
	if recorded || !execution {
		return got
	}
	got = maps.Clone(got)
	delete(got, "RedriveCount")
	return got
}

func matchesString(want string, got any) bool {
	text, ok := got.(string)
	if want == anything {
		_, number := got.(float64)
		return ok || number
	}
	if !ok {
		return false
	}
	parts := strings.Split(want, anything)
	if len(parts) == 1 {
		return want == text
	}
	return matchesParts(parts, text)
}

// matchesParts tells whether text is the parts with at least one character in between.
func matchesParts(parts []string, text string) bool {
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		if text == "" {
			return false
		}
		at := strings.Index(text[1:], part)
		if at < 0 {
			return false
		}
		text = text[1+at+len(part):]
	}
	return len(text) > len(last) && strings.HasSuffix(text, last)
}
