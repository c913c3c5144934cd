package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// Statuses of an execution.
const (
	Running   = "RUNNING"
	Succeeded = "SUCCEEDED"
	Failed    = "FAILED"
	TimedOut  = "TIMED_OUT"
	Aborted   = "ABORTED"
)

// maxEvents is AWS's limit of a history.
const maxEvents = 25_000

// maxWork is what all evaluations of an execution and of its children may cost together, in
// steps: some seconds of processor time. 8,000 states, as many as a history has room
// for, that each write 20 KB twice need two thirds. AWS has no such limit.
const maxWork = 1 << 27

// Result is what became of an execution. Error and Cause are nil where AWS gives none.
type Result struct {
	Status      string
	Output      json.RawMessage // only of a Succeeded one
	Error       *string
	Cause       *string
	Start, Stop time.Time // Stop is zero while it runs

	RedriveCount        int
	RedriveDate         time.Time // of the last redrive; zero without one
	RedriveStatus       string    // Redrivable, ...; as of now
	RedriveStatusReason string    // "" of a Redrivable one
}

// Execution is one run of a machine. Its methods are safe for concurrent use.
//
// All its states run in one goroutine, so that a history is the same each time: ready
// branches and iterations run in turn until they wait, then tasks start, then the
// execution sleeps until an answer comes or a time is over. Only the calls of
// integrations, the children of a distributed Map and the reading and writing of its
// objects have goroutines of their own.
type Execution struct {
	engine  *Engine
	machine *asl.Machine
	name    string
	arn     string
	owner   string // name of the machine
	ownARN  string // of the machine
	roleARN string
	bind    func(resource string) Integration
	mock    func(call Call) (json.RawMessage, bool, error)
	input   document
	shown   time.Time // $$.Execution.StartTime
	started time.Time
	item    *mapItem // of an iteration of a distributed Map
	mapRun  string   // its ARN
	calls   *calls
	work    *atomic.Int64   // steps left, of the parent of a child too
	ctx     context.Context // ends with Stop, too; a new one for each redrive
	cancel  context.CancelCauseFunc
	holder  func(bytes int64) error

	// Only the goroutine of run uses these.
	begun    time.Time // start or last redrive
	root     *thread   // nil once it has succeeded
	ready    []*thread
	starts   []func(context.Context)
	timers   timers
	attempts map[*attempt]bool
	over     bool
	spent    bool   // it was ended because it may not keep more
	turn     bool   // it has one of Options.Active
	weight   int64  // of input.value
	owed     int64  // bytes of which holder was not told yet
	loose    int64  // of what holder was told, what values take
	recount  int64  // when loose is more, it is counted anew
	newest   string // the text of a value that was recorded last

	wake chan struct{}

	mu      sync.Mutex
	running bool
	done    chan struct{} // a new one for each redrive
	inbox   []func()
	events  []Event
	result  Result
	mapRuns []*mapRun
}

func newExecution(ctx context.Context, e *Engine, in StartInput, input document, work *atomic.Int64) *Execution {
	now := time.Now()
	ctx, cancel := context.WithCancelCause(ctx)
	x := &Execution{
		engine: e, machine: in.Machine, name: in.Name, owner: in.MachineName,
		arn:     e.arn("execution", in.MachineName+":"+in.Name),
		ownARN:  e.arn("stateMachine", in.MachineName),
		roleARN: in.RoleARN, bind: in.Integrations, mock: in.Mock, holder: in.Hold, weight: jsonpath.Weight(input.text), calls: &calls{numbers: map[string]int{}},
		input: input, shown: in.StartTime, started: now, begun: now, work: work, ctx: ctx, cancel: cancel,
		attempts: map[*attempt]bool{}, running: true,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
		result: Result{Status: Running, Start: now},
	}
	if x.shown.IsZero() {
		x.shown = now
	}
	return x
}

// calls numbers the calls of states.
type calls struct {
	mu      sync.Mutex
	numbers map[string]int
}

func (c *calls) next(state string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.numbers[state]
	c.numbers[state]++
	return n
}

// Name is the name given to Start.
func (x *Execution) Name() string { return x.name }

// ARN is the ARN of the execution.
func (x *Execution) ARN() string { return x.arn }

