package query_test

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
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/lambdas/query"

	"github.com/google/go-cmp/cmp"
)

const dollar = `
version: 1
sources:
  ecb: {max_days: 3650, max_series: 40, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: ECB#USD, title: dollar, unit: USD, source: ecb, code: USD, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
`

type marks []row.Mark

func (m marks) Marks(context.Context, string, span.Span) ([]row.Mark, error) { return m, nil }

// The newest days are asked for again until they were fetched on the day itself.
func TestLookback(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", []byte(strings.Replace(dollar, "cadence:", "lookback: 2, cadence:", 1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	asOf := time.Date(2026, 6, 10, 23, 0, 0, 0, time.UTC) // due: up to Tuesday, June 9
	for fetched, want := range map[int]string{9: "[2026-06-08/2026-06-09]", 10: "[]"} {
		var stored marks
		for _, text := range []string{"2026-06-05", "2026-06-08", "2026-06-09"} {
			stored = append(stored, row.Mark{Day: day(t, text), Status: row.Observed, FetchedAt: time.Date(2026, 6, fetched, 23, 0, 0, 0, time.UTC)})
		}
		in := message.Query{AsOf: asOf, Only: row.OnlyDue, Batch: message.Batch{Series: []message.SeriesRange{{Key: "ECB#USD", From: day(t, "2026-06-05"), To: day(t, "2026-06-30")}}}}
		out, err := query.New(c, stored).Handle(t.Context(), in)
		if got := fmt.Sprint(out.Series[0].Recheck); got != want || err != nil {
			t.Errorf("fetched on June %d: recheck %s, %v; want %s", fetched, got, err, want)
		}
	}
}

func day(t *testing.T, text string) span.Day {
	t.Helper()
	d, err := span.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func handler(t *testing.T, m query.Marks) *query.Handler {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(dollar), nil)
	if err != nil {
		t.Fatal(err)
	}
	return query.New(c, m)
}

func TestHandle(t *testing.T) {
	on := func(text string, s row.Status) row.Mark { return row.Mark{Day: day(t, text), Status: s} }
	retry := func(m row.Mark, text string) row.Mark { m.RetryAt = day(t, text); return m }
	stored := marks{ // Thursday 2026-06-04 and Friday, Monday to Friday, Monday
		on("2026-06-04", row.Observed), on("2026-06-05", row.Observed), on("2026-06-08", row.Observed),
		retry(on("2026-06-09", row.Absent), "2026-07-01"), retry(on("2026-06-10", row.Absent), "2026-07-02"),
		retry(on("2026-06-11", row.Incomplete), "2026-06-30"), on("2026-06-12", row.Quarantined),
		on("2026-06-15", row.Absent), // settled by a person
	}
	tests := []struct {
		only row.Only
		want string
	}{
		{row.OnlyDue, `"settled":["2026-06-04/2026-06-08","2026-06-15"],"recheck":["2026-06-09","2026-06-11"],"waiting":["2026-06-10"],"quarantined":["2026-06-12"]`},
		{row.OnlyMissing, `"settled":["2026-06-04/2026-06-09","2026-06-11","2026-06-15"],"recheck":[],"waiting":["2026-06-10"],"quarantined":["2026-06-12"]`},
		{row.OnlyFailed, `"settled":["2026-06-04/2026-06-08"],"recheck":["2026-06-09/2026-06-11","2026-06-15"],"waiting":[],"quarantined":["2026-06-12"]`},
		{row.OnlyAll, `"settled":[],"recheck":["2026-06-04/2026-06-11","2026-06-15"],"waiting":[],"quarantined":["2026-06-12"]`},
	}
	for _, tt := range tests {
		t.Run(string(tt.only), func(t *testing.T) {
			in := message.Query{AsOf: time.Date(2026, 7, 1, 23, 0, 0, 0, time.UTC), Only: tt.only, Batch: message.Batch{Series: []message.SeriesRange{{Key: "ECB#USD", From: day(t, "2026-06-01"), To: day(t, "2026-06-30")}}}}
			out, err := handler(t, stored).Handle(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"series":[{"key":"ECB#USD","from":"2026-06-01","to":"2026-06-30",` + tt.want + `,"latest":"2026-06-08"}]}`
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("Handle mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// some reads, of one series, fails with a name.
type some map[string]fault.Name

func (s some) Marks(_ context.Context, series string, _ span.Span) ([]row.Mark, error) {
	if name, ok := s[series]; ok {
		return nil, fault.New(name, "no answer")
	}
	return []row.Mark{{Day: 20612, Status: row.Observed}}, nil
}

// A series that cannot be read fails alone, at last; as long as the state machine tries
// again the task fails.
func TestHandleFails(t *testing.T) {
	batch := message.Batch{}
	for _, key := range []string{"ECB#USD", "ECB#JPY", "ECB#NONE"} {
		batch.Series = append(batch.Series, message.SeriesRange{Key: key, From: 20600, To: 20620})
	}
	c, err := catalogue.Parse("series.yaml", []byte(dollar+"- {key: ECB#JPY, title: yen, unit: JPY, source: ecb, code: JPY, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		fails   some
		attempt int
		want    string // errors of the series; "" and the task's
		task    fault.Name
	}{
		{"unknown alone", some{}, 0, ",,Input.Invalid", ""},
		{"throttled at first", some{"ECB#JPY": fault.StoreThrottled}, 0, "", fault.StoreThrottled},
		{"unavailable, one attempt to go", some{"ECB#JPY": fault.StoreUnavailable}, 4, "", fault.StoreUnavailable},
		{"unavailable to the end", some{"ECB#JPY": fault.StoreUnavailable}, 5, ",Store.Unavailable,Input.Invalid", ""},
		{"the store is not to be used", some{"ECB#JPY": fault.StoreUnusable}, 0, "", fault.StoreUnusable},
		{"and at the end", some{"ECB#JPY": fault.StoreUnusable}, 5, "", fault.StoreUnusable},
		{"no retry would help", some{"ECB#USD": fault.Internal}, 0, "Lacuna.Internal,,Input.Invalid", ""},
	}
	for _, tt := range tests {
		out, err := query.New(c, tt.fails).Handle(t.Context(), message.Query{Batch: batch, AsOf: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Only: row.OnlyDue, Attempt: tt.attempt})
		if tt.task != "" {
			if fault.NameOf(err) != tt.task {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.task)
			}
			continue
		}
		var got []string
		for i, s := range out.Series {
			got = append(got, s.Error)
			if s.SeriesRange != batch.Series[i] || s.Error == "" && s.Settled.Days() != 1 {
				t.Errorf("%s: %+v", tt.name, s)
			}
		}
		if text := strings.Join(got, ","); err != nil || text != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, text, err, tt.want)
		}
	}
}
