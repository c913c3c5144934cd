package scrape

import (
	"context"
	"fmt"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/store"
)

const (
	tripAttempt = 3                // the attempt whose failure opens the breaker
	downFor     = 15 * time.Minute // how long a source then counts as down
)

// pass returns an error named Down when this run has found the source down and
// msg's stream has not been tried yet. Streams in their retries go on and are
// the probe, and so are all streams of other runs: each run finds out by
// itself, because a publisher may be back by then and Down is not retried.
// open reports whether a success has a breaker to close.
func (h *Handler) pass(ctx context.Context, msg message.Scrape) (open bool, err error) {
	b, err := h.Store.Breaker(ctx, msg.Source)
	if err != nil {
		return false, fmt.Errorf("breaker of %s: %w", msg.Source, err)
	}
	if !time.Now().Before(b.DownUntil) {
		return false, nil
	}
	if b.Run == msg.Run && msg.Attempt == 0 {
		return true, fault.New(fault.Down, "%s is down until %s, not asked", msg.Source, b.DownUntil.Format(time.RFC3339))
	}
	return true, nil
}

// trip marks the source as down when an attempt at a stream, late enough, ended in name.
func (h *Handler) trip(ctx context.Context, did store.Stream, name fault.Name) error {
	if did.Attempt < tripAttempt || name != fault.Unavailable && name != fault.Throttled {
		return nil
	}
	return h.Store.SetBreaker(ctx, did.Source, store.Breaker{Run: did.Run, DownUntil: time.Now().Add(downFor).UTC()})
}