// MachineARN is the ARN of its machine.
func (x *Execution) MachineARN() string { return x.ownARN }

// MapRunARN is the ARN of the map run that the execution is a child of, "" if it is none.
func (x *Execution) MapRunARN() string { return x.mapRun }

// Input is the input as it was given.
func (x *Execution) Input() json.RawMessage { return json.RawMessage(x.input.text) }

// Done is closed when the execution has ended. A redrive has a Done of its own.
func (x *Execution) Done() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.done
}

// Wait returns the result once the execution has ended, or the error of ctx.
func (x *Execution) Wait(ctx context.Context) (Result, error) {
	select {
	case <-x.Done():
		return x.Result(), nil
	case <-ctx.Done():
		return x.Result(), ctx.Err()
	}
}

// Result is the result so far.
func (x *Execution) Result() Result {
	x.mu.Lock()
	defer x.mu.Unlock()
	result := x.result
	result.RedriveStatus, result.RedriveStatusReason = x.redrivable(time.Now())
	return result
}

// History returns the events so far.
func (x *Execution) History() []Event {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.events[:len(x.events):len(x.events)]
}

// Stop aborts the execution, unless it has ended. An empty error or cause is absent. It
// ends an evaluation that is under way.
func (x *Execution) Stop(errName, cause string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cancel(stopped{x, failure{name: optional(errName), cause: optional(cause)}})
}

// stopped is why the context of x has ended. The children of x are aborted without a reason.
type stopped struct {
	x      *Execution
	reason failure
}

func (stopped) Error() string { return "the execution was stopped" }

// aborted tells whether the execution has ended, which it does here if its context has.
func (x *Execution) aborted() bool {
	if x.ctx.Err() != nil && !x.over {
		why, _ := errors.AsType[stopped](context.Cause(x.ctx))
		if why.x != x {
			why.reason = failure{}
		}
		x.finish(Aborted, 0, why.reason)
	}
	return x.over
}

// begin is the start of the first state.
func (x *Execution) begin() {
	x.newest = x.input.text
	x.record(0, "ExecutionStarted", &Details{Input: kept(x.input.text), RoleARN: x.roleARN})
	x.root = &thread{x: x, graph: &x.machine.Graph, scope: &scope{}, item: x.item, input: x.input}
	x.root.resume(x.root.start)
}

// run is the life of the execution, up to its end or that of its context.
func (x *Execution) run(begin func()) {
	x.takeTurn()
	begin()
	if limit := x.machine.TimeoutSeconds; limit > 0 {
		x.timers.add(x.begun.Add(time.Duration(limit)*time.Second), x.timeOut)
	}
	for !x.aborted() {
		switch {
		case len(x.ready) > 0:
			t := x.ready[0]
			x.ready = x.ready[1:]
			if !t.dead {
				t.next()
			}
		case len(x.starts) > 0:
			starts := x.starts
			x.starts = nil
			for _, start := range starts {
				start(x.ctx)
			}
		default:
			x.sleep()
		}
	}
	x.cancel(nil)
	x.endTurn()
	x.rest()
}

// rest lets go of all but what the history and a redrive need, and says that the
// execution has ended.
func (x *Execution) rest() {
	for _, r := range x.mapRuns {
		r.rest()
	}
	x.ready, x.starts, x.timers, x.attempts = nil, nil, timers{}, nil
	if x.result.Status == Succeeded || x.spent {
		x.root, x.item, x.input.value = nil, nil, nil
	}
	x.count()
	x.release(runningBytes)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.events = slices.Clone(x.events) // without room for more
	x.inbox, x.running = nil, false
	close(x.done)
}

// sleep waits for messages, the next timer or the end of the context, and handles all that
// has come by then.
func (x *Execution) sleep() {
	var due <-chan time.Time
	if when, ok := x.timers.next(); ok {
		timer := time.NewTimer(time.Until(when))
		defer timer.Stop()
		due = timer.C
	}
	x.endTurn()
	select {
	case <-x.wake:
	case <-due:
	case <-x.ctx.Done():
	}
	if x.aborted() { // the integrations have heard it, too, and their answers count no more
		return
	}
	x.takeTurn()
	x.mu.Lock()
	messages := x.inbox
	x.inbox = nil
	x.mu.Unlock()
	for _, handle := range messages { // before the timers: an answer at the last moment is in time
		handle()
	}
	x.timers.fire(time.Now())
}

