// Package history is what is known of runs: it keeps the executions of this machine while
// they go on, and reads those of anywhere, as events, a tree, an outcome and a summary.
package history

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/sfnapi"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// flushEvery is how much of a history is lost when the process dies.
const flushEvery = 250 * time.Millisecond

// tellEvery is the shortest time between two words about a history that cannot be written.
const tellEvery = time.Minute

// Keeper keeps executions in the database while they go on: the one of backfill, or
// those of serve, of which any number may run at once.
type Keeper struct {
	Rows    *sqlite.Store
	Machine string // name of the state machine
	Log     *slog.Logger
	open    sync.WaitGroup // executions that Follow follows
}

// Start writes that an execution of a definition begins. The error wraps store.ErrExists when there is
// one of that name.
func (h *Keeper) Start(ctx context.Context, name string, input, definition json.RawMessage) error {
	return h.Rows.StartExecution(ctx, store.Execution{Name: name, Machine: h.Machine, Input: input, Started: time.Now(), Definition: definition})
}

// Record writes the events of x while it goes on and, once it has ended, how, which it
// returns. Events that cannot be written are tried again with those after them.
func (h *Keeper) Record(x *engine.Execution) (store.Execution, error) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	done, written, told := x.Done(), 0, time.Time{}
	for {
		var err error
		select {
		case <-done:
			_, err = h.append(x, written)
			ended := StoredExecution(x, x.Name(), h.Machine)
			if endErr := h.Rows.EndExecution(context.Background(), ended); endErr != nil {
				err = endErr // for the same reason, as a rule
			}
			return ended, err
		case <-tick.C:
			written, err = h.append(x, written)
		}
		if err != nil && time.Since(told) >= tellEvery {
			told = time.Now()
			h.Log.Warn("history not written, will be tried again", "run", x.Name(), "error", err)
		}
	}
}

// Begin implements sfnapi.Keeper.
func (h *Keeper) Begin(name string, input, definition json.RawMessage) error {
	err := h.Start(context.Background(), name, input, definition)
	if errors.Is(err, store.ErrExists) {
		return sfnapi.ErrNameInUse
	}
	return err
}

// Follow implements sfnapi.Keeper.
func (h *Keeper) Follow(x *engine.Execution) {
	h.open.Go(func() {
		if _, err := h.Record(x); err != nil {
			h.Log.Error("the end of a run is not written", "run", x.Name(), "error", err)
		}
	})
}

// Wait returns when everything that Follow follows is written.
func (h *Keeper) Wait() { h.open.Wait() }

// maxAppend is how many bytes of events are written at once, so that a long history does not
// take its size in memory once more.
const maxAppend = 1 << 20

// append writes the events of x after the first written ones, and returns how many
// are written then.
func (h *Keeper) append(x *engine.Execution, written int) (int, error) {
	var stored []store.Event
	size := 0
	flush := func() error {
		if err := h.Rows.AppendEvents(context.Background(), x.Name(), stored); err != nil {
			return err
		}
		written += len(stored)
		stored, size = nil, 0
		return nil
	}
	for _, e := range x.History()[written:] {
		event, err := StoredEvent(e)
		if err != nil {
			return written, err
		}
		stored = append(stored, event)
		if size += len(event.Details); size >= maxAppend {
			if err := flush(); err != nil {
				return written, err
			}
		}
	}
	if len(stored) == 0 {
		return written, nil
	}
	err := flush()
	return written, err
}

// Fail writes that an execution could not be started.
func (h *Keeper) Fail(name string, cause error) error {
	return h.Rows.EndExecution(context.Background(), store.Execution{
		Name: name, Status: engine.Failed, Stopped: time.Now(), Error: "Lacuna.Internal", Cause: cause.Error(),
	})
}

// StoredExecution returns x as it is kept, under a name, but for its definition.
func StoredExecution(x *engine.Execution, name, machine string) store.Execution {
	r := x.Result()
	return store.Execution{
		Name: name, Machine: machine, Input: x.Input(), Started: r.Start,
		Status: r.Status, Stopped: r.Stop, Output: r.Output, Error: text(r.Error), Cause: text(r.Cause),
	}
}

// endings are the statuses of executions by the types of their last events.
var endings = map[string]string{
	"ExecutionSucceeded": engine.Succeeded, "ExecutionFailed": engine.Failed, "ExecutionTimedOut": engine.TimedOut, "ExecutionAborted": engine.Aborted,
}

// Ending returns the status of an execution that ends with an event of a type, "" of an
// event with which none does.
func Ending(kind string) string { return endings[kind] }

// StoredEvents returns events as they are kept.
func StoredEvents(events []engine.Event) ([]store.Event, error) {
	stored := make([]store.Event, len(events))
	for i, e := range events {
		var err error
		if stored[i], err = StoredEvent(e); err != nil {
			return nil, err
		}
	}
	return stored, nil
}

// StoredEvent returns e as it is kept.
func StoredEvent(e engine.Event) (store.Event, error) {
	stored := store.Event{ID: e.ID, PreviousID: e.PreviousID, Time: e.Time, Type: e.Type, Details: json.RawMessage("{}")}
	if e.Details == nil {
		return stored, nil
	}
	var err error
	stored.Details, err = json.Marshal(e.Details)
	return stored, err
}
