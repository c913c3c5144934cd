package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
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

// touching is a Watch of what somebody else changes.
type touching struct{ series []string }

func (c *touching) Changed(_ context.Context, since int64) (Change, error) {
	change := Change{Mark: since + 1, Series: c.series, Again: time.Second}
	c.series = nil
	return change, nil
}

// A browser without JavaScript has no stream: when nobody watches, the overview and the
// held days look for themselves what has changed.
func TestPagesWithoutAStream(t *testing.T) {
	w := &touching{}
	b := newBench(t, series, func(o *Options) { o.Watch = w }).run()
	b.index.want(t.Context(), []int{0, 1}, time.Minute)
	for _, path := range []string{"/", "/held"} {
		b.observe("B/2:x", map[string]string{"/": "2024-01-02", "/held": "2024-01-03"}[path])
		w.series = []string{"B/2:x"}
		b.get(path)
		b.index.want(t.Context(), []int{1}, time.Minute)
		list, _ := b.index.snapshot()
		if want := map[string]int{"/": 1, "/held": 2}[path]; list[1].is.Observed != want {
			t.Errorf("%s: %d days are observed, want %d", path, list[1].is.Observed, want)
		}
	}
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
		if w.asked.Load() > 1 { // the first time, to know what changes
			t.Errorf("asked %d times while nobody watches", w.asked.Load())
		}
		from, leave := b.live.join("")
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

// What was told between the reading of a page and its listening is told to it then; a page
// that has seen all of it is told nothing.
func TestNewsBeforeThePageListens(t *testing.T) {
	b := newBench(t, series, nil)
	w := b.ask(http.MethodGet, "/", nil, nil)
	seen := w.Header().Get(seenHeader)
	if seen == "" || !strings.Contains(w.Body.String(), `data-seen="`+seen+`"`) {
		t.Fatalf("the page does not say what it shows: %v", w.Header())
	}
	hears := func() bool {
		from, leave := b.live.join(seen)
		defer leave()
		select {
		case n := <-from:
			return n.Runs && len(n.Series) == 1 && n.Series[0] == "*"
		default:
			return false
		}
	}
	if hears() {
		t.Error("nothing has changed, and the page is told of it")
	}
	b.live.tell(news{Runs: true})
	if !hears() {
		t.Error("a run has ended, and the page is told nothing")
	}
}
