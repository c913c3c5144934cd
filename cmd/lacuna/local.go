package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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
	"lacuna/statemachine"
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
	rows      *sqlite.Store
	machine   *asl.Machine
	engine    *engine.Engine
	functions map[string]function // by ARN
	queues    map[string]*queue   // by URL
	history   *history
	onEvent   func(engine.Event)
	from      *sources
	stop      context.CancelFunc              // ends the workers
	summary   atomic.Pointer[message.Summary] // what Report said last
}

// function is a Lambda: JSON in, something that has JSON out.
type function func(ctx context.Context, payload json.RawMessage) (any, error)

// openLocal opens the database and the sources, and binds the tasks to an
// engine. What happens is told to bar.
func (a *app) openLocal(ctx context.Context, s *series, list []*catalogue.Source, bar *progress) (*local, error) {
	level, err := a.level()
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(bar, &slog.HandlerOptions{Level: level}))
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
	t := newTasks(s.Catalogue, l.rows)
	reporter := report.New(l.rows, metric.Discard{}, log)
	l.functions = map[string]function{
		functionARN("select"): in(t.selection.Handle),
		functionARN("query"):  in(t.query.Handle),
		functionARN("detect"): in(t.detect.Handle),
		functionARN("fanout"): in(t.fanOut.Handle),
		functionARN("report"): in(func(ctx context.Context, r message.Report) (message.Summary, error) {
			sum, err := reporter.Handle(ctx, r)
			if err == nil {
				l.summary.Store(&sum)
			}
			return sum, err
		}),
	}
	definition, err := statemachine.Definition(func(name string) (string, bool) {
		task, ok := strings.CutSuffix(name, "_function_arn")
		return functionARN(task), ok
	})
	if err != nil {
		return err
	}
	if l.machine, err = asl.Parse(definition); err != nil {
		return fmt.Errorf("state machine: %w", err)
	}
	l.engine = engine.New(engine.Options{
		Integrations: l.integration,
		WaitScale:    &a.waitScale,
		OnEvent: func(_ string, e engine.Event) {
			l.history.add(e)
			l.onEvent(e)
		},
		AccountID: "000000000000",
		Region:    "local",
	})
	scraper := &scrape.Handler{Catalogue: s.Catalogue, Sources: l.from.byName, Store: l.rows, Callback: answers{l.engine}, Log: log}
	for _, source := range s.Sources {
		q := newQueue(scraper.Handle, log)
		q.start(ctx, source.Concurrency)
		l.queues[queueURL(source.Name)] = q
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

// functionARN is the ARN of a task's function version.
func functionARN(task string) string {
	return "arn:aws:lambda:local:000000000000:function:lacuna-" + task + ":1"
}

// in makes a function of a handler.
func in[I, O any](handle func(context.Context, I) (O, error)) function {
	return func(ctx context.Context, payload json.RawMessage) (any, error) {
		var input I
		if err := json.Unmarshal(payload, &input); err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
		return handle(ctx, input)
	}
}

func (l *local) integration(resource string) engine.Integration {
	switch resource {
	case "arn:aws:states:::lambda:invoke":
		return l.invoke
	case "arn:aws:states:::sqs:sendMessage.waitForTaskToken":
		return l.send
	}
	return nil
}

// invoke is lambda:invoke.
func (l *local) invoke(ctx context.Context, call engine.Call) (json.RawMessage, error) {
	var p struct {
		FunctionName string
		Payload      json.RawMessage
	}
	if err := json.Unmarshal(call.Parameters, &p); err != nil {
		return nil, fmt.Errorf("lambda:invoke: %w", err)
	}
	f, ok := l.functions[p.FunctionName]
	if !ok {
		return nil, &engine.Error{Name: "Lambda.ResourceNotFoundException", Cause: "function not found: " + p.FunctionName}
	}
	out, err := f(ctx, p.Payload)
	if err != nil {
		return nil, failure(err)
	}
	return json.Marshal(struct {
		ExecutedVersion string
		Payload         any
		StatusCode      int
	}{"1", out, 200})
}

// failure is err as a Lambda's answer.
func failure(err error) error {
	name := string(fault.NameOf(err))
	cause, marshalErr := json.Marshal(struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{fault.Message(err), name})
	return errors.Join(&engine.Error{Name: name, Cause: string(cause)}, marshalErr)
}

// send is sqs:sendMessage. A body that is no string travels as its JSON.
func (l *local) send(ctx context.Context, call engine.Call) (json.RawMessage, error) {
	var p struct {
		QueueURL    string `json:"QueueUrl"`
		MessageBody json.RawMessage
	}
	if err := json.Unmarshal(call.Parameters, &p); err != nil {
		return nil, fmt.Errorf("sqs:sendMessage: %w", err)
	}
	q, ok := l.queues[p.QueueURL]
	if !ok {
		return nil, &engine.Error{Name: "SQS.QueueDoesNotExistException", Cause: "no queue " + p.QueueURL}
	}
	body := string(p.MessageBody)
	if text := ""; json.Unmarshal(p.MessageBody, &text) == nil {
		body = text
	}
	id, err := q.send(ctx, body)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct{ MessageId string }{id}) //nolint:revive // AWS's name
}

// answers is a callback.Callback that answers the engine.
type answers struct{ engine *engine.Engine }

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
