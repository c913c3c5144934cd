package engine_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

const activity = `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "End": true, "TimeoutSeconds": 100, "HeartbeatSeconds": 10,
	"Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}}}`

// workers is a queue of the tasks of an activity.
func workers() (engine.Options, chan engine.Call) {
	tasks := make(chan engine.Call, 10)
	return engine.Options{Workers: true, Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
		tasks <- c
		<-ctx.Done()
		return nil, ctx.Err()
	})}, tasks
}

// TestActivity wants the times of a task to begin when a worker takes it (developer
// guide, "Task", and the troubleshooting of activities).
func TestActivity(t *testing.T) {
	tests := []struct {
		name   string
		idle   time.Duration // until a worker takes the task
		beats  int           // one every 9 seconds
		answer string        // "" is none
		want   []string
		life   time.Duration
	}{
		{"done", time.Hour, 0, "7", []string{"ActivityScheduled", "ActivityStarted", "ActivitySucceeded"}, time.Hour},
		{"without a heartbeat", time.Hour, 0, "", []string{"ActivityScheduled", "ActivityStarted", "ActivityTimedOut"}, time.Hour + 10*time.Second},
		{"with heartbeats", time.Hour, 2, "7", []string{"ActivityScheduled", "ActivityStarted", "ActivitySucceeded"}, time.Hour + 18*time.Second},
		{"with heartbeats for too long", 0, 20, "", []string{"ActivityScheduled", "ActivityStarted", "ActivityTimedOut"}, 100 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				options, tasks := workers()
				e := engine.New(options)
				x := start(t, e, activity, `{"a":1}`)
				<-time.After(tt.idle)
				task := <-tasks
				task.Started("me")
				for range tt.beats {
					select {
					case <-time.After(9 * time.Second):
						if err := e.SendTaskHeartbeat(task.Token); err != nil {
							t.Error(err)
						}
					case <-x.Done():
					}
				}
				if tt.answer != "" {
					if err := e.SendTaskSuccess(task.Token, json.RawMessage(tt.answer)); err != nil {
						t.Error(err)
					}
				}
				got := finished(t, x)
				if life := got.Stop.Sub(got.Start); life != tt.life {
					t.Errorf("ended after %v, want %v", life, tt.life)
				}
				history := x.History()
				if diff := cmp.Diff(tt.want, types(history)[2:5]); diff != "" {
					t.Errorf("history mismatch (-want +got):\n%s", diff)
				}
				if *history[2].Details.Input != `{"a":1}` || history[3].Details.WorkerName != "me" {
					t.Errorf("scheduled %+v, started %+v", history[2].Details, history[3].Details)
				}
				if err := e.SendTaskHeartbeat(task.Token); apiName(err) != "TaskTimedOut" {
					t.Errorf("heartbeat after the end: %v", err)
				}
			})
		})
	}
}

// TestActivityThatNobodyTakes waits for a worker until the time of the machine is over.
func TestActivityThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options, tasks := workers()
		x := start(t, engine.New(options), `{"TimeoutSeconds": 3600, `+activity[1:], "{}")
		got := finished(t, x)
		if life := got.Stop.Sub(got.Start); got.Status != engine.TimedOut || life != time.Hour {
			t.Errorf("%s after %v, want TIMED_OUT after an hour", got.Status, life)
		}
		(<-tasks).Started("late")
		want := []string{"ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ExecutionTimedOut"}
		if diff := cmp.Diff(want, types(x.History())); diff != "" {
			t.Errorf("history mismatch (-want +got):\n%s", diff)
		}
	})
}

// TestActivityThatDoesNotExist fails as recorded on AWS: before anything is scheduled.
func TestActivityThatDoesNotExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := start(t, engine.New(engine.Options{Workers: true}), activity, "{}")
		got := finished(t, x)
		const cause = "An error occurred while executing the state 'Ask' (entered at the event id #2). The activity arn:aws:states:us-east-1:123456789012:activity:a does not exist."
		if text(got.Error) != "States.Runtime" || text(got.Cause) != cause {
			t.Errorf("error %s: %s", text(got.Error), text(got.Cause))
		}
		if diff := cmp.Diff([]string{"ExecutionStarted", "TaskStateEntered", "ExecutionFailed"}, types(x.History())); diff != "" {
			t.Errorf("history mismatch (-want +got):\n%s", diff)
		}
	})
}
