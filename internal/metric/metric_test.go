package metric_test

import (
	"testing"

	"lacuna/internal/metric"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	var tally metric.Tally
	tally.Add(metric.Requests, "", "", 0)
	tally.Add(metric.Requests, "ecb", "", 2)
	tally.Add(metric.FilledDays, "ecb", "A", 3)
	tally.Add(metric.FilledDays, "ecb", "B", 4)
	tally.Add(metric.FilledDays, "anp", "C", 5)
	tally.Add(metric.OldestGapDays, "ecb", "A", 30)
	tally.Add(metric.OldestGapDays, "ecb", "B", 7)
	want := []metric.Value{
		{Name: metric.FilledDays, Number: 12},
		{Name: metric.OldestGapDays, Number: 30},
		{Name: metric.Requests, Number: 2},
		{Name: metric.FilledDays, Source: "anp", Number: 5},
		{Name: metric.FilledDays, Source: "anp", Series: "C", Number: 5},
		{Name: metric.FilledDays, Source: "ecb", Number: 7},
		{Name: metric.OldestGapDays, Source: "ecb", Number: 30},
		{Name: metric.Requests, Source: "ecb", Number: 2},
		{Name: metric.FilledDays, Source: "ecb", Series: "A", Number: 3},
		{Name: metric.OldestGapDays, Source: "ecb", Series: "A", Number: 30},
		{Name: metric.FilledDays, Source: "ecb", Series: "B", Number: 4},
		{Name: metric.OldestGapDays, Source: "ecb", Series: "B", Number: 7},
	}
	if diff := cmp.Diff(want, tally.Values()); diff != "" {
		t.Errorf("Values mismatch (-want +got):\n%s", diff)
	}
}

func TestLevels(t *testing.T) {
	for _, tt := range []struct {
		text string
		want metric.Value
	}{
		{"fleet", metric.Value{}},
		{"source", metric.Value{Source: "ecb"}},
		{"series", metric.Value{Source: "ecb", Series: "A"}},
	} {
		level, err := metric.ParseLevel(tt.text)
		if err != nil || level != tt.want.Level() {
			t.Errorf("ParseLevel(%s) = %d, %v; want %d", tt.text, level, err, tt.want.Level())
		}
	}
	if off, err := metric.ParseLevel("off"); err != nil || off != metric.Off {
		t.Errorf("ParseLevel(off) = %d, %v", off, err)
	}
	for _, text := range []string{"", "Fleet", "all"} {
		if level, err := metric.ParseLevel(text); err == nil {
			t.Errorf("ParseLevel(%q) = %d, want an error", text, level)
		}
	}
}
