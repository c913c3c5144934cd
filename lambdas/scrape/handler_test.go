package scrape_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
	"lacuna/lambdas/scrape"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

const series = `
version: 1
sources:
  bcb-ptax: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: USD, title: dollar, unit: BRL, source: bcb-ptax, code: USD, fields: [sell], calendar: brazil-bank, cadence: daily, since: 2000-01-03,
   checks: {sell: {min: 0.5, max: 20}}}
`

// bench is a handler with everything around it.
type bench struct {
	*scrape.Handler
	store    *kept
	answers  *answers
	requests []span.Span
	log      bytes.Buffer
}

// newBench has a publisher that answers every day with a value but those that
// lack has, which it leaves out; then err if there is one.
func newBench(t *testing.T, values map[string]string, err error) *bench {
	t.Helper()
	c, parseErr := catalogue.Parse("series.yaml", []byte(series), nil)
	if parseErr != nil {
		t.Fatal(parseErr)
	}
	b := &bench{store: &kept{Store: memory.New()}, answers: &answers{}}
	fetch := func(_ context.Context, r source.Request) (source.Answer, error) {
		b.requests = append(b.requests, r.Span)
		a := source.Answer{Requests: 1}
		for d := r.Span.From; d <= r.Span.To; d++ {
			if v, ok := values[d.String()]; ok && err == nil {
				a.Observations = append(a.Observations, source.Observation{Key: "USD", Day: d, Fields: row.Fields{{Name: "sell", Value: v}}})
			}
		}
		return a, err
	}
	b.Handler = &scrape.Handler{
		Catalogue: c,
		Sources:   map[string]source.Source{"bcb-ptax": publisher(fetch)},
		Store:     b.store,
		Callback:  b.answers,
		Log:       slog.New(slog.NewTextHandler(&b.log, nil)),
	}
	return b
}

// Monday 2026-06-08 to Friday 2026-06-12.
var week = map[string]string{"2026-06-08": "5.1000", "2026-06-09": "5.1100", "2026-06-10": "5.1200", "2026-06-11": "5.1300", "2026-06-12": "5.1400"}

func day(text string) span.Day {
	d, err := span.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func msg(run string, attempt int) message.Scrape {
	return message.Scrape{
		V: message.ScrapeVersion, Run: run, AsOf: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Only: row.OnlyDue, Source: "bcb-ptax", Token: "t", Attempt: attempt,
		Streams: []message.Stream{{ID: "bcb-ptax-001", Series: []string{"USD"}, From: day("2026-06-08"), To: day("2026-06-14"), Days: 5}},
	}
}

func (b *bench) do(ctx context.Context, t *testing.T, m message.Scrape) (stays bool) {
	t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b.body(ctx, t, string(body))
}

func (b *bench) body(ctx context.Context, t *testing.T, body string) (stays bool) {
	t.Helper()
	b.answers.beats, b.answers.output, b.answers.failure, b.answers.cause = 0, "", "", ""
	out, err := b.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m1", Body: body}}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(out)
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("Handle gives %s, %v; a null list stops pollers", text, err)
	}
	return len(out.BatchItemFailures) == 1
}

// table shows the rows as day, status, value and reason.
func (b *bench) table(t *testing.T) []string {
	var lines []string
	for _, r := range b.rows(t) {
		value, _ := r.Fields.Get("sell")
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Day, r.Status, value, r.Reason)))
	}
	return lines
}

