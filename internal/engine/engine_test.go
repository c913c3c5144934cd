package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

func parse(t testing.TB, definition string) *asl.Machine {
	t.Helper()
	m, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// integration binds all resources to one function.
func integration(f engine.Integration) func(string) engine.Integration {
	return func(string) engine.Integration { return f }
}

func start(t testing.TB, e *engine.Engine, definition, input string) *engine.Execution {
	t.Helper()
	x, err := e.Start(t.Context(), engine.StartInput{Name: t.Name(), Machine: parse(t, definition), MachineName: "machine", Input: json.RawMessage(input)})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func finished(t testing.TB, x *engine.Execution) engine.Result {
	t.Helper()
	r, err := x.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func types(history []engine.Event) []string {
	var list []string
	for _, e := range history {
		list = append(list, e.Type)
	}
	return list
}

func countEntered(history []engine.Event) int {
	n := 0
	for _, e := range history {
		if strings.HasSuffix(e.Type, "StateEntered") {
			n++
		}
	}
	return n
}

func text(s *string) string {
	if s == nil {
		return "(none)"
	}
	return *s
}

func TestTimeoutEndsTheIntegration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		e := engine.New(engine.Options{Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		})})
		x := start(t, e, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 30,
			"Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "B"}], "End": true}, "B": {"Type": "Pass", "End": true}}}`, "{}")
		got := finished(t, x)
		if string(got.Output) != `{"Error":"States.Timeout","Cause":""}` {
			t.Errorf("output %s", got.Output)
		}
		if err := <-ended; err == nil || time.Since(got.Start) != 30*time.Second {
			t.Errorf("integration ended with %v after %v", err, time.Since(got.Start))
		}
	})
}

func TestEndOfAnExecution(t *testing.T) {
	waiting := `{"StartAt": "Each", "TimeoutSeconds": 60, "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Work", "States": {
		"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Rest"}, "Rest": {"Type": "Wait", "Seconds": 1000, "End": true}}}}}}`
	tests := []struct {
		name  string
		stop  func(*engine.Execution, context.CancelFunc)
		want  engine.Result
		event string
		after time.Duration
	}{
		{"stopped with a reason", func(x *engine.Execution, _ context.CancelFunc) { x.Stop("Tired", "of waiting") },
			engine.Result{Status: engine.Aborted, Error: ptr("Tired"), Cause: ptr("of waiting")}, `{"error":"Tired","cause":"of waiting"}`, 5 * time.Second},
		{"stopped without", func(x *engine.Execution, _ context.CancelFunc) { x.Stop("", "") },
			engine.Result{Status: engine.Aborted}, `{}`, 5 * time.Second},
		{"context cancelled", func(_ *engine.Execution, cancel context.CancelFunc) { cancel() },
			engine.Result{Status: engine.Aborted}, `{}`, 5 * time.Second},
		{"time of the machine over", func(*engine.Execution, context.CancelFunc) {},
			engine.Result{Status: engine.TimedOut}, `{"error":"States.Timeout"}`, 60 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var running atomic.Int32
				e := engine.New(engine.Options{Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
					running.Add(1)
					defer running.Add(-1)
					<-ctx.Done()
					return nil, ctx.Err()
				})})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				x, err := e.Start(ctx, engine.StartInput{Name: "x", Machine: parse(t, waiting), MachineName: "m", Input: json.RawMessage("[1,2,3]")})
				if err != nil {
					t.Fatal(err)
				}
				<-time.After(5 * time.Second) // of the bubble's clock
				if n := running.Load(); n != 3 {
					t.Errorf("%d integrations run, want 3", n)
				}
				tt.stop(x, cancel)
				<-x.Done()
				got := x.Result()
				if life := got.Stop.Sub(got.Start); life != tt.after {
					t.Errorf("ended after %v, want %v", life, tt.after)
				}
				got.Start, got.Stop = time.Time{}, time.Time{}
				tt.want.RedriveStatus = engine.Redrivable
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("result mismatch (-want +got):\n%s", diff)
				}
				history := x.History()
				last, err := json.Marshal(history[len(history)-1].Details)
				if err != nil || string(last) != tt.event {
					t.Errorf("last event %s, want %s (%v)", last, tt.event, err)
				}
				// synctest fails the test if any goroutine outlives it.
				synctest.Wait()
				if n := running.Load(); n != 0 {
					t.Errorf("%d integrations outlive the execution", n)
				}
			})
		})
	}
}

