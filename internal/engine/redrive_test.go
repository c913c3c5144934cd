package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

// flaky fails the calls that failures counts, by state and input, and answers the others
// with their parameters.
type flaky struct {
	mu       sync.Mutex
	failures map[string]int // "State input": how many times it fails yet
	calls    []string
}

func (f *flaky) call(_ context.Context, c engine.Call) (json.RawMessage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := c.State + " " + string(c.Parameters)
	f.calls = append(f.calls, key)
	if f.failures[key] > 0 {
		f.failures[key]--
		return nil, &engine.Error{Name: "Broken"}
	}
	return c.Parameters, nil
}

// lines shows events as "7 TaskFailed <6 name".
func lines(history []engine.Event) []string {
	list := make([]string, len(history))
	for i, e := range history {
		list[i] = fmt.Sprintf("%d %s <%d", e.ID, e.Type, e.PreviousID)
		if e.Details != nil && e.Details.Name != "" {
			list[i] += " " + e.Details.Name
		}
		if e.Details != nil && e.Details.Index != nil {
			list[i] += fmt.Sprintf(" %d", *e.Details.Index)
		}
		if e.Details != nil && e.Details.RedriveCount > 0 {
			list[i] += fmt.Sprintf(" redrive %d", e.Details.RedriveCount)
		}
	}
	return list
}

const work = `"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}`