func (b *bench) wantTable(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, b.table(t)); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestFillsTheWeekAndAnswers(t *testing.T) {
	b := newBench(t, week, nil)
	if b.do(t.Context(), t, msg("r1", 0)) {
		t.Error("message stays")
	}
	b.wantTable(t, "2026-06-08 observed 5.1000", "2026-06-09 observed 5.1100", "2026-06-10 observed 5.1200", "2026-06-11 observed 5.1300", "2026-06-12 observed 5.1400")
	want := `{"stream":"bcb-ptax-001","ok":true,"requests":1,"rows":5,"absent":0,"incomplete":0}`
	if b.answers.output != want || len(want) > 200 {
		t.Errorf("answer %s, want %s", b.answers.output, want)
	}
	if diff := cmp.Diff([]span.Span{{From: day("2026-06-08"), To: day("2026-06-12")}}, b.requests); diff != "" {
		t.Errorf("requests mismatch (-want +got):\n%s", diff)
	}
	// The same message once more, and another run: nothing is asked.
	for _, run := range []string{"r1", "r2"} {
		if b.do(t.Context(), t, msg(run, 0)) || len(b.requests) != 1 {
			t.Errorf("run %s again: %d requests", run, len(b.requests))
		}
	}
	if got := b.streams(t, "r2")[0]; got.Requests != 0 || got.Series[0].Observed != 0 {
		t.Errorf("the second run wrote %+v", got)
	}
}

func TestARetryAfterACrashCountsTheSame(t *testing.T) {
	b := newBench(t, week, nil)
	b.do(t.Context(), t, msg("r1", 0))
	b.do(t.Context(), t, msg("r1", 1))
	want := store.Stream{
		Run: "r1", ID: "bcb-ptax-001", Source: "bcb-ptax", Span: msg("", 0).Streams[0].Span(), Requests: 1, Attempt: 2,
		Series: []store.SeriesCount{{Key: "USD", Count: row.Count{Observed: 5}, Latest: day("2026-06-12")}},
	}
	if diff := cmp.Diff([]store.Stream{want}, b.streams(t, "r1")); diff != "" {
		t.Errorf("stream mismatch (-want +got):\n%s", diff)
	}
}

func TestDaysThatAnotherRunAskedForArePending(t *testing.T) {
	b := newBench(t, map[string]string{"2026-06-08": "5.1000"}, nil)
	b.do(t.Context(), t, msg("r1", 0))
	b.do(t.Context(), t, msg("r2", 0))
	streams, err := b.store.Streams(t.Context(), "r2")
	if err != nil {
		t.Fatal(err)
	}
	want := []store.SeriesCount{{Key: "USD", Pending: 4, Latest: day("2026-06-08")}}
	if diff := cmp.Diff(want, streams[0].Series); diff != "" || len(b.requests) != 1 {
		t.Errorf("%d requests; counts mismatch (-want +got):\n%s", len(b.requests), diff)
	}
}

func TestEmptyAndImplausibleDays(t *testing.T) {
	b := newBench(t, map[string]string{"2026-06-08": "5.1000", "2026-06-10": "-5.12", "2026-06-13": "5.2000"}, nil)
	m := msg("r1", 0)
	m.Streams[0].To = day("2026-06-10")
	b.do(t.Context(), t, m)
	b.wantTable(t, "2026-06-08 observed 5.1000", "2026-06-09 absent  no value published", "2026-06-10 incomplete -5.12 "+b.rows(t)[2].Reason)
	if !strings.Contains(b.rows(t)[2].Reason, "0.5") {
		t.Errorf("reason %q names no limit", b.rows(t)[2].Reason)
	}
	want := []store.SeriesCount{{Key: "USD", Count: row.Count{Observed: 1, Absent: 1, Incomplete: 1, New: 2}, Pending: 2, Latest: day("2026-06-08")}}
	if diff := cmp.Diff(want, b.streams(t, "r1")[0].Series); diff != "" {
		t.Errorf("counts mismatch (-want +got):\n%s", diff)
	}
	if want := `{"stream":"bcb-ptax-001","ok":true,"requests":1,"rows":1,"absent":1,"incomplete":1}`; b.answers.output != want {
		t.Errorf("answer %s, want %s", b.answers.output, want)
	}
}

