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
	return history.StoredEvents(found)
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

// Executions lists executions without the shards of runs; what each was given and how it
// ended takes a call for each, once of those that have ended.
func (s *Stack) Executions(ctx context.Context, limit int) ([]store.Execution, error) {
	return s.executions(ctx, limit, isWhole)
}

// AllExecutions lists executions, the shards of runs too.
func (s *Stack) AllExecutions(ctx context.Context, limit int) ([]store.Execution, error) {
	return s.executions(ctx, limit, anyRun)
}

func (s *Stack) executions(ctx context.Context, limit int, wanted func(run string) bool) ([]store.Execution, error) {
	listed, err := s.listed(ctx, "", limit, wanted)
	if err != nil {
		return nil, err
	}
	list := make([]store.Execution, len(listed))
	err = atOnce(describeAtOnce, len(listed), func(i int) (err error) {
		list[i], err = s.describe(ctx, listed[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	forgotten, err := s.forgotten(ctx, namesOf(listed), limit, wanted)
	list = append(list, forgotten[:min(limit-len(list), len(forgotten))]...)
	slices.SortStableFunc(list, func(a, b store.Execution) int { return b.Started.Compare(a.Started) })
	return list, err
}

// atOnce does n things, at most so many at the same time, and returns the first error in
// their order.
func atOnce(most, n int, do func(i int) error) error {
	errs := make([]error, n)
	var running sync.WaitGroup
	turn := make(chan bool, most)
	for i := range n {
		turn <- true
		running.Go(func() {
			errs[i] = do(i)
			<-turn
		})
	}
	running.Wait()
	return cmp.Or(errs...)
}

// isWhole reports whether a run is no shard of another.
func isWhole(run string) bool { return !message.IsShard(run) }

func anyRun(string) bool { return true }

// forgotten returns the executions that have a summary in the table and are not
// among names: Step Functions forgets them 90 days after their end.
func (s *Stack) forgotten(ctx context.Context, names []string, limit int, wanted func(run string) bool) ([]store.Execution, error) {
	if len(names) == limit {
		return nil, nil
	}
	summaries, err := s.Runs(ctx, limit)
	var list []store.Execution
	for _, r := range summaries {
		if wanted(r.ID) && !slices.Contains(names, r.ID) {
			list = append(list, history.Forgotten(r))
		}
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
	byStart := func(a, b store.Execution) int { return a.Started.Compare(b.Started) }
	first, last := slices.MinFunc(list, byStart), slices.MaxFunc(list, byStart)
	return s.RunsOf(ctx, history.Names(list), first.Started.Add(-beside), last.Started.Add(beside))
}

// Running returns the names of the executions that are going on.
func (s *Stack) Running(ctx context.Context) ([]string, error) {
	running, err := s.listed(ctx, types.ExecutionStatusRunning, math.MaxInt, anyRun)
	return namesOf(running), err
}

// Newest returns the name of the execution that was started last, none when there was none.
func (s *Stack) Newest(ctx context.Context) ([]string, error) {
	newest, err := s.listed(ctx, "", 1, anyRun)
	return namesOf(newest), err
}

func namesOf(listed []types.ExecutionListItem) []string {
	var names []string
	for _, x := range listed {
		names = append(names, aws.ToString(x.Name))
	}
	return names
}

// listed returns the newest wanted executions with a status, at most limit; "" is any status.
func (s *Stack) listed(ctx context.Context, status types.ExecutionStatus, limit int, wanted func(run string) bool) ([]types.ExecutionListItem, error) {
	page := min(limit, historyPage)
	if limit > 1 { // shards may lie between what is wanted
		page = historyPage
	}
	pages := sfn.NewListExecutionsPaginator(s.States, &sfn.ListExecutionsInput{
		StateMachineArn: &s.StateMachineARN, StatusFilter: status, MaxResults: int32(page),
	})
	var list []types.ExecutionListItem
	for pages.HasMorePages() && len(list) < limit {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("runs: %w", err)
		}
		for _, x := range page.Executions {
			if wanted(aws.ToString(x.Name)) && len(list) < limit {
				list = append(list, x)
			}
		}
	}
	return list, nil
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
// from the last event: what DescribeExecution says may be older. What the shards of a run
// that divides itself have used and done is in the outcome, and their events are not told.
// An error beside an outcome with a status is of the shards: the run itself has ended.
func (s *Stack) Follow(ctx context.Context, run string, onEvent func(run string, e engine.Event)) (history.Outcome, error) {
	x := store.Execution{Name: run, Machine: s.Machine.Resource, Started: time.Now()}
	var seen int64
	var sum *message.Summary
	var used history.Meter
	parts := s.newShards()
	reading, stop := context.WithCancel(ctx)
	defer stop()
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
		used.AddOf(events)
		for _, e := range events {
			onEvent(run, e)
			end(&x, e)
			seen = e.ID
			if shard := history.EndOfShard(e); shard != "" {
				parts.read(reading, shard)
			}
		}
		if x.Status != "" {
			err := parts.join(ctx, &used, sum)
			return history.NewOutcome(x, sum, used), err
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
	if x.Status = history.Ending(e.Type); x.Status == "" {
		return
	}
	x.Stopped = e.Time
	if e.Details != nil {
		x.Error, x.Cause = aws.ToString(e.Details.Error), aws.ToString(e.Details.Cause)
	}
}

// Stop stops a run that is going on, and then those of its shards that still do: Step
// Functions stops them too, where it may and when it comes to it. It returns how many
// shards it has stopped.
func (s *Stack) Stop(ctx context.Context, run string) (shards int, err error) {
	x, err := s.Execution(ctx, run)
	if err != nil {
		return 0, err
	}
	if x.Status != engine.Running {
		return 0, fmt.Errorf("run %s has ended already: %s", run, x.Status)
	}
	if err := s.abort(ctx, run); err != nil {
		return 0, err
	}
	return s.stopShards(ctx, run)
}

// abort stops an execution; one that has ended stays as it is.
func (s *Stack) abort(ctx context.Context, run string) error {
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
