package scrape_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

// bundle is a message of one stream a day of the week.
func bundle(run string, attempt int) message.Scrape {
	m := msg(run, attempt)
	m.Streams = nil
	for i := range 5 {
		d := day("2026-06-08") + span.Day(i)
		m.Streams = append(m.Streams, message.Stream{ID: fmt.Sprintf("bcb-ptax-%03d", i+1), Series: []string{"USD"}, From: d, To: d, Days: 1})
	}
	return m
}

// did shows what the streams of a run did as id, attempt, requests and error.
func (b *bench) did(t *testing.T, run string) string {
	t.Helper()
	var lines []string
	for _, s := range b.streams(t, run) {
		observed := 0
		for _, c := range s.Series {
			observed += c.Observed
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s try %d: %d of %d %s", strings.TrimPrefix(s.ID, "bcb-ptax-"), s.Attempt, observed, s.Requests, s.Error)))
	}
	return strings.Join(lines, "; ")
}

// Streams are done in turn. One that fails stops those after it when they would fail
// alike, and no others; a retry does what is left.
func TestABundle(t *testing.T) {
	tests := []struct {
		name          string
		fails         map[string]fault.Name // by day
		told          fault.Name
		first, second string // what is written down
		asked, again  int    // requests of the first attempt, and of the second, in which nothing fails
	}{
		{
			"nothing fails", nil, "",
			"001 try 1: 1 of 1; 002 try 1: 1 of 1; 003 try 1: 1 of 1; 004 try 1: 1 of 1; 005 try 1: 1 of 1", "same", 5, 0,
		},
		{
			"one request that has no answer stops no other", map[string]fault.Name{"2026-06-10": fault.Unavailable, "2026-06-12": fault.Internal}, fault.Unavailable,
			"001 try 1: 1 of 1; 002 try 1: 1 of 1; 003 try 1: 0 of 1 Source.Unavailable; 004 try 1: 1 of 1; 005 try 1: 0 of 1 Lacuna.Internal",
			"001 try 1: 1 of 1; 002 try 1: 1 of 1; 003 try 2: 1 of 2; 004 try 1: 1 of 1; 005 try 2: 1 of 2", 5, 2,
		},
		{
			"the publisher is away: who comes after waits for the retry", map[string]fault.Name{"2026-06-09": fault.Unavailable, "2026-06-10": fault.Unavailable}, fault.Unavailable,
			"001 try 1: 1 of 1; 002 try 1: 0 of 1 Source.Unavailable; 003 try 1: 0 of 1 Source.Unavailable; 004 try 0: 0 of 0 Source.Unavailable; 005 try 0: 0 of 0 Source.Unavailable",
			"001 try 1: 1 of 1; 002 try 2: 1 of 2; 003 try 2: 1 of 2; 004 try 1: 1 of 1; 005 try 1: 1 of 1", 3, 4,
		},
		{
			"one that is refused stops no other", map[string]fault.Name{"2026-06-08": fault.Rejected, "2026-06-10": fault.Malformed}, fault.Malformed,
			"001 try 1: 0 of 1 Source.Rejected; 002 try 1: 1 of 1; 003 try 1: 0 of 1 Source.Malformed; 004 try 1: 1 of 1; 005 try 1: 1 of 1",
			"001 try 2: 1 of 2; 002 try 1: 1 of 1; 003 try 2: 1 of 2; 004 try 1: 1 of 1; 005 try 1: 1 of 1", 5, 2,
		},
		{
			"the first of several", map[string]fault.Name{"2026-06-09": fault.Malformed, "2026-06-11": fault.Throttled}, fault.Throttled,
			"001 try 1: 1 of 1; 002 try 1: 0 of 1 Source.Malformed; 003 try 1: 1 of 1; 004 try 1: 0 of 1 Source.Throttled; 005 try 0: 0 of 0 Source.Throttled",
			"001 try 1: 1 of 1; 002 try 2: 1 of 2; 003 try 1: 1 of 1; 004 try 2: 1 of 2; 005 try 1: 1 of 1", 4, 3,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, week, nil)
			fails, asked := tt.fails, 0
			b.Sources["bcb-ptax"] = publisher(func(_ context.Context, r source.Request) (source.Answer, error) {
				asked++
				if name, ok := fails[r.Span.From.String()]; ok {
					return source.Answer{Requests: 1}, fault.New(name, "no")
				}
				return source.Answer{Requests: 1, Observations: []source.Observation{{Key: "USD", Day: r.Span.From, Fields: row.Fields{{Name: "sell", Value: week[r.Span.From.String()]}}}}}, nil
			})
			if b.do(t.Context(), t, bundle("r1", 0)) || b.answers.failure != tt.told || asked != tt.asked {
				t.Errorf("told %q after %d requests, want %q after %d", b.answers.failure, asked, tt.told, tt.asked)
			}
			if diff := cmp.Diff(tt.first, b.did(t, "r1")); diff != "" {
				t.Errorf("the first attempt (-want +got):\n%s", diff)
			}
			if tt.second == "same" {
				tt.second = tt.first
			}
			fails, asked = nil, 0
			b.do(t.Context(), t, bundle("r1", 1))
			if asked != tt.again {
				t.Errorf("the retry asks %d times, want %d", asked, tt.again)
			}
			if diff := cmp.Diff(tt.second, b.did(t, "r1")); diff != "" {
				t.Errorf("the retry (-want +got):\n%s", diff)
			}
			var done message.Scraped
			if err := json.Unmarshal([]byte(b.answers.output), &done); err != nil || !done.OK || done.Rows != 5 || done.Stream != "bcb-ptax-001" || len(b.answers.output) > 200 {
				t.Errorf("answered %s, %v", b.answers.output, err)
			}
			b.wantTable(t, "2026-06-08 observed 5.1000", "2026-06-09 observed 5.1100", "2026-06-10 observed 5.1200", "2026-06-11 observed 5.1300", "2026-06-12 observed 5.1400")
		})
	}
}