func TestTheAnswerHasAllSeries(t *testing.T) {
	b := newBench(t, week, nil)
	c, err := catalogue.Parse("series.yaml", []byte(series+
		"- {key: EUR, title: euro, unit: BRL, source: bcb-ptax, code: EUR, fields: [sell], calendar: brazil-bank, cadence: daily, since: 2000-01-03}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Catalogue = c
	m := msg("r1", 0)
	m.Streams[0].Series = []string{"USD", "EUR"}
	b.do(t.Context(), t, m)
	if want := `{"stream":"bcb-ptax-001","ok":true,"requests":1,"rows":5,"absent":5,"incomplete":0}`; b.answers.output != want {
		t.Errorf("answer %s, want %s", b.answers.output, want)
	}
}

func TestBridgedAndClosedDaysAreStoredWhenTheyHaveAValue(t *testing.T) {
	values := map[string]string{"2026-06-08": "5.1000", "2026-06-12": "5.1400", "2026-06-13": "5.1500", "2026-06-10": "5.9999"}
	b := newBench(t, values, nil)
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-09"), Status: row.Absent, Run: "r0", Reason: "settled by a person"})
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-10"), Status: row.Observed, Run: "r0", Fields: row.Fields{{Name: "sell", Value: "5.12"}}})
	b.put(t, row.Row{Series: "USD", Day: day("2026-06-11"), Status: row.Observed, Run: "r0", Fields: row.Fields{{Name: "sell", Value: "5.13"}}})
	m := msg("r1", 0)
	b.do(t.Context(), t, m)
	b.wantTable(t, "2026-06-08 observed 5.1000", "2026-06-09 absent  settled by a person",
		"2026-06-10 observed 5.9999", "2026-06-11 observed 5.13", "2026-06-12 observed 5.1400")
	revised := b.rows(t)[2]
	if len(revised.Trail) != 1 || !strings.Contains(revised.Trail[0].Reason, "5.12") {
		t.Errorf("the revised value leaves no trace: %+v", revised.Trail)
	}
	revisions, err := b.store.Revisions(t.Context(), "USD", m.Streams[0].Span())
	if err != nil || len(revisions) != 1 || revisions[0].Day != revised.Day || revisions[0].Fields.String() != "sell 5.12" || revisions[0].ReplacedBy != "r1" {
		t.Errorf("Revisions = %+v, %v; want the value before", revisions, err)
	}
	// A Saturday with a value is only seen when the request reaches it.
	m.Streams[0].To = day("2026-06-15")
	values["2026-06-15"] = "5.1600"
	b.do(t.Context(), t, m)
	if got := b.table(t); got[len(got)-1] != "2026-06-15 observed 5.1600" {
		t.Errorf("rows %v", got)
	}
	m.Streams[0].From, m.Streams[0].To = day("2026-06-16"), day("2026-06-22")
	values["2026-06-20"] = "5.1700"
	b.do(t.Context(), t, m)
	if !strings.Contains(b.log.String(), "2026-06-20: published, but closed in the calendar") || !strings.Contains(fmt.Sprint(b.table(t)), "2026-06-20 observed 5.1700") {
		t.Errorf("a value on a Saturday: rows %v, log %s", b.table(t), b.log.String())
	}
}

func TestATokenThatIsGoneStopsTheWork(t *testing.T) {
	b := newBench(t, week, nil)
	b.answers.goneAfter = 1
	if b.do(t.Context(), t, msg("r1", 0)) || len(b.requests)+len(b.rows(t))+len(b.streams(t, "r1")) > 0 {
		t.Errorf("a stale message left %d requests, %v, %v", len(b.requests), b.rows(t), b.streams(t, "r1"))
	}

	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, week, nil)
		b.answers.goneAfter = 3 // the second beat in mid-work
		b.Sources["bcb-ptax"] = publisher(func(ctx context.Context, _ source.Request) (source.Answer, error) {
			<-ctx.Done()
			return source.Answer{Requests: 1}, ctx.Err()
		})
		began := time.Now()
		if b.do(t.Context(), t, msg("r1", 0)) || b.answers.failure != "" || b.answers.output != "" {
			t.Errorf("answered %q, %q for a token that is gone", b.answers.failure, b.answers.output)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("cancelled after %s, want the second heartbeat", took)
		}
	})
}

