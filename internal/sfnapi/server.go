// Package sfnapi serves the API of AWS Step Functions over HTTP, as Step Functions
// Local does: the AWS CLI and the SDKs create state machines, start executions and
// read their histories, with a mock configuration file if wanted. internal/engine
// runs the executions. Everything lives in memory and ends with the process.
//
// Standard workflows only. There are no Express workflows and no TestState; a request
// for them is refused with a message that says so.
//
// Source: AWS Step Functions API reference and the AWS JSON 1.0 protocol. Where AWS
// documents no text for an error, ours is plain.
package sfnapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/engine/objects"
	"lacuna/internal/sfnapi/mockfile"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
)

// Options configure a Server.
type Options struct {
	// AccountID and Region stand in ARNs; the defaults are those of Step Functions
	// Local, 123456789012 and us-east-1.
	AccountID, Region string
	// Hosts are names besides those of the loopback which a Host header may have.
	Hosts []string
	// Mocks answers the executions that are started as `<state machine ARN>#<case>`.
	Mocks *mockfile.File
	// Integrations performs the calls of states that are not mocked, as in
	// engine.Options. Those of Step Functions itself and of the server's activities need
	// none.
	Integrations func(resource string) engine.Integration
	// Objects stands for Amazon S3, as in engine.Options.
	Objects objects.Store
	// WaitScale multiplies the time of Wait states and of retry back-off, as in
	// engine.Options.
	WaitScale *float64
	// StartTime is what executions show as their start; zero is the time it is.
	StartTime time.Time
	// Keep is how many bytes the server keeps at most of executions with all they have, of
	// definitions, activities and tags; 0 is no limit. As much again is room for what it has
	// in hand. Executions that have ended are forgotten for it, the oldest first.
	Keep int64
	// Log gets what the server itself does wrong; nil is slog.Default.
	Log *slog.Logger
}

// Server is the API as an http.Handler. It is safe for concurrent use.
type Server struct {
	options    Options
	engine     *engine.Engine
	operations map[string]operation
	key        []byte // of page tokens
	base       context.Context
	cancel     context.CancelFunc
	log        *slog.Logger
	used       atomic.Int64  // bytes that are kept
	polls      atomic.Int64  // workers that wait for tasks
	starts     *rate.Limiter // of executions by executions
	hands      hands

	mu         sync.Mutex
	machines   map[string]*machine   // by name
	activities map[string]*activity  // by ARN
	runs       map[string]*execution // by ARN
	ended      []*execution          // oldest first
	seq        int64                 // of the last machine, activity, alias or execution
	running    int                   // executions that run
	nested     int                   // of them, those that executions have started
	closed     bool
	open       sync.WaitGroup // executions that run
}

// New returns a Server without state machines.
func New(o Options) *Server {
	s := &Server{
		options: o, key: []byte(uuid.NewString()), log: o.Log,
		starts: rate.NewLimiter(nestedRate, nestedBurst), hands: newHands(o.Keep),
		machines: map[string]*machine{}, activities: map[string]*activity{}, runs: map[string]*execution{},
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.options.AccountID == "" {
		s.options.AccountID = "123456789012"
	}
	if s.options.Region == "" {
		s.options.Region = "us-east-1"
	}
	s.base, s.cancel = context.WithCancel(context.Background())
	s.engine = engine.New(engine.Options{
		Integrations: s.integration, Workers: true, Objects: o.Objects, WaitScale: o.WaitScale, AccountID: s.options.AccountID, Region: s.options.Region,
		Active: 2 * runtime.GOMAXPROCS(0),
	})
	s.operations = s.operationsByName()
	return s
}

// Engine runs the executions; workers in this process answer their tokens there.
func (s *Server) Engine() *engine.Engine { return s.engine }

// Close aborts the executions that run and waits until they have ended. No more
// are started.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.open.Wait()
}

// operation takes the JSON of a request and returns what the answer is made of. An
// error that is no *engine.APIError is a fault of ours.
type operation func(ctx context.Context, body []byte) (any, error)

