package stack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
)

// historyPage is the most that AWS gives at once, of events and of executions.
const historyPage = 1000

// newEvents returns the events of a run after the one that was seen last, oldest
// first. Reading from the end costs one call however long the history is.
func (s *Stack) newEvents(ctx context.Context, run string, seen int64) ([]engine.Event, error) {
	pages := sfn.NewGetExecutionHistoryPaginator(s.States, &sfn.GetExecutionHistoryInput{
		ExecutionArn: aws.String(s.executionARN(run)), MaxResults: historyPage, ReverseOrder: true,
	})
	var events []engine.Event
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("history of run %s: %w", run, err)
		}
		for _, h := range page.Events {
			if h.Id <= seen {
				slices.Reverse(events)
				return events, nil
			}
			e, err := eventOf(h)
			if err != nil {
				return nil, fmt.Errorf("history of run %s: event %d: %w", run, h.Id, err)
			}
			events = append(events, e)
		}
	}
	slices.Reverse(events)
	return events, nil
}

// eventOf returns h as the engine would have it. The SDK has a field for the
// details of each type; their fields have the engine's names but for capitals.
func eventOf(h types.HistoryEvent) (engine.Event, error) {
	e := engine.Event{ID: h.Id, PreviousID: h.PreviousEventId, Time: aws.ToTime(h.Timestamp).UTC(), Type: string(h.Type)}
	details := reflect.ValueOf(h).FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, e.Field()) })
	if !details.IsValid() || details.IsNil() {
		return e, nil
	}
	text, err := json.Marshal(details.Interface())
	if err != nil {
		return e, err
	}
	e.Details = &engine.Details{}
	return e, json.Unmarshal(text, e.Details)
}

// Event returns one event of a run; the error wraps store.ErrUnknown when there is none of
// that id. Step Functions has no call for one: it takes as many as there are thousands of
// events behind it.
func (s *Stack) Event(ctx context.Context, run string, id int64) (store.Event, error) {
	found, err := s.Events(ctx, run, id-1)
	if err == nil && (len(found) == 0 || found[0].ID != id) {
		err = fmt.Errorf("event %d of execution %s: %w", id, run, store.ErrUnknown)
	}
	if err != nil {
		return store.Event{}, err
	}
	return found[0], nil
}

// Definition returns what a run ran. Who may not ask for that is given the definition of
// the state machine as it is now, and an error that wraps store.ErrNotItsDefinition; both
// are nil when Step Functions has forgotten the run.
func (s *Stack) Definition(ctx context.Context, run string) ([]byte, error) {
	of, err := s.States.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: aws.String(s.executionARN(run))})
	switch api := smithy.APIError(nil); {
	case err == nil:
		return []byte(aws.ToString(of.Definition)), nil
	case unknownExecution(err):
		return nil, nil
	case !errors.As(err, &api) || !strings.HasPrefix(api.ErrorCode(), "AccessDenied"):
		return nil, fmt.Errorf("definition of run %s: %w", run, err)
	}
	now, nowErr := s.States.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &s.StateMachineARN})
	if nowErr != nil {
		return nil, fmt.Errorf("definition of run %s: %w", run, errors.Join(err, nowErr))
	}
	return []byte(aws.ToString(now.Definition)), fmt.Errorf("run %s: %w: %w", run, store.ErrNotItsDefinition, err)
}

// Events returns the history of a run behind the event with the id after, in order; after 0
// is all of it.
func (s *Stack) Events(ctx context.Context, run string, after int64) ([]store.Event, error) {
	found, err := s.newEvents(ctx, run, after)
	if err != nil {
		return nil, err
	}
	stored := make([]store.Event, len(found))
	for i, e := range found {
		if stored[i], err = history.StoredEvent(e); err != nil {
			return nil, err
		}
	}
	return stored, nil
}

// Execution returns one run; the error wraps store.ErrUnknown when there is none.
func (s *Stack) Execution(ctx context.Context, run string) (store.Execution, error) {
	x, err := s.States.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(s.executionARN(run))})
	if unknownExecution(err) {
		return store.Execution{}, fmt.Errorf("execution %s: %w", run, store.ErrUnknown)
	}
	if err != nil {
		return store.Execution{}, fmt.Errorf("run %s: %w", run, err)
	}
	found := store.Execution{
		Name: run, Machine: s.Machine.Resource, Status: string(x.Status), Error: aws.ToString(x.Error), Cause: aws.ToString(x.Cause),
		Started: aws.ToTime(x.StartDate).UTC(), Input: json.RawMessage(aws.ToString(x.Input)),
	}
	if x.StopDate != nil {
		found.Stopped = x.StopDate.UTC()
	}
	if x.Output != nil {
		found.Output = json.RawMessage(*x.Output)
	}
	return found, nil
}

// describeAtOnce is how many executions are described at the same time.
const describeAtOnce = 8