func TestRetryAfterIsObeyedWhileHeartbeating(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{40 * time.Second: 40 * time.Second, time.Hour: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, nil, fault.New(fault.Throttled, "429: %w", source.RetryAfter(after)))
			began := time.Now()
			b.do(t.Context(), t, msg("r1", 0))
			if took := time.Since(began); took != want || b.answers.beats < 2 {
				t.Errorf("Retry-After %s: answered after %s with %d heartbeats, want %s", after, took, b.answers.beats, want)
			}
			if b.answers.failure != fault.Throttled {
				t.Errorf("failure %s", b.answers.failure)
			}
		})
	}
}

// slow is a state machine whose heartbeats take five seconds, whatever becomes of the work.
type slow struct{ *answers }

func (s slow) Heartbeat(ctx context.Context, token string) error {
	err := s.answers.Heartbeat(ctx, token)
	time.Sleep(5 * time.Second) // of the bubble's clock
	return err
}

// The answer waits for no heartbeat, its end does, and then there are no more.
func TestHeartbeatsEndWithTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil, nil)
		b.Callback = slow{b.answers}
		b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
			time.Sleep(32 * time.Second)
			return source.Answer{Requests: 1}, nil
		})
		began := time.Now()
		b.do(t.Context(), t, msg("r1", 0))
		if took := time.Since(began); took != 40*time.Second || b.answers.beats != 2 || b.answers.output == "" {
			t.Errorf("took %s with %d heartbeats, want the first, the work and the end of the second", took, b.answers.beats)
		}
		time.Sleep(10 * time.Minute)
		if b.answers.beats != 2 {
			t.Errorf("%d heartbeats long after the answer", b.answers.beats)
		}
	})
}

func TestTheFunctionsDeadlineIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil, nil)
		b.Sources["bcb-ptax"] = publisher(func(ctx context.Context, _ source.Request) (source.Answer, error) {
			<-ctx.Done()
			return source.Answer{Requests: 1}, fmt.Errorf("GET x: %w", ctx.Err())
		})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		began := time.Now()
		b.do(ctx, t, msg("r1", 0))
		if took := time.Since(began); took != 114*time.Second || b.answers.failure != fault.Unavailable {
			t.Errorf("answered %s after %s", b.answers.failure, took)
		}
		if len(b.streams(t, "r1")) != 1 || b.streams(t, "r1")[0].Error != string(fault.Unavailable) {
			t.Errorf("written down: %+v", b.streams(t, "r1"))
		}
	})
}

// hanging is a store that answers nobody about streams.
type hanging struct{ *kept }

func (hanging) SaveStream(ctx context.Context, _ store.Stream) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestTheFailureIsToldInTimeThoughItCannotBeWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil, nil)
		b.Store = hanging{b.store}
		b.Sources["bcb-ptax"] = publisher(func(ctx context.Context, _ source.Request) (source.Answer, error) {
			<-ctx.Done()
			return source.Answer{Requests: 1}, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		began := time.Now()
		stays := b.do(ctx, t, msg("r1", 0))
		if took := time.Since(began); stays || took != 117*time.Second || b.answers.failure != fault.Unavailable {
			t.Errorf("message stays: %t, told %q after %s", stays, b.answers.failure, took)
		}
	})
}

