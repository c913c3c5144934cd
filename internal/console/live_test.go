package console

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a Watch that counts.
type watched struct {
	asked int
	err   error
}

func (w *watched) Changed(_ context.Context, since int64) (Change, error) {
	w.asked++
	return Change{Mark: since + 1, Runs: w.asked%100 == 0, Again: time.Second}, w.err
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
		if w.asked > 0 {
			t.Errorf("asked %d times while nobody watches", w.asked)
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
		if w.asked < 3600 || w.asked > 3610 {
			t.Errorf("asked %d times in an hour", w.asked)
		}
		w.err = errors.New("expired")
		time.Sleep(time.Hour)
		leave()
		close(gone)
		time.Sleep(time.Minute)
		before := w.asked
		if time.Sleep(time.Hour); w.asked != before {
			t.Errorf("asked %d times when nobody watched any more", w.asked-before)
		}
		if len(b.live.streams) > 0 {
			t.Errorf("%d streams are kept", len(b.live.streams))
		}
		cancel()
		<-done
	})
}
