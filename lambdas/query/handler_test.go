package query_test

import (
	"context"
	"encoding/json"
	"errors"
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
		in := message.Query{AsOf: asOf, Only: row.OnlyDue}
		in.SeriesRange = message.SeriesRange{Key: "ECB#USD", From: day(t, "2026-06-05"), To: day(t, "2026-06-30")}
		out, err := query.New(c, stored).Handle(t.Context(), in)
		if got := fmt.Sprint(out.Recheck); got != want || err != nil {
			t.Errorf("fetched on June %d: recheck %s, %v; want %s", fetched, got, err, want)
		}
	}
}

type broken struct{}

func (broken) Marks(context.Context, string, span.Span) ([]row.Mark, error) {
	return nil, fault.New(fault.StoreThrottled, "slow down")
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
			in := message.Query{AsOf: time.Date(2026, 7, 1, 23, 0, 0, 0, time.UTC), Only: tt.only}
			in.SeriesRange = message.SeriesRange{Key: "ECB#USD", From: day(t, "2026-06-01"), To: day(t, "2026-06-30")}
			out, err := handler(t, stored).Handle(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"key":"ECB#USD","from":"2026-06-01","to":"2026-06-30",` + tt.want + `,"latest":"2026-06-08"}`
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("Handle mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHandleErrors(t *testing.T) {
	in := message.Query{SeriesRange: message.SeriesRange{Key: "ECB#USD"}}
	if _, err := handler(t, broken{}).Handle(context.Background(), in); fault.NameOf(err) != fault.StoreThrottled {
		t.Errorf("a store that throttles: %v", err)
	}
	in.Key = "ECB#NONE"
	_, err := handler(t, marks{}).Handle(context.Background(), in)
	if named := (*fault.Error)(nil); !errors.As(err, &named) || named.Name != fault.InputInvalid {
		t.Errorf("unknown series: %v", err)
	}
}