func TestFailuresAreToldByName(t *testing.T) {
	for _, name := range []fault.Name{fault.Throttled, fault.Unavailable, fault.Malformed, fault.Rejected, fault.Internal} {
		b := newBench(t, nil, fault.New(name, "it said no"))
		if b.do(t.Context(), t, msg("r1", 1)) {
			t.Errorf("%s: message stays", name)
		}
		if b.answers.failure != name || !strings.Contains(b.answers.cause, "it said no") || !strings.Contains(b.answers.cause, "2026-06-08/2026-06-12") {
			t.Errorf("%s: told %s, %q", name, b.answers.failure, b.answers.cause)
		}
		want := store.Stream{
			Run: "r1", ID: "bcb-ptax-001", Source: "bcb-ptax", Span: msg("", 0).Streams[0].Span(), Requests: 1, Attempt: 2,
			Series: []store.SeriesCount{{Key: "USD"}}, Error: string(name), Message: b.answers.cause,
		}
		if diff := cmp.Diff([]store.Stream{want}, b.streams(t, "r1")); diff != "" {
			t.Errorf("%s: stream mismatch (-want +got):\n%s", name, diff)
		}
	}
	b := newBench(t, week, nil)
	b.store.err = fault.New(fault.StoreThrottled, "slow down")
	if b.do(t.Context(), t, msg("r1", 0)) || b.answers.failure != fault.StoreThrottled {
		t.Errorf("store: told %s", b.answers.failure)
	}
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil, fault.New(fault.Unavailable, "503"))
		told := func(run string, attempt int) string {
			before := len(b.requests)
			b.do(t.Context(), t, msg(run, attempt))
			return fmt.Sprintf("%s, %d requests", b.answers.failure, len(b.requests)-before)
		}
		steps := []struct {
			name, run string
			attempt   int
			want      string
		}{
			{"first attempt asks", "r1", 0, "Source.Unavailable, 1 requests"},
			{"so does another first one", "r1", 0, "Source.Unavailable, 1 requests"},
			{"the third opens the breaker", "r1", 2, "Source.Unavailable, 1 requests"},
			{"a new stream is not asked for", "r1", 0, "Source.Down, 0 requests"},
			{"one in its retries is the probe", "r1", 3, "Source.Unavailable, 1 requests"},
			{"another run finds out by itself", "r2", 0, "Source.Unavailable, 1 requests"},
		}
		for _, s := range steps {
			if got := told(s.run, s.attempt); got != s.want {
				t.Errorf("%s: %s, want %s", s.name, got, s.want)
			}
		}
		time.Sleep(15 * time.Minute) // of the bubble's clock
		if got := told("r1", 0); got != "Source.Unavailable, 1 requests" {
			t.Errorf("after 15 minutes: %s", got)
		}
		good := newBench(t, week, nil)
		err := good.store.SetBreaker(t.Context(), "bcb-ptax", store.Breaker{Run: "r1", DownUntil: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		good.do(t.Context(), t, msg("r1", 3))
		breaker, err := good.store.Breaker(t.Context(), "bcb-ptax")
		if err != nil || breaker != (store.Breaker{}) || good.answers.output == "" {
			t.Errorf("a success leaves the breaker %+v, error %v", breaker, err)
		}
	})
}

// A publisher that answers, whatever it says, is not down.
func TestWhatOpensTheBreaker(t *testing.T) {
	for name, want := range map[fault.Name]bool{
		fault.Unavailable: true, fault.Throttled: true, fault.Malformed: false, fault.Rejected: false, fault.StoreUnavailable: false,
	} {
		b := newBench(t, nil, fault.New(name, "so it is"))
		b.do(t.Context(), t, msg("r1", 2))
		if breaker, err := b.store.Breaker(t.Context(), "bcb-ptax"); err != nil || !breaker.DownUntil.IsZero() != want {
			t.Errorf("%s: breaker %+v, %v", name, breaker, err)
		}
	}
}

func TestDamagedRowsAreMalformedOnce(t *testing.T) {
	b := newBench(t, nil, nil)
	b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
		a := source.Answer{Requests: 1}
		for text, value := range week {
			o := source.Observation{Key: "USD", Day: day(text), Fields: row.Fields{{Name: "sell", Value: value}}}
			if text == "2026-06-09" {
				a.Damaged = append(a.Damaged, source.Damage{Observation: o, Reason: "it came twice"})
				continue
			}
			a.Observations = append(a.Observations, o)
		}
		a.Damaged = append(a.Damaged, source.Damage{Observation: source.Observation{Key: "USD", Day: day("2020-01-01")}, Reason: "outside"})
		return a, nil
	})
	b.do(t.Context(), t, msg("r1", 0))
	if b.answers.failure != fault.Malformed || len(b.rows(t)) != 0 {
		t.Fatalf("at first: %s, rows %v", b.answers.failure, b.table(t))
	}
	b.do(t.Context(), t, msg("r1", 1))
	b.wantTable(t, "2026-06-08 observed 5.1000", "2026-06-09 incomplete 5.1100 it came twice",
		"2026-06-10 observed 5.1200", "2026-06-11 observed 5.1300", "2026-06-12 observed 5.1400")
	if got := b.streams(t, "r1")[0]; got.Requests != 2 || got.Error != "" || got.Attempt != 2 {
		t.Errorf("stream %+v", got)
	}
}

