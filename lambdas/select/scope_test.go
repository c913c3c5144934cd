package selection_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/message"
	selection "lacuna/lambdas/select"

	"github.com/google/go-cmp/cmp"
)

// A source of which every series has ended is seen up to now by who looks from its end on
// or later, and by nobody who stops before it.
func TestScopeOfASourceThatHasEnded(t *testing.T) {
	c := parse(t, strings.Replace(three, "\nseries:", "\n  gone: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}\nseries:", 1)+
		"- {key: OLD#X, title: t, unit: u, source: gone, code: X, fields: [value], calendar: daily, cadence: daily, since: 2000-01-01, until: 2020-06-30}\n")
	for input, want := range map[string]bool{
		`{"series":["OLD#X"]}`:                              true,
		`{"series":["OLD#X"],"to":"2020-06-30"}`:            true,
		`{"series":["OLD#X"],"to":"2020-06-29"}`:            false,
		`{"series":["OLD#X"],"from":"2020-06-30"}`:          true,
		`{"series":["*"],"from":"2020-07-01"}`:              true,
		`{"series":["ECB#*"],"from":"2020-07-01"}`:          false,
		`{"series":["*"],"from":"2020-07-01","only":"all"}`: false,
	} {
		h := &selection.Handler{Catalogue: c, Queues: map[string]string{"bcb-ptax": "q", "ecb": "q", "gone": "q"}, Now: time.Date(2026, 7, 1, 0, 30, 0, 0, time.UTC)}
		got, err := h.Handle(t.Context(), message.Start{Run: "r1", Input: json.RawMessage(input)})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(got.Scope.Sources, "gone") != want {
			t.Errorf("scope of %s: %+v", input, got.Scope)
		}
	}
}

// What a run may speak for: the newest due day of each series that goes on has to
// be in it. GDP#X has a day each quarter, the last one on 2026-04-01; NEW#X begins later.
func TestScope(t *testing.T) {
	c := parse(t, three+`
- {key: GDP#X, title: t, unit: u, source: ecb, code: G, fields: [value], calendar: daily, cadence: quarterly, since: 2000-01-01}
- {key: NEW#X, title: t, unit: u, source: ecb, code: N, fields: [value], calendar: weekdays, cadence: daily, since: 2026-09-01}
`)
	const all = `{"stack":true,"sources":["bcb-ptax","ecb"]}`
	tests := []struct{ name, input, want string }{
		{"everything", `{}`, all},
		{"everything, by a pattern", `{"series":["*"],"from":"1999-01-04","to":"today"}`, all},
		{"the last 400 days, the lev ended before them or not", `{"from":"-400d"}`, `{"stack":true,"sources":["bcb-ptax","ecb"],"from":"2025-05-27"}`},
		{"the last 120 days", `{"from":"-120d"}`, `{"stack":true,"sources":["bcb-ptax","ecb"],"from":"2026-03-03"}`},
		{"the last 10 days have no quarter", `{"from":"-10d"}`, `{"sources":["bcb-ptax"],"from":"2026-06-21"}`},
		{"one series", `{"series":["CURRENCY#USD"]}`, `{"sources":["bcb-ptax"]}`},
		{"one of several series", `{"series":["ECB#USD"]}`, `{}`},
		{"all but an ended one", `{"series":["CURRENCY#*","ECB#USD","GDP#X","NEW#X"]}`, `{"sources":["bcb-ptax"]}`},
		{"up to last month", `{"to":"2026-05-31"}`, `{}`},
		{"up to yesterday, when yesterday's day is not due yet", `{"to":"-1d"}`, all},
		{"what failed before", `{"only":"failed"}`, `{}`},
		{"all days, to compare them", `{"only":"all"}`, `{}`},
		{"a dry run sees as much", `{"dry_run":true}`, all},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &selection.Handler{Catalogue: c, Queues: queues, Now: time.Date(2026, 7, 1, 0, 30, 0, 0, time.UTC)}
			got, err := h.Handle(context.Background(), message.Start{Run: "r1", Input: json.RawMessage(tt.input)})
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(got.Scope)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(text)); diff != "" {
				t.Errorf("scope of %s (-want +got):\n%s", tt.input, diff)
			}
		})
	}
}
