package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/store"
)

// maxKnown is how much of runs is kept, in bytes as eventBytes reckons them.
const (
	maxKnown   = 64 << 20
	eventBytes = 700 // of an event in the view and in the list, without its details
)

// known keeps runs that were shown: of one that goes on only what came since is read, and
// one that has ended is not read again.
type known struct {
	mu   sync.Mutex
	runs []*knownRun // the last shown first
}

// knownRun is a run as far as it was read. What was read does not change, but for Add.
type knownRun struct {
	name string

	mu     sync.Mutex
	x      store.Execution
	view   *history.View
	events []history.Event // without details
	sum    *message.Summary
	used   history.Meter
	whole  *history.Meter // with few shards, once the run has ended; nil: not read
	ended  bool           // all is read

	asked      bool // for the definition
	definition []byte
	machine    *asl.Machine // nil: there is no definition that can be drawn
	remark     string       // why it has none, or what is to be said of it
}

// find returns what is known of a run, and makes it the last shown.
func (k *known) find(name string) *knownRun {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := slices.IndexFunc(k.runs, func(r *knownRun) bool { return r.name == name })
	run := &knownRun{name: name}
	if at >= 0 {
		run = k.runs[at]
		k.runs = slices.Delete(k.runs, at, at+1)
	}
	k.runs = slices.Insert(k.runs, 0, run)
	return run
}

// trim forgets the runs that were not shown for the longest, until the rest is small.
func (k *known) trim() {
	k.mu.Lock()
	defer k.mu.Unlock()
	bytes := 0
	for i, run := range k.runs {
		if run.mu.TryLock() { // else it is being shown
			bytes += len(run.events)*eventBytes + len(run.definition)
			run.mu.Unlock()
		}
		if bytes > maxKnown && i > 0 {
			k.runs = slices.Delete(k.runs, i, len(k.runs))
			return
		}
	}
}

// forget forgets a run that is not there.
func (k *known) forget(run *knownRun) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.runs = slices.DeleteFunc(k.runs, func(r *knownRun) bool { return r == run })
}

// read brings what is known of a run up to date. run.mu is held until the page is made.
func (run *knownRun) read(ctx context.Context, from Runs) error {
	x, err := from.Execution(ctx, run.name)
	if err != nil {
		return err
	}
	if run.view != nil && !x.Started.Equal(run.x.Started) { // another run is called so now
		run.view, run.ended, run.asked, run.definition, run.machine, run.remark = nil, false, false, nil, nil, ""
	}
	if run.ended && x.Stopped.Equal(run.x.Stopped) && x.Status == run.x.Status {
		return nil
	}
	if run.view == nil || run.ended { // it was redriven: what the view was told of its end is no more
		run.view, run.events, run.sum, run.used, run.whole, run.ended = history.NewView(), nil, nil, history.Meter{}, nil, false
	}
	after := int64(0)
	if n := len(run.events); n > 0 {
		after = run.events[n-1].ID
	}
	events, sum, err := history.ReadHistory(ctx, from, run.name, after)
	if err != nil {
		return err
	}
	if sum != nil {
		run.sum = sum
	}
	run.view.Add(events)
	run.used.Add(events)
	for _, e := range events {
		run.events = append(run.events, e.Slim())
	}
	if run.x = x; !x.Stopped.IsZero() {
		run.view.End() // a process that died wrote no event of it
		run.ended = run.told() || time.Since(x.Stopped) > historyTime
	}
	return nil
}

// historyTime is how long a history may come after the end that it tells of.
const historyTime = time.Minute

// told reports whether the last event is the end of the run.
func (run *knownRun) told() bool {
	n := len(run.events)
	return n > 0 && history.Ending(run.events[n-1].Type) != ""
}

// define asks once for what the run ran.
func (run *knownRun) define(ctx context.Context, from Runs) error {
	if run.asked {
		return nil
	}
	text, err := from.Definition(ctx, run.name)
	switch {
	case len(text) > 0 && errors.Is(err, store.ErrNotItsDefinition):
		run.remark = err.Error()
	case errors.Is(err, store.ErrUnknown) || err == nil && len(text) == 0:
		run.asked, run.remark = true, "Nobody kept the definition that this run followed, so that there is no graph of it: runs from now on have one."
		return nil
	case err != nil && ctx.Err() == nil: // what else is known of the run is shown
		run.remark = fmt.Sprintf("The definition of this run could not be had, so that there is no graph of it: %v", err)
		return nil
	case err != nil:
		return err
	}
	run.asked, run.definition = true, text
	if run.machine, err = asl.Parse(text); err != nil {
		run.machine, run.remark = nil, fmt.Sprintf("The definition of this run cannot be read, so that there is no graph of it: %v", err)
	}
	return nil
}
