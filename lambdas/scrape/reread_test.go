package scrape_test

import (
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/lambdas/scrape"

	"github.com/google/go-cmp/cmp"
)

// An answer that is read again, of Monday to Friday: what it says otherwise is changed, what
// it says no longer stays and is told of, and rows of other answers and other days are let alone.
func TestReread(t *testing.T) {
	const raw = "hash of the answer"
	asked := span.Span{From: day("2026-06-08"), To: day("2026-06-12")}
	tests := []struct {
		name   string
		day    string
		row    row.Row // stored before
		says   string  // of the answer; "": nothing
		dryRun bool

		want   scrape.Reread
		status row.Status // after it
		value  string
	}{
		{name: "the same", day: "2026-06-08", row: observedRow("5.1000", raw), says: "5.1000", want: scrape.Reread{Same: 1}, status: row.Observed, value: "5.1000"},
		{name: "another value", day: "2026-06-08", row: observedRow("51000", raw), says: "5.1000",
			want: scrape.Reread{Changed: []span.Day{day("2026-06-08")}}, status: row.Observed, value: "5.1000"},
		{name: "another value, in a dry run", day: "2026-06-08", row: observedRow("51000", raw), says: "5.1000", dryRun: true,
			want: scrape.Reread{Changed: []span.Day{day("2026-06-08")}}, status: row.Observed, value: "51000"},
		{name: "no value any more", day: "2026-06-08", row: observedRow("5.1000", raw), want: scrape.Reread{Lost: []span.Day{day("2026-06-08")}}, status: row.Observed, value: "5.1000"},
		{name: "a value that is not believed", day: "2026-06-08", row: observedRow("5.1000", raw), says: "51000",
			want: scrape.Reread{Lost: []span.Day{day("2026-06-08")}}, status: row.Observed, value: "5.1000"},
		{name: "a value where there was none", day: "2026-06-08", row: row.Row{Status: row.Absent, Raw: raw}, says: "5.1000",
			want: scrape.Reread{Changed: []span.Day{day("2026-06-08")}}, status: row.Observed, value: "5.1000"},
		{name: "none where there was none", day: "2026-06-08", row: row.Row{Status: row.Absent, Raw: raw}, want: scrape.Reread{Same: 1}, status: row.Absent},
		{name: "a row of another answer", day: "2026-06-08", row: observedRow("51000", "hash of another"), says: "5.1000", status: row.Observed, value: "51000"},
		{name: "a day outside the chosen ones", day: "2026-06-12", row: observedRow("51000", raw), says: "5.1000", status: row.Observed, value: "51000"},
		{name: "a day outside the request", day: "2026-06-15", row: observedRow("51000", raw), says: "5.1000", status: row.Observed, value: "51000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil, nil)
			tt.row.Series, tt.row.Day = "USD", day(tt.day)
			b.put(t, tt.row)
			answer := source.Answer{}
			if tt.says != "" {
				answer.Observations = []source.Observation{{Key: "USD", Day: day(tt.day), Fields: row.Fields{{Name: "sell", Value: tt.says}}}}
			}
			days := span.Span{From: asked.From, To: asked.To - 1}
			if tt.day == "2026-06-15" {
				days.To = day(tt.day)
			}
			request := source.Request{Series: []source.Series{{Key: "USD", Code: "USD", Fields: []string{"sell"}}}, Span: asked}
			asking := row.Asking{Run: "reparse-1", At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
			got, err := b.Reread(t.Context(), raw, "bcb-ptax", request, days, answer, asking, tt.dryRun)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Key = "USD"
			if diff := cmp.Diff([]scrape.Reread{tt.want}, got); diff != "" {
				t.Errorf("reread mismatch (-want +got):\n%s", diff)
			}
			rows := b.rows(t)
			if len(rows) != 1 || rows[0].Status != tt.status || fieldOf(rows[0]) != tt.value {
				t.Errorf("rows %+v, want one that is %s with %q", rows, tt.status, tt.value)
			}
		})
	}
}

// A row that another run has replaced meanwhile is of another answer by now.
func TestRereadAfterAnother(t *testing.T) {
	const raw = "hash of the answer"
	b := newBench(t, nil, nil)
	old := observedRow("51000", raw)
	old.Series, old.Day = "USD", day("2026-06-08")
	b.put(t, old)
	b.store.onChange = func() {
		b.store.onChange = nil
		next := observedRow("5.2000", "hash of another")
		next.Series, next.Day = old.Series, old.Day
		b.put(t, next)
	}
	request := source.Request{Series: []source.Series{{Key: "USD", Code: "USD", Fields: []string{"sell"}}}, Span: span.Span{From: old.Day, To: old.Day}}
	answer := source.Answer{Observations: []source.Observation{{Key: "USD", Day: old.Day, Fields: row.Fields{{Name: "sell", Value: "5.1000"}}}}}
	if _, err := b.Reread(t.Context(), raw, "bcb-ptax", request, request.Span, answer, row.Asking{Run: "reparse-1", At: time.Now()}, false); err != nil {
		t.Fatal(err)
	}
	if rows := b.rows(t); len(rows) != 1 || fieldOf(rows[0]) != "5.2000" {
		t.Errorf("rows %+v, want what another run has stored", rows)
	}
}

func observedRow(value, raw string) row.Row {
	return row.Row{Status: row.Observed, Fields: row.Fields{{Name: "sell", Value: value}}, Source: "bcb-ptax", Run: "r1", Raw: raw,
		FetchedAt: time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)}
}

// fieldOf returns the value of a row's only field, "" for none.
func fieldOf(r row.Row) string {
	if len(r.Fields) == 0 {
		return ""
	}
	return r.Fields[0].Value
}
