package statemachine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

const (
	maxEvents  = 20_000     // of 25,000: room for what AWS does not document
	maxPayload = 256 * 1024 // bytes
)

// worst is a pipeline in which everything that can go wrong does, as long as
// Retry lets it: every other day is missing, every Query is throttled twice,
// and every stream fails at each attempt of its longest retrier.
type worst struct {
	catalogue *catalogue.Catalogue
	engine    *engine.Engine

	mu      sync.Mutex
	queried map[string]int
	streams map[string]store.Stream
}

func (w *worst) Marks(_ context.Context, key string, s span.Span) ([]row.Mark, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.queried[key]++; w.queried[key] <= 2 {
		return nil, fault.New(fault.StoreThrottled, "slow down")
	}
	series, ok := w.catalogue.Lookup(key)
	if !ok {
		return nil, fmt.Errorf("no series %s", key)
	}
	expected := series.Expected(s)
	marks := make([]row.Mark, 0, expected.Days()/2+1)
	there := false
	for d := range expected.All() {
		if there = !there; there {
			marks = append(marks, row.Mark{Day: d, Status: row.Observed})
		}
	}
	return marks, nil
}

func (w *worst) Streams(context.Context, string) ([]store.Stream, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []store.Stream
	for _, s := range w.streams {
		all = append(all, s)
	}
	return all, nil
}

func (w *worst) SaveRun(context.Context, store.Run) error       { return nil }
func (w *worst) Runs(context.Context, int) ([]store.Run, error) { return nil, nil }
func (w *worst) RunsOf(context.Context, []string, time.Time, time.Time) ([]store.Run, error) {
	return nil, nil
}

// scrape fails each message and writes down the longest item that there is.
func (w *worst) scrape(_ context.Context, call engine.Call) (json.RawMessage, error) {
	var sent struct{ MessageBody message.Scrape }
	if err := json.Unmarshal(call.Parameters, &sent); err != nil {
		return nil, err
	}
	msg := sent.MessageBody
	text := strings.Repeat("m", 300)
	w.mu.Lock()
	for _, s := range msg.Streams {
		did := store.Stream{Run: msg.Run, ID: s.ID, Source: msg.Source, Span: s.Span(), Attempt: msg.Attempt + 1, Error: string(fault.Throttled), Message: text}
		for _, key := range s.Series {
			did.Series = append(did.Series, store.SeriesCount{Key: key})
		}
		w.streams[did.ID] = did
	}
	w.mu.Unlock()
	go w.engine.SendTaskFailure(msg.Token, string(fault.Throttled), text) //nolint:errcheck // the execution waits for it
	return json.RawMessage(`{"MessageId":"1","MD5OfMessageBody":"0123456789abcdef0123456789abcdef"}`), nil
}

// run runs the worst case over c and returns the execution's history.
func run(t *testing.T, c *catalogue.Catalogue) []engine.Event {
	t.Helper()
	none := 0.0
	w := &worst{catalogue: c, queried: map[string]int{}, streams: map[string]store.Stream{}}
	lambdas := functions(c, time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), 0, w, w)
	w.engine = engine.New(engine.Options{WaitScale: &none, Integrations: func(resource string) engine.Integration {
		if strings.HasSuffix(resource, ".waitForTaskToken") {
			return w.scrape
		}
		return lambdas.call
	}})
	x, err := w.engine.Start(t.Context(), engine.StartInput{Name: "2026-07-01T000000Z-worst", Machine: machine(t), MachineName: "lacuna", Input: json.RawMessage(`{"from":"2000-07-01"}`)})
	if err != nil {
		t.Fatal(err)
	}
	result, err := x.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result.Status != engine.Failed || result.Error == nil || *result.Error != "Lacuna.Incomplete" {
		t.Fatalf("the run ended %+v, want Lacuna.Incomplete", result)
	}
	return x.History()
}

// payload returns the longest document of an event, in bytes.
func payload(e engine.Event) int {
	longest := 0
	if e.Details != nil {
		for _, text := range []*string{e.Details.Input, e.Details.Output, e.Details.Parameters} {
			if text != nil {
				longest = max(longest, len(*text))
			}
		}
	}
	return longest
}

// catalogueOf is a catalogue of n series of 26 years, spread over sources. Far
// gaps cost little, so that there are as many streams as the limits allow.
func catalogueOf(t *testing.T, n, sources, key int) *catalogue.Catalogue {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\nsources:\n")
	for i := range sources {
		fmt.Fprintf(&b, "  s%02d: {max_days: 366, max_series: 1, request_cost_days: 20, concurrency: 2, rate_per_s: 5, timeout: 30s}\n", i)
	}
	b.WriteString("series:\n")
	for i := range n {
		fmt.Fprintf(&b, "- {key: 'CURRENCY#%0*d', title: t, unit: u, source: s%02d, code: C%d, fields: [value], calendar: weekdays, cadence: daily, since: 2000-01-03}\n", key-9, i, i%sources, i)
	}
	c, err := catalogue.Parse("series.yaml", []byte(b.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A run stays inside the limits of Step Functions whatever happens in it.
func TestTheWorstRunStaysInsideTheLimits(t *testing.T) {
	shipped, err := os.ReadFile("../series.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ship, err := catalogue.Parse("series.yaml", shipped, nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		catalogue *catalogue.Catalogue
		least     int // events: the case is as bad as it is meant to be
	}{
		{"the shipped catalogue", ship, 200},
		{"as many series of one source as an execution takes", catalogueOf(t, 700, 1, 24), 1_200},
		{"of five sources", catalogueOf(t, 700, 5, 24), 5_000},
		{"of as many sources as one takes", catalogueOf(t, 700, 50, 24), 15_000},
		{"with the longest keys", catalogueOf(t, 600, 2, 64), 2_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			history := run(t, tt.catalogue)
			longest, at := 0, engine.Event{}
			for _, e := range history {
				if n := payload(e); n > longest {
					longest, at = n, e
				}
			}
			t.Logf("%d events, longest payload %d bytes (event %d, %s)", len(history), longest, at.ID, at.Type)
			if len(history) > maxEvents || len(history) < tt.least {
				t.Errorf("%d events, want %d to %d", len(history), tt.least, maxEvents)
			}
			if longest > maxPayload {
				t.Errorf("payload of %d bytes in event %d, %s", longest, at.ID, at.Type)
			}
		})
	}
}
