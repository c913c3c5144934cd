package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/callback"
	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/store/sqlite"
	"lacuna/lambdas/report"
	"lacuna/lambdas/scrape"
)

const machineName = "lacuna"

// runner runs the state machine once and follows the run to its end, here or in
// AWS.
type runner interface {
	execute(ctx context.Context, in message.Input, asOf time.Time) (outcome, error)
	close() error
}

// local is the pipeline on this machine: the engine instead of Step Functions,
// the handlers in process instead of Lambdas, and queues of its own.
type local struct {
	rows    *sqlite.Store
	machine *asl.Machine
	bound   *binding
	engine  *engine.Engine
	queues  map[string]*queue // by URL
	history *history
	onEvent func(engine.Event)
	from    *sources
	stop    context.CancelFunc              // ends the workers
	summary atomic.Pointer[message.Summary] // what Report said last
}

// openLocal opens the database and the sources, and binds the tasks to an
// engine. What happens is told to bar.
func (a *app) openLocal(ctx context.Context, s *series, list []*catalogue.Source, bar *progress) (*local, error) {
	level, err := a.level()
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(a.stderr.foreign(), &slog.HandlerOptions{Level: level}))
	rows, err := a.open()
	if err != nil {
		return nil, err
	}
	l := &local{rows: rows, queues: map[string]*queue{}, history: &history{rows: rows, log: log}, onEvent: bar.event}
	if l.from, err = a.openSources(list...); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	if err := l.bind(working, a, s, log); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// bind binds the tasks. The workers of the queues end with ctx.
func (l *local) bind(ctx context.Context, a *app, s *series, log *slog.Logger) error {
	reporter := report.New(l.rows, metric.Discard{}, log)
	b := newBinding(newTasks(s.Catalogue, l.rows), func(ctx context.Context, r message.Report) (message.Summary, error) {
		sum, err := reporter.Handle(ctx, r)
		if err == nil {
			l.summary.Store(&sum)
		}
		return sum, err
	})
	var err error
	if l.machine, err = pipeline(); err != nil {
		return err
	}
	l.bound = b
	l.engine = engine.New(engine.Options{
		Integrations: b.integration,
		WaitScale:    &a.waitScale,
		OnEvent:      func(_ string, e engine.Event) { l.onEvent(e) },
		AccountID:    "000000000000",
		Region:       "local",
	})
	scraper := &scrape.Handler{Catalogue: s.Catalogue, Sources: l.from.byName, Store: l.rows, Callback: answers{l}, Log: log}
	for _, source := range s.Sources {
		q := newQueue(scraper.Handle, log)
		q.start(ctx, source.Concurrency)
		l.queues[queueURL(source.Name)] = q
		b.queues[queueURL(source.Name)] = q
	}
	return nil
}

// close waits until the workers have ended.
func (l *local) close() error {
	l.stop()
	for _, q := range l.queues {
		q.running.Wait()
	}
	return errors.Join(l.deadLetters(), l.from.close(), l.rows.Close())
}

func (l *local) deadLetters() error {
	var errs []error
	for url, q := range l.queues {
		if err := q.deadLetters(); err != nil {
			errs = append(errs, fmt.Errorf("queue %s: %w", url, err))
		}
	}
	return errors.Join(errs...)
}

// answers is a callback.Callback that answers the engine.
type answers struct{ *local }

func (a answers) Success(_ context.Context, token string, output []byte) error {
	return gone(a.engine.SendTaskSuccess(token, output))
}

func (a answers) Failure(_ context.Context, token string, name fault.Name, cause string) error {
	return gone(a.engine.SendTaskFailure(token, string(name), cause))
}

func (a answers) Heartbeat(_ context.Context, token string) error {
	return gone(a.engine.SendTaskHeartbeat(token))
}

// gone gives the errors of a token that nobody waits for their one name.
func gone(err error) error {
	api := (*engine.APIError)(nil)
	if errors.As(err, &api) {
		switch api.Name {
		case "TaskTimedOut", "TaskDoesNotExist", "InvalidToken":
			return fmt.Errorf("%w: %w", callback.ErrGone, err)
		}
	}
	return err
}
