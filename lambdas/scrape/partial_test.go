package scrape_test

import (
	"context"
	"strings"
	"testing"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

// newPair is a bench with two more series, EUR and GBP.
func newPair(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, nil, nil)
	text := strings.Replace(series, "max_series: 1", "max_series: 3", 1)
	for _, key := range []string{"EUR", "GBP"} {
		text += strings.ReplaceAll(series[strings.Index(series, "- {"):], "USD", key)
	}
	c, err := catalogue.Parse("series.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Catalogue = c
	return b
}

// What can be had of a stream is stored. The others fail, by name, and the next
// attempt asks for them alone; what it cannot have either does not undo the count.
func TestSomeSeriesFailAlone(t *testing.T) {
	b := newPair(t)
	why := fault.New(fault.Unavailable, "no EUR")
	failing := true
	var asked []string
	b.Sources["bcb-ptax"] = publisher(func(_ context.Context, r source.Request) (source.Answer, error) {
		a, failed := source.Answer{Requests: 1}, map[string]error{}
		for _, s := range r.Series {
			asked = append(asked, s.Key)
			for d := r.Span.From; d <= r.Span.To; d++ {
				if v, ok := week[d.String()]; ok {
					a.Observations = append(a.Observations, source.Observation{Key: s.Key, Day: d, Fields: row.Fields{{Name: "sell", Value: v}}})
				}
			}
			if s.Key == "EUR" && failing {
				failed[s.Key] = why
			}
		}
		if len(failed) == len(r.Series) {
			return source.Answer{Requests: 1}, why
		}
		a.Fail(failed)
		return a, nil
	})
	euros := func() int {
		rows, err := b.store.Store.Rows(t.Context(), "EUR", span.Span{From: day("2026-06-01"), To: day("2026-06-30")})
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	m := msg("r1", 0)
	m.Streams[0].Series = []string{"USD", "EUR"}
	counts := []store.SeriesCount{{Key: "USD", Count: row.Count{Observed: 5}, Latest: day("2026-06-12")}, {Key: "EUR", Failed: 5}}
	for attempt := range 3 {
		m.Attempt = attempt
		b.do(t.Context(), t, m)
		if b.answers.failure != fault.Unavailable || !strings.Contains(b.answers.cause, "no EUR") || len(b.rows(t)) != 5 || euros() != 0 {
			t.Fatalf("attempt %d: %s %s, %d rows of USD and %d of EUR", attempt, b.answers.failure, b.answers.cause, len(b.rows(t)), euros())
		}
		if diff := cmp.Diff(counts, b.streams(t, "r1")[0].Series); diff != "" {
			t.Errorf("attempt %d: counts (-want +got):\n%s", attempt, diff)
		}
		if breaker, err := b.store.Breaker(t.Context(), "bcb-ptax"); err != nil || attempt < 2 && !breaker.DownUntil.IsZero() {
			t.Errorf("attempt %d: breaker %+v, %v", attempt, breaker, err)
		}
	}
	failing, m.Attempt = false, 3
	b.do(t.Context(), t, m)
	counts[1] = store.SeriesCount{Key: "EUR", Count: row.Count{Observed: 5}, Latest: day("2026-06-12")}
	if diff := cmp.Diff(counts, b.streams(t, "r1")[0].Series); diff != "" || b.answers.failure != "" || euros() != 5 {
		t.Errorf("at last: %s, %d rows, counts (-want +got):\n%s", b.answers.failure, euros(), diff)
	}
	if got := strings.Join(asked, " "); got != "USD EUR EUR EUR EUR" {
		t.Errorf("asked for %s", got)
	}
}

// What cannot be read of one series is nothing of another.
func TestADamagedRowOfAnotherSeries(t *testing.T) {
	b := newPair(t)
	b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
		return source.Answer{Requests: 1, Damaged: []source.Damage{{Observation: source.Observation{Key: "EUR", Day: day("2026-06-09")}, Reason: "it came twice"}}}, nil
	})
	m := msg("r1", 0)
	m.Streams[0].Series = []string{"USD", "EUR"}
	b.do(t.Context(), t, m)
	b.do(t.Context(), t, m)
	counts := b.streams(t, "r1")[0].Series
	if counts[0].Incomplete != 0 || counts[0].Absent != 5 || counts[1].Incomplete != 1 || counts[1].Absent != 4 {
		t.Errorf("counts %+v", counts)
	}
}

// An answer need not have its series one after the other.
func TestSeriesThatAreMixed(t *testing.T) {
	b := newPair(t)
	b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
		a := source.Answer{Requests: 1}
		for d := day("2026-06-08"); d <= day("2026-06-12"); d++ {
			for key, value := range map[string]string{"USD": "5", "EUR": "6"} {
				a.Observations = append(a.Observations, source.Observation{Key: key, Day: d, Fields: row.Fields{{Name: "sell", Value: value}}})
			}
		}
		return a, nil
	})
	m := msg("r1", 0)
	m.Streams[0].Series = []string{"USD", "EUR"}
	b.do(t.Context(), t, m)
	for key, value := range map[string]string{"USD": "5", "EUR": "6"} {
		rows, err := b.store.Store.Rows(t.Context(), key, m.Streams[0].Span())
		if err != nil || len(rows) != 5 {
			t.Fatalf("%s: %d rows, %v", key, len(rows), err)
		}
		for _, r := range rows {
			if got, _ := r.Fields.Get("sell"); got != value {
				t.Errorf("%s %s is %s, want %s", key, r.Day, got, value)
			}
		}
	}
}

// A publisher that answers for some series late in the retries is not down.
func TestAPartialAnswerDoesNotOpenTheBreaker(t *testing.T) {
	b := newBench(t, nil, nil)
	b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
		a := source.Answer{Requests: 1}
		a.Fail(map[string]error{"USD": fault.New(fault.Unavailable, "no USD")})
		return a, nil
	})
	b.do(t.Context(), t, msg("r1", 4))
	if breaker, err := b.store.Breaker(t.Context(), "bcb-ptax"); err != nil || !breaker.DownUntil.IsZero() || b.answers.failure != fault.Unavailable {
		t.Errorf("%s, breaker %+v, %v", b.answers.failure, breaker, err)
	}
}

// Of several reasons the one that is worth most attempts names the error, and each
// is told once.
func TestSeriesThatFailForSeveralReasons(t *testing.T) {
	b := newPair(t)
	b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
		a := source.Answer{Requests: 1}
		refused := fault.New(fault.Rejected, "no dollar")
		a.Fail(map[string]error{"USD": refused, "EUR": fault.New(fault.Unavailable, "no euro"), "GBP": refused})
		return a, nil
	})
	m := msg("r1", 0)
	m.Streams[0].Series = []string{"USD", "EUR", "GBP"}
	b.do(t.Context(), t, m)
	if want := "no euro; Source.Rejected: no dollar"; b.answers.failure != fault.Unavailable || !strings.HasSuffix(b.answers.cause, want) || strings.Count(b.answers.cause, "euro") != 1 {
		t.Errorf("%s: %s", b.answers.failure, b.answers.cause)
	}
}
