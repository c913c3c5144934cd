package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/asl"
)

// attempt is one attempt of a Task state. Only the goroutine of the execution uses it,
// apart from token.
type attempt struct {
	thread    *thread
	task      *asl.TaskFields
	token     string // "" unless the task waits for one
	input     string
	cancel    context.CancelFunc
	closed    bool
	began     bool
	submitted bool
	shown     string         // the token in the context object
	answer    func(*attempt) // an answer that came before the submission was over
	limits    taskLimits
	timeout   *timer
	heartbeat *timer
}

// taskLimits are in seconds; 0 is none.
type taskLimits struct{ timeout, heartbeat int64 }

// schedule begins an attempt of the current Task state. It starts when the execution
// has nothing else to do.
func (t *thread) schedule(input document) error {
	a := &attempt{thread: t, task: t.state.Task}
	t.attempt = a
	switch { // before Parameters are built, which read $$.Task.Token
	case a.task.WaitForToken:
		a.token = t.x.engine.tokens.issue(a)
		a.shown = a.token
	case a.task.Sync:
		a.shown = t.x.engine.tokens.mint()
	}
	t.x.attempts[a] = true
	t.x.use(attemptBytes)
	if err := a.prepare(input); err != nil {
		a.close()
		return err
	}
	t.x.starts = append(t.x.starts, a.start)
	return nil
}

func (a *attempt) prepare(input document) error {
	t := a.thread
	e := t.env(input)
	var err error
	if a.limits.timeout, err = e.limit(a.task.Timeout, "TimeoutSecondsPath"); err != nil {
		return err
	}
	if a.limits.heartbeat, err = e.limit(a.task.Heartbeat, "HeartbeatSecondsPath"); err != nil {
		return err
	}
	parameters, err := t.built(t.state.Parameters, input)
	if err != nil {
		return err
	}
	if parameters, err = t.encoded(parameters); err != nil {
		return err
	}
	if a.input = parameters.text; len(a.input) > asl.MaxPayload {
		return oversized{}
	}
	if problems := unusable(a.task, parameters.value); problems != nil {
		return stateErrorf("The Parameters '%s' could not be used to start the Task: [%s]", a.input, strings.Join(problems, ", "))
	}
	if a.waitsForWorker() && t.x.bind(a.task.Resource) == nil {
		return stateErrorf("The activity %s does not exist.", a.task.Resource)
	}
	role := ""
	if a.task.CredentialsRole != nil {
		if role, err = e.role(a.task.CredentialsRole); err != nil {
			return err
		}
	}
	a.scheduled(role)
	return nil
}

func (e *env) role(t *asl.Template) (string, error) {
	value, err := e.member(asl.TemplateMember{Key: "RoleArn", Value: t})
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", stateErrorf("The RoleArn of Credentials is not a string.")
	}
	return text, nil
}

func (e *env) limit(s asl.Seconds, field string) (int64, error) {
	if s.Path == nil {
		return s.Value, nil
	}
	value, err := e.path(s.Path)
	if err != nil {
		return 0, err
	}
	n, ok := value.(int64)
	if !ok || n <= 0 {
		return 0, notInteger(field, value, s.Path)
	}
	return n, nil
}

// calls tells whether the task names what it calls by its ARN: a function or an activity.
func (a *attempt) calls() bool { return a.task.Service == "" }

func (a *attempt) scheduled(role string) {
	details := &Details{TimeoutInSeconds: a.limits.timeout, HeartbeatInSeconds: a.limits.heartbeat, CredentialsRoleARN: role}
	if a.calls() {
		details.Resource, details.Input = a.task.Resource, kept(a.input)
		a.event("Scheduled", details)
		return
	}
	details.Region, details.Parameters = a.thread.x.engine.options.Region, kept(a.input)
	a.event("Scheduled", details)
}

// event records TaskXxx, LambdaFunctionXxx or ActivityXxx.
func (a *attempt) event(kind string, details *Details) {
	switch {
	case a.task.Activity:
		a.record("Activity"+kind, details)
		return
	case a.calls():
		a.record("LambdaFunction"+kind, details)
		return
	}
	if details == nil {
		details = &Details{}
	}
	details.Resource, details.ResourceType = a.task.Action, a.task.Service
	a.record("Task"+kind, details)
}

func (a *attempt) record(kind string, details *Details) {
	a.thread.last = a.thread.x.record(a.thread.last, kind, details)
}

// waitsForWorker tells whether the attempt starts only when a worker takes its task.
func (a *attempt) waitsForWorker() bool {
	return a.task.Activity && a.thread.x.engine.options.Workers
}

