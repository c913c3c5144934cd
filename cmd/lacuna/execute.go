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
	name := runName(asOf)
	if err := l.history.begin(ctx, name, input); err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", name, err)
	}
	out, err := l.follow(ctx, name, input, asOf)
	if err != nil {
		return outcome{}, fmt.Errorf("run %s: %w", name, err)
	}
	if out.Status == engine.Aborted {
		return outcome{}, errInterrupted
	}
	return out, nil
}

// follow runs an execution to its end, also when ctx ends: what is begun is also ended.
func (l *localRunner) follow(ctx context.Context, name string, input json.RawMessage, asOf time.Time) (outcome, error) {
	running, err := l.engine.Start(context.WithoutCancel(ctx), engine.StartInput{
		Name: name, Machine: l.machine, MachineName: machineName, Input: input, StartTime: asOf,
	})
	if err != nil {
		return outcome{}, errors.Join(err, l.history.fail(name, err))
	}
	stop := context.AfterFunc(ctx, func() { running.Stop("Lacuna.Interrupted", errInterrupted.Error()) })
	defer stop()
	ended, err := l.history.follow(running)
	if err != nil {
		return outcome{}, err
	}
	sum, err := summaryOf(running.History())
	return newOutcome(ended, sum), err
}
