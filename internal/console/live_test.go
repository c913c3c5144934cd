package console

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a Watch that counts.
type watched struct {
	asked   atomic.Int64
	expired atomic.Bool
}

func (w *watched) Changed(_ context.Context, since int64) (Change, error) {
	if w.expired.Load() {
		return Change{}, errors.New("expired")
	}
	return Change{Mark: since + 1, Runs: w.asked.Add(1)%100 == 0, Again: time.Second}, nil
}

// An hour of watching costs what it costs each second, nobody's watching costs nothing,
// and all goroutines end with the console.
func TestAnHourOfWatching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{}
		b := newBench(t, series, func(o *Options) { o.Watch = w })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.Run(ctx) }()
		time.Sleep(time.Hour)
		if w.asked.Load() > 0 {
			t.Errorf("asked %d times while nobody watches", w.asked.Load())
		}
		from, leave := b.live.join()
		gone := make(chan struct{})
		go func() {
			for {
				select {
				case <-from:
				case <-gone:
					return
				}
			}
		}()
		time.Sleep(time.Hour)
		if n := w.asked.Load(); n < 3600 || n > 3610 {
			t.Errorf("asked %d times in an hour", n)
		}
		w.expired.Store(true)
		time.Sleep(time.Hour)
		w.expired.Store(false)
		time.Sleep(time.Minute)
		leave()
		close(gone)
		time.Sleep(time.Minute)
		before := w.asked.Load()
		if time.Sleep(time.Hour); w.asked.Load() != before {
			t.Errorf("asked %d times when nobody watched any more", w.asked.Load()-before)
		}
		if len(b.live.streams) > 0 {
			t.Errorf("%d streams are kept", len(b.live.streams))
		}
		cancel()
		<-done
	})
}
