package row_test

import (
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// settledBy returns the row that one empty answer made under the old rule.
func settledBy(run string, day span.Day) row.Row {
	const reason = "no value between published days, taken for a holiday"
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	return row.Row{
		Series: "A", Day: day, Status: row.Absent, Source: "fred", FetchedAt: at, Run: run, Attempts: 1, Reason: reason,
		Trail: []row.Step{{At: at, Run: run, Answer: "absent", Reason: reason}},
	}
}

func TestSettledByOneAnswer(t *testing.T) {
	tests := []struct {
		name   string
		change func(r *row.Row)
		want   bool
	}{
		{"one answer", func(*row.Row) {}, true},
		{"on its ladder", func(r *row.Row) { r.RetryAt = 20700 }, false},
		{"two answers", func(r *row.Row) { r.Attempts, r.Trail = 2, append(r.Trail, r.Trail[0]) }, false},
		{"a person's act", func(r *row.Row) {
			r.Attempts, r.Trail = 0, []row.Step{{Answer: "mark absent", By: "ana", Reason: "r"}}
		}, false},
		{"an answer, and then a person", func(r *row.Row) { r.Trail = append(r.Trail, row.Step{Answer: "mark absent", By: "ana"}) }, false},
		{"by witnesses", func(r *row.Row) { r.Reason = "no value, with 2026-06-18 and 2026-06-22 as witnesses" }, false},
		{"observed", func(r *row.Row) { r.Status, r.Attempts, r.Trail = row.Observed, 0, nil }, false},
		{"a calendar's day, with nothing asked", func(r *row.Row) { r.Attempts, r.Trail = 0, nil }, false},
		{"quarantined", func(r *row.Row) { r.Status, r.Attempts = row.Quarantined, 6 }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := settledBy("r1", 20600)
			tt.change(&r)
			if got := r.SettledByOneAnswer(); got != tt.want {
				t.Errorf("SettledByOneAnswer(%+v) = %v", r, got)
			}
		})
	}
}

func TestFindSettled(t *testing.T) {
	observed := func(run string, day span.Day) row.Row {
		return row.Row{Series: "A", Day: day, Status: row.Observed, Run: run}
	}
	rows := []row.Row{
		settledBy("r1", 1), observed("r1", 2), settledBy("r1", 3), settledBy("r1", 4), observed("r1", 5),
		settledBy("r2", 6), observed("r1", 7), settledBy("r1", 8), observed("r3", 9), settledBy("r3", 10),
		observed("", 11), settledBy("", 12), observed("", 13), // written by hand
		observed("r4", 14), settledBy("r4", 15), observed("r4", 16),
	}
	days := func(rows []row.Row) (days []span.Day) {
		for _, r := range rows {
			days = append(days, r.Day)
		}
		return days
	}
	got := row.FindSettled(rows)
	if diff := cmp.Diff([]span.Day{1, 6, 8, 10, 12}, days(got.Alone)); diff != "" {
		t.Errorf("alone (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]span.Day{3, 4, 15}, days(got.Beside)); diff != "" {
		t.Errorf("beside (-want +got):\n%s", diff)
	}
}