func TestRedrive(t *testing.T) {
	tests := []struct {
		name, definition, input string
		failures                map[string]int
		calls                   []string // of the redrive
		events                  []string // since the end of the first attempt
		want                    string   // output or error
	}{
		{
			name: "task", definition: `{"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "Work"}, ` + work + `}}`, input: `{"a":1}`,
			failures: map[string]int{`Work {"a":1}`: 1},
			calls:    []string{`Work {"a":1}`},
			events: []string{"9 ExecutionRedriven <8 redrive 1", "10 TaskScheduled <9", "11 TaskStarted <10", "12 TaskSucceeded <11",
				"13 TaskStateExited <12 Work", "14 ExecutionSucceeded <13"},
			want: `{"a":1}`,
		},
		{
			name:       "state that fails by itself fails again",
			definition: `{"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Never"}}}`, input: `{}`,
			events: []string{"4 ExecutionRedriven <3 redrive 1", "5 ExecutionFailed <4"},
			want:   "Never",
		},
		{
			name: "only the branch that failed and those that were aborted", input: `{}`,
			definition: `{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Assign": {"x": 1}, "End": true, "Branches": [
				{"StartAt": "Quick", "States": {"Quick": {"Type": "Pass", "Result": 1, "End": true}}},
				{"StartAt": "Work", "States": {` + work + `}},
				{"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 60, "End": true}}}]}}}`,
			failures: map[string]int{`Work {}`: 1},
			calls:    []string{`Work {}`},
			events: []string{"15 ExecutionRedriven <14 redrive 1", "16 TaskScheduled <15", "17 TaskStarted <16", "18 TaskSucceeded <17",
				"19 TaskStateExited <18 Work", "20 WaitStateExited <15 Long", "21 ParallelStateSucceeded <20", "22 ParallelStateExited <20 Both", "23 ExecutionSucceeded <22"},
			want: `[1,{},{}]`,
		},
		{
			name: "iterations one after the other, the last never began", input: `[1,2,3]`,
			definition: `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 1, "End": true, "ItemProcessor": {"StartAt": "Work", "States": {` + work + `}}}}}`,
			failures:   map[string]int{`Work 2`: 1},
			calls:      []string{"Work 2", "Work 3"},
			events: []string{"20 ExecutionRedriven <19 redrive 1", "21 TaskScheduled <20", "22 TaskStarted <21", "23 TaskSucceeded <22", "24 TaskStateExited <23 Work",
				"25 MapIterationSucceeded <24 Each 1", "26 MapIterationStarted <24 Each 2", "27 TaskStateEntered <26 Work", "28 TaskScheduled <27", "29 TaskStarted <28",
				"30 TaskSucceeded <29", "31 TaskStateExited <30 Work", "32 MapIterationSucceeded <31 Each 2", "33 MapStateSucceeded <32", "34 MapStateExited <32 Each", "35 ExecutionSucceeded <34"},
			want: `[1,2,3]`,
		},
		{
			name: "map whose result could not be used begins anew", input: `{"list":[1]}`,
			definition: `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.list", "ResultSelector": {"x.$": "$.none"}, "End": true,
				"ItemProcessor": {"StartAt": "Work", "States": {` + work + `}}}}}`,
			calls: []string{"Work 1"},
			events: []string{"13 ExecutionRedriven <12 redrive 1", "14 MapStateStarted <13", "15 MapIterationStarted <14 Each 0", "16 TaskStateEntered <15 Work", "17 TaskScheduled <16",
				"18 TaskStarted <17", "19 TaskSucceeded <18", "20 TaskStateExited <19 Work", "21 MapIterationSucceeded <20 Each 0", "22 MapStateSucceeded <21", "23 ExecutionFailed <21"},
			want: "States.Runtime",
		},
		{
			name: "children of a distributed map", input: `[1,2,3]`,
			definition: `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 1, "End": true,
				"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Work", "States": {` + work + `}}}}}`,
			failures: map[string]int{`Work 2`: 1},
			calls:    []string{"Work 2", "Work 3"},
			events: []string{"8 ExecutionRedriven <7 redrive 1", "9 MapRunRedriven <8 redrive 1", "10 MapRunSucceeded <9", "11 MapStateSucceeded <10",
				"12 MapStateExited <9 Each", "13 ExecutionSucceeded <12"},
			want: `[1,2,3]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{failures: tt.failures}
				x := start(t, engine.New(engine.Options{Integrations: integration(f.call)}), tt.definition, tt.input)
				if got := finished(t, x); got.Status != engine.Failed || got.RedriveStatus != engine.Redrivable {
					t.Fatalf("first attempt is %s, %s (%s)", got.Status, got.RedriveStatus, got.RedriveStatusReason)
				}
				n := len(x.History())
				f.calls = nil
				if err := x.Redrive(t.Context()); err != nil {
					t.Fatal(err)
				}
				got := finished(t, x)
				if outcome := string(got.Output) + strings.TrimPrefix(text(got.Error), "(none)"); outcome != tt.want || got.RedriveCount != 1 {
					t.Errorf("outcome %s after %d redrives, want %s (%s)", outcome, got.RedriveCount, tt.want, text(got.Cause))
				}
				if diff := cmp.Diff(tt.calls, f.calls); diff != "" {
					t.Errorf("calls mismatch (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.events, lines(x.History()[n:])); diff != "" {
					t.Errorf("events mismatch (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestRedriveCountsAndClocksBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine.New(engine.Options{Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
			return nil, &engine.Error{Name: "Broken", Cause: string(c.Parameters)}
		})})
		x := start(t, e, `{"StartAt": "A", "TimeoutSeconds": 100, "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
			"Parameters": {"redrives.$": "$$.Execution.RedriveCount", "retries.$": "$$.State.RetryCount"},
			"Retry": [{"ErrorEquals": ["Broken"], "IntervalSeconds": 60, "BackoffRate": 1, "MaxAttempts": 1}]}}}`, "{}")
		first := finished(t, x)
		if err := x.Redrive(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := x.Result(); got.Status != engine.Running || got.Error != nil || !got.Stop.IsZero() || got.RedriveStatus != engine.NotRedrivable {
			t.Errorf("redriven: %+v", got)
		}
		got := finished(t, x)
		if got.Status != engine.Failed || text(got.Cause) != `{"retries":1,"redrives":1}` {
			t.Errorf("%s %s", got.Status, text(got.Cause))
		}
		if got.Start != first.Start || got.RedriveDate != first.Stop || got.Stop.Sub(got.RedriveDate) != time.Minute {
			t.Errorf("started %v, redriven %v, stopped %v", got.Start, got.RedriveDate, got.Stop)
		}
	})
}

func TestNotRedrivable(t *testing.T) {
	loop := `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice",
		"Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "C"}], "Default": "A"}, "C": {"Type": "Succeed"}}}`
	tests := []struct {
		name, definition string
		before           func(*testing.T, *engine.Execution)
		want             string
	}{
		{"running", `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 10, "End": true}}}`,
			func(*testing.T, *engine.Execution) {}, "Execution is RUNNING and cannot be redriven"},
		{"succeeded", `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, wait, "Execution is SUCCEEDED and cannot be redriven"},
		{"full history", loop, wait, "Execution history event limit exceeded"},
		{"after 14 days", `{"StartAt": "A", "States": {"A": {"Type": "Fail"}}}`, func(t *testing.T, x *engine.Execution) {
			wait(t, x)
			<-time.After(14*24*time.Hour + 1)
		}, "Execution redrivable period exceeded"},
		{"a thousand times", `{"StartAt": "A", "States": {"A": {"Type": "Fail"}}}`, func(t *testing.T, x *engine.Execution) {
			wait(t, x)
			for range 1000 {
				if err := x.Redrive(t.Context()); err != nil {
					t.Fatal(err)
				}
				wait(t, x)
			}
		}, "Execution redrive limit exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := start(t, engine.New(engine.Options{}), tt.definition, "{}")
				tt.before(t, x)
				err := x.Redrive(t.Context())
				var refused *engine.APIError
				if !errors.As(err, &refused) || refused.Name != "ExecutionNotRedrivable" || refused.Message != tt.want {
					t.Errorf("Redrive = %v, want %s", err, tt.want)
				}
				wait(t, x)
			})
		})
	}
}

func wait(t *testing.T, x *engine.Execution) {
	t.Helper()
	finished(t, x)
}

func TestRedriveOfAnAbortedExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bind, tokens := inbox()
		e := engine.New(engine.Options{Integrations: bind})
		x := start(t, e, callback, "{}")
		old := <-tokens
		x.Stop("Enough", "")
		finished(t, x)
		if err := x.Redrive(t.Context()); err != nil {
			t.Fatal(err)
		}
		token := <-tokens
		if err := e.SendTaskSuccess(old, json.RawMessage("1")); apiName(err) != "TaskTimedOut" {
			t.Errorf("answer to the token from before: %v", err)
		}
		if err := e.SendTaskSuccess(token, json.RawMessage("2")); err != nil {
			t.Error(err)
		}
		if got := finished(t, x); string(got.Output) != "2" {
			t.Errorf("%s %s", got.Status, got.Output)
		}
	})
}

func TestMapRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		f := &flaky{failures: map[string]int{"Work 3": 1, "Work 4": 1}}
		e := engine.New(engine.Options{Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
			<-gate
			return f.call(ctx, c)
		})})
		x := start(t, e, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 2, "ToleratedFailureCount": 1, "Label": "L", "End": true,
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Work", "States": {`+work+`}}}}}`, `[1,2,3,4,5]`)
		check := func(when string, status string, want engine.Counts) {
			t.Helper()
			runs := x.MapRuns()
			if len(runs) != 1 {
				t.Fatalf("%s: %d map runs", when, len(runs))
			}
			if diff := cmp.Diff(want, runs[0].Executions); diff != "" || runs[0].Status != status {
				t.Errorf("%s: %s, executions mismatch (-want +got):\n%s", when, runs[0].Status, diff)
			}
		}
		synctest.Wait()
		check("two at once", engine.Running, engine.Counts{Running: 2, Pending: 3, Total: 5})
		for range 4 {
			gate <- struct{}{}
			synctest.Wait() // so that the calls come to the gate in order
		}
		finished(t, x)
		check("failed", engine.Failed, engine.Counts{Succeeded: 2, Failed: 2, Aborted: 1, Total: 5})
		if err := x.Redrive(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		check("redriven", engine.Running, engine.Counts{Succeeded: 2, Running: 2, PendingRedrive: 1, Total: 5})
		close(gate)
		finished(t, x)
		check("succeeded", engine.Succeeded, engine.Counts{Succeeded: 5, Total: 5})

		m := x.MapRuns()[0]
		if m.State != "Each" || m.Label != "L" || m.MaxConcurrency != 2 || m.ToleratedFailureCount != 1 || m.RedriveCount != 1 || m.Stop.IsZero() {
			t.Errorf("map run %+v", m)
		}
		child := m.Children[2]
		want := []string{"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed",
			"ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"}
		if diff := cmp.Diff(want, types(child.History())); diff != "" {
			t.Errorf("history of the third child mismatch (-want +got):\n%s", diff)
		}
		prefix := "arn:aws:states:us-east-1:123456789012:execution:machine/L:"
		if !strings.HasPrefix(child.ARN(), prefix) || len(child.Name()) != 36 || child.MapRunARN() != m.ARN || string(child.Input()) != "3" {
			t.Errorf("child %s of %s with input %s", child.ARN(), child.MapRunARN(), child.Input())
		}
		if err := child.Redrive(t.Context()); apiName(err) != "ExecutionNotRedrivable" {
			t.Errorf("Redrive of a child: %v", err)
		}
	})
}

func TestStopEndsTheChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine.New(engine.Options{})
		x := start(t, e, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 2, "End": true,
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": true}}}}}}`, `[1,2,3]`)
		synctest.Wait()
		x.Stop("", "")
		finished(t, x)
		m := x.MapRuns()[0]
		if want := (engine.Counts{Aborted: 2, Pending: 1, Total: 3}); m.Executions != want || m.Status != engine.Aborted {
			t.Errorf("map run is %s with %+v, want %+v", m.Status, m.Executions, want)
		}
		if err := x.Redrive(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := finished(t, x); string(got.Output) != "[1,2,3]" {
			t.Errorf("redriven: %s %s", got.Status, got.Output)
		}
	})
}
