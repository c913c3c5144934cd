package plan

import (
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/standing"
	"lacuna/internal/store/memory"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const declared = `version: 1
sources:
  one: {max_days: 3650, max_series: 1, request_cost_days: 1, concurrency: 1, rate_per_s: 5, timeout: 30s}
  two: {max_days: 3650, max_series: 2, request_cost_days: 30, concurrency: 1, rate_per_s: 5, timeout: 30s}
series:
- {key: A, title: t, unit: u, source: one, code: a, fields: [v], calendar: daily, since: 2024-01-01, ready: {at: "18:00", zone: UTC}}
- {key: B, title: t, unit: u, source: two, code: b, fields: [v], calendar: daily, since: 2024-01-01, ready: {at: "18:00", zone: UTC}}
- {key: C, title: t, unit: u, source: two, code: c, fields: [v], calendar: daily, since: 2024-01-01, ready: {at: "18:00", zone: UTC}}
`

// A plan has the numbers of each series, and of all of them.
func TestMake(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", []byte(declared), nil)
	if err != nil {
		t.Fatal(err)
	}
	jan := func(d int) span.Day { return span.Date(2024, time.January, d) }
	asOf := time.Date(2024, 1, 21, 12, 0, 0, 0, time.UTC) // 1 to 20 January are due
	rows := memory.New()
	for _, r := range []row.Row{
		{Series: "A", Day: jan(1)}, {Series: "A", Day: jan(4)}, {Series: "A", Day: jan(5)}, {Series: "A", Day: jan(8)},
		{Series: "B", Day: jan(2)}, {Series: "C", Day: jan(1)}, {Series: "C", Day: jan(9)},
	} {
		r.Status, r.Fields, r.FetchedAt = row.Observed, row.Fields{{Name: "v", Value: "1"}}, asOf
		if err := rows.Insert(t.Context(), []row.Row{r}); err != nil {
			t.Fatal(err)
		}
	}
	of := func(key string, from, to int) message.SeriesRange {
		return message.SeriesRange{Key: key, From: jan(from), To: jan(to)}
	}
	in := message.Input{Only: "due"}
	got, err := Make(t.Context(), c, rows, in, message.Selection{
		AsOf: asOf, Only: row.OnlyDue, Input: in, Sources: []message.SourceSelection{
			{Source: "one", MaxMessages: 1, MaxGaps: 9, Batches: []message.Batch{{Series: []message.SeriesRange{of("A", 1, 9)}}}},
			{Source: "two", MaxMessages: 9, MaxGaps: 9, Batches: []message.Batch{{Series: []message.SeriesRange{of("B", 2, 3), of("C", 2, 25)}}}},
		},
	}, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	days := func(from, to, n int) standing.Days { return standing.Days{From: jan(from), To: jan(to), Days: n} }
	coverage := func(key string, from, to, expected, observed, missing, notDue int) standing.Coverage {
		return standing.Coverage{Key: key, From: jan(from), To: jan(to), Expected: expected, Observed: observed, Missing: missing, NotDue: notDue}
	}
	want := Plan{
		SchemaVersion: 1, AsOf: asOf, Input: in, From: jan(1), To: jan(25), Requests: 3, Naive: 6, Deferred: 2,
		Series: []Series{
			{Coverage: coverage("A", 1, 9, 9, 4, 5, 0), Requested: 3, Deferred: 2, Gaps: []standing.Days{days(2, 3, 2), days(6, 7, 2), days(9, 9, 1)}},
			{Coverage: coverage("B", 2, 3, 2, 1, 1, 0), Requested: 1, Gaps: []standing.Days{days(3, 3, 1)}},
			{Coverage: coverage("C", 2, 25, 24, 1, 18, 5), Requested: 18, Gaps: []standing.Days{days(2, 8, 7), days(10, 20, 11)}},
		},
		Streams: []Stream{
			{ID: "one-001", Source: "one", Series: []string{"A"}, From: jan(6), To: jan(9), Days: 3},
			{ID: "two-001", Source: "two", Series: []string{"B", "C"}, From: jan(2), To: jan(20), Days: 19},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(standing.Coverage{}), cmpopts.IgnoreFields(Plan{}, "Cost")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Days() != 22 {
		t.Errorf("%d days", got.Days())
	}
}
