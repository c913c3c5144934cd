package boot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
)

type in struct{ N int }
type out struct {
	Text string `json:"text"`
}

func TestServe(t *testing.T) {
	long := strings.Repeat("x", 400)
	returns := func(err error) Handle[in, out] {
		return func(context.Context, in) (out, error) { return out{"lost"}, err }
	}
	tests := []struct {
		name, event string
		handle      Handle[in, out]
		want        string
		wantErr     error
	}{
		{
			name: "an output", event: `{"n":2}`,
			handle: func(_ context.Context, v in) (out, error) { return out{fmt.Sprint("<", v.N, ">")}, nil },
			want:   `{"text":"\u003c2\u003e"}`,
		},
		{
			name: "a named error, however deep", event: `{}`,
			handle:  returns(fmt.Errorf("query A: %w", fmt.Errorf("again: %w", fault.New(fault.StoreThrottled, "slow down")))),
			wantErr: messages.InvokeResponse_Error{Type: "Store.Throttled", Message: "query A: again: Store.Throttled: slow down"},
		},
		{
			name: "an error without a name", event: `{}`,
			handle:  returns(io.ErrUnexpectedEOF),
			wantErr: messages.InvokeResponse_Error{Type: "Lacuna.Internal", Message: "unexpected EOF"},
		},
		{
			name: "a long error", event: `{}`,
			handle:  returns(errors.New(long)),
			wantErr: messages.InvokeResponse_Error{Type: "Lacuna.Internal", Message: long[:297] + "..."},
		},
		{
			name: "an event of another shape", event: `{"n":"two"}`,
			handle:  returns(nil),
			wantErr: messages.InvokeResponse_Error{Type: "Input.Invalid", Message: "Input.Invalid: event: json: cannot unmarshal string into Go struct field in.N of type int"},
		},
		{
			name: "a panic: the process ends after it", event: `{}`,
			handle:  func(context.Context, in) (out, error) { panic("index out of range") },
			wantErr: messages.InvokeResponse_Error{Type: "Lacuna.Internal", Message: "Lacuna.Internal: panic: index out of range", ShouldExit: true},
		},
		{
			name: "a panic with an error", event: `{}`,
			handle:  func(context.Context, in) (out, error) { panic(fault.New(fault.Throttled, "429")) },
			wantErr: messages.InvokeResponse_Error{Type: "Lacuna.Internal", Message: "Lacuna.Internal: panic: Source.Throttled: 429", ShouldExit: true},
		},
		{
			name: "a time-out of something inside", event: `{}`,
			handle:  returns(fault.New(fault.StoreUnavailable, "%w", context.DeadlineExceeded)),
			wantErr: messages.InvokeResponse_Error{Type: "Store.Unavailable", Message: "Store.Unavailable: context deadline exceeded"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := &task[in, out]{handle: tt.handle, log: slog.New(slog.DiscardHandler)}
			got, err := task.serve(t.Context(), json.RawMessage(tt.event))
			if diff := cmp.Diff(tt.wantErr, err); diff != "" {
				t.Fatalf("error mismatch (-want +got):\n%s", diff)
			}
			if err == nil {
				checkAnswer(t, task, got, tt.want)
			}
			if !task.busy.TryLock() {
				t.Error("the event counts as in hand after its answer")
			}
		})
	}
}

// checkAnswer reads an answer as the library does, and closes it.
func checkAnswer(t *testing.T, task *task[in, out], got io.Reader, want string) {
	t.Helper()
	text, err := io.ReadAll(got)
	if err != nil || string(text) != want {
		t.Errorf("answer %s, %v; want %s", text, err, want)
	}
	if task.busy.TryLock() {
		t.Error("the event counts as done before its answer is sent")
	}
	if err := got.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
}