// What a source says of its answer reaches the stream, is not lost when the message
// comes again, and settles nothing.
func TestTheWarningsOfAnAnswerAreKept(t *testing.T) {
	b := newBench(t, nil, nil)
	const warning = "USD: no row of \"USD\" in an answer that has others"
	b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
		return source.Answer{Requests: 1, Warnings: []string{warning}}, nil
	})
	for _, times := range []string{"once", "twice"} {
		b.do(t.Context(), t, msg("r1", 0))
		got := b.streams(t, "r1")[0]
		unproven := "USD 2026-06-08: no value, and no proof that there is none: the answer of bcb-ptax for 2026-06-08/2026-06-12 has no row of it, and 4 more such days"
		if diff := cmp.Diff([]string{warning, unproven}, got.Warnings); diff != "" || got.Series[0].Pending != 5 {
			t.Errorf("%s: %+v, warnings (-want +got):\n%s", times, got.Series[0], diff)
		}
	}
	if n := strings.Count(b.log.String(), "level=WARN"); n != 4 {
		t.Errorf("%d warnings in the log, want two of each message:\n%s", n, &b.log)
	}
}

// A number that cannot be read is no day without a value.
func TestADamagedRowWithoutFieldsIsIncomplete(t *testing.T) {
	b := newBench(t, nil, nil)
	b.Sources["bcb-ptax"] = publisher(func(context.Context, source.Request) (source.Answer, error) {
		d := source.Damage{Observation: source.Observation{Key: "USD", Day: day("2026-06-09")}, Reason: "a formula without a value"}
		return source.Answer{Requests: 1, Damaged: []source.Damage{d}}, nil
	})
	b.do(t.Context(), t, msg("r1", 0))
	if b.answers.failure != fault.Malformed || len(b.rows(t)) > 0 {
		t.Errorf("at first: %s, rows %q", b.answers.failure, b.table(t))
	}
	b.do(t.Context(), t, msg("r1", 1))
	if !slices.Contains(b.table(t), "2026-06-09 incomplete  a formula without a value") {
		t.Errorf("rows %q", b.table(t))
	}
}

func TestMessagesThatCannotBeMeant(t *testing.T) {
	b := newBench(t, week, nil)
	for body, wantStays := range map[string]bool{
		`not json`:                true, // no token to answer: to the dead letter queue
		`{"v":2}`:                 true, // nor here
		`{"token":"t","v":"one"}`: false,
		`{"token":"t","v":2,"source":"bcb-ptax","only":"due","as_of":"2026-07-01T00:00:00Z","stream":{"series":["USD"],"from":"2026-06-08","to":"2026-06-09"}}`: false,
		`{"token":"t","v":1,"source":"x"}`: false,
		`{"token":"t","v":1,"source":"bcb-ptax","stream":{"series":["X"],"from":"2026-06-08","to":"2026-06-09"}}`: false,
	} {
		if stays := b.body(t.Context(), t, body); stays != wantStays {
			t.Errorf("%s: stays %v, want %v", body, stays, wantStays)
		}
		if !wantStays && b.answers.failure != fault.InputInvalid {
			t.Errorf("%s: told %q, want %s", body, b.answers.failure, fault.InputInvalid)
		}
	}
	if len(b.requests) > 0 {
		t.Errorf("asked %v", b.requests)
	}
}

