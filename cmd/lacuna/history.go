package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/store/sqlite"
)

// flushEvery is how much of a history is lost when the process dies.
const flushEvery = 250 * time.Millisecond

// history writes the events of executions into the database, many at a time.
type history struct {
	rows *sqlite.Store
	log  *slog.Logger

	mu     sync.Mutex
	events []engine.Event // of the running execution, not yet written
}

// add takes an event; it does not write.
func (h *history) add(e engine.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// keep writes the events of run from time to time, until ctx ends.
func (h *history) keep(ctx context.Context, run string) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.flush(ctx, run); err != nil && !errors.Is(err, context.Canceled) {
			h.log.WarnContext(ctx, "history not written, will be tried again", "run", run, "error", err)
		}
	}
}

// flush writes what was added. After an error the events are still there.
func (h *history) flush(ctx context.Context, run string) error {
	h.mu.Lock()
	events := h.events
	h.events = nil
	h.mu.Unlock()
	stored := make([]sqlite.Event, len(events))
	var err error
	for i, e := range events {
		if stored[i], err = storedEvent(e); err != nil {
			return err
		}
	}
	if len(stored) == 0 {
		return nil
	}
	if err = h.rows.AppendEvents(ctx, run, stored); err != nil {
		h.mu.Lock()
		h.events = append(events, h.events...)
		h.mu.Unlock()
	}
	return err
}

// storedEvent is e as it is kept.
func storedEvent(e engine.Event) (sqlite.Event, error) {
	stored := sqlite.Event{ID: e.ID, PreviousID: e.PreviousID, Time: e.Time, Type: e.Type, Details: json.RawMessage("{}")}
	if e.Details == nil {
		return stored, nil
	}
	var err error
	stored.Details, err = json.Marshal(e.Details)
	return stored, err
}
