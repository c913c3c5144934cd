package engine

import (
	"errors"
	"fmt"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// failure is an error in the life of an execution. A nil name or cause is one that AWS
// leaves out.
type failure struct {
	name, cause *string
	fatal       bool // no Retry and no Catch sees it
	timeout     bool // a time-out, which a Catch shows with an empty cause
	heartbeat   bool // a time-out that States.HeartbeatTimeout names too
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func runtimeFailure(cause string) failure {
	return failure{name: new(asl.ErrorRuntime), cause: &cause, fatal: true}
}

func dataLimit(what string) failure {
	cause := "The state/task '" + what + "' returned a result with a size exceeding the maximum number of bytes service limit."
	return failure{name: new(asl.ErrorDataLimit), cause: &cause}
}

// taskFailure is the failure that the error of an integration stands for.
func taskFailure(err error) failure {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Name: asl.ErrorTaskFailed, Cause: err.Error()}
	}
	f := failure{name: optional(e.Name), cause: optional(e.Cause)}
	switch e.Name {
	case asl.ErrorTimeout, asl.ErrorHeartbeatTimeout:
		f = timeoutFailure(e.Name == asl.ErrorHeartbeatTimeout)
		f.cause = optional(e.Cause)
	case asl.ErrorRuntime:
		f.fatal = true
	}
	return f
}

// timeoutFailure is a task whose time is over. A missed heartbeat has the same name
// (recorded on AWS).
func timeoutFailure(heartbeat bool) failure {
	return failure{name: new(asl.ErrorTimeout), timeout: true, heartbeat: heartbeat}
}

// matches tells whether ErrorEquals covers f.
func (f failure) matches(errorEquals []string) bool {
	for _, name := range errorEquals {
		switch {
		case name == asl.ErrorAll,
			name == asl.ErrorTaskFailed && !f.timeout, // of any state (developer guide, "Error names")
			name == asl.ErrorHeartbeatTimeout && f.heartbeat,
			f.name != nil && name == *f.name:
			return true
		}
	}
	return false
}

// output is what a Catch passes on.
func (f failure) output() any {
	cause := value(f.cause)
	if f.timeout && f.cause == nil {
		cause = ""
	}
	return object("Error", value(f.name), "Cause", cause)
}

func value(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// stateError is a States.Runtime error of a state; its text stands after "An error
// occurred while executing the state ...".
type stateError string

func (e stateError) Error() string { return string(e) }

func stateErrorf(format string, args ...any) error { return stateError(fmt.Sprintf(format, args...)) }

// oversized is an output of a state that is larger than AWS allows.
type oversized struct{}

func (oversized) Error() string { return "output is larger than AWS allows" }

// failState ends the current state of t with an error of the engine.
func (t *thread) failState(err error) {
	var conflict *conflictError
	var full *fullError
	switch {
	case t.x.aborted(): // which may be why: Stop ends an evaluation
	case errors.As(err, &full):
		t.x.exceed(t.last, full)
	case errors.Is(err, oversized{}), errors.Is(err, jsonpath.ErrTooLarge):
		f := dataLimit(t.state.Name)
		f.fatal = t.caughtOne // or the same catcher would have it again
		t.fail(f)
	case errors.As(err, &conflict):
		t.fail(failure{name: new(asl.ErrorPathConflict), cause: new(conflict.Error()), fatal: true})
	default:
		t.fail(runtimeFailure(fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", t.state.Name, t.entered, err)))
	}
}

// fail ends the current state of t with f: a retry, a catch, or the end of the thread.
// The last event of t is that of the failure.
func (t *thread) fail(f failure) {
	s := t.state
	if f.fatal {
		t.x.finish(Failed, t.last, f)
		return
	}
	for i, r := range s.Retry {
		if !f.matches(r.ErrorEquals) {
			continue
		}
		if t.retries == nil {
			t.retries = make([]int64, len(s.Retry))
		}
		if t.retries[i] >= r.MaxAttempts {
			break // the first retrier that matches decides, also when it is spent
		}
		t.retries[i]++
		t.timer = t.x.after(delay(r, t.retries[i], t.x.engine.options.Rand), func() {
			t.retryCount++
			t.resume(t.again)
		})
		return
	}
	if s.Type == asl.Map || s.Type == asl.Parallel {
		t.last = t.x.record(t.last, s.Type+"StateFailed", nil)
	}
	for _, c := range s.Catch {
		if f.matches(c.ErrorEquals) {
			t.caught(c, f)
			return
		}
	}
	if t.parent != nil {
		t.parent.branchFailed(t, f)
		return
	}
	t.x.finish(Failed, t.last, f)
}

// caught goes on at the catcher's state.
func (t *thread) caught(c asl.Catcher, f failure) {
	t.caughtOne = true
	e := t.env(document{value: f.output()})
	assigned, err := e.assign(c.Assign)
	if err != nil {
		t.failState(err)
		return
	}
	output, err := place(c.ResultPath, t.input, e.input)
	if err != nil {
		t.failState(err)
		return
	}
	t.proceed(t.left(output, c.Next, assigned))
}
