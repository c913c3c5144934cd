package dynamo

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"

	"lacuna/internal/fault"
)

const (
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
	patience    = 30 * time.Second // without any progress
)

// backoff paces requests that DynamoDB turns down: exponential waits, capped,
// with full jitter.
type backoff struct {
	waits int
	until time.Time // when to give up
}

func newBackoff() *backoff { return &backoff{until: time.Now().Add(patience)} }

// progress is to be called when something was taken; all: everything.
func (b *backoff) progress(all bool) {
	b.until = time.Now().Add(patience)
	if all {
		b.waits = 0
	}
}

// wait returns false when it is time to give up, or ctx has ended.
func (b *backoff) wait(ctx context.Context) (again bool) {
	left := time.Until(b.until)
	if left <= 0 {
		return false
	}
	most := min(firstWait<<min(b.waits, 16), longestWait) // a longer shift would overflow
	b.waits++
	timer := time.NewTimer(min(rand.N(most)+1, left))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// patiently repeats do while its error is named StoreThrottled: the SDK's own
// few attempts are over in a second, and it does not repeat a transaction that
// was cancelled because of throttling or of another one on the same item.
func (s *Store) patiently(ctx context.Context, do func() error) error {
	for b := newBackoff(); ; {
		err := do()
		if err == nil || fault.NameOf(err) != fault.StoreThrottled {
			return err
		}
		if !b.wait(ctx) {
			return cmp.Or(ctx.Err(), err)
		}
	}
}
