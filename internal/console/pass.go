package console

import (
	"errors"
	"time"
)

// CredentialsError is the error of credentials that are not good, or not any more: whatever
// else needs them fails too.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string { return e.Err.Error() }
func (e *CredentialsError) Unwrap() error { return e.Err }

// readOnce has those series read that were not yet, or may have changed since: once each,
// where reading costs.
func (x *index) readOnce() {
	asOf := x.now()
	x.mu.Lock()
	x.fill(asOf)
	x.mu.Unlock()
	x.poke()
}

// halt takes note that a series could not be read. For want of credentials no other could:
// none is tried until there may be others. The caller has the lock.
func (x *index) halt(err error) {
	if errors.As(err, new(*CredentialsError)) {
		x.pending, x.urgent, x.halted = nil, nil, time.Now()
	}
}

// isHalted reports whether it is too early to try credentials again. The caller has the lock.
func (x *index) isHalted() bool { return time.Since(x.halted) < retry }

// resume has what could not be read read again when it is wanted, now that it can be.
func (x *index) resume() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.halted = time.Time{}
	for i, e := range x.entries {
		x.stale[i] = x.stale[i] || e.err != ""
	}
}
