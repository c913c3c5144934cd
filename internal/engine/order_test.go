package engine_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

// Timers of the same moment fire in the order in which they were set.
func TestEqualTimersFireInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		x := start(t, engine.New(engine.Options{}), `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor":
			{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 5, "End": true}}}}}}`, "["+strings.Repeat("0,", n-1)+"0]")
		finished(t, x)
		var got, want []int
		for _, e := range x.History() {
			if e.Type == "MapIterationSucceeded" {
				want, got = append(want, len(want)), append(got, int(*e.Details.Index))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != n {
			t.Errorf("order of the iterations' ends (-want +got):\n%s", diff)
		}
	})
}

// What a failed branch gives up ends at once, though a catcher lets the execution go on: the
// integration, the token, the children.
func TestWhatIsGivenUpEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var token string
		var ended []time.Duration
		began := time.Now()
		e := engine.New(engine.Options{Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
			token = c.Token
			<-ctx.Done()
			ended = append(ended, time.Since(began))
			return nil, ctx.Err()
		})})
		x := start(t, e, `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}], "Branches": [
			{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}}},
			{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
				"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 50, "End": true}}}}}},
			{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}}}
		]}, "Z": {"Type": "Wait", "Seconds": 100, "End": true}}}`, "[1]")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(ended) != 1 || ended[0] != time.Second {
			t.Errorf("the integration ended after %v, want 1s", ended)
		}
		if err := e.SendTaskSuccess(token, json.RawMessage("1")); err != engine.ErrTaskTimedOut {
			t.Errorf("the answer to the token: %v, want %v", err, engine.ErrTaskTimedOut)
		}
		run := x.MapRuns()[0]
		if run.Status != engine.Aborted || run.Children[0].Result().Status != engine.Aborted {
			t.Errorf("the map run: %s, its child: %s", run.Status, run.Children[0].Result().Status)
		}
		if r := finished(t, x); r.Status != engine.Succeeded {
			t.Errorf("status %s", r.Status)
		}
	})
}

// An execution that is out of time ends at that time, though another has the turn then.
func TestOutOfTimeInTheTurnOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine.New(engine.Options{Active: 1, OnEvent: func(_ string, ev engine.Event) {
			if ev.Type == "WaitStateExited" { // of the other
				time.Sleep(time.Minute)
			}
		}})
		x := start(t, e, `{"TimeoutSeconds": 5, "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 90, "End": true}}}`, "{}")
		other := start(t, e, `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": true}}}`, "{}")
		finished(t, other)
		r := finished(t, x)
		if lasted := r.Stop.Sub(r.Start); r.Status != engine.TimedOut || lasted != 5*time.Second {
			t.Errorf("%s after %v, want %s after 5s", r.Status, lasted, engine.TimedOut)
		}
	})
}

// An answer that was accepted counts, though the time is over before the execution
// comes to read it.
func TestAnAcceptedAnswerDoesNotTimeOut(t *testing.T) {
	for _, heartbeat := range []string{"", `"HeartbeatSeconds": 5, `} {
		synctest.Test(t, func(t *testing.T) {
			tokens, busy := make(chan string, 1), make(chan struct{})
			e := engine.New(engine.Options{
				Integrations: integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) {
					if c.Token != "" {
						tokens <- c.Token
						return json.RawMessage(`{}`), nil
					}
					time.Sleep(4 * time.Second)
					return json.RawMessage(`8`), nil
				}),
				OnEvent: func(_ string, ev engine.Event) {
					if ev.Type == "TaskSucceeded" && *ev.Details.Output == "8" { // busy until after the time-out of Ask
						close(busy)
						time.Sleep(time.Minute)
					}
				},
			})
			x := start(t, e, `{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
				{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", `+heartbeat+`"TimeoutSeconds": 10,
					"Parameters": {"QueueUrl": "q", "MessageBody": "m"}, "End": true}}},
				{"StartAt": "Work", "States": {`+work+`}}]}}}`, `{}`)
			token := <-tokens
			<-busy
			if err := e.SendTaskSuccess(token, json.RawMessage(`7`)); err != nil {
				t.Fatal(err)
			}
			if got := finished(t, x); string(got.Output) != "[7,8]" {
				t.Errorf("%s: %s %s %s", heartbeat, got.Status, got.Output, text(got.Error))
			}
		})
	}
}

// A child that failed is redriven with its parent, and not by itself.
func TestAChildIsNotRedrivenDirectly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{failures: map[string]int{"Work 2": 1}}
		x := start(t, engine.New(engine.Options{Integrations: integration(f.call)}), apart, `[1,2]`)
		finished(t, x)
		for _, child := range x.MapRuns()[0].Children {
			if child.Result().Status != engine.Failed {
				continue
			}
			if got := child.Result().RedriveStatus; got != engine.RedrivableByMapRun {
				t.Errorf("redrive status %s", got)
			}
			if err := child.Redrive(t.Context()); apiName(err) != "ExecutionNotRedrivable" || !strings.Contains(err.Error(), "redrive its parent") {
				t.Errorf("Redrive = %v", err)
			}
			if n := len(child.History()); slices.Contains(types(child.History()), "ExecutionRedriven") {
				t.Errorf("the child has gone on: %d events", n)
			}
			return
		}
		t.Error("no child failed")
	})
}

const apart = `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
	"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Work", "States": {` + work + `}}}}}`
