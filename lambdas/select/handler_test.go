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
			want: `{"run":"r1","as_of":"2026-07-01T12:30:00Z","only":"due","dry_run":false,"input":{},"scope":{"stack":true,"sources":["bcb-ptax","ecb"]},"sources":[
				{"source":"bcb-ptax","queue_url":"q-ptax","max_streams":83,"max_gaps":6250,"series":[{"key":"CURRENCY#USD","from":"2000-01-03","to":"2026-07-01"}]},
				{"source":"ecb","queue_url":"q-ecb","max_streams":166,"max_gaps":3125,"series":[
					{"key":"ECB#USD","from":"1999-01-04","to":"2026-07-01"},{"key":"ECB#BGN","from":"2008-01-02","to":"2025-12-31"}]}]}`,
		},
		{
			name:  "a pattern and the last days, an ended series left out",
			input: `{"from":"-10d","series":["ECB#*"],"only":"failed","dry_run":true}`,
			want: `{"run":"r1","as_of":"2026-07-01T12:30:00Z","only":"failed","dry_run":true,
				"input":{"from":"-10d","series":["ECB#*"],"only":"failed","dry_run":true},"sources":[
				{"source":"ecb","queue_url":"q-ecb","max_streams":250,"max_gaps":6250,"series":[{"key":"ECB#USD","from":"2026-06-21","to":"2026-07-01"}]}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := selection.New(parse(t, three), queues, time.Time{})
			got, err := h.Handle(context.Background(), message.Start{Run: "r1", StartedAt: started, Input: json.RawMessage(tt.input)})
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

// A source with one series among 300 gets one stream, not the 250/300 of one.
func TestEachSourceGetsAStream(t *testing.T) {
	text := three
	for i := range 297 {
		text += fmt.Sprintf("- {key: S#%d, title: t, unit: u, source: ecb, code: C%d, fields: [value], calendar: target, cadence: daily, since: 2008-01-02}\n", i, i)
	}
	sel, err := selection.New(parse(t, text), queues, time.Time{}).Handle(t.Context(),
		message.Start{Run: "r", StartedAt: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Input: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, s := range sel.Sources {
		got[s.Source] = s.MaxStreams
	}
	if diff := cmp.Diff(map[string]int{"bcb-ptax": 1, "ecb": 249}, got); diff != "" {
		t.Errorf("streams of each source (-want +got):\n%s", diff)
	}
}

func TestHandleRefuses(t *testing.T) {
	many := three
	for i := range 300 {
		many += fmt.Sprintf("- {key: S#%d, title: t, unit: u, source: ecb, code: C%d, fields: [value], calendar: target, cadence: daily, since: 2008-01-02}\n", i, i)
	}
	tests := []struct{ name, catalogue, input, want string }{
		{"a misspelt field", three, `{"form":"2024-01-01"}`, `unknown field "form"`},
		{"a wrong type", three, `{"from":20240101}`, "from"},
		{"two values", three, `{} {}`, "more than one JSON value"},
		{"no object", three, `[]`, "input"},
		{"from after to", three, `{"from":"2024-02-01","to":"2024-01-01"}`, "from 2024-02-01 is after to 2024-01-01"},
		{"a day that does not exist", three, `{"from":"2024-02-30"}`, `from: day "2024-02-30": no such date`},
		{"an unknown series", three, `{"series":["CURRENCY#USX"]}`, "CURRENCY#USX"},
		{"an unknown only", three, `{"only":"some"}`, `only "some": want due, missing, failed or all`},
		{"before everything", three, `{"to":"1998-12-31"}`, "the first series, ECB#USD, begins on 1999-01-04"},
		{"after the end", three, `{"series":["ECB#BGN"],"from":"2026-01-01"}`, "every series has ended"},
		{"too many series", many, `{}`, "303 series, a run takes at most 300"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := selection.New(parse(t, tt.catalogue), queues, time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
			_, err := h.Handle(context.Background(), message.Start{Run: "r", Input: json.RawMessage(tt.input)})
			if fault.NameOf(err) != fault.InputInvalid || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("Handle(%s) = %v, want %s with %q", tt.input, err, fault.InputInvalid, tt.want)
			}
		})
	}
}
