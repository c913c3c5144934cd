package sfnapi

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/engine/objects"
	"lacuna/internal/jsonpath"
)

// What is counted of what the server keeps, in bytes, rounded up.
const (
	machineBytes = 4 << 10  // a machine without its definition, an activity
	startedBytes = 3 << 10  // an execution beside what the engine counts, with what follows it
	keeperBytes  = 16 << 10 // one that a Keeper follows
	versionBytes = 1 << 10  // a version, an alias or a tag, without its texts
	redriveBytes = 256      // a client token
)

// Caps on what runs. They are far above what tests and pipelines on one machine do; each
// execution also counts in the budget.
const (
	maxRunning = 10_000
	maxNested  = maxRunning / 2 // of them, those that executions have started
	maxDepth   = 16             // of executions that wait for one another
	// AWS starts 300 executions a second for an account, after a burst of 1,300. Here those
	// that executions start wait for their turn, and are not refused.
	nestedRate  = 500
	nestedBurst = 2_000
	// seenTime is how long one that has ended is kept from them.
	seenTime = 10 * time.Second
)

// share is a part of what may be kept. What is small or was started by a request goes further
// than what is large or was started by an execution, so that one that grows or multiplies
// leaves room for those beside it.
func (s *Server) share(eighths int64) int64 { return s.options.Keep / 8 * eighths }

// errThrottled is what a request gets that would make the server keep more than it may.
func (s *Server) errThrottled() error {
	return fail("ThrottlingException", "Rate exceeded: the server keeps %d bytes of executions, definitions and activities, and may keep %d; nothing that has ended is left to forget", s.used.Load(), s.options.Keep)
}

// room makes room for n bytes within most by forgetting executions that have ended, the
// oldest first. s.mu is held.
func (s *Server) room(n, most int64) error { return s.roomBefore(n, most, time.Time{}) }

// roomBefore is room that forgets what has ended before a time; zero is any time.
func (s *Server) roomBefore(n, most int64, before time.Time) error {
	if s.options.Keep == 0 {
		return nil
	}
	for s.used.Load()+n > most {
		if len(s.ended) == 0 || !before.IsZero() && s.ended[0].stopped.After(before) {
			return s.errThrottled()
		}
		s.forget(s.ended[0])
	}
	return nil
}

// seen is the time before which an execution has to have ended to give way to one that is
// large or that another one has started: who started one by a request has time to see how
// it ended.
func (s *Server) seen() (before time.Time) { return time.Now().Add(-seenTime) }

// hold is what the engine asks before x keeps n bytes more.
func (x *execution) hold(n int64) error {
	s := x.server
	if n <= 0 || s.options.Keep == 0 {
		s.used.Add(n)
		x.held.Add(n)
		return nil
	}
	most := s.share(8)
	before := time.Time{}
	if x.nested || x.held.Load() > s.share(8)/64 {
		most, before = s.share(6), s.seen()
	}
	if s.used.Add(n) > most {
		s.used.Add(-n)
		s.mu.Lock()
		err := s.roomBefore(n, most, before)
		if err == nil {
			s.used.Add(n)
		}
		s.mu.Unlock()
		if err != nil {
			return objects.Causef("The server may keep no more: the execution and its children hold %d bytes, of %d for all", x.held.Load(), s.options.Keep)
		}
	}
	x.held.Add(n)
	return nil
}

// letGo stops counting x, which is forgotten. s.mu is held.
func (s *Server) letGo(x *execution) {
	s.used.Add(-x.held.Swap(0))
	s.drop(x.revision.program)
}

// use counts a definition that something runs or will run. s.mu is held.
func (s *Server) use(p *program) {
	if p.users++; p.users == 1 {
		s.used.Add(p.bytes)
	}
}

// drop is the end of a use. s.mu is held.
func (s *Server) drop(p *program) {
	if p.users--; p.users == 0 {
		s.used.Add(-p.bytes)
	}
}

// programBytes is how much a definition takes at most: its text, its values, and what its
// states, paths and intrinsic functions become.
func programBytes(definition string) int64 {
	const state, step = 10, 256 // a byte of a state, a step of a path
	return state*int64(len(definition)) + jsonpath.Weight(definition) + step*int64(strings.Count(definition, "[")+strings.Count(definition, "."))
}

// bytes is what a machine takes besides definitions. s.mu is held.
func (m *machine) bytesHeld() int64 {
	n := int64(machineBytes) + m.revisionBytes() + tagBytes(m.tags)
	for _, v := range m.versions {
		n += versionBytes + int64(len(v.description)) + v.revisionBytes()
	}
	for _, a := range m.aliases {
		n += versionBytes + int64(len(a.description))
	}
	return n
}

func (r *revision) revisionBytes() int64 { return int64(len(r.role) + len(r.logging) + len(r.tracing)) }

func (a *activity) bytesHeld() int64 { return machineBytes + tagBytes(a.tags) }

func tagBytes(tags map[string]string) (n int64) {
	for key, value := range tags {
		n += versionBytes + int64(len(key)+len(value))
	}
	return n
}

// counted counts m anew after a change. s.mu is held.
func (s *Server) counted(m *machine) {
	n := m.bytesHeld()
	s.used.Add(n - m.held)
	m.held = n
}

// mayStart tells why no more execution may be started, by one that runs or by a request.
// s.mu is held.
func (s *Server) mayStart(by *execution, bytes int64) error {
	most, before := s.share(7), time.Time{}
	if by != nil {
		most, before = s.share(4), s.seen()
	}
	switch {
	case s.running >= maxRunning, by != nil && s.nested >= maxNested:
		return fail("ExecutionLimitExceeded", "Execution Limit Exceeded: 'The maximum number of running executions has been reached. Running executions must end or be stopped before a new execution can be started.'")
	case by.depth() >= maxDepth:
		return fail("ExecutionLimitExceeded", "Execution Limit Exceeded: '%d executions wait for one another, each started by the one before, and may be no more'", maxDepth)
	}
	return s.roomBefore(bytes, most, before)
}

// depth is how many executions that still run have started one another, up to x.
func (x *execution) depth() (n int) {
	for ; x != nil && x.Result().Status == engine.Running; x = x.parent {
		n++
	}
	return n
}

// callerKey has the execution whose task calls the API.
type callerKey struct{}

func caller(ctx context.Context) *execution {
	x, _ := ctx.Value(callerKey{}).(*execution)
	return x
}

// asCaller are the integrations of x: what they call of this API is called by x.
func (x *execution) asCaller(integrations func(string) engine.Integration) func(string) engine.Integration {
	return func(resource string) engine.Integration {
		do := integrations(resource)
		if do == nil {
			return nil
		}
		return func(ctx context.Context, call engine.Call) (json.RawMessage, error) {
			return do(context.WithValue(ctx, callerKey{}, x), call)
		}
	}
}