func ptr(s string) *string { return &s }

func TestInvalidInput(t *testing.T) {
	e := engine.New(engine.Options{})
	m := parse(t, `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`)
	for _, input := range []string{"not", `"` + strings.Repeat("x", 262_143) + `"`} {
		_, err := e.Start(t.Context(), engine.StartInput{Name: "x", Machine: m, MachineName: "m", Input: json.RawMessage(input)})
		if !errors.Is(err, engine.ErrInvalidInput) {
			t.Errorf("start with input %.10s: %v, want ErrInvalidInput", input, err)
		}
	}
}

func TestOneMachineInManyExecutions(t *testing.T) {
	m := parse(t, `{"StartAt": "Set", "States": {
		"Set": {"Type": "Pass", "Assign": {"seen.$": "$.n"}, "Parameters": {"n.$": "$.n", "list": [1, {"x": 2}]}, "Next": "Each"},
		"Each": {"Type": "Map", "ItemsPath": "$.list", "ItemSelector": {"item.$": "$$.Map.Item.Value", "n.$": "$.n"}, "ResultPath": "$.list[1].out",
			"ItemProcessor": {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
				"Retry": [{"ErrorEquals": ["Flaky"], "MaxAttempts": 2}]}}}, "Next": "Out"},
		"Out": {"Type": "Pass", "Parameters": {"n.$": "$seen", "out.$": "$.list[1].out"}, "End": true}}}`)
	before := snapshot(t, m)
	zero := 0.0
	e := engine.New(engine.Options{WaitScale: &zero, Integrations: integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) {
		if c.Attempt < 2 {
			return nil, &engine.Error{Name: "Flaky"}
		}
		return c.Parameters, nil
	})})
	var executions []*engine.Execution
	for i := range 50 {
		input, err := json.Marshal(map[string]int{"n": i})
		if err != nil {
			t.Fatal(err)
		}
		x, err := e.Start(t.Context(), engine.StartInput{Name: string(input), Machine: m, MachineName: "m", Input: input})
		if err != nil {
			t.Fatal(err)
		}
		executions = append(executions, x)
	}
	for _, x := range executions {
		var in struct{ N int }
		if err := json.Unmarshal([]byte(x.Name()), &in); err != nil {
			t.Fatal(err)
		}
		n := in.N
		want := map[string]any{"n": float64(n), "out": []any{
			map[string]any{"item": 1.0, "n": float64(n)}, map[string]any{"item": map[string]any{"x": 2.0}, "n": float64(n)}}}
		var got any
		if err := json.Unmarshal(finished(t, x).Output, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(any(want), got); diff != "" {
			t.Errorf("%d: output mismatch (-want +got):\n%s", n, diff)
		}
	}
	if after := snapshot(t, m); before != after {
		t.Errorf("the machine changed:\n%s\n%s", before, after)
	}
}

// snapshot shows the parts of a machine that a run might change.
func snapshot(t *testing.T, m *asl.Machine) string {
	t.Helper()
	type part struct {
		Retry      []asl.Retrier
		Parameters *asl.Template
	}
	parts := map[string]part{}
	for _, s := range m.States {
		parts[s.Name] = part{s.Retry, s.Parameters}
	}
	for _, s := range m.Tasks() {
		parts[s.Path] = part{s.Retry, s.Parameters}
	}
	data, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWaitScale(t *testing.T) {
	definition := `{"StartAt": "A", "States": {
		"A": {"Type": "Wait", "Seconds": 100, "Next": "B"},
		"B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": ["X"], "IntervalSeconds": 10, "MaxAttempts": 3, "BackoffRate": 3, "MaxDelaySeconds": 40}]}}}`
	for _, tt := range []struct {
		name  string
		scale *float64
		want  time.Duration
	}{
		{"real", nil, (100 + 10 + 30 + 40) * time.Second},
		{"a tenth", ptrTo(0.1), 18 * time.Second},
		{"none", ptrTo(0.0), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := engine.New(engine.Options{WaitScale: tt.scale, Integrations: integration(func(context.Context, engine.Call) (json.RawMessage, error) {
					return nil, &engine.Error{Name: "X"}
				})})
				got := finished(t, start(t, e, definition, "{}"))
				if life := got.Stop.Sub(got.Start); life != tt.want {
					t.Errorf("took %v, want %v", life, tt.want)
				}
			})
		})
	}
}

