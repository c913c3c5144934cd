package sfnapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/jsonpath"
	"lacuna/internal/sfnapi/mockfile"

	"github.com/google/uuid"
)

// maxEnded is how many executions that have ended are remembered; the one that
// ended first is forgotten first.
const maxEnded = 10_000

// execution is an execution and what it was started with.
type execution struct {
	*engine.Execution
	started
	server   *Server
	held     atomic.Int64 // bytes that are counted of it
	parent   *execution   // the one that started it, while both run
	nested   bool         // an execution has started it
	stopped  time.Time    // when it was seen to have ended
	seq      int64
	machine  *machine
	revision revision             // what it runs
	testCase string               // "" without mocks
	redrives map[string]time.Time // by client token
}

// started are the ARNs of the version and of the alias that an execution was started as.
type started struct {
	VersionARN string `json:"stateMachineVersionArn,omitempty"`
	AliasARN   string `json:"stateMachineAliasArn,omitempty"`
}

func (x *execution) kept() bool { return x.machine.keeper != nil && x.testCase == "" }

// execution finds an execution by its ARN, also the child of a map run, which
// belongs to that of its parent.
func (s *Server) execution(arn string) (*engine.Execution, *execution, error) {
	s.mu.Lock()
	x := s.runs[arn]
	s.mu.Unlock()
	if x != nil {
		return x.Execution, x, nil
	}
	for _, parent := range s.parents(arn) {
		if child, _, _ := childOf(parent.Execution, arn); child != nil {
			return child, parent, nil
		}
	}
	return nil, nil, fail("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

// childOf finds the child of a map run of x, or of a child of it, and whose it is.
func childOf(x *engine.Execution, arn string) (child, parent *engine.Execution, state string) {
	for _, run := range x.MapRuns() {
		for _, one := range run.Children {
			if one.ARN() == arn {
				return one, x, run.State
			}
			if child, parent, state := childOf(one, arn); child != nil {
				return child, parent, state
			}
		}
	}
	return nil, nil, ""
}

// parents are the executions of the machine in the ARN of a child execution or a map run,
// arn:aws:states:REGION:ACCOUNT:KIND:MACHINE/LABEL:ID. One of them has it, if any.
func (s *Server) parents(arn string) []*execution {
	parts := strings.SplitN(arn, ":", 7)
	name, _, _ := strings.Cut(parts[len(parts)-1], "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.machines[name]; m != nil {
		return slices.Clone(m.runs)
	}
	return nil
}

type startExecutionInput struct {
	ARN   *string `json:"stateMachineArn"`
	Name  *string `json:"name"`
	Input *string `json:"input"`
}

func (in startExecutionInput) check() error {
	if err := checkARN("stateMachineArn", in.ARN, kindMachine); err != nil {
		return err
	}
	if in.Name != nil {
		if err := checkName(*in.Name); err != nil {
			return err
		}
	}
	switch {
	case in.Input == nil:
	case *in.Input == "":
		return fail("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'")
	case len(*in.Input) > asl.MaxPayload:
		return fail("InvalidExecutionInput", "Invalid State Machine Execution Input: 'the input is larger than %d bytes'", asl.MaxPayload)
	}
	return nil
}

// checkInput wants JSON.
func checkInput(input string) error {
	err := jsonpath.Check([]byte(input))
	if err == nil {
		return nil
	}
	text := err.Error()
	if syntax, ok := errors.AsType[*jsonpath.SyntaxError](err); ok {
		if jackson, _ := syntax.Jackson([]byte(input)); jackson != "" {
			text = jackson
		}
	}
	return fail("InvalidExecutionInput", "Invalid State Machine Execution Input: '%s'", text)
}

type startExecutionOutput struct {
	ARN   string  `json:"executionArn"`
	Start seconds `json:"startDate"`
}

func (s *Server) startExecution(ctx context.Context, in startExecutionInput) (out startExecutionOutput, err error) {
	x, err := s.start(ctx, in)
	if err != nil {
		return out, err
	}
	return startExecutionOutput{x.ARN(), seconds(x.Result().Start)}, nil
}

// start begins an execution, or finds the one that the same request began and that
// still runs.
func (s *Server) start(ctx context.Context, in startExecutionInput) (*execution, error) {
	name, input := cmp.Or(deref(in.Name), uuid.NewString()), cmp.Or(deref(in.Input), "{}")
	arn, testCase, mocked := strings.Cut(*in.ARN, "#")
	s.mu.Lock()
	err := s.mayStart(caller(ctx), engine.StartBytes(json.RawMessage(input)))
	if t, targetErr := s.target(arn); targetErr != nil || s.runs[s.arn(kindExecution, t.machine.name+":"+name)] != nil {
		err = nil // something else is to be said of it
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err // before the input is decoded
	}
	if err := checkInput(input); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.target(arn)
	if err != nil {
		return nil, err
	}
	if t.alias != nil {
		t.version = t.alias.pick(rand.IntN(fullWeight))
	}
	m := t.machine
	var mocks *mockfile.Case
	if mocked {
		if mocks, err = s.mocksOf(m, testCase); err != nil {
			return nil, err
		}
	}
	if old := s.runs[s.arn(kindExecution, m.name+":"+name)]; old != nil {
		if string(old.Input()) == input && old.testCase == testCase && old.Result().Status == engine.Running {
			return old, nil
		}
		return nil, fail("ExecutionAlreadyExists", "Execution Already Exists: '%s'", old.ARN())
	}
	return s.launch(caller(ctx), t, name, json.RawMessage(input), testCase, mocks)
}

func (s *Server) mocksOf(m *machine, testCase string) (*mockfile.Case, error) {
	if s.options.Mocks == nil {
		return nil, fail("ValidationException", "stateMachineArn: test case %q: the server has no mock configuration file", testCase)
	}
	mocks, err := s.options.Mocks.Case(m.name, testCase)
	if err != nil {
		return nil, fail("ValidationException", "stateMachineArn: %s", err)
	}
	return mocks, nil
}

// launch starts an execution, which the execution by has asked for if it is not nil. s.mu
// is held.
func (s *Server) launch(by *execution, t target, name string, input json.RawMessage, testCase string, mocks *mockfile.Case) (*execution, error) {
	if s.closed {
		return nil, &refusal{503, "ServiceUnavailable", "the server is shutting down"}
	}
	m, r := t.machine, t.revision()
	x := &execution{server: s, parent: by, nested: by != nil, started: t.started(), machine: m, revision: r, testCase: testCase, redrives: map[string]time.Time{}}
	bytes := engine.StartBytes(input) + startedBytes
	if x.kept() {
		bytes += keeperBytes
	}
	if err := s.mayStart(by, bytes); err != nil {
		return nil, err
	}
	if x.kept() {
		if err := m.keeper.Begin(name, input, json.RawMessage(r.definition)); errors.Is(err, ErrNameInUse) {
			return nil, fail("ExecutionAlreadyExists", "Execution Already Exists: '%s'", s.arn(kindExecution, m.name+":"+name))
		} else if err != nil {
			return nil, fmt.Errorf("execution %s: %w", name, err)
		}
	}
	in := engine.StartInput{
		Name: name, Machine: r.parsed, MachineName: m.name, Input: input, StartTime: s.options.StartTime, RoleARN: r.role,
		Integrations: x.asCaller(s.integration), Hold: x.hold,
	}
	if mocks != nil {
		mocked := &mocked{s, r.parsed, mocks}
		in.Mock, in.Integrations = mocked.call, x.asCaller(mocked.integration)
	}
	var err error
	if x.Execution, err = s.engine.Start(s.base, in); err != nil {
		return nil, err
	}
	x.held.Add(bytes)
	s.used.Add(bytes)
	s.use(r.program)
	s.seq++
	x.seq = s.seq
	s.runs[x.ARN()] = x
	m.runs = append(m.runs, x)
	s.watch(x)
	return x, nil
}

// watch follows a running execution to its end. s.mu is held.
func (s *Server) watch(x *execution) {
	done, nested := x.Done(), x.parent != nil
	s.running++
	if nested {
		s.nested++
	}
	s.open.Go(func() {
		<-done
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running--
		if nested {
			s.nested--
		}
		x.parent = nil // or a chain of executions would keep all of its past
		switch {
		case x.Result().Status == engine.Running:
			return // redriven
		case s.runs[x.ARN()] != x:
			s.letGo(x) // forgotten
			return
		}
		x.stopped = time.Now()
		s.ended = append(s.ended, x)
		if len(s.ended) > maxEnded {
			s.forget(s.ended[0])
		}
	})
	if x.kept() {
		x.machine.keeper.Follow(x.Execution)
	}
}

// forget drops an execution that has ended. s.mu is held.
func (s *Server) forget(x *execution) {
	delete(s.runs, x.ARN())
	s.ended = without(s.ended, x)
	x.machine.runs = without(x.machine.runs, x)
	s.letGo(x)
}

// without is list without x, which mostly stands near its start.
func without(list []*execution, x *execution) []*execution {
	if i := slices.Index(list, x); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

type stopExecutionInput struct {
	ARN   *string `json:"executionArn"`
	Error *string `json:"error"`
	Cause *string `json:"cause"`
}

func (in stopExecutionInput) check() error {
	var v validation
	v.failure(in.Error, in.Cause)
	return v.arn("executionArn", in.ARN, kindExecution)
}

type stopExecutionOutput struct {
	Stop seconds `json:"stopDate"`
}

// stopExecution aborts an execution; one that has ended stays as it is.
func (s *Server) stopExecution(ctx context.Context, in stopExecutionInput) (out stopExecutionOutput, err error) {
	x, _, err := s.execution(*in.ARN)
	if err != nil {
		return out, err
	}
	x.Stop(deref(in.Error), deref(in.Cause))
	r, err := x.Wait(ctx)
	return stopExecutionOutput{seconds(r.Stop)}, err
}

// maxClientToken is AWS's limit of a client token in characters.
const maxClientToken = 64

type redriveExecutionInput struct {
	ARN   *string `json:"executionArn"`
	Token *string `json:"clientToken"`
}

func (in redriveExecutionInput) check() error {
	var v validation
	v.most("clientToken", in.Token, maxClientToken)
	return v.arn("executionArn", in.ARN, kindExecution)
}

type redriveExecutionOutput struct {
	Redriven seconds `json:"redriveDate"`
}

// redriveExecution goes on with an execution at the states that did not succeed. A
// request with the client token of an earlier one changes nothing.
func (s *Server) redriveExecution(_ context.Context, in redriveExecutionInput) (out redriveExecutionOutput, err error) {
	x, of, err := s.execution(*in.ARN)
	if err != nil {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := of.redrives[deref(in.Token)]; ok && in.Token != nil {
		return redriveExecutionOutput{seconds(at)}, nil
	}
	if s.closed {
		return out, &refusal{503, "ServiceUnavailable", "the server is shutting down"}
	}
	if s.running >= maxRunning {
		return out, fail("ExecutionLimitExceeded", "%d executions run, and may not be more", maxRunning)
	}
	if err := x.Redrive(s.base); err != nil {
		return out, err
	}
	s.ended = without(s.ended, of)
	s.watch(of)
	at := x.Result().RedriveDate
	if in.Token != nil {
		of.redrives[*in.Token] = at
		of.held.Add(redriveBytes)
		s.used.Add(redriveBytes)
	}
	return redriveExecutionOutput{seconds(at)}, nil
}
