package main

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

// history keeps executions in the database while they go on: the one of backfill, or
// those of serve, of which any number may run at once.
type history struct {
	rows    *sqlite.Store
	machine string // name of the state machine
	log     *slog.Logger
	open    sync.WaitGroup // executions that Follow follows
}

// begin writes that an execution begins. The error wraps store.ErrExists when there is
// one of that name.
func (h *history) begin(ctx context.Context, name string, input json.RawMessage) error {
	return h.rows.StartExecution(ctx, store.Execution{Name: name, Machine: h.machine, Input: input, Started: time.Now()})
}

// follow writes the events of x while it goes on and, once it has ended, how, which it
// returns. Events that cannot be written are tried again with those after them.
func (h *history) follow(x *engine.Execution) (store.Execution, error) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	done, written := x.Done(), 0
	for {
		var err error
		select {
		case <-done:
			_, err = h.append(x, written)
			ended := h.ended(x)
			return ended, errors.Join(err, h.rows.EndExecution(context.Background(), ended))
		case <-tick.C:
			written, err = h.append(x, written)
		}
		if err != nil {
			h.log.Warn("history not written, will be tried again", "run", x.Name(), "error", err)
		}
	}
}

// Begin implements sfnapi.Keeper.
func (h *history) Begin(name string, input json.RawMessage) error {
	err := h.begin(context.Background(), name, input)
	if errors.Is(err, store.ErrExists) {
		return sfnapi.ErrNameInUse
	}
	return err
}

// Follow implements sfnapi.Keeper.
func (h *history) Follow(x *engine.Execution) {
	h.open.Go(func() {
		if _, err := h.follow(x); err != nil {
			h.log.Error("the end of a run is not written", "run", x.Name(), "error", err)
		}
	})
}

// wait returns when everything that Follow follows is written.
func (h *history) wait() { h.open.Wait() }

// maxAppend is how many bytes of events are written at once, so that a long history does not
// take its size in memory once more.
const maxAppend = 1 << 20

// append writes the events of x after the first written ones, and returns how many
// are written then.
func (h *history) append(x *engine.Execution, written int) (int, error) {
	var stored []store.Event
	size := 0
	flush := func() error {
		if err := h.rows.AppendEvents(context.Background(), x.Name(), stored); err != nil {
			return err
		}
		written += len(stored)
		stored, size = nil, 0
		return nil
	}
	for _, e := range x.History()[written:] {
		event, err := storedEvent(e)
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

// ended says how x ended.
func (h *history) ended(x *engine.Execution) store.Execution {
	r := x.Result()
	return store.Execution{
		Name: x.Name(), Machine: h.machine, Input: x.Input(), Started: r.Start,
		Status: r.Status, Stopped: r.Stop, Output: r.Output, Error: text(r.Error), Cause: text(r.Cause),
	}
}

// fail writes that an execution could not be started.
func (h *history) fail(name string, cause error) error {
	return h.rows.EndExecution(context.Background(), store.Execution{
		Name: name, Status: engine.Failed, Stopped: time.Now(), Error: "Lacuna.Internal", Cause: cause.Error(),
	})
}

// storedEvent is e as it is kept.
func storedEvent(e engine.Event) (store.Event, error) {
	stored := store.Event{ID: e.ID, PreviousID: e.PreviousID, Time: e.Time, Type: e.Type, Details: json.RawMessage("{}")}
	if e.Details == nil {
		return stored, nil
	}
	var err error
	stored.Details, err = json.Marshal(e.Details)
	return stored, err
}