func ptrTo[T any](v T) *T { return &v }

func TestErrorsOfIntegrations(t *testing.T) {
	wrapped := errors.Join(errors.New("scrape"), &engine.Error{Name: "Source.Throttled", Cause: "429"})
	for _, tt := range []struct {
		name        string
		bind        func(string) engine.Integration
		error, text string
	}{
		{"named and wrapped", integration(func(context.Context, engine.Call) (json.RawMessage, error) { return nil, wrapped }), "Source.Throttled", "429"},
		{"without a name", integration(func(context.Context, engine.Call) (json.RawMessage, error) { return nil, errors.New("disk full") }), "States.TaskFailed", "disk full"},
		{"result that is no JSON", integration(func(context.Context, engine.Call) (json.RawMessage, error) { return json.RawMessage("{"), nil }), "States.TaskFailed",
			"result is not JSON: expected a member name at offset 1"},
		{"no integration", nil, "States.Runtime", "The resource arn:aws:states:::lambda:invoke is bound to no integration."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := engine.New(engine.Options{Integrations: tt.bind})
			got := finished(t, start(t, e, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}`, "{}"))
			if text(got.Error) != tt.error || text(got.Cause) != tt.text {
				t.Errorf("error %s, cause %s; want %s, %s", text(got.Error), text(got.Cause), tt.error, tt.text)
			}
		})
	}
}

// TestNumberOfACall: calls are numbered in the order of the history, whatever the order in
// which their goroutines run.
func TestNumberOfACall(t *testing.T) {
	var mu sync.Mutex
	seen := map[int]string{}
	e := engine.New(engine.Options{WaitScale: ptrTo(0.0), Integrations: integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) {
		mu.Lock()
		defer mu.Unlock()
		seen[c.Number] = string(c.Parameters)
		if c.Number < 3 {
			return nil, &engine.Error{Name: "Flaky"}
		}
		return c.Parameters, nil
	})})
	x := start(t, e, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Work", "States": {
		"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": ["Flaky"]}]}}}}}}`, `["a","b","c","d"]`)
	if got := finished(t, x); got.Status != engine.Succeeded {
		t.Fatal(got.Status, text(got.Error))
	}
	for n, want := range []string{`"a"`, `"b"`, `"c"`, `"d"`} {
		if seen[n] != want {
			t.Errorf("call %d had %s, want %s", n, seen[n], want)
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d calls, want 7", len(seen))
	}
}

// TestMock: what a Mock answers comes in the order of the calls; the rest is asked of the
// integrations.
func TestMock(t *testing.T) {
	definition := `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Work", "States": {
		"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Real"}, "Real": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}}}}`
	var first []string
	for range 20 {
		e := engine.New(engine.Options{Integrations: integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) { return c.Parameters, nil })})
		x, err := e.Start(t.Context(), engine.StartInput{Name: "x", MachineName: "m", Machine: parse(t, definition), Input: json.RawMessage(`[0,0,0,0,0,0,0,0]`),
			Mock: func(c engine.Call) (json.RawMessage, bool, error) {
				return json.RawMessage(strconv.Itoa(c.Number)), c.State == "Work", nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		if got := finished(t, x); string(got.Output) != `[0,1,2,3,4,5,6,7]` {
			t.Errorf("output %s", got.Output)
		}
		mocked := lines(x.History())[:58] // up to the last answer of Work and what follows at once
		if first == nil {
			first = mocked
		}
		if diff := cmp.Diff(first, mocked); diff != "" {
			t.Fatalf("another history (-first +now):\n%s", diff)
		}
	}
}
