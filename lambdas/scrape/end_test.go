package scrape_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
	"lacuna/internal/store/sqlite"
	"lacuna/lambdas/scrape"

	"github.com/google/go-cmp/cmp"
)

// ending is a store during one of whose calls the work is told to end.
type ending struct {
	scrape.Store
	at  string // Insert, Change or Streams
	end func()
}

func (e ending) told(at string) {
	if e.at == at {
		e.end()
	}
}

func (e ending) Insert(ctx context.Context, rows []row.Row) error {
	e.told("Insert")
	return e.Store.Insert(ctx, rows)
}

func (e ending) Change(ctx context.Context, old, next row.Row) error {
	e.told("Change")
	return e.Store.Change(ctx, old, next)
}

func (e ending) Streams(ctx context.Context, run string) ([]store.Stream, error) {
	e.told("Streams")
	return e.Store.Streams(ctx, run)
}

// threeOfFive days have values, one is damaged, and one is left out.
func threeOfFive() source.Answer {
	a := source.Answer{Requests: 1, Damaged: []source.Damage{{Observation: source.Observation{Key: "USD", Day: day("2026-06-09")}, Reason: "n/a"}}}
	for _, d := range []string{"2026-06-10", "2026-06-11", "2026-06-12"} {
		a.Observations = append(a.Observations, source.Observation{Key: "USD", Day: day(d), Fields: row.Fields{{Name: "sell", Value: week[d]}}})
	}
	return a
}

// An answer that is there is stored, whole, though the work is told to end, and what is written
// down of the stream is that.
func TestAnAnswerIsStoredThoughTheWorkEnds(t *testing.T) {
	stores := map[string]func(t *testing.T) store.Store{
		"memory": func(*testing.T) store.Store { return memory.New() },
		"sqlite": func(t *testing.T) store.Store {
			s, err := sqlite.Open(filepath.Join(t.TempDir(), "days.db"), sqlite.Live)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		},
	}
	for name, open := range stores {
		for _, at := range []string{"Fetch", "Streams", "Insert", "Change"} {
			t.Run(name+", during "+at, func(t *testing.T) {
				s := open(t)
				if err := s.SaveStream(t.Context(), store.Stream{Run: "r1", ID: "bcb-ptax-001", Source: "bcb-ptax", Malformed: true, Error: "Source.Malformed", Attempt: 1}); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				b := newBench(t, nil, nil)
				b.Store = ending{s, at, cancel}
				b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
					if at == "Fetch" {
						cancel()
					}
					return threeOfFive(), nil
				})
				if !b.do(ctx, t, msg("r1", 1)) {
					t.Error("the message does not stay")
				}
				rows, err := s.Rows(t.Context(), "USD", span.Span{From: day("2026-06-01"), To: day("2026-06-30")})
				if err != nil {
					t.Fatal(err)
				}
				got := map[row.Status]int{}
				for _, r := range rows {
					got[r.Status]++
				}
				if diff := cmp.Diff(map[row.Status]int{row.Observed: 3, row.Absent: 1, row.Incomplete: 1}, got); diff != "" {
					t.Errorf("stored (-want +got):\n%s", diff)
				}
				streams, err := s.Streams(t.Context(), "r1")
				if err != nil || len(streams) != 1 {
					t.Fatal(streams, err)
				}
				counted := streams[0].Series[0].Count
				if counted.Observed != 3 || counted.Absent != 1 || counted.Incomplete != 1 || streams[0].Error != "" || streams[0].Requests != 1 {
					t.Errorf("written down: %+v", streams[0])
				}
			})
		}
	}
}

// stuck is a store that changes no row and answers nobody about it.
type stuck struct{ *kept }

func (stuck) Change(ctx context.Context, _, _ row.Row) error {
	<-ctx.Done()
	return ctx.Err()
}

// The end is not put off for long: what is stored by then, values first, is written down.
func TestAnAnswerDoesNotPutOffTheEnd(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration // from when on ctx ends
		limit time.Duration // or its time is up
		want  time.Duration
	}{
		{"Ctrl-C", 10 * time.Second, time.Hour, 11 * time.Second},
		{"the end of the function's time", time.Hour, 2 * time.Minute, 115 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.limit)
				defer cancel()
				time.AfterFunc(tt.after, cancel)
				b := newBench(t, nil, nil)
				b.Store = stuck{b.store}
				b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
					a := threeOfFive()
					a.Damaged = nil
					return a, nil
				})
				began := time.Now()
				b.do(ctx, t, msg("r1", 0))
				if took := time.Since(began); took != tt.want {
					t.Errorf("took %s, want %s", took, tt.want)
				}
				if rows := b.rows(t); len(rows) != 3 {
					t.Errorf("%d rows are stored, want the values", len(rows))
				}
				did := b.streams(t, "r1")[0]
				if c := did.Series[0].Count; did.Error == "" || c.Observed != 3 || c.Absent != 0 {
					t.Errorf("written down: %+v", did)
				}
			})
		})
	}
}
