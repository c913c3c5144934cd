package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

const callback = `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "End": true,
	"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 100, "HeartbeatSeconds": 10,
	"Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
	"Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 5}]}}}`

// inbox is a queue of task tokens.
func inbox() (func(string) engine.Integration, chan string) {
	tokens := make(chan string, 10)
	return integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) {
		tokens <- c.Token
		return json.RawMessage(`{"MessageId":"1"}`), nil
	}), tokens
}

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bind, tokens := inbox()
		e := engine.New(engine.Options{Integrations: bind})
		x := start(t, e, callback, "{}")
		first := <-tokens
		for _, tt := range []struct {
			name string
			err  error
			want string
		}{
			{"text that is no token", e.SendTaskHeartbeat("hello"), "InvalidToken"},
			{"token of another engine", e.SendTaskHeartbeat(otherToken(t)), "TaskDoesNotExist"},
			{"text that is no token, with output that is no JSON", e.SendTaskSuccess("hello", json.RawMessage("{")), "InvalidToken"},
			{"output that is no JSON", e.SendTaskSuccess(first, json.RawMessage("{")), "InvalidOutput"},
			{"output of more than 256 KiB", e.SendTaskSuccess(first, json.RawMessage(`"`+strings.Repeat("x", 262_143)+`"`)), "InvalidOutput"},
			{"token of an open task", e.SendTaskHeartbeat(first), ""},
			{"failure that is retried", e.SendTaskFailure(first, "Again", ""), ""},
			{"second answer", e.SendTaskSuccess(first, json.RawMessage("1")), "TaskTimedOut"},
			{"second answer, with output that is no JSON", e.SendTaskSuccess(first, json.RawMessage("{")), "TaskTimedOut"},
			{"heartbeat of a task that is over", e.SendTaskHeartbeat(first), "TaskTimedOut"},
		} {
			if got := apiName(tt.err); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		second := <-tokens
		if first == second {
			t.Error("the retry has the token of the first attempt")
		}
		if err := e.SendTaskSuccess(second, json.RawMessage(`{"rows": 3}`)); err != nil {
			t.Error(err)
		}
		got := finished(t, x)
		if got.Status != engine.Succeeded || string(got.Output) != `{"rows": 3}` {
			t.Errorf("result %s %s", got.Status, got.Output)
		}
	})
}

func apiName(err error) string {
	if e, ok := errors.AsType[*engine.APIError](err); ok {
		return e.Name
	}
	return ""
}

func otherToken(t *testing.T) string {
	bind, tokens := inbox()
	e := engine.New(engine.Options{Integrations: bind})
	x := start(t, e, callback, "{}")
	token := <-tokens
	x.Stop("", "")
	<-x.Done()
	if got := apiName(e.SendTaskSuccess(token, json.RawMessage("1"))); got != "TaskTimedOut" {
		t.Errorf("answer after the end of the execution: %q, want TaskTimedOut", got)
	}
	return token
}

func TestAnswerBeforeTheSubmissionReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e *engine.Engine
		e = engine.New(engine.Options{Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
			return json.RawMessage(`{}`), e.SendTaskSuccess(c.Token, json.RawMessage(`7`))
		})})
		x := start(t, e, callback, "{}")
		finished(t, x)
		want := []string{"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"}
		if diff := cmp.Diff(want, types(x.History())); diff != "" {
			t.Errorf("history mismatch (-want +got):\n%s", diff)
		}
	})
}

// Without a token nobody can send a heartbeat, so none is missed.
func TestATaskWithoutATokenMissesNoHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine.New(engine.Options{Integrations: integration(func(ctx context.Context, _ engine.Call) (json.RawMessage, error) {
			select {
			case <-time.After(50 * time.Second):
				return json.RawMessage(`1`), nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})})
		got := finished(t, start(t, e, `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "End": true,
			"Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 100, "HeartbeatSeconds": 10}}}`, "{}"))
		if got.Status != engine.Succeeded || got.Stop.Sub(got.Start) != 50*time.Second {
			t.Errorf("%s after %s, error %s", got.Status, got.Stop.Sub(got.Start), text(got.Error))
		}
	})
}

func TestHeartbeatsKeepATaskAlive(t *testing.T) {
	tests := []struct {
		name  string
		beats int // one every 9 seconds
		want  time.Duration
	}{
		{"none", 0, 10 * time.Second},
		{"three", 3, 37 * time.Second},
		{"up to TimeoutSeconds", 20, 100 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bind, tokens := inbox()
				e := engine.New(engine.Options{Integrations: bind})
				x := start(t, e, callback, "{}")
				token := <-tokens
				for range tt.beats {
					select {
					case <-time.After(9 * time.Second):
						if err := e.SendTaskHeartbeat(token); err != nil {
							t.Error(err)
						}
					case <-x.Done():
					}
				}
				got := finished(t, x)
				if text(got.Error) != "States.Timeout" || got.Cause != nil {
					t.Errorf("error %s, cause %s", text(got.Error), text(got.Cause))
				}
				if life := got.Stop.Sub(got.Start); life != tt.want {
					t.Errorf("ended after %v, want %v", life, tt.want)
				}
			})
		})
	}
}

// TestTokenOfAJob: the context object has a token for .sync too, which no answer fits.
func TestTokenOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := make(chan engine.Call, 1)
		release := make(chan struct{})
		e := engine.New(engine.Options{Integrations: integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) {
			calls <- c
			<-release
			return json.RawMessage(`{}`), nil
		})})
		x := start(t, e, `{"StartAt": "Run", "States": {"Run": {"Type": "Task", "End": true,
			"Resource": "arn:aws-us-gov:states:us-gov-west-1:123456789012:ecs:runTask.sync", "Parameters": {"token.$": "$$.Task.Token"}}}}`, "{}")
		call := <-calls
		var parameters struct{ Token string }
		if err := json.Unmarshal(call.Parameters, &parameters); err != nil {
			t.Fatal(err)
		}
		if err := e.SendTaskSuccess(parameters.Token, json.RawMessage("1")); apiName(err) != "TaskTimedOut" {
			t.Errorf("an answer to the token %q gives %v, want TaskTimedOut", parameters.Token, err)
		}
		if call.Token != "" || call.Resource != "arn:aws:states:::ecs:runTask.sync" {
			t.Errorf("the integration got the token %q for %s", call.Token, call.Resource)
		}
		close(release)
		if got := finished(t, x); got.Status != engine.Succeeded || string(got.Output) != "{}" {
			t.Errorf("execution %s with %s (%s)", got.Status, got.Output, text(got.Cause))
		}
	})
}
