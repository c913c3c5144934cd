// Package boot starts a Lambda: it reads the environment once, logs JSON, hands
// events to one handler and gives its errors the names that Retry and Catch
// match. What a task does is not decided here.
package boot

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

// Handle is a task's function. Its input and output are JSON on the outside.
type Handle[In, Out any] = func(context.Context, In) (Out, error)

var errTerminated = errors.New("the process is being ended")

// Start serves events with the handler that open makes, and never returns.
// When open fails, the start is refused with its error: the execution that
// waits for the function sees it. SIGTERM ends the context of the event in
// hand, waits until it is answered and ends the process.
func Start[In, Out any](open func(context.Context, *Process) (Handle[In, Out], error)) {
	ctx, stop := context.WithCancelCause(context.Background())
	p, err := newProcess(os.Stdout)
	// The library tells of its own troubles through package log.
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(p.Log.Handler(), slog.LevelInfo).Writer())
	if err == nil {
		err = limitMemory()
	}
	if err != nil {
		p.refuse(ctx, err)
	}
	handle, err := open(ctx, p)
	if err != nil {
		p.refuse(ctx, err)
	}
	t := &task[In, Out]{handle: handle, log: p.Log}
	terminate := func() {
		stop(errTerminated)
		t.finish()
		p.Log.InfoContext(ctx, "terminated")
		os.Exit(0)
	}
	lambda.StartWithOptions(t.serve, lambda.WithContext(ctx), lambda.WithEnableSIGTERM(terminate))
}

// answer is the JSON of an output. The library closes it once it is sent.
type answer struct {
	body *bytes.Reader
	sent func()
}

func (a answer) Read(p []byte) (int, error) { return a.body.Read(p) }
func (a answer) Close() error               { a.sent(); return nil }
func (a answer) ContentType() string        { return "application/json" }
