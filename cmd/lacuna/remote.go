package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// remote is the pipeline in AWS: runs are started there, and followed by their
// history.
type remote struct {
	*stack
	app *app
	bar *progress
}

func (a *app) openRemote(ctx context.Context, bar *progress) (*remote, error) {
	s, err := a.openStack(ctx)
	if err != nil {
		return nil, err
	}
	return &remote{s, a, bar}, a.noteCatalogue(s)
}

func (r *remote) close() error { return nil }

// execute starts a run and follows it. When ctx ends, or the run cannot be
// followed, it goes on, and the error says how to look at it.
func (r *remote) execute(ctx context.Context, in message.Input, _ time.Time) (outcome, error) {
	run, err := r.start(ctx, in)
	if err != nil {
		return outcome{}, err
	}
	r.app.note("run %s: %s", run, r.consoleURL(run))
	out, err := r.follow(ctx, run)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return out, exit(exitInterrupted, "interrupted: %s", r.app.goesOn(run))
	}
	return out, fmt.Errorf("%s: %w", r.app.goesOn(run), err)
}

// start starts a run and returns its name, which begins with the time.
func (s *stack) start(ctx context.Context, in message.Input) (string, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	name, text := runName(time.Now()), string(input)
	machine := cmp.Or(s.AliasARN, s.StateMachineARN)
	_, err = s.states.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: &text})
	if err != nil {
		return "", fmt.Errorf("run %s is not started: %w", name, err)
	}
	return name, nil
}

// goesOn says how to look at a run that is not followed any more.
func (a *app) goesOn(run string) string {
	return fmt.Sprintf("run %s goes on in AWS; look at it: %s; stop it: %s", run, a.again("runs "+quote(run)), a.again("runs stop "+quote(run)))
}

// startDetached starts a run and leaves it to itself.
func (a *app) startDetached(ctx context.Context, in message.Input, format string) error {
	s, err := a.openStack(ctx)
	if err == nil {
		err = a.noteCatalogue(s)
	}
	if err != nil {
		return err
	}
	run, err := s.start(ctx, in)
	if err != nil {
		return err
	}
	a.note("run %s: %s", run, s.consoleURL(run))
	if format == "json" {
		return writeJSON(a.stdout, struct {
			SchemaVersion int    `json:"schema_version"`
			Run           string `json:"run"`
			Status        string `json:"status"`
		}{schemaVersion, run, "running"})
	}
	err = a.stdout.printf("Started run %s.\nNext: %s\n", run, a.again("runs "+quote(run)))
	return err
}

// A history is asked for often at first, because a run with nothing to do takes
// seconds, and then seldom, because the account's limit of such calls is shared.
const (
	firstPoll = 200 * time.Millisecond
	lastPoll  = 5 * time.Second
)

// knownWithin is how long Step Functions may not know a run that it has started.
const knownWithin = 10 * time.Second

// follow tells the bar each event until the run has ended. How it ended is taken
// from the last event: what DescribeExecution says may be older.
func (r *remote) follow(ctx context.Context, run string) (outcome, error) {
	x := store.Execution{Name: run, Machine: r.machine.Resource, Started: time.Now()}
	var seen int64
	var sum *message.Summary
	for wait := firstPoll; ; wait = min(wait*5/4, lastPoll) {
		events, err := r.newEvents(ctx, run, seen)
		if unknownExecution(err) && time.Since(x.Started) < knownWithin {
			err = nil
		}
		if err != nil {
			return outcome{}, err
		}
		if reported, err := summaryOf(events); err != nil {
			return outcome{}, err
		} else if reported != nil {
			sum = reported
		}
		for _, e := range events {
			r.bar.event(e)
			end(&x, e)
			seen = e.ID
		}
		if x.Status != "" {
			return newOutcome(x, sum), nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return outcome{}, ctx.Err()
		}
	}
}

// end sets how x ended, when e is its last event.
func end(x *store.Execution, e engine.Event) {
	switch types.HistoryEventType(e.Type) {
	case types.HistoryEventTypeExecutionSucceeded:
		x.Status = engine.Succeeded
	case types.HistoryEventTypeExecutionFailed:
		x.Status = engine.Failed
	case types.HistoryEventTypeExecutionTimedOut:
		x.Status = engine.TimedOut
	case types.HistoryEventTypeExecutionAborted:
		x.Status = engine.Aborted
	default:
		return
	}
	x.Stopped = e.Time
	if e.Details != nil {
		x.Error, x.Cause = text(e.Details.Error), text(e.Details.Cause)
	}
}

// stop stops a run that is going on.
func (s *stack) stop(ctx context.Context, run string) error {
	x, err := s.Execution(ctx, run)
	if err != nil {
		return err
	}
	if x.Status != engine.Running {
		return fmt.Errorf("run %s has ended already: %s", run, x.Status)
	}
	return s.abort(ctx, run)
}

// abort stops a run; one that has ended stays as it is.
func (s *stack) abort(ctx context.Context, run string) error {
	arn, name, cause := s.executionARN(run), "Lacuna.Stopped", "stopped by a person, with lacuna runs stop"
	_, err := s.states.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &arn, Error: &name, Cause: &cause})
	if err != nil {
		err = fmt.Errorf("run %s is not stopped: %w", run, err)
	}
	return err
}

// unknownExecution reports whether err is Step Functions' of a name it has not,
// or not any more: it forgets executions 90 days after their end.
func unknownExecution(err error) bool { return errors.As(err, new(*types.ExecutionDoesNotExist)) }