// operationsByName are the operations by name. Those that are not served have a nil
// operation.
func (s *Server) operationsByName() map[string]operation {
	return map[string]operation{
		"CreateStateMachine":               typed(s.createStateMachine),
		"UpdateStateMachine":               typed(s.updateStateMachine),
		"DescribeStateMachine":             held(s, s.describeStateMachine),
		"DescribeStateMachineForExecution": typed(s.describeStateMachineForExecution),
		"ListStateMachines":                held(s, s.listStateMachines),
		"ListStateMachineVersions":         held(s, s.listStateMachineVersions),
		"PublishStateMachineVersion":       held(s, s.publishStateMachineVersion),
		"DeleteStateMachineVersion":        held(s, s.deleteStateMachineVersion),
		"CreateStateMachineAlias":          held(s, s.createStateMachineAlias),
		"DescribeStateMachineAlias":        held(s, s.describeStateMachineAlias),
		"UpdateStateMachineAlias":          held(s, s.updateStateMachineAlias),
		"DeleteStateMachineAlias":          held(s, s.deleteStateMachineAlias),
		"ListStateMachineAliases":          held(s, s.listStateMachineAliases),
		"DeleteStateMachine":               held(s, s.deleteStateMachine),
		"ValidateStateMachineDefinition":   typed(s.validateStateMachineDefinition),
		"StartExecution":                   typed(s.startExecution),
		"DescribeExecution":                typed(s.describeExecution),
		"ListExecutions":                   typed(s.listExecutions),
		"GetExecutionHistory":              typed(s.getExecutionHistory),
		"StopExecution":                    typed(s.stopExecution),
		"RedriveExecution":                 typed(s.redriveExecution),
		"SendTaskSuccess":                  typed(s.sendTaskSuccess),
		"SendTaskFailure":                  typed(s.sendTaskFailure),
		"SendTaskHeartbeat":                typed(s.sendTaskHeartbeat),
		"ListMapRuns":                      typed(s.listMapRuns),
		"DescribeMapRun":                   typed(s.describeMapRun),
		"TagResource":                      held(s, s.tagResource),
		"UntagResource":                    held(s, s.untagResource),
		"ListTagsForResource":              held(s, s.listTagsForResource),
		"CreateActivity":                   held(s, s.createActivity),
		"DeleteActivity":                   held(s, s.deleteActivity),
		"DescribeActivity":                 typed(s.describeActivity),
		"ListActivities":                   held(s, s.listActivities),
		"GetActivityTask":                  typed(s.getActivityTask),

		"StartSyncExecution": refuseSync,
		"TestState":          nil,
		"UpdateMapRun":       nil,
	}
}

func refuseSync(context.Context, []byte) (any, error) {
	return nil, fail("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine: there are no Express workflows here")
}

// typed makes an operation of a function with an input and an output of its own. check is
// what an input has to be whatever there is in the server.
func typed[I interface{ check() error }, O any](do func(context.Context, I) (O, error)) operation {
	return func(ctx context.Context, body []byte) (any, error) {
		var in I
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, fail("SerializationException", "%s", err)
		}
		if err := in.check(); err != nil {
			return nil, err
		}
		return do(ctx, in)
	}
}

// held is typed for a function that has s.mu to itself and waits for nothing.
func held[I interface{ check() error }, O any](s *Server, do func(I) (O, error)) operation {
	return typed(func(_ context.Context, in I) (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do(in)
	})
}

// CreateMachine adds a state machine, as CreateStateMachine does. If keeper is not
// nil it is told of the machine's executions that are not mocked.
func (s *Server) CreateMachine(name, definition string, keeper Keeper) (arn string, err error) {
	parsed, err := asl.Parse([]byte(definition))
	if err != nil {
		return "", err
	}
	m := &machine{
		revision: revision{program: &program{definition: definition, parsed: parsed, bytes: programBytes(definition)}, role: s.dummyRole()},
		name:     name, arn: s.arn(kindMachine, name), keeper: keeper,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(m)
	return m.arn, nil
}

// ErrNameInUse is what a Keeper says of a name that it has already.
var ErrNameInUse = errors.New("name in use")

// Keeper keeps executions for longer than the server.
type Keeper interface {
	// Begin is called before an execution is started; an error that wraps
	// ErrNameInUse refuses its name.
	Begin(name string, input, definition json.RawMessage) error
	// Follow is called when an execution has been started or redriven.
	Follow(x *engine.Execution)
}
