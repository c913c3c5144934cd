package local_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/cost"
	"lacuna/internal/engine"
	"lacuna/internal/history"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/plan"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what runs of many series count into testdata/scale.json")

// countsFile has the Counts of each run played here; docs/costs.md is made of them.
const countsFile = "../../testdata/scale.json"

// scaled is a catalogue of one family, and what a run over it may be.
type scaled struct {
	series    int
	maxSeries int // of a request
}

func (s scaled) String() string { return fmt.Sprintf("%d series, %d a request", s.series, s.maxSeries) }

// catalogue returns one family of s.series members, whose codes stand in a file.
func (s scaled) catalogue(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	var codes strings.Builder
	codes.WriteString("code\n")
	for i := range s.series {
		fmt.Fprintf(&codes, "C%06d\n", i)
	}
	text := fmt.Sprintf(`version: 1
sources:
  publisher: {max_days: 3650, max_series: %d, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {each: {from: codes.csv}, key: 'CURRENCY#{code}', title: '{code}', unit: u, source: publisher, code: '{code}', fields: [value], calendar: daily, since: 2026-06-01, ready: {at: "18:00", zone: UTC}}
`, s.maxSeries)
	c, err := catalogue.ParseBeside("series.yaml", []byte(text), nil, func(string) ([]byte, error) { return []byte(codes.String()), nil })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// anyCode publishes every day of every code.
type anyCode struct{}

func (anyCode) Fetch(_ context.Context, r source.Request) (source.Answer, error) {
	a := source.Answer{Requests: 1, Observations: make([]source.Observation, 0, len(r.Series)*r.Span.Days())}
	for _, s := range r.Series {
		for d := r.Span.From; d <= r.Span.To; d++ {
			a.Observations = append(a.Observations, source.Observation{Key: s.Key, Day: d, Fields: row.Fields{{Name: "value", Value: "1.25"}}})
		}
	}
	return a, nil
}

// counts is what a run came to. All but the payload is exact and the same each time.
type counts struct {
	Run         string `json:"run"`
	Executions  int    `json:"executions"`
	Transitions int    `json:"transitions"`
	Invocations int    `json:"invocations"`
	Batches     int    `json:"batches"`
	Streams     int    `json:"streams"`
	Messages    int    `json:"messages"`
	Rows        int    `json:"rows"`
	Events      int    `json:"events"`  // of the largest execution
	Payload     int    `json:"payload"` // bytes, the longest of all events

	used cost.Usage
	took time.Duration // of the processor
}

// shelves keep rows, and of runs what the last one did: of those before nobody reads it.
type shelves struct {
	*memory.Store
	runs *memory.Store
}

func (s *shelves) SaveStream(ctx context.Context, did store.Stream) error {
	return s.runs.SaveStream(ctx, did)
}

func (s *shelves) Streams(ctx context.Context, run string) ([]store.Stream, error) {
	return s.runs.Streams(ctx, run)
}

func (s *shelves) SaveRun(ctx context.Context, r store.Run) error { return s.runs.SaveRun(ctx, r) }

func (s *shelves) Runs(ctx context.Context, limit int) ([]store.Run, error) {
	return s.runs.Runs(ctx, limit)
}

func (s *shelves) RunsOf(ctx context.Context, ids []string, from, to time.Time) ([]store.Run, error) {
	return s.runs.RunsOf(ctx, ids, from, to)
}

// stage is a pipeline over series whose days a test decides about.
type stage struct {
	scaled
	t         testing.TB
	catalogue *catalogue.Catalogue
	rows      *shelves
	pipeline  *local.Pipeline
	processor func() time.Duration // that this process has had
}

// newStage binds the real definition, engine and handlers over an empty store.
func newStage(t testing.TB, s scaled, processor func() time.Duration) *stage {
	t.Helper()
	p := &stage{scaled: s, t: t, catalogue: s.catalogue(t), rows: &shelves{memory.New(), nil}, processor: processor}
	p.pipeline = local.New(t.Context(), local.Options{
		Catalogue: p.catalogue, Store: p.rows, Sources: map[string]source.Source{"publisher": anyCode{}}, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		if err := p.pipeline.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := local.Machine()
	if err != nil {
		t.Fatal(err)
	}
	none := 0.0
	p.pipeline.Answer(engine.New(engine.Options{Integrations: p.pipeline.Integration, WaitScale: &none, AccountID: "000000000000", Region: "local"}))
	p.pipeline.Nested.Machine = m
	return p
}

// run plays a run on a day of June 2026, when that day's values are not out.
func (p *stage) run(name string, day int, input string) counts {
	p.t.Helper()
	p.rows.runs = memory.New()
	var mu sync.Mutex
	var shards history.Meter
	var reading sync.WaitGroup
	got, before := counts{Run: name}, p.processor()
	p.pipeline.Nested.Start = func(_ string, _ json.RawMessage, start func() (*engine.Execution, error)) (*engine.Execution, error) {
		x, err := start()
		if err != nil {
			return nil, err
		}
		reading.Go(func() {
			<-x.Done()
			mu.Lock()
			defer mu.Unlock()
			shards.AddShard(got.add(p.t, x))
		})
		return x, nil
	}
	asOf := time.Date(2026, 6, day, 12, 0, 0, 0, time.UTC)
	x, err := p.pipeline.Engine.Start(p.t.Context(), engine.StartInput{
		Name: fmt.Sprintf("2026-06-%02dT120000Z-%.6s", day, name), Machine: p.pipeline.Nested.Machine, MachineName: local.MachineName, Input: json.RawMessage(input), StartTime: asOf,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	result, err := x.Wait(p.t.Context())
	reading.Wait()
	got.took = p.processor() - before
	if err != nil || result.Status != engine.Succeeded {
		p.t.Fatalf("%s ended %+v, %v", name, result, err)
	}
	whole := got.add(p.t, x)
	whole.AddShard(&shards)
	sum, err := history.SummaryOf(x.History())
	if err != nil || sum == nil || sum.Status != message.Complete {
		p.t.Fatalf("%s: summary %+v, %v", name, sum, err)
	}
	ok := false
	if got.used, ok = whole.Usage(); !ok {
		p.t.Fatalf("%s: nobody knows what it used", name)
	}
	got.Transitions, got.Invocations = got.used.Transitions, got.used.Invocations
	got.Streams, got.Rows = sum.Streams, sum.All().Observed
	if all := sum.All(); all.Number != p.series {
		p.t.Errorf("%s: a summary of %d series, want %d", name, all.Number, p.series)
	}
	return got
}

// add counts an execution that has ended.
func (c *counts) add(t testing.TB, x *engine.Execution) *history.Meter {
	events := x.History()
	c.Executions++
	c.Events = max(c.Events, len(events))
	for _, e := range events {
		if e.Details == nil {
			continue
		}
		for _, text := range []*string{e.Details.Input, e.Details.Output, e.Details.Parameters} {
			if text != nil {
				c.Payload = max(c.Payload, len(*text))
			}
		}
		switch {
		case e.Type == "TaskStateEntered" && e.Details.Name == "Query":
			c.Batches++
		case e.Type == "TaskStateEntered" && e.Details.Name == "Scrape":
			c.Messages++
		case e.Type == "TaskFailed", e.Type == "TaskSubmitFailed":
			t.Errorf("%s: event %d: %s: %v", x.Name(), e.ID, e.Type, e.Details.Error)
		}
	}
	m := &history.Meter{}
	m.AddOf(events)
	return m
}

// play fills ten days of every series, and then what a day brings.
func (p *stage) play() []counts {
	first := p.run("first fill", 11, `{}`)
	next := p.run("a day later", 12, `{"from":"-400d"}`)
	hundredth := p.run("one in a hundred", p.fillAllButOneInAHundred(13), `{"from":"-400d"}`)
	again := p.run("nothing missing", 13, `{}`)
	return []counts{first, next, hundredth, again}
}

// fillAllButOneInAHundred stores what is due newly on a day of June 2026, as another run
// would, but of one series in a hundred. It returns that day.
func (p *stage) fillAllButOneInAHundred(day int) int {
	p.t.Helper()
	all, err := p.catalogue.Match()
	if err != nil {
		p.t.Fatal(err)
	}
	for some := range slices.Chunk(all, 100) {
		var rows []row.Row
		for _, s := range some[1:] {
			rows = append(rows, row.Row{
				Series: s.Key, Day: span.Date(2026, 6, day-1), Status: row.Observed, Source: s.Source, Run: "another",
				Fields: row.Fields{{Name: "value", Value: "1.25"}}, FetchedAt: time.Date(2026, 6, day, 12, 0, 0, 0, time.UTC),
			})
		}
		if err := p.rows.Insert(p.t.Context(), rows); err != nil {
			p.t.Fatal(err)
		}
	}
	return day
}

// check compares runs with what the design says of each, and with those on file.
func (s scaled) check(t testing.TB, played []counts) {
	t.Helper()
	const (
		maxEvents      = 20_000
		maxPayload     = 200 << 10
		maxTransitions = 0.15 // of a day, for each series
	)
	due := [...]int{10, 1, 1, 0} // days, of the series that lack some
	for i, c := range played {
		lacking := s.series
		if i >= 2 {
			lacking /= 100
		}
		if c.Rows != lacking*due[i] {
			t.Errorf("%s, %s: %d rows, want %d", s, c.Run, c.Rows, lacking*due[i])
		}
		if c.Events > maxEvents || c.Payload > maxPayload {
			t.Errorf("%s, %s: an execution of %d events, a payload of %d bytes", s, c.Run, c.Events, c.Payload)
		}
		if a := float64(c.Transitions) / float64(s.series); i > 0 && a > maxTransitions {
			t.Errorf("%s, %s: %.3f transitions a series", s, c.Run, a)
		}
	}
	text, err := os.ReadFile(countsFile)
	if err != nil {
		t.Fatal(err)
	}
	file := map[string][]counts{}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if *update {
		file[s.String()] = played
		if text, err = json.MarshalIndent(file, "", "  "); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(countsFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	inFile := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".used" || p.Last().String() == ".took" }, cmp.Ignore())
	if diff := cmp.Diff(file[s.String()], played, inFile); diff != "" {
		t.Errorf("%s mismatch (-scale.json +played), -update writes it:\n%s", s, diff)
	}
}

// A plan of a run that divides itself is what the run then uses.
func TestPlanOfManySeries(t *testing.T) {
	p := newStage(t, scaled{1500, 1}, func() time.Duration { return 0 })
	for i, in := range []message.Input{{}, {From: "-400d"}} {
		day := 11 + i
		tasks := local.NewTasks(p.catalogue, p.rows)
		selected, err := tasks.Choose(t.Context(), in, time.Date(2026, 6, day, 12, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		planned, err := plan.Make(t.Context(), p.catalogue, p.rows, in, selected, "us-east-1")
		if err != nil {
			t.Fatal(err)
		}
		input, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		got := p.run(fmt.Sprintf("day %d", day), day, string(input))
		if planned.Requests != got.Streams || len(planned.Series) != p.series || planned.Cost.Runs != 1 {
			t.Errorf("day %d: %d requests planned for %d series in %d runs, %d made", day, planned.Requests, len(planned.Series), planned.Cost.Runs, got.Streams)
		}
		bill := got.used.Bill("us-east-1", cost.Planned, 1)
		if diff := cmp.Diff(bill, planned.Cost); diff != "" {
			t.Errorf("day %d: bill (-counted +planned):\n%s", day, diff)
		}
	}
}

// What 100,000 series come to a benchmark shows; here are enough for a few shards.
func TestManySeries(t *testing.T) {
	for _, s := range []scaled{{3500, 1}, {3500, 40}} {
		t.Run(s.String(), func(t *testing.T) { s.check(t, newStage(t, s, func() time.Duration { return 0 }).play()) })
	}
}
