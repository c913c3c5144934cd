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
	"lacuna/internal/store/sqlite"
)

// keeper keeps the executions that serve runs in the database, as those of backfill
// are kept; any number may run at once.
type keeper struct {
	rows *sqlite.Store
	log  *slog.Logger
	open sync.WaitGroup
}

// Begin implements sfnapi.Keeper.
func (k *keeper) Begin(name string, input json.RawMessage) error {
	err := k.rows.StartExecution(context.Background(), sqlite.Execution{Name: name, Machine: machineName, Input: input, Started: time.Now()})
	if errors.Is(err, sqlite.ErrExists) {
		return sfnapi.ErrNameInUse
	}
	return err
}

// Follow implements sfnapi.Keeper.
func (k *keeper) Follow(x *engine.Execution) {
	done := x.Done()
	k.open.Go(func() {
		tick := time.NewTicker(flushEvery)
		defer tick.Stop()
		written := 0
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-tick.C:
			}
			var err error
			if written, err = k.append(x, written); err != nil {
				k.log.Error("history not written", "run", x.Name(), "error", err)
			}
		}
		if err := k.end(x); err != nil {
			k.log.Error("end of a run not written", "run", x.Name(), "error", err)
		}
	})
}

// wait returns when everything is written.
func (k *keeper) wait() { k.open.Wait() }

// maxAppend is how many bytes of events are written at once, so that a long history does not
// take its size in memory once more.
const maxAppend = 1 << 20

// append writes the events of x after the first written ones, and returns how many
// are written then.
func (k *keeper) append(x *engine.Execution, written int) (int, error) {
	var stored []sqlite.Event
	size := 0
	flush := func() error {
		if err := k.rows.AppendEvents(context.Background(), x.Name(), stored); err != nil {
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

// end writes how x ended.
func (k *keeper) end(x *engine.Execution) error {
	r := x.Result()
	return k.rows.EndExecution(context.Background(), sqlite.Execution{
		Name: x.Name(), Status: r.Status, Stopped: r.Stop, Output: r.Output, Error: text(r.Error), Cause: text(r.Cause),
	})
}
