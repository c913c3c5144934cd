package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
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
	x := sqlite.Execution{Name: runName(asOf), Machine: machineName, Input: input, Started: time.Now()}
	if err := l.rows.StartExecution(ctx, x); err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", x.Name, err)
	}
	always := context.WithoutCancel(ctx) // what is begun is also ended
	result, err := l.follow(ctx, always, x.Name, input, asOf)
	if err == nil {
		err = l.history.flush(always, x.Name)
	}
	x.Status, x.Stopped, x.Output = result.Status, result.Stop, result.Output
	x.Error, x.Cause = text(result.Error), text(result.Cause)
	if x.Status == "" { // it could not be started
		x.Status, x.Stopped, x.Error, x.Cause = engine.Failed, time.Now(), "Lacuna.Internal", err.Error()
	}
	if err = errors.Join(err, l.rows.EndExecution(always, x)); err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", x.Name, err)
	}
	if x.Status == engine.Aborted {
		return outcome{}, errInterrupted
	}
	sum := l.summary.Load()
	if sum != nil && sum.Run != x.Name {
		sum = nil
	}
	return newOutcome(execution(x), sum), nil
}

func (l *local) follow(ctx, always context.Context, name string, input []byte, asOf time.Time) (engine.Result, error) {
	x, err := l.engine.Start(always, engine.StartInput{
		Name: name, Machine: l.machine, MachineName: machineName, Input: input, StartTime: asOf,
	})
	if err != nil {
		return engine.Result{}, err
	}
	keeping, stop := context.WithCancel(always)
	var keeper sync.WaitGroup
	keeper.Go(func() { l.history.keep(keeping, name) })
	select {
	case <-x.Done():
	case <-ctx.Done():
		x.Stop("Lacuna.Interrupted", errInterrupted.Error())
	}
	<-x.Done()
	stop()
	keeper.Wait()
	return x.Result(), nil
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
