package engine_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

func TestEventShape(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123)
	tests := []struct {
		name  string
		event engine.Event
		want  string
	}{
		{"state entered", engine.Event{ID: 2, Time: at, Type: "TaskStateEntered", Details: &engine.Details{Name: "A", Input: ptr("{}")}},
			`{"id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"A","input":"{}","inputDetails":{"truncated":false}},"timestamp":1700000000.123,"type":"TaskStateEntered"}`},
		{"failure without a reason", engine.Event{ID: 3, PreviousID: 2, Time: at, Type: "ExecutionFailed", Details: &engine.Details{}},
			`{"executionFailedEventDetails":{},"id":3,"previousEventId":2,"timestamp":1700000000.123,"type":"ExecutionFailed"}`},
		{"first iteration", engine.Event{ID: 4, PreviousID: 3, Time: at, Type: "MapIterationStarted", Details: &engine.Details{Name: "M", Index: ptrTo(0)}},
			`{"id":4,"mapIterationStartedEventDetails":{"name":"M","index":0},"previousEventId":3,"timestamp":1700000000.123,"type":"MapIterationStarted"}`},
		{"no details", engine.Event{ID: 5, PreviousID: 4, Time: at, Type: "LambdaFunctionStarted"},
			`{"id":5,"previousEventId":4,"timestamp":1700000000.123,"type":"LambdaFunctionStarted"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(tt.event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("event mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnEvent(t *testing.T) {
	var told []engine.Event
	e := engine.New(engine.Options{OnEvent: func(execution string, event engine.Event) {
		if execution != t.Name() {
			t.Errorf("event of execution %s", execution)
		}
		told = append(told, event)
	}})
	x := start(t, e, `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}`, "{}")
	finished(t, x)
	if diff := cmp.Diff(x.History(), told); diff != "" {
		t.Errorf("events mismatch (-history +told):\n%s", diff)
	}
}

// TestUntouchedTextStays: AWS passes on the text of a value that no state changes, blanks
// and all, also through branches.
func TestUntouchedTextStays(t *testing.T) {
	e := engine.New(engine.Options{Integrations: integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) { return c.Parameters, nil })})
	x := start(t, e, `{"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$", "Next": "B"}, "B": {"Type": "Parallel", "End": true, "Branches": [
		{"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
		{"StartAt": "D", "States": {"D": {"Type": "Succeed"}}}]}}}`, `[[1, 2.50], { "b": 1 }]`)
	want := `[[[1, 2.50], { "b": 1 }],[[1, 2.50], { "b": 1 }]]`
	if got := finished(t, x); string(got.Output) != want {
		t.Errorf("output %s, want %s", got.Output, want)
	}
}