// What went wrong is logged once, under the name that the state machine gets; of a panic it
// is logged where that was.
func TestFailuresAreLogged(t *testing.T) {
	for name, tt := range map[string]struct {
		handle Handle[in, out]
		want   []string // in the lines
	}{
		"an error": {
			func(context.Context, in) (out, error) { return out{}, fault.New(fault.StoreThrottled, "slow down") },
			[]string{`msg=failed error_name=Store.Throttled error="Store.Throttled: slow down" duration_ms=`},
		},
		"a panic": {
			func(context.Context, in) (out, error) { panic("index out of range") },
			[]string{"msg=panic stack=", `msg=failed error_name=Lacuna.Internal error="Lacuna.Internal: panic: index out of range" duration_ms=`},
		},
	} {
		var said bytes.Buffer
		task := &task[in, out]{handle: tt.handle, log: slog.New(slog.NewTextHandler(&said, nil))}
		if _, err := task.serve(t.Context(), json.RawMessage(`{}`)); err == nil {
			t.Errorf("%s: no error", name)
		}
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		if len(lines) != len(tt.want) {
			t.Fatalf("%s: %d lines, want %d:\n%s", name, len(lines), len(tt.want), &said)
		}
		for i, want := range tt.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: line %.300s, want %s", name, lines[i], want)
			}
		}
		if len(lines) == 2 && !strings.Contains(lines[0], "TestFailuresAreLogged") {
			t.Errorf("the stack does not say where the panic was: %.300s", lines[0])
		}
	}
}

func TestTheEndOfAFunctionsTimeHasAWSsName(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	task := &task[in, out]{log: slog.New(slog.DiscardHandler), handle: func(ctx context.Context, _ in) (out, error) {
		return out{}, fmt.Errorf("coverage: %w", ctx.Err())
	}}
	_, err := task.serve(ctx, json.RawMessage(`{}`))
	want := messages.InvokeResponse_Error{Type: "Sandbox.Timedout", Message: "coverage: context deadline exceeded"}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("error mismatch (-want +got):\n%s", diff)
	}
}

// What a line of the log says of an event.
func TestFacts(t *testing.T) {
	for _, tt := range []struct{ name, event, want string }{
		{"select", `{"run":"r1","started_at":"2026-07-01T00:00:00Z","input":{}}`, `"request":"q","run":"r1"`},
		{"query", `{"run":"r1","series":[{"key":"ECB#USD","from":"2026-01-01"}]}`, `"request":"q","run":"r1","series":"ECB#USD"`},
		{"detect", `{"run":"r1","series":[{"key":"ECB#CHF"},{"key":"ECB#JPY"},{"key":"ECB#USD"}]}`, `"request":"q","run":"r1","series":"ECB#CHF to ECB#USD"`},
		{"fanout", `{"run":"r1","source":"ecb","batches":[]}`, `"request":"q","run":"r1","source":"ecb"`},
		{
			"scrape", `{"Records":[{"messageId":"m","body":"{\"run\":\"r1\",\"source\":\"ecb\",\"token\":\"secret\",\"streams\":[{\"id\":\"ecb-001\"},{\"id\":\"ecb-002\"}]}"}]}`,
			`"request":"q","run":"r1","source":"ecb","stream":"ecb-001 to ecb-002"`,
		},
		{"a message that is no JSON", `{"Records":[{"body":"hello"}]}`, `"request":"q"`},
		{"an event of another shape", `[1]`, `"request":"q"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "q"})
			task := &task[any, out]{log: slog.New(slog.NewJSONHandler(&log, nil)), handle: func(context.Context, any) (out, error) { return out{}, nil }}
			if _, err := task.serve(ctx, json.RawMessage(tt.event)); err != nil {
				t.Fatal(err)
			}
			_, line, _ := strings.Cut(log.String(), `"msg":"done",`)
			if got, _, _ := strings.Cut(line, `,"duration_ms"`); got != tt.want {
				t.Errorf("log line %s, want %s", log.String(), tt.want)
			}
		})
	}
}

// A process that is told to end waits until the event in hand is answered, and the
// answer is sent.
func TestFinishWaitsForTheEventInHand(t *testing.T) {
	for _, failed := range []error{nil, io.ErrUnexpectedEOF} {
		begun, work, answers, finished := make(chan bool), make(chan error), make(chan io.Reader, 1), make(chan bool)
		served := &task[in, out]{log: slog.New(slog.DiscardHandler), handle: func(context.Context, in) (out, error) {
			begun <- true
			return out{}, <-work
		}}
		go func() {
			a, _ := served.serve(t.Context(), json.RawMessage(`{}`))
			answers <- a
		}()
		<-begun
		go func() {
			served.finish()
			close(finished)
		}()
		for start := time.Now(); served.busy.TryRLock(); runtime.Gosched() { // until finish waits
			served.busy.RUnlock()
			if time.Since(start) > 10*time.Second {
				t.Fatal("finish does not wait for the event in hand")
			}
		}
		work <- failed
		if a := <-answers; failed == nil {
			select {
			case <-finished:
				t.Error("finished before the answer is sent")
			default:
			}
			a.(io.Closer).Close() //nolint:errcheck // it only says that the answer is sent
		}
		<-finished
	}
}
