package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/callback"
	"lacuna/internal/engine"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/lambdas/scrape"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What may happen twice, or late, leaves the same rows and the same attempts as
// one run in which nothing happens: three days of runs over days that are
// published, days that are not, and holidays to be learned.
func TestSameRowsAsOneRun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		runs  int // at once
		wrap  func(w *world, h *scrape.Handler)
		times int // each message
	}{
		{name: "two runs at once over the same range", runs: 2, times: 1},
		{name: "five runs at once", runs: 5, times: 1},
		{name: "a message delivered five times", runs: 1, times: 5},
		{name: "two runs at once, messages delivered five times", runs: 2, times: 5},
		{name: "a worker whose answer comes an hour late", runs: 1, times: 1, wrap: func(_ *world, h *scrape.Handler) {
			h.Callback = lateAnswer{h.Callback}
		}},
		{name: "a worker whose rows come an hour late", runs: 1, times: 1, wrap: func(w *world, h *scrape.Handler) {
			h.Store = lateRows{w.rows}
		}},
		{name: "rows an hour late, and another run at once", runs: 2, times: 1, wrap: func(w *world, h *scrape.Handler) {
			h.Store = lateRows{w.rows}
		}},
	}
	want, _ := threeDays(t, 1, 1, nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, statuses := threeDays(t, tt.runs, tt.times, tt.wrap)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(row.Row{}, "Run"), cmpopts.IgnoreFields(row.Step{}, "Run")); diff != "" {
				t.Errorf("rows differ from those of one run (-one +got):\n%s", diff)
			}
			for _, s := range statuses {
				if s != message.Pending {
					t.Errorf("runs end as %v, want %s, as one run does", statuses, message.Pending)
					break
				}
			}
		})
	}
}

// threeDays returns the rows that so many runs at once leave on each of three
// days, and the statuses of all runs.
func threeDays(t *testing.T, runs, times int, wrap func(*world, *scrape.Handler)) (rows []row.Row, statuses []string) {
	t.Helper()
	p := mustPrepare(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p, 7)
		w.steady()
		if wrap != nil {
			wrap(w, w.Scraper)
		}
		for url, q := range w.Queues {
			w.Queues[url] = repeated{q, times}
		}
		begins := time.Now()
		for i := range 3 {
			time.Sleep(time.Until(begins.Add(time.Duration(2*i) * simulatedDay)))
			var all []*engine.Execution
			for range runs {
				all = append(all, w.start(message.Input{To: "1999-12-31"}))
			}
			for _, x := range all {
				sum, _ := w.wait(x)
				statuses = append(statuses, sum.Status)
			}
		}
		w.running.Wait()
		w.oracle.checkTable()
		for _, s := range p.All() {
			rows = append(rows, w.stored(s.Key)...)
		}
	})
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	return rows, statuses
}

// steady is a world without faults in which everything that is ever published
// has been.
func (w *world) steady() {
	w.weather = weather{}
	w.calm.Store(true)
	for _, fates := range w.truth {
		for day, f := range fates {
			if !f.published.IsZero() {
				fates[day] = fate{published: time.Unix(0, 0), first: f.first}
			}
		}
	}
}

// repeated is a queue that takes each message several times.
type repeated struct {
	local.Sender
	times int
}

func (r repeated) Send(ctx context.Context, body string) (id string, err error) {
	for range r.times {
		if id, err = r.Sender.Send(ctx, body); err != nil {
			return "", err
		}
	}
	return id, nil
}

// isFirst reports whether a worker has a message of the first attempt of a
// source's first stream.
func isFirst(ctx context.Context) bool {
	msg := callerOf(ctx).msg
	return msg.Attempt == 0 && strings.HasSuffix(msg.Stream.ID, "-001")
}

// lateAnswer is a worker that gives no sign of life for an hour once its work is
// done.
type lateAnswer struct{ callback.Callback }

func (l lateAnswer) Success(ctx context.Context, token string, output []byte) error {
	if isFirst(ctx) {
		callerOf(ctx).frozenUntil.Store(time.Now().Add(time.Hour).UnixNano())
		time.Sleep(time.Hour)
	}
	return l.Callback.Success(ctx, token, output)
}

// lateRows is a store that takes an hour to keep what the first attempt brings,
// when nobody waits for it any more.
type lateRows struct{ *weatheredStore }

func (l lateRows) Insert(ctx context.Context, rows []row.Row) error {
	return l.late(ctx, func(ctx context.Context) error { return l.weatheredStore.Insert(ctx, rows) })
}

func (l lateRows) Change(ctx context.Context, old, next row.Row) error {
	return l.late(ctx, func(ctx context.Context) error { return l.weatheredStore.Change(ctx, old, next) })
}

func (l lateRows) late(ctx context.Context, write func(context.Context) error) error {
	if !isFirst(ctx) {
		return write(ctx)
	}
	done := make(chan error, 1)
	l.running.Go(func() {
		time.Sleep(time.Hour)
		done <- write(context.WithoutCancel(ctx))
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
