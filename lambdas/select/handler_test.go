package selection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	selection "lacuna/lambdas/select"

	"github.com/google/go-cmp/cmp"
)

const three = `
version: 1
sources:
  bcb-ptax: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
  ecb: {max_days: 3650, max_series: 40, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: CURRENCY#USD, title: dollar, unit: BRL, source: bcb-ptax, code: USD, fields: [buy, sell], calendar: brazil-bank, cadence: daily, since: 2000-01-03}
- {key: ECB#USD, title: dollar, unit: USD, source: ecb, code: USD, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
- {key: ECB#BGN, title: lev, unit: BGN, source: ecb, code: BGN, fields: [value], calendar: target, cadence: daily, since: 2008-01-02, until: 2025-12-31}
`

func parse(t testing.TB, text string) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var queues = map[string]string{"bcb-ptax": "q-ptax", "ecb": "q-ecb"}

func TestHandle(t *testing.T) {
	started := time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC)
	tests := []struct{ name, input, want string }{
		{
			name:  "everything",
			input: `{}`,
			want: `{"run":"r1","as_of":"2026-07-01T12:30:00Z","only":"due","dry_run":false,"input":{},"scope":{"stack":true,"sources":["bcb-ptax","ecb"]},"shards":[],"sources":[
				{"source":"bcb-ptax","queue_url":"q-ptax","max_messages":83,"max_gaps":6250,"batches":[{"series":[{"key":"CURRENCY#USD","from":"2000-01-03","to":"2026-07-01"}]}]},
				{"source":"ecb","queue_url":"q-ecb","max_messages":166,"max_gaps":3125,"batches":[
					{"series":[{"key":"ECB#USD","from":"1999-01-04","to":"2026-07-01"}]},{"series":[{"key":"ECB#BGN","from":"2008-01-02","to":"2025-12-31"}]}]}]}`,
		},
		{
			name:  "a pattern and the last days, an ended series left out",
			input: `{"from":"-10d","series":["ECB#*"],"only":"failed","dry_run":true}`,
			want: `{"run":"r1","as_of":"2026-07-01T12:30:00Z","only":"failed","dry_run":true,
				"input":{"from":"-10d","series":["ECB#*"],"only":"failed","dry_run":true},"shards":[],"sources":[
				{"source":"ecb","queue_url":"q-ecb","max_messages":250,"max_gaps":6250,"batches":[{"series":[{"key":"ECB#USD","from":"2026-06-21","to":"2026-07-01"}]}]}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := (&selection.Handler{Catalogue: parse(t, three), Queues: queues})
			got, err := h.Handle(context.Background(), message.Start{Run: "r1", StartedAt: started, Machine: "m", Input: json.RawMessage(tt.input)})
			if err != nil {
				t.Fatal(err)
			}
			var want message.Selection
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Handle(%s) mismatch (-want +got):\n%s", tt.input, diff)
			}
		})
	}
}

// What is at the bounds of an input is still in them, and each source is there once.
func TestHandleAtTheBounds(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"one day", `{"from":"2026-06-30","to":"2026-06-30","series":["ECB#USD"]}`, "ecb: ECB#USD 2026-06-30"},
		{"the last day of a series", `{"from":"2025-12-31","to":"2025-12-31","series":["ECB#BGN"]}`, "ecb: ECB#BGN 2025-12-31"},
		{"the first day of the first series", `{"to":"1999-01-04"}`, "ecb: ECB#USD 1999-01-04"},
		{"two of one source", `{"series":["ECB#*"],"from":"2025-12-31"}`, "ecb: ECB#USD 2025-12-31/2026-07-01, ECB#BGN 2025-12-31"},
		{"as many patterns as there may be", `{"from":"-1d","series":["ECB#USD"` + strings.Repeat(`,"ECB#USD"`, 4999) + `]}`, "ecb: ECB#USD 2026-06-30/2026-07-01"},
		{"a pattern as long as it may be", `{"from":"-1d","series":["ECB#USD","` + strings.Repeat("*", 256) + `"]}`, "bcb-ptax: CURRENCY#USD 2026-06-30/2026-07-01; ecb: ECB#USD 2026-06-30/2026-07-01"},
		{"as long as it may be", `{"from":"-1d","series":["ECB#USD"]` + strings.Repeat(" ", 256<<10-35) + `}`, "ecb: ECB#USD 2026-06-30/2026-07-01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &selection.Handler{Catalogue: parse(t, three), Queues: queues, Now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
			got, err := h.Handle(t.Context(), message.Start{Run: "r", Input: json.RawMessage(tt.input)})
			if err != nil {
				t.Fatal(err)
			}
			var sources []string
			for _, s := range got.Sources {
				var series []string
				for _, r := range s.Series() {
					series = append(series, r.Key+" "+r.Span().String())
				}
				sources = append(sources, s.Source+": "+strings.Join(series, ", "))
			}
			if diff := cmp.Diff(tt.want, strings.Join(sources, "; ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	h := (&selection.Handler{Catalogue: parse(t, three), Queues: map[string]string{"ecb": "q"}})
	_, err := h.Handle(t.Context(), message.Start{Run: "r", StartedAt: time.Now(), Input: json.RawMessage(`{}`)})
	if err == nil || !strings.Contains(err.Error(), "series CURRENCY#USD: source bcb-ptax has no queue") {
		t.Errorf("without a queue: %v", err)
	}
}

// A source with one series among 300 gets one message, not the 250/300 of one.
func TestEachSourceGetsAMessage(t *testing.T) {
	text := three
	for i := range 297 {
		text += fmt.Sprintf("- {key: S#%d, title: t, unit: u, source: ecb, code: C%d, fields: [value], calendar: target, cadence: daily, since: 2008-01-02}\n", i, i)
	}
	sel, err := (&selection.Handler{Catalogue: parse(t, text), Queues: queues}).Handle(t.Context(),
		message.Start{Run: "r", StartedAt: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Input: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, s := range sel.Sources {
		got[s.Source] = s.MaxMessages
	}
	if diff := cmp.Diff(map[string]int{"bcb-ptax": 1, "ecb": 249}, got); diff != "" {
		t.Errorf("messages of each source (-want +got):\n%s", diff)
	}
}

func TestHandleRefuses(t *testing.T) {
	tests := []struct{ name, catalogue, input, want string }{
		{"a misspelt field", three, `{"form":"2024-01-01"}`, `unknown field "form"`},
		{"a wrong type", three, `{"from":20240101}`, "from"},
		{"two values", three, `{} {}`, "more than one JSON value"},
		{"no object", three, `[]`, "input"},
		{"from after to", three, `{"from":"2024-02-01","to":"2024-01-01"}`, "from 2024-02-01 is after to 2024-01-01"},
		{"a day that does not exist", three, `{"from":"2024-02-30"}`, `from: day "2024-02-30": no such date`},
		{"an unknown series", three, `{"series":["CURRENCY#USX"]}`, "CURRENCY#USX"},
		{"an unknown only", three, `{"only":"some"}`, `only "some": want due, missing, failed or all`},
		{"before everything", three, `{"to":"1998-12-31"}`, "the first one, ECB#USD, begins on 1999-01-04"},
		{"after the end", three, `{"series":["ECB#BGN"],"from":"2026-01-01"}`, "each has ended before"},
		{"a shard without a clock", three, `{"shard":{"name":"s","first":"A","last":"Z"}}`, "shard: want first, last and as_of"},
		{"a shard that ends before it begins", three, `{"shard":{"first":"Z","last":"A","as_of":"2026-07-01T00:00:00Z"}}`, "shard: want first, last and as_of"},
		{"a shard without a series", three, `{"shard":{"first":"Y","last":"Z","as_of":"2026-07-01T00:00:00Z"}}`, "shard: no series from Y to Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &selection.Handler{Catalogue: parse(t, tt.catalogue), Queues: queues, Now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
			_, err := h.Handle(context.Background(), message.Start{Run: "r", Input: json.RawMessage(tt.input)})
			if fault.NameOf(err) != fault.InputInvalid || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("Handle(%s) = %v, want %s with %q", tt.input, err, fault.InputInvalid, tt.want)
			}
		})
	}
}
