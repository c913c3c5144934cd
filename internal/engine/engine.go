// Package engine runs Amazon States Language machines as AWS Step Functions runs a
// Standard workflow in the JSONPath query language: same data flow, same errors, same
// event history. It calls no service itself; Integrations do. It keeps nothing on disk,
// and an execution ends with the process.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine/objects"
)

// Call is one attempt of a Task state.
type Call struct {
	Execution    string // name of the execution
	ExecutionARN string
	State        string
	Resource     string // a function or activity as in the definition, an integration as arn:aws:states:::sqs:sendMessage
	Parameters   json.RawMessage
	Token        string // only for a Resource that ends in .waitForTaskToken
	Attempt      int    // 0, and 1 more for each retry of the state
	// Number counts the calls of the state in the execution from 0, over all entries,
	// iterations and retries, in the order of the history; the children of a distributed Map
	// count together.
	Number int
	// Submitted is set for a Resource that ends in .sync or .waitForTaskToken. The
	// integration calls it with the service's answer once the job has begun; the history
	// shows that answer. With a token it need not: what it returns is that answer too.
	Submitted func(output json.RawMessage)
	// Started is set for an activity with Options.Workers. The integration calls it when a
	// worker, which may have no name, takes the task: the history shows it, and the times
	// that the state may take begin. Such a Call has a Token too; its answer ends ctx.
	Started func(worker string)
}

// Integration performs a Call and returns its result as JSON. For a Resource that ends
// in .waitForTaskToken it only submits the work: the result comes by
// Engine.SendTaskSuccess, and what the integration returns goes into the history.
//
// ctx ends when the state's time is over or the execution ends; the integration must
// return then, but nobody waits for it. An *Error (also a wrapped one) gives the name
// that Retry and Catch match; any other error has the name States.TaskFailed and its
// text as cause.
type Integration func(ctx context.Context, call Call) (json.RawMessage, error)

// Error is an error with the name that ErrorEquals matches. An empty field is absent.
type Error struct{ Name, Cause string }

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// Options configure an Engine.
type Options struct {
	// Integrations returns what performs the calls of a Resource, nil for none.
	Integrations func(resource string) Integration
	// Workers makes the integrations of activities queues of tasks for workers, see
	// Call.Started. A Task state whose activity has no integration fails.
	Workers bool
	// WaitScale multiplies the time of Wait states and of retry back-off; nil is 1,
	// 0 does not wait at all. Time-outs are never scaled.
	WaitScale *float64
	// OnEvent is told each event of each execution, in order, before it can be read
	// from History. It runs in the execution's own goroutine and must be quick.
	OnEvent func(execution string, e Event)
	// Objects is where an ItemReader reads and a ResultWriter writes; without it both fail.
	Objects objects.Store
	// Active is how many executions work at once, others wait for their turn; 0 is no limit.
	// Those that wait for a task, a time or an answer do not count.
	Active int
	// AccountID, Region and RoleARN stand in ARNs; the defaults are those of Step
	// Functions Local.
	AccountID, Region, RoleARN string
	// Rand draws jitter from [0,1); nil is math/rand/v2.
	Rand func() float64
}

// Engine runs executions. It is safe for concurrent use, and holds of an execution no more
// than its open task tokens: who started it keeps it.
type Engine struct {
	options Options
	scale   float64
	tokens  *tokens
	turns   turns
	reading chan struct{} // has room for the Maps that may read their items at once
}

// New returns an Engine.
func New(o Options) *Engine {
	e := &Engine{options: o, scale: 1, tokens: newTokens(), turns: newTurns(o.Active), reading: make(chan struct{}, maxReading)}
	if o.WaitScale != nil {
		e.scale = max(0, *o.WaitScale)
	}
	setDefault(&e.options.AccountID, "123456789012")
	setDefault(&e.options.Region, "us-east-1")
	setDefault(&e.options.RoleARN, "arn:aws:iam::"+e.options.AccountID+":role/DummyRole")
	if o.Rand == nil {
		e.options.Rand = rand.Float64
	}
	if o.Integrations == nil {
		e.options.Integrations = func(string) Integration { return nil }
	}
	return e
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// StartInput says what to run.
type StartInput struct {
	Name        string // of the execution; that it is unique is the caller's concern
	Machine     *asl.Machine
	MachineName string
	Input       json.RawMessage // empty is {}
	StartTime   time.Time       // what $$.Execution.StartTime shows; zero is now
	RoleARN     string          // "" is that of Options
	// Integrations is asked instead of that of Options, unless it is nil. The child
	// executions of a distributed Map ask it too.
	Integrations func(resource string) Integration
	// Mock, unless it is nil, is asked before Integrations and tells whether it answers the
	// call. It runs in the execution's own goroutine, so that a history is the same each
	// time, and must not wait for anything; otherwise it is as an Integration. The child
	// executions ask it too, from goroutines of their own.
	Mock func(call Call) (output json.RawMessage, answered bool, err error)
	// Hold, unless it is nil, is told how many bytes more the execution and its children are
	// about to keep; fewer, if the number is negative. An error refuses them: the execution
	// fails with States.Runtime and the text of the error as its cause. What Start itself
	// keeps it is not asked for, see StartBytes. It is called from goroutines of all of them,
	// and must not wait for an execution.
	Hold func(bytes int64) error
}

// ErrInvalidInput is an input of Start that is no JSON or larger than AWS allows.
var ErrInvalidInput = errors.New("invalid execution input")

// Start begins an execution and returns at once. When ctx ends the execution is
// aborted. The error is ErrInvalidInput.
func (e *Engine) Start(ctx context.Context, in StartInput) (*Execution, error) {
	if len(in.Input) == 0 {
		in.Input = json.RawMessage("{}")
	}
	if len(in.Input) > asl.MaxPayload {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrInvalidInput, asl.MaxPayload)
	}
	input, err := decode(in.Input)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidInput, err)
	}
	setDefault(&in.RoleARN, e.options.RoleARN)
	if in.Integrations == nil {
		in.Integrations = e.options.Integrations
	}
	work := &atomic.Int64{}
	work.Store(maxWork)
	hold := in.Hold
	in.Hold = nil // the caller has counted StartBytes
	x := newExecution(ctx, e, in, input, work)
	x.begin() // here, so that the history never is empty
	x.holder, x.owed, x.loose = hold, 0, x.weight+threadBytes
	go x.run(func() {})
	return x, nil
}

func (e *Engine) arn(kind, name string) string {
	return "arn:aws:states:" + e.options.Region + ":" + e.options.AccountID + ":" + kind + ":" + name
}