// start calls the integration.
func (a *attempt) start(ctx context.Context) {
	if a.closed || a.thread.x.over {
		return
	}
	x := a.thread.x
	call := a.call() // here and not in its goroutine, so that Number is the same each time
	if !a.waitsForWorker() {
		a.started("")
	}
	if x.mock != nil {
		if output, answered, err := x.mock(call); answered {
			a.started("")
			x.post(func() { a.returned(output, err) })
			return
		}
	}
	if a.waitsForWorker() {
		a.token = x.engine.tokens.issue(a)
		call.Token, call.Started = a.token, func(worker string) { x.post(func() { a.started(worker) }) }
	}
	integration := x.bind(call.Resource)
	if integration == nil {
		a.fail(runtimeFailure(fmt.Sprintf("The resource %s is bound to no integration.", a.task.Resource)))
		return
	}
	ctx, a.cancel = context.WithCancel(ctx)
	go func() {
		output, err := integration(ctx, call)
		x.post(func() { a.returned(output, err) })
	}()
}

func (a *attempt) call() Call {
	x, t := a.thread.x, a.thread
	call := Call{
		Execution: x.name, ExecutionARN: x.arn, State: t.state.Name, Resource: a.resource(),
		Parameters: json.RawMessage(a.input), Token: a.token, Attempt: t.retryCount, Number: x.calls.next(t.state.Name),
	}
	if a.task.Sync || a.token != "" {
		call.Submitted = func(output json.RawMessage) { x.post(func() { a.recordSubmission(output) }) }
	}
	return call
}

// resource is what is called: the ARN of a function or an activity as written, that of an
// integration without what differs between regions and partitions.
func (a *attempt) resource() string {
	if a.calls() {
		return a.task.Resource
	}
	return "arn:aws:states:::" + a.task.Service + ":" + a.task.Action
}

// started records that the work has begun, once, and starts the times that it may take.
// worker is that of an activity; "" has no name.
func (a *attempt) started(worker string) {
	if a.closed || a.began {
		return
	}
	a.began = true
	var details *Details
	if a.task.Activity {
		details = &Details{WorkerName: worker}
	}
	a.event("Started", details)
	if a.limits.timeout > 0 {
		a.timeout = a.thread.x.timers.add(time.Now().Add(seconds(a.limits.timeout)), func() { a.expire(false) })
	}
	a.beat()
}

func seconds(n int64) time.Duration { return time.Duration(min(n, maxWait)) * time.Second }

// beat starts HeartbeatSeconds anew. Only a task with a token can send heartbeats, so
// only such a one can miss them.
func (a *attempt) beat() {
	if a.closed || a.token == "" || a.limits.heartbeat == 0 {
		return
	}
	a.heartbeat.stop()
	a.heartbeat = a.thread.x.timers.add(time.Now().Add(seconds(a.limits.heartbeat)), func() { a.expire(true) })
}

// returned takes what the integration returned.
func (a *attempt) returned(output json.RawMessage, err error) {
	switch {
	case a.closed:
	case err != nil:
		a.fail(taskFailure(err))
	case !a.task.WaitForToken:
		a.succeed(output)
	default:
		a.recordSubmission(output)
		if a.answer != nil {
			a.answer(a)
		}
	}
}

func (a *attempt) recordSubmission(output json.RawMessage) {
	if a.closed || a.submitted {
		return
	}
	a.submitted = true
	a.event("Submitted", &Details{Output: new(string(output))})
}

// answered takes the answer to the token, at the earliest when the submission is over: a
// worker may be faster than the integration that called it, and AWS shows TaskSubmitted first.
func (a *attempt) answered(answer func(*attempt)) {
	switch {
	case a.closed:
	case a.submitted || !a.task.WaitForToken:
		answer(a)
	default:
		a.answer = answer
	}
}

// expire ends the attempt because its time is over, unless an answer is on its way: whoever
// sent it was told that it is taken, so it has to count. One that took the token a moment ago
// is still in the inbox.
func (a *attempt) expire(heartbeat bool) {
	if a.closed || a.answer != nil {
		return
	}
	if a.token != "" && !a.thread.x.engine.tokens.close(a.token) {
		return
	}
	a.fail(timeoutFailure(heartbeat))
}

// close ends the attempt: its token, its timers and its integration.
func (a *attempt) close() {
	a.closed = true
	a.timeout.stop()
	a.heartbeat.stop()
	if a.cancel != nil {
		a.cancel()
	}
	if a.token != "" {
		a.thread.x.engine.tokens.close(a.token)
	}
	delete(a.thread.x.attempts, a)
}

func (a *attempt) succeed(output json.RawMessage) {
	if a.closed {
		return
	}
	if len(output) > asl.MaxPayload {
		what := a.task.Service
		if a.calls() {
			what = a.task.Resource
		}
		a.fail(dataLimit(what))
		return
	}
	result, err := decode(output)
	if err != nil {
		a.fail(taskFailure(fmt.Errorf("result is not JSON: %w", err)))
		return
	}
	a.close()
	a.event("Succeeded", &Details{Output: kept(result.text)})
	t := a.thread
	t.resume(func() { t.proceed(t.complete(result)) })
}

func (a *attempt) fail(f failure) {
	if a.closed {
		return
	}
	a.close()
	kind := "Failed"
	if f.timeout {
		kind = "TimedOut"
	}
	a.event(kind, &Details{Error: f.name, Cause: f.cause})
	t := a.thread
	t.resume(func() { t.fail(f) })
}
