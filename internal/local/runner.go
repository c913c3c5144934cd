package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/history"
	"lacuna/internal/message"
)

// Runner runs the state machine on an engine of its own and keeps its history.
type Runner struct {
	engine     *engine.Engine
	definition []byte
	machine    *asl.Machine
	history    *history.Keeper
}

// NewRunner returns a runner of what p binds. It scales waits, and tells each event
// to onEvent.
func NewRunner(p *Pipeline, h *history.Keeper, waitScale float64, onEvent func(engine.Event)) (*Runner, error) {
	text, err := Definition()
	if err != nil {
		return nil, err
	}
	m, err := asl.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("state machine: %w", err)
	}
	e := engine.New(engine.Options{
		Integrations: p.Integration,
		WaitScale:    &waitScale,
		OnEvent:      func(_ string, e engine.Event) { onEvent(e) },
		AccountID:    "000000000000",
		Region:       "local",
	})
	p.Answer(e)
	return &Runner{e, text, m, h}, nil
}

// ErrInterrupted is the cause of a context that a person has ended.
var ErrInterrupted = errors.New("interrupted: what was fetched is stored")

// Execute runs the state machine once. When ctx ends the execution is aborted, and
// the error is ErrInterrupted.
func (l *Runner) Execute(ctx context.Context, in message.Input, asOf time.Time) (history.Outcome, error) {
	_, follow, err := l.Begin(ctx, in, asOf)
	if err != nil {
		return history.Outcome{}, err
	}
	return follow(ctx)
}

// Begin is Execute in two parts: that run is known when it returns, and follow runs it.
func (l *Runner) Begin(ctx context.Context, in message.Input, asOf time.Time) (run string, follow func(context.Context) (history.Outcome, error), err error) {
	input, err := json.Marshal(in)
	if err != nil {
		return "", nil, err
	}
	name := history.NewRunName(asOf)
	if err := l.history.Start(ctx, name, input, l.definition); err != nil {
		return "", nil, fmt.Errorf("run %s: %w", name, err)
	}
	return name, func(ctx context.Context) (history.Outcome, error) {
		out, err := l.follow(ctx, name, input, asOf)
		if err != nil {
			return history.Outcome{}, fmt.Errorf("run %s: %w", name, err)
		}
		if out.Status == engine.Aborted {
			return history.Outcome{}, ErrInterrupted
		}
		return out, nil
	}, nil
}

// follow runs an execution to its end, also when ctx ends: what is begun is also ended.
func (l *Runner) follow(ctx context.Context, name string, input json.RawMessage, asOf time.Time) (history.Outcome, error) {
	running, err := l.engine.Start(context.WithoutCancel(ctx), engine.StartInput{
		Name: name, Machine: l.machine, MachineName: MachineName, Input: input, StartTime: asOf,
	})
	if err != nil {
		return history.Outcome{}, errors.Join(err, l.history.Fail(name, err))
	}
	stop := context.AfterFunc(ctx, func() { running.Stop("Lacuna.Interrupted", ErrInterrupted.Error()) })
	defer stop()
	ended, err := l.history.Record(running)
	if err != nil {
		return history.Outcome{}, err
	}
	sum, err := history.SummaryOf(running.History())
	return history.NewOutcome(ended, sum), err
}