// post hands a message to the goroutine of run; after the end nobody reads it.
func (x *Execution) post(message func()) {
	x.mu.Lock()
	if x.running {
		x.inbox = append(x.inbox, message)
	}
	x.mu.Unlock()
	select {
	case x.wake <- struct{}{}:
	default: // it will wake already, and read all there is
	}
}

// after calls f when d, scaled, has passed.
func (x *Execution) after(d time.Duration, f func()) *timer {
	return x.timers.add(time.Now().Add(time.Duration(float64(d)*x.engine.scale)), f)
}

// record adds an event to the history and returns its id. The last event that AWS allows,
// or that there is room for, is the failure of the execution; after the end nothing is
// recorded.
func (x *Execution) record(previous int64, kind string, details *Details) int64 {
	if x.over {
		return 0
	}
	if len(x.events) == maxEvents-1 && !terminal(kind) {
		x.finish(Failed, previous, runtimeFailure("The execution reached the maximum number of history events (25000)."))
		return 0
	}
	if err := x.hold(x.cost(details)); err != nil && !terminal(kind) {
		x.exceed(previous, err)
		return 0
	}
	return x.append(previous, time.Now(), kind, details)
}

// exceed ends the execution because it may not keep more.
func (x *Execution) exceed(previous int64, err error) {
	x.spent = true
	x.finish(Failed, previous, runtimeFailure(err.Error()))
}

func terminal(kind string) bool {
	switch kind {
	case "ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut":
		return true
	}
	return false
}

func (x *Execution) append(previous int64, at time.Time, kind string, details *Details) int64 {
	event := x.event(previous, at, kind, details)
	x.mu.Lock()
	x.events = append(x.events, event)
	x.mu.Unlock()
	return event.ID
}

// event is the next one of the history, told to OnEvent.
func (x *Execution) event(previous int64, at time.Time, kind string, details *Details) Event {
	event := Event{ID: int64(len(x.events)) + 1, PreviousID: previous, Time: at, Type: kind, Details: details}
	if x.engine.options.OnEvent != nil {
		x.engine.options.OnEvent(x.name, event)
	}
	return event
}

// timeOut ends the execution at the time that it had, which may have passed before it got its
// turn.
func (x *Execution) timeOut() {
	x.finishAt(x.begun.Add(time.Duration(x.machine.TimeoutSeconds)*time.Second), TimedOut, 0, failure{name: new(asl.ErrorTimeout)})
}

// succeed ends the execution with an output.
func (x *Execution) succeed(previous int64, output document) {
	if x.over {
		return
	}
	now := time.Now()
	x.end(x.event(previous, now, "ExecutionSucceeded", &Details{Output: kept(output.text)}),
		Result{Status: Succeeded, Output: json.RawMessage(output.text), Start: x.started, Stop: now})
}

// finish ends the execution without an output.
func (x *Execution) finish(status string, previous int64, f failure) {
	x.finishAt(time.Now(), status, previous, f)
}

func (x *Execution) finishAt(at time.Time, status string, previous int64, f failure) {
	if x.over {
		return
	}
	kind := map[string]string{Failed: "ExecutionFailed", Aborted: "ExecutionAborted", TimedOut: "ExecutionTimedOut"}[status]
	result := Result{Status: status, Error: f.name, Cause: f.cause, Start: x.started, Stop: at}
	if status == TimedOut {
		result.Error = nil // AWS names it in the history only
	}
	x.end(x.event(previous, at, kind, &Details{Error: f.name, Cause: f.cause}), result)
}

// end adds the last event. Who sees it sees the result too.
func (x *Execution) end(last Event, result Result) {
	x.over = true
	for a := range x.attempts {
		a.close()
	}
	x.mu.Lock()
	result.RedriveCount, result.RedriveDate = x.result.RedriveCount, x.result.RedriveDate
	x.events, x.result = append(x.events, last), result
	x.mu.Unlock()
}
