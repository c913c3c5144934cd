// Package local is the pipeline on this machine: the tasks, their queues and publishers in
// one process, bound to the engine that stands for Step Functions.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"lacuna/internal/callback"
	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/internal/metric"
	"lacuna/internal/source"
	"lacuna/lambdas/query"
	"lacuna/lambdas/report"
	"lacuna/lambdas/scrape"

	"golang.org/x/sync/semaphore"
)

// MachineName is the name of the state machine.
const MachineName = "lacuna"

// Storage is what the tasks keep their rows, streams and summaries in.
type Storage interface {
	query.Marks
	scrape.Store
	report.Store
}

// Options are what a pipeline works with.
type Options struct {
	Catalogue *catalogue.Catalogue
	Store     Storage
	Sources   map[string]source.Source // by name
	Log       *slog.Logger
	Bodies    scrape.Bodies // nil: none are kept
	// Room is that of an execution and Few what is a batch or a message of its own, see
	// selection.Handler; 0: as in AWS. Tests divide small runs.
	Room, Few int

	// NewQueue makes the queue of a source; nil: one in this process. A simulation has
	// its own.
	NewQueue func(of *catalogue.Source, work Worker) Sender
}

// Pipeline is the tasks in this process, for an engine to call: the handlers instead of
// Lambdas, and queues of its own.
type Pipeline struct {
	functions map[string]function // by ARN
	Queues    map[string]Sender   // by URL

	Scraper *scrape.Handler // of all sources
	Engine  *engine.Engine  // whom it answers
	// Nested makes shards; it is set before the engine starts.
	Nested Nested
	own    map[string]*queue
	stop   context.CancelFunc // ends the workers of own
}

// New binds the tasks. Its workers go on when ctx has ended, until Close.
func New(ctx context.Context, o Options) *Pipeline {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	tasks := NewTasks(o.Catalogue, o.Store)
	tasks.selection.Room, tasks.selection.Few, tasks.FanOut.Few = o.Room, o.Few, o.Few
	p := &Pipeline{
		functions: map[string]function{
			functionARN("select"): in(tasks.selection.Handle),
			functionARN("query"):  in(tasks.Query.Handle),
			functionARN("detect"): in(tasks.Detect.Handle),
			functionARN("fanout"): in(tasks.FanOut.Handle),
			functionARN("report"): in(report.New(o.Store, metric.Discard{}, o.Log).Handle),
		},
		Queues: map[string]Sender{}, own: map[string]*queue{}, stop: stop,
	}
	p.Scraper = &scrape.Handler{Catalogue: o.Catalogue, Sources: o.Sources, Store: o.Store, Callback: answers{p}, Log: o.Log, Bodies: o.Bodies, Turn: semaphore.NewWeighted(1)}
	for i := range o.Catalogue.Sources {
		of := &o.Catalogue.Sources[i]
		url := queueURL(of.Name)
		if o.NewQueue != nil {
			p.Queues[url] = o.NewQueue(of, p.Scraper.Handle)
			continue
		}
		p.own[url] = newQueue(p.Scraper.Handle, o.Log)
		p.own[url].start(ctx, of.Concurrency)
		p.Queues[url] = p.own[url]
	}
	return p
}

// Answer has the scrapers answer e, which calls the tasks.
func (p *Pipeline) Answer(e *engine.Engine) { p.Engine = e }

// Close waits until the workers have ended. The error says what nobody could do.
func (p *Pipeline) Close() error {
	p.stop()
	var errs []error
	for url, q := range p.own {
		q.running.Wait()
		if err := q.deadLetters(); err != nil {
			errs = append(errs, fmt.Errorf("queue %s: %w", url, err))
		}
	}
	return errors.Join(errs...)
}

// answers is a callback.Callback that answers the engine.
type answers struct{ *Pipeline }

func (a answers) Success(_ context.Context, token string, output []byte) error {
	return gone(a.Engine.SendTaskSuccess(token, output))
}

func (a answers) Failure(_ context.Context, token string, name fault.Name, cause string) error {
	return gone(a.Engine.SendTaskFailure(token, string(name), cause))
}

func (a answers) Heartbeat(_ context.Context, token string) error {
	return gone(a.Engine.SendTaskHeartbeat(token))
}

// gone gives the errors of a token that nobody waits for their one name.
func gone(err error) error {
	api, ok := errors.AsType[*engine.APIError](err)
	if ok && slices.Contains([]string{"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}, api.Name) {
		return fmt.Errorf("%w: %w", callback.ErrGone, err)
	}
	return err
}
