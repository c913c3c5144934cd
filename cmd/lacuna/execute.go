package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/store"
)

// localRunner runs the state machine on an engine of its own and keeps its history.
type localRunner struct {
	engine  *engine.Engine
	machine *asl.Machine
	history *history
}

// newLocalRunner returns a runner of what p binds. It scales waits, and tells each event
// to onEvent.
func newLocalRunner(p *pipeline, h *history, waitScale float64, onEvent func(engine.Event)) (*localRunner, error) {
	m, err := parseDefinition()
	if err != nil {
		return nil, err
	}
	e := engine.New(engine.Options{
		Integrations: p.integration,
		WaitScale:    &waitScale,
		OnEvent:      func(_ string, e engine.Event) { onEvent(e) },
		AccountID:    "000000000000",
		Region:       "local",
	})
	p.answer(e)
	return &localRunner{e, m, h}, nil
}

// errInterrupted is the cause of a context that a person has ended.
var errInterrupted = errors.New("interrupted: what was fetched is stored")

// execute runs the state machine once. When ctx ends the execution is aborted, and
// the error is errInterrupted.
func (l *localRunner) execute(ctx context.Context, in message.Input, asOf time.Time) (outcome, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return outcome{}, err
	}
	x := store.Execution{Name: runName(asOf), Machine: machineName, Input: input, Started: time.Now()}
	if err := l.history.begin(ctx, x.Name, input); err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", x.Name, err)
	}
	sum, err := l.follow(ctx, &x, asOf)
	if err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", x.Name, err)
	}
	if x.Status == engine.Aborted {
		return outcome{}, errInterrupted
	}
	return newOutcome(x, sum), nil
}

// follow runs x to its end, also when ctx ends: what is begun is also ended. It
// returns what the run reported, nil when it did not.
func (l *localRunner) follow(ctx context.Context, x *store.Execution, asOf time.Time) (*message.Summary, error) {
	running, err := l.engine.Start(context.WithoutCancel(ctx), engine.StartInput{
		Name: x.Name, Machine: l.machine, MachineName: machineName, Input: x.Input, StartTime: asOf,
	})
	if err != nil {
		return nil, errors.Join(err, l.history.fail(x.Name, err))
	}
	stop := context.AfterFunc(ctx, func() { running.Stop("Lacuna.Interrupted", errInterrupted.Error()) })
	defer stop()
	if err := l.history.follow(running); err != nil {
		return nil, err
	}
	r := running.Result()
	x.Status, x.Stopped, x.Output, x.Error, x.Cause = r.Status, r.Stop, r.Output, text(r.Error), text(r.Cause)
	return summaryOf(running.History())
}
