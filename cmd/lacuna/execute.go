package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/store/sqlite"
)

// outcome is what became of one execution.
type outcome struct {
	execution
	summary message.Summary // its status is failed without a report
}

// newOutcome is the outcome of x; sum is what Report said, nil when it did not.
func newOutcome(x execution, sum *message.Summary) outcome {
	if sum == nil {
		sum = &message.Summary{Run: x.Name, Status: statusFailed}
	}
	return outcome{x, *sum}
}

const statusFailed = "failed"

// errInterrupted is the cause of a context that a person has ended.
var errInterrupted = errors.New("interrupted: what was fetched is stored")

// execute runs the state machine once and keeps its history. When ctx ends the
// execution is aborted, and the error is errInterrupted.
func (l *local) execute(ctx context.Context, in message.Input, asOf time.Time) (outcome, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return outcome{}, err
	}
	x := execution{Name: runName(asOf), Machine: machineName, Input: input, Started: time.Now()}
	if err := l.history.begin(ctx, x.Name, input); err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", x.Name, err)
	}
	if err := l.follow(ctx, &x, asOf); err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", x.Name, err)
	}
	if x.Status == engine.Aborted {
		return outcome{}, errInterrupted
	}
	sum := l.summary.Load()
	if sum != nil && sum.Run != x.Name {
		sum = nil
	}
	return newOutcome(x, sum), nil
}

// follow runs x to its end, also when ctx ends: what is begun is also ended.
func (l *local) follow(ctx context.Context, x *execution, asOf time.Time) error {
	running, err := l.engine.Start(context.WithoutCancel(ctx), engine.StartInput{
		Name: x.Name, Machine: l.machine, MachineName: machineName, Input: x.Input, StartTime: asOf,
	})
	if err != nil {
		return errors.Join(err, l.rows.EndExecution(context.WithoutCancel(ctx), sqlite.Execution{
			Name: x.Name, Status: engine.Failed, Stopped: time.Now(), Error: "Lacuna.Internal", Cause: err.Error(),
		}))
	}
	stop := context.AfterFunc(ctx, func() { running.Stop("Lacuna.Interrupted", errInterrupted.Error()) })
	defer stop()
	if err := l.history.follow(running); err != nil {
		return err
	}
	r := running.Result()
	x.Status, x.Stopped, x.Output, x.Error, x.Cause = r.Status, r.Stop, r.Output, text(r.Error), text(r.Cause)
	return nil
}

// runName begins with the run's clock, so that names sort by it.
func runName(asOf time.Time) string {
	var b [3]byte
	rand.Read(b[:]) // never fails
	return asOf.UTC().Format("2006-01-02T150405Z") + "-" + hex.EncodeToString(b[:])
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
