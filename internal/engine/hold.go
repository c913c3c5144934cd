package engine

import (
	"encoding/json"

	"lacuna/internal/jsonpath"
)

// What an execution takes beside texts and values, in bytes, rounded up;
// TestTheAccountIsTrue holds them against the heap.
const (
	executionBytes = 3 << 10 // with its ARNs, maps and channels, also when it has ended
	runningBytes   = 6 << 10 // more while it runs: goroutines, their stacks, contexts
	attemptBytes   = 6 << 10 // the goroutine of an integration, a token, timers
	threadBytes    = 1 << 10 // a branch or an iteration at work
	itemBytes      = 512     // of a distributed Map, until its execution begins
	resultBytes    = 64      // the place of one in a Map or Parallel state
	eventBytes     = 448     // with its details, without their texts
	nodeBytes      = 16      // a text of its own
)

// holdAtLeast is from how many bytes on an execution tells its Hold: most events are
// smaller, and that need not be exact.
const holdAtLeast = 2 << 10

// StartBytes is how many bytes Start keeps of an execution with an input, before it asks
// the Hold of its StartInput.
func StartBytes(input json.RawMessage) int64 {
	return executionBytes + runningBytes + threadBytes + eventBytes + textBytes(string(input)) + jsonpath.Weight(string(input)) + holdAtLeast
}

// hold asks to keep n bytes more, and lets go of -n. After an error they are not counted.
func (x *Execution) hold(n int64) error {
	x.owed += n
	if x.holder == nil || x.owed < holdAtLeast && x.owed > -holdAtLeast {
		return nil
	}
	if err := x.holder(x.owed); err != nil {
		x.owed -= n
		return err
	}
	x.owed = 0
	return nil
}

// fullError is an error of Hold: there is no room.
type fullError struct{ error }

// release lets go of n bytes, of which hold was told.
func (x *Execution) release(n int64) {
	x.owed -= n
	if x.holder != nil && x.owed <= -holdAtLeast && x.holder(x.owed) == nil { // less is never refused
		x.owed = 0
	}
}

// use counts n bytes of values that states work with; whether they may be kept the next
// event asks. Nobody counts when they are gone: once there are twice as many as there
// were, all that is still there is counted anew.
func (x *Execution) use(n int64) {
	x.add(n)
	if x.loose > x.recount {
		x.count()
	}
}

// add is use by what is not yet in its place.
func (x *Execution) add(n int64) {
	x.loose += n
	x.owed += n
}

// count finds out how many bytes of values are there.
func (x *Execution) count() {
	live := int64(0)
	if x.root != nil {
		live = x.weight + int64(len(x.attempts))*attemptBytes + x.root.live()
	}
	x.release(x.loose - live)
	x.loose, x.recount = live, 2*live+holdAtLeast
}

// live is how many bytes of values a thread has, and those below it.
func (t *thread) live() int64 {
	n := threadBytes + t.weight + t.scope.weight
	if f := t.fork; f != nil {
		n += f.weight
		for _, child := range f.running {
			n += child.live()
		}
	}
	if t.mapRun != nil {
		n += t.mapRun.weight
	}
	return n
}

// cost is what an event takes. A text that the event before has too is kept once.
func (x *Execution) cost(d *Details) int64 {
	n := int64(eventBytes)
	if d == nil {
		return n
	}
	for _, text := range []*string{d.Input, d.Output, d.Parameters} {
		switch {
		case text == nil:
		case *text == x.newest:
			*text = x.newest
		default:
			n += textBytes(*text)
			x.newest = *text
		}
	}
	for _, text := range []*string{d.Error, d.Cause} {
		if text != nil {
			n += textBytes(*text)
		}
	}
	for name, value := range d.AssignedVariables {
		n += textBytes(name) + textBytes(value)
	}
	return n + textBytes(d.WorkerName) + textBytes(d.CredentialsRoleARN)
}

func textBytes(s string) int64 { return int64(len(s)+len(s)/8) + nodeBytes }

// kept is a text for the history, apart from the value that it belongs to.
func kept(text string) *string { return &text }