// Executions lists executions; what each was given and how it ended takes a call
// for each.
func (s *Stack) Executions(ctx context.Context, limit int) ([]store.Execution, error) {
	names, err := s.executionNames(ctx, limit)
	if err != nil {
		return nil, err
	}
	list, errs := make([]store.Execution, len(names)), make([]error, len(names))
	var running sync.WaitGroup
	turn := make(chan bool, describeAtOnce)
	for i, name := range names {
		turn <- true
		running.Go(func() {
			list[i], errs[i] = s.Execution(ctx, name)
			<-turn
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	forgotten, err := s.forgotten(ctx, names, limit)
	list = append(list, forgotten[:min(limit-len(list), len(forgotten))]...)
	slices.SortStableFunc(list, func(a, b store.Execution) int { return b.Started.Compare(a.Started) })
	return list, err
}

// forgotten returns the executions that have a summary in the table and are not
// among names: Step Functions forgets them 90 days after their end.
func (s *Stack) forgotten(ctx context.Context, names []string, limit int) ([]store.Execution, error) {
	if len(names) == limit {
		return nil, nil
	}
	summaries, err := s.Runs(ctx, limit)
	var list []store.Execution
	for _, r := range summaries {
		if slices.Contains(names, r.ID) {
			continue
		}
		x := store.Execution{Name: r.ID, Status: engine.Succeeded, Started: r.AsOf}
		if r.Status == message.Incomplete {
			x.Status, x.Error, x.Cause = engine.Failed, "Lacuna.Incomplete", r.Cause
		}
		list = append(list, x)
	}
	return list, err
}

// beside is how far a run's own time may lie from when Step Functions says that it
// began; they are the same.
const beside = time.Minute

// Summaries returns the summaries of those of list that were reported.
func (s *Stack) Summaries(ctx context.Context, list []store.Execution) ([]store.Run, error) {
	if len(list) == 0 {
		return nil, nil
	}
	first, last := list[0].Started, list[0].Started
	for _, x := range list {
		if x.Started.Before(first) {
			first = x.Started
		}
		if x.Started.After(last) {
			last = x.Started
		}
	}
	return s.RunsOf(ctx, history.Names(list), first.Add(-beside), last.Add(beside))
}

// executionNames returns the newest names, at most limit.
func (s *Stack) executionNames(ctx context.Context, limit int) ([]string, error) {
	return s.listed(ctx, "", limit)
}

// Running returns the names of the runs that are going on.
func (s *Stack) Running(ctx context.Context) ([]string, error) {
	return s.listed(ctx, types.ExecutionStatusRunning, math.MaxInt)
}

// Newest returns the name of the run that was started last, none when there was none.
func (s *Stack) Newest(ctx context.Context) ([]string, error) { return s.listed(ctx, "", 1) }

// listed returns the newest names with a status, at most limit; "" is any status.
func (s *Stack) listed(ctx context.Context, status types.ExecutionStatus, limit int) ([]string, error) {
	pages := sfn.NewListExecutionsPaginator(s.States, &sfn.ListExecutionsInput{
		StateMachineArn: &s.StateMachineARN, StatusFilter: status, MaxResults: int32(min(limit, historyPage)),
	})
	var names []string
	for pages.HasMorePages() && len(names) < limit {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("runs: %w", err)
		}
		for _, x := range page.Executions {
			names = append(names, aws.ToString(x.Name))
		}
	}
	return names[:min(limit, len(names))], nil
}

// Start starts a run and returns its name, which begins with the time.
func (s *Stack) Start(ctx context.Context, in message.Input) (string, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	name, text := history.NewRunName(time.Now()), string(input)
	machine := cmp.Or(s.AliasARN, s.StateMachineARN)
	_, err = s.States.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: &text})
	if err != nil {
		return "", fmt.Errorf("run %s is not started: %w", name, err)
	}
	return name, nil
}

// A history is asked for often at first, because a run with nothing to do takes
// seconds, and then seldom, because the account's limit of such calls is shared.
const (
	firstPoll = 200 * time.Millisecond
	lastPoll  = 5 * time.Second
)

// knownWithin is how long Step Functions may not know a run that it has started.
const knownWithin = 10 * time.Second

// Follow tells onEvent each event until the run has ended. How it ended is taken
// from the last event: what DescribeExecution says may be older.
func (s *Stack) Follow(ctx context.Context, run string, onEvent func(engine.Event)) (history.Outcome, error) {
	x := store.Execution{Name: run, Machine: s.Machine.Resource, Started: time.Now()}
	var seen int64
	var sum *message.Summary
	for wait := firstPoll; ; wait = min(wait*5/4, lastPoll) {
		events, err := s.newEvents(ctx, run, seen)
		if unknownExecution(err) && time.Since(x.Started) < knownWithin {
			err = nil
		}
		if err != nil {
			return history.Outcome{}, err
		}
		if reported, err := history.SummaryOf(events); err != nil {
			return history.Outcome{}, err
		} else if reported != nil {
			sum = reported
		}
		for _, e := range events {
			onEvent(e)
			end(&x, e)
			seen = e.ID
		}
		if x.Status != "" {
			return history.NewOutcome(x, sum), nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return history.Outcome{}, ctx.Err()
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
		x.Error, x.Cause = aws.ToString(e.Details.Error), aws.ToString(e.Details.Cause)
	}
}

// Stop stops a run that is going on.
func (s *Stack) Stop(ctx context.Context, run string) error {
	x, err := s.Execution(ctx, run)
	if err != nil {
		return err
	}
	if x.Status != engine.Running {
		return fmt.Errorf("run %s has ended already: %s", run, x.Status)
	}
	return s.Abort(ctx, run)
}

// Abort stops a run; one that has ended stays as it is.
func (s *Stack) Abort(ctx context.Context, run string) error {
	arn, name, cause := s.executionARN(run), "Lacuna.Stopped", "stopped by a person, with lacuna runs stop"
	_, err := s.States.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &arn, Error: &name, Cause: &cause})
	if err != nil {
		err = fmt.Errorf("run %s is not stopped: %w", run, err)
	}
	return err
}

// unknownExecution reports whether err is Step Functions' of a name it has not,
// or not any more: it forgets executions 90 days after their end.
func unknownExecution(err error) bool { return errors.As(err, new(*types.ExecutionDoesNotExist)) }
