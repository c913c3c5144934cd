package row_test

import (
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func TestParseOnly(t *testing.T) {
	tests := []struct {
		text, wantErr string
		want          row.Only
	}{
		{text: "", want: row.OnlyDue},
		{text: "due", want: row.OnlyDue},
		{text: "missing", want: row.OnlyMissing},
		{text: "failed", want: row.OnlyFailed},
		{text: "all", want: row.OnlyAll},
		{text: "Due", wantErr: `only "Due": want due, missing, failed or all`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := row.ParseOnly(tt.text)
			if got != tt.want || errText(err) != tt.wantErr {
				t.Errorf("ParseOnly(%q) = %q, %v; want %q, %s", tt.text, got, err, tt.want, tt.wantErr)
			}
		})
	}
}

// Which days are asked for, by what is stored of them.
func TestWants(t *testing.T) {
	const today = 100
	onlys := []row.Only{row.OnlyDue, row.OnlyMissing, row.OnlyFailed, row.OnlyAll}
	tests := []struct {
		name string
		row  row.Row
		want [4]bool // in the order of onlys
	}{
		{"observed", row.Row{Status: row.Observed}, [4]bool{false, false, false, true}},
		{"absent, its day has come", row.Row{Status: row.Absent, RetryAt: today}, [4]bool{true, false, true, true}},
		{"marked missing", row.Row{Status: row.Absent, RetryAt: today, Reason: "mark missing by ana: odd"}, [4]bool{true, true, true, true}},
		{"absent, its day is tomorrow", row.Row{Status: row.Absent, RetryAt: today + 1}, [4]bool{false, false, true, true}},
		{"absent, settled", row.Row{Status: row.Absent}, [4]bool{false, false, true, true}},
		{"incomplete, its day is past", row.Row{Status: row.Incomplete, RetryAt: today - 9}, [4]bool{true, false, true, true}},
		{"incomplete, its day is tomorrow", row.Row{Status: row.Incomplete, RetryAt: today + 1}, [4]bool{false, false, true, true}},
		{"quarantined", row.Row{Status: row.Quarantined}, [4]bool{false, false, false, false}},
	}
	for _, tt := range tests {
		tt.row.Day = 7
		for i, only := range onlys {
			sorted := only.Sort([]row.Mark{tt.row.Mark()}, nil, 0, today)
			if got := sorted.Recheck.Contains(7); got != tt.want[i] {
				t.Errorf("%s: only %s wants %v", tt.name, only, got)
			}
			// Of two due days the other one has no row.
			wanted := only.Wanted(span.Collect(span.Span{From: 7, To: 8}), sorted)
			if wanted.Contains(7) != tt.want[i] || wanted.Contains(8) != (only != row.OnlyFailed) {
				t.Errorf("%s: only %s wants %v of 7 and 8", tt.name, only, wanted)
			}
		}
	}
}

// Each day that has a row is of one kind.
func TestSort(t *testing.T) {
	mark := func(day span.Day, status row.Status, retryAt, fetched span.Day) row.Mark {
		r := row.Row{Day: day, Status: status, RetryAt: retryAt, FetchedAt: fetched.Time()}
		return r.Mark()
	}
	marks := []row.Mark{
		mark(1, row.Observed, 0, 90), mark(2, row.Absent, 0, 90), mark(3, row.Absent, 100, 90), mark(4, row.Incomplete, 101, 90),
		mark(5, row.Quarantined, 0, 90), mark(6, row.Observed, 0, 90), mark(7, row.Observed, 0, 99), mark(8, row.Absent, 101, 90),
		mark(10, row.Observed, 0, 90),
	}
	days := func(list ...span.Day) (runs span.Runs) {
		for _, d := range list {
			runs = runs.Append(d)
		}
		return runs
	}
	newest := days(6, 7, 8, 9)
	for _, tt := range []struct {
		only   row.Only
		before span.Day
		want   row.Sorted
	}{
		{row.OnlyDue, 99, row.Sorted{Recheck: days(3), Waiting: days(4, 8), Quarantined: days(5), Settled: days(1, 2, 6, 7, 10), Latest: 10}},
		{row.OnlyDue, 100, row.Sorted{Recheck: days(3, 6, 7), Compared: newest, Waiting: days(4, 8), Quarantined: days(5), Settled: days(1, 2, 10), Latest: 10}},
		{row.OnlyMissing, 100, row.Sorted{Waiting: days(4, 8), Quarantined: days(5), Settled: days(1, 2, 3, 6, 7, 10), Latest: 10}},
		{row.OnlyFailed, 100, row.Sorted{Recheck: days(2, 3, 4, 8), Quarantined: days(5), Settled: days(1, 6, 7, 10), Latest: 10}},
		{row.OnlyAll, 100, row.Sorted{Recheck: days(1, 2, 3, 4, 6, 7, 8, 10), Quarantined: days(5), Latest: 10}},
	} {
		if diff := cmp.Diff(tt.want, tt.only.Sort(marks, newest, tt.before, 100)); diff != "" {
			t.Errorf("only %s before %d (-want +got):\n%s", tt.only, tt.before, diff)
		}
	}
}
