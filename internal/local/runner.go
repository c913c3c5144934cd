package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
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

	mu     sync.Mutex
	shards map[string]*shards // by run
}

// shards is what is known of the shards of a run that goes on.
type shards struct {
	over      bool           // the run has ended: no more begin
	recording sync.WaitGroup // those that have begun

	used   history.Meter // of those that have ended
	series []message.SeriesResult
	errs   []error
}

// NewRunner returns a runner of what p binds. It scales waits, and tells onEvent each event
// and whose it is: the run's, or a shard's. Those of different executions come at the same
// time, and have the same ids.
func NewRunner(p *Pipeline, h *history.Keeper, waitScale float64, onEvent func(run string, e engine.Event)) (*Runner, error) {
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
		OnEvent:      onEvent,
		AccountID:    "000000000000",
		Region:       "local",
	})
	p.Answer(e)
	l := &Runner{engine: e, definition: text, machine: m, history: h, shards: map[string]*shards{}}
	p.Nested = Nested{Machine: m, Start: l.startShard}
	return l, nil
}

// startShard starts a shard and keeps its history. It begins none of a run that has ended
// meanwhile.
func (l *Runner) startShard(name string, input json.RawMessage, start func() (*engine.Execution, error)) (*engine.Execution, error) {
	var in message.Input
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, fmt.Errorf("input of the shard %s: %w", name, err)
	}
	run := ""
	if in.Shard != nil { // the state machine says so of each
		run = in.Shard.Of
	}
	l.mu.Lock()
	of := l.shards[run]
	if of == nil || of.over {
		l.mu.Unlock()
		return nil, fmt.Errorf("shard %s: run %s has ended", name, run)
	}
	of.recording.Add(1)
	l.mu.Unlock()
	err := l.history.Start(context.Background(), name, input, l.definition)
	if err != nil {
		of.recording.Done()
		return nil, fmt.Errorf("shard %s: %w", name, err)
	}
	x, err := start()
	if err != nil {
		defer of.recording.Done()
		return nil, errors.Join(err, l.history.Fail(name, err))
	}
	go func() {
		defer of.recording.Done()
		l.record(of, x)
	}()
	return x, nil
}

// record keeps a shard, and notes for its run what became of it.
func (l *Runner) record(of *shards, x *engine.Execution) {
	_, err := l.history.Record(x)
	var used history.Meter
	used.AddOf(x.History())
	sum, sumErr := history.SummaryOf(x.History())
	err = errors.Join(err, sumErr)
	l.mu.Lock()
	defer l.mu.Unlock()
	of.used.AddShard(&used)
	if sum != nil {
		of.series = append(of.series, sum.Series...)
	}
	if err != nil {
		of.errs = append(of.errs, fmt.Errorf("shard %s: %w", x.Name(), err))
	}
}

// end waits until the shards of a run that has ended are kept, and forgets them.
func (l *Runner) end(run string) *shards {
	l.mu.Lock()
	of := l.shards[run]
	of.over = true
	delete(l.shards, run)
	l.mu.Unlock()
	of.recording.Wait()
	history.SortSeries(of.series)
	return of
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
	l.mu.Lock()
	l.shards[name] = &shards{}
	l.mu.Unlock()
	running, err := l.engine.Start(context.WithoutCancel(ctx), engine.StartInput{
		Name: name, Machine: l.machine, MachineName: MachineName, Input: input, StartTime: asOf,
	})
	if err != nil {
		l.end(name)
		return history.Outcome{}, errors.Join(err, l.history.Fail(name, err))
	}
	stop := context.AfterFunc(ctx, func() { running.Stop("Lacuna.Interrupted", ErrInterrupted.Error()) })
	defer stop()
	ended, err := l.history.Record(running)
	of := l.end(name)
	if err = errors.Join(append(of.errs, err)...); err != nil {
		return history.Outcome{}, err
	}
	var used history.Meter
	used.AddOf(running.History())
	used.AddShard(&of.used)
	sum, err := history.SummaryOf(running.History())
	if sum != nil && len(sum.Shards) > 0 {
		sum.Series = of.series
	}
	return history.NewOutcome(ended, sum, used), err
}