// A message of the version before is done as it was meant.
func TestAMessageOfVersion1(t *testing.T) {
	b := newBench(t, week, nil)
	m := msg("r1", 0)
	m.V, m.Stream, m.Streams = 1, &m.Streams[0], nil
	if b.do(t.Context(), t, m) || b.answers.output == "" || len(b.rows(t)) != 5 {
		t.Errorf("answered %q %q, %d rows", b.answers.output, b.answers.failure, len(b.rows(t)))
	}
}

// A source is down when one stream has failed often, not when each of several has once.
func TestABundleOpensTheBreakerByOneStream(t *testing.T) {
	b := newBench(t, week, nil)
	away := "2026-06-08"
	b.Sources["bcb-ptax"] = publisher(func(_ context.Context, r source.Request) (source.Answer, error) {
		if r.Span.From.String() == away {
			return source.Answer{Requests: 1}, fault.New(fault.Unavailable, "no")
		}
		return source.Answer{Requests: 1, Observations: []source.Observation{{Key: "USD", Day: r.Span.From, Fields: row.Fields{{Name: "sell", Value: week[r.Span.From.String()]}}}}}, nil
	})
	down := func() bool {
		b, err := b.store.Breaker(t.Context(), "bcb-ptax")
		if err != nil {
			t.Fatal(err)
		}
		return !b.DownUntil.IsZero()
	}
	for attempt, want := range []bool{false, false, true} {
		b.do(t.Context(), t, bundle("r1", attempt))
		if down() != want {
			t.Errorf("attempt %d at the same stream: down %t", attempt, !want)
		}
	}
	away = "2026-06-10" // in another run, whose first two attempts nobody saw
	if err := b.store.SetBreaker(t.Context(), "bcb-ptax", store.Breaker{}); err != nil {
		t.Fatal(err)
	}
	b.do(t.Context(), t, bundle("r2", 4))
	if down() {
		t.Error("the first attempt at a stream has opened the breaker")
	}
}

// full is a store that takes rows once.
type full struct {
	*kept
	inserts int
}

func (f *full) Insert(ctx context.Context, rows []row.Row) error {
	if f.inserts++; f.inserts > 1 {
		return fault.New(fault.StoreThrottled, "slow down")
	}
	return f.kept.Insert(ctx, rows)
}

// Where some of a stream could be stored, that is written down, and that the rest failed.
func TestSomeSeriesCannotBeStored(t *testing.T) {
	b := newPair(t)
	b.Store = &full{kept: b.store}
	b.Sources["bcb-ptax"] = publisher(func(_ context.Context, r source.Request) (source.Answer, error) {
		a := source.Answer{Requests: 1}
		for _, s := range r.Series {
			for d := r.Span.From; d <= r.Span.To; d++ {
				a.Observations = append(a.Observations, source.Observation{Key: s.Key, Day: d, Fields: row.Fields{{Name: "sell", Value: "5.1"}}})
			}
		}
		return a, nil
	})
	m := msg("r1", 0)
	m.Streams[0].Series, m.Streams[0].From = []string{"USD", "EUR", "GBP"}, day("2006-01-02")
	if b.do(t.Context(), t, m) || b.answers.failure != fault.StoreThrottled {
		t.Errorf("told %q, %s", b.answers.failure, b.answers.cause)
	}
	did := b.streams(t, "r1")[0].Series
	if len(b.rows(t)) == 0 || did[0].Observed != len(b.rows(t)) || did[0].Failed != 0 || did[0].Latest != day("2026-06-12") {
		t.Errorf("%d rows of USD are stored, written down: %+v", len(b.rows(t)), did[0])
	}
	for _, c := range did[1:] {
		if c.Observed != 0 || c.Failed == 0 {
			t.Errorf("written down of what is not stored: %+v", c)
		}
	}
}

// What cannot be stored is told by name, however much it is.
func TestALongSeriesThatCannotBeStored(t *testing.T) {
	b := newBench(t, week, nil)
	b.Sources["bcb-ptax"] = publisher(func(_ context.Context, r source.Request) (source.Answer, error) {
		a := source.Answer{Requests: 1}
		for d := r.Span.From; d <= r.Span.To; d++ {
			a.Observations = append(a.Observations, source.Observation{Key: "USD", Day: d, Fields: row.Fields{{Name: "sell", Value: "5.1"}}})
		}
		return a, nil
	})
	b.store.onInsert = fault.New(fault.StoreThrottled, "slow down")
	m := msg("r1", 0)
	m.Streams[0].From = day("2006-01-02")
	if b.do(t.Context(), t, m) || b.answers.failure != fault.StoreThrottled || !strings.Contains(b.answers.cause, "rows of bcb-ptax-001") {
		t.Errorf("told %q, %s", b.answers.failure, b.answers.cause)
	}
}
