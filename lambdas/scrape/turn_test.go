package scrape_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"golang.org/x/sync/semaphore"
)

// aSecondEach is a store that takes a second for each Insert, and fails from one of them on.
type aSecondEach struct {
	*kept
	failing int // 0: none fails
	inserts atomic.Int32
}

func (s *aSecondEach) Insert(ctx context.Context, rows []row.Row) error {
	if n := int(s.inserts.Add(1)); s.failing > 0 && n >= s.failing {
		return errors.New("no room is left")
	}
	select {
	case <-time.After(time.Second):
		return s.kept.Insert(ctx, rows)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newLong is a bench of three series with 5,000 days each, which are three calls to Insert.
func newLong(t *testing.T) (*bench, *aSecondEach, span.Span) {
	t.Helper()
	b := newPair(t)
	store := &aSecondEach{kept: b.store}
	b.Store = store
	days := span.Span{From: day("2026-06-12") - 4999, To: day("2026-06-12")}
	b.Sources["bcb-ptax"] = publisher(func(_ context.Context, r source.Request) (source.Answer, error) {
		a := source.Answer{Requests: 1}
		for _, s := range r.Series {
			for d := days.From; d <= days.To; d++ {
				a.Observations = append(a.Observations, source.Observation{Key: s.Key, Day: d, Fields: row.Fields{{Name: "sell", Value: "5.1"}}})
			}
		}
		return a, nil
	})
	return b, store, days
}

// Of two workers that have their answers at once the first one is done in half the time of
// both, where they would take turns and both be late.
func TestOneAnswerAfterTheOtherIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _, days := newLong(t)
		b.Turn = semaphore.NewWeighted(1)
		began := time.Now()
		var took [2]time.Duration
		var both sync.WaitGroup
		for i, run := range []string{"r1", "r2"} {
			both.Go(func() {
				m := msg(run, 0)
				m.Streams[0].Series, m.Streams[0].From, m.Streams[0].To = []string{"USD", "EUR", "GBP"}, days.From, days.To
				one := &bench{Handler: b.Handler, answers: &answers{}}
				if one.do(t.Context(), t, m) {
					t.Error("the message stays")
				}
				took[i] = time.Since(began)
			})
		}
		both.Wait()
		if first, last := min(took[0], took[1]), max(took[0], took[1]); first != 3*time.Second || last != 6*time.Second {
			t.Errorf("took %s and %s, want 3s and 6s", first, last)
		}
	})
}

// Who waits for the turn does not put off the end, and says what was not stored.
func TestTheTurnDoesNotPutOffTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, store, days := newLong(t)
		b.Turn = semaphore.NewWeighted(1)
		if !b.Turn.TryAcquire(1) {
			t.Fatal("the turn is taken")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		m := msg("r1", 0)
		m.Streams[0].Series, m.Streams[0].From, m.Streams[0].To = []string{"USD", "EUR", "GBP"}, days.From, days.To
		began := time.Now()
		b.do(ctx, t, m)
		if took := time.Since(began); took > 11*time.Second || store.inserts.Load() != 0 {
			t.Errorf("took %s, %d calls to Insert; want at most 11s and none", took, store.inserts.Load())
		}
		if did := b.streams(t, "r1")[0]; did.Error == "" || did.Series[0].Observed != 0 || did.Series[0].Failed == 0 {
			t.Errorf("written down: %+v", did)
		}
	})
}

// A store that fails in the middle has what came before, and is not asked again. Nothing goes
// on behind: synctest waits for it.
func TestAStoreThatFailsInTheMiddle(t *testing.T) {
	for failing := 1; failing <= 3; failing++ {
		synctest.Test(t, func(t *testing.T) {
			b, slow, days := newLong(t)
			slow.failing = failing
			m := msg("r1", 0)
			m.Streams[0].Series, m.Streams[0].From, m.Streams[0].To = []string{"USD", "EUR", "GBP"}, days.From, days.To
			b.do(t.Context(), t, m)
			if n := int(slow.inserts.Load()); n != failing {
				t.Errorf("failing %d: %d calls to Insert", failing, n)
			}
			did := b.streams(t, "r1")[0]
			for i, c := range did.Series {
				rows, err := b.store.Store.Rows(t.Context(), c.Key, days)
				if err != nil {
					t.Fatal(err)
				}
				want := 0
				if i < failing-1 {
					want = 5000
				}
				if len(rows) != want || c.Observed != want || (c.Failed > 0) != (want == 0) {
					t.Errorf("failing %d: %d rows of %s, written down are %+v; want %d", failing, len(rows), c.Key, c, want)
				}
			}
		})
	}
}
