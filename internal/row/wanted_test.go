package row_test

import (
	"testing"

	"lacuna/internal/row"
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
		{"absent, its day is tomorrow", row.Row{Status: row.Absent, RetryAt: today + 1}, [4]bool{false, false, true, true}},
		{"absent, settled", row.Row{Status: row.Absent}, [4]bool{false, false, true, true}},
		{"incomplete, its day is past", row.Row{Status: row.Incomplete, RetryAt: today - 9}, [4]bool{true, false, true, true}},
		{"incomplete, its day is tomorrow", row.Row{Status: row.Incomplete, RetryAt: today + 1}, [4]bool{false, false, true, true}},
		{"quarantined", row.Row{Status: row.Quarantined}, [4]bool{false, false, false, false}},
	}
	for _, tt := range tests {
		for i, only := range onlys {
			if got := only.Wants(tt.row.Mark(), today, nil); got != tt.want[i] {
				t.Errorf("%s: only %s wants %v", tt.name, only, got)
			}
		}
	}
	for only, want := range map[row.Only]bool{row.OnlyDue: true, row.OnlyMissing: true, row.OnlyFailed: false, row.OnlyAll: true} {
		if got := only.WantsMissing(); got != want {
			t.Errorf("only %s wants days without a row: %v", only, got)
		}
	}
}