func TestTheMessageStaysWhenStepFunctionsCannotBeAnswered(t *testing.T) {
	b := newBench(t, week, nil)
	b.answers.down = errors.New("connection refused")
	if !b.do(t.Context(), t, msg("r1", 0)) {
		t.Error("the message is gone")
	}
	if !strings.Contains(b.log.String(), "level=ERROR") {
		t.Errorf("log %s", b.log.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	b = newBench(t, week, nil)
	b.Sources["bcb-ptax"] = publisher(func(ctx context.Context, _ source.Request) (source.Answer, error) {
		cancel()
		return source.Answer{}, ctx.Err()
	})
	if !b.do(ctx, t, msg("r1", 0)) || b.answers.failure != "" {
		t.Errorf("a process that ends: told %s", b.answers.failure)
	}
	if strings.Contains(b.log.String(), "level=ERROR") {
		t.Errorf("that a process ends is no error: log %s", b.log.String())
	}
}

func TestAConflictIsDecidedOnWhatIsThere(t *testing.T) {
	b := newBench(t, map[string]string{}, nil)
	observed := row.Row{Series: "USD", Day: day("2026-06-08"), Status: row.Observed, Run: "r2", Fields: row.Fields{{Name: "sell", Value: "5.1000"}}}
	b.store.onChange = func() {
		b.put(t, observed)
		b.store.onChange = func() { t.Error("a row that is to stay is changed") }
	}
	m := msg("r1", 0)
	m.Streams[0].To = day("2026-06-08")
	b.do(t.Context(), t, m)
	b.wantTable(t, "2026-06-08 observed 5.1000")
}

// The second empty answer makes a day a holiday, but not when a person, who was
// quicker than the answer, wants it asked for.
func TestEmptinessIsJudgedAgainAfterAConflict(t *testing.T) {
	for _, tt := range []struct {
		marks bool
		want  string
	}{{false, "2026-06-16 absent 2 -"}, {true, "2026-06-16 absent 1 2026-06-21"}} {
		b := benchOf(t, weekdays("2026-05-18", "2026-06-19", "2026-06-16"), "on_empty: learn")
		b.ask(t, "r0", "2026-05-18", "2026-06-19", "2026-06-19", row.OnlyDue)
		b.store.onChange = func() {
			b.store.onChange = nil
			for _, r := range b.rows(t) {
				if r.Status == row.Absent && tt.marks {
					marked, err := row.Decide(r, row.MarkMissing, row.Hand{At: day("2026-06-20").Time(), By: "ana", Reason: "it is late"}, nil)
					if err != nil {
						t.Fatal(err)
					}
					b.put(t, marked)
				}
			}
		}
		b.ask(t, "r1", "2026-05-18", "2026-06-19", "2026-06-20", row.OnlyDue)
		if got := b.unsettled(t); got != tt.want {
			t.Errorf("a person was quicker: %t: %s, want %s", tt.marks, got, tt.want)
		}
	}
}

// The requests of an attempt whose rows were saved stand in the store once, also
// when the answer of the save was lost.
func TestRequestsCountOnceThoughTheSaveFails(t *testing.T) {
	for _, tt := range []struct {
		name string
		kept bool // the save that fails has been done all the same
		want int
	}{{"lost", true, 1}, {"not done", false, 0}} {
		b := newBench(t, week, nil)
		b.store.onSave = func(s store.Stream) error {
			b.store.onSave = nil
			if tt.kept {
				if err := b.store.Store.SaveStream(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			return fault.New(fault.StoreUnavailable, "the answer is lost")
		}
		b.do(t.Context(), t, msg("r1", 0))
		if streams := b.streams(t, "r1"); b.answers.failure != fault.StoreUnavailable || len(streams) != 1 || streams[0].Requests != tt.want {
			t.Errorf("%s: told %s, streams %+v; want one with %d requests", tt.name, b.answers.failure, streams, tt.want)
		}
	}
}
