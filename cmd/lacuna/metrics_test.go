package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/span"
	"lacuna/internal/standing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Prometheus's own parser reads what is written, of keys with anything in them too.
func TestMetrics(t *testing.T) {
	asOf := time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC)
	of := func(key string) standing.Coverage {
		return standing.Coverage{Key: key, Observed: 7, Missing: 2, Waiting: 3, Quarantined: 1, Withdrawn: 4}
	}
	text := metricsOf([]standing.Standing{
		{Coverage: of("A"), Newest: span.Date(2026, 6, 28), Behind: 2, OldestGap: &standing.Days{From: span.Date(2026, 6, 21), To: span.Date(2026, 6, 22)}},
		{Coverage: of("never \\ \" \n" + evil)},
	}, asOf, 3, 12)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	for name, want := range map[string][]float64{
		"missing_days": {2, 2}, "waiting_days": {3, 3}, "quarantined_days": {1, 1}, "withdrawn_days": {4, 4}, "observed_days": {7, 7}, "oldest_gap_days": {10, 0}, "freshness_days": {2},
		"last_run_timestamp_seconds": {float64(asOf.Unix())}, "last_run_exit_code": {3}, "last_run_requests": {12},
	} {
		f := families["lacuna_"+name]
		if len(f.GetMetric()) != len(want) || f.GetHelp() == "" {
			t.Errorf("%s: %v, want %v", name, f, want)
			continue
		}
		for i, m := range f.GetMetric() {
			if m.GetGauge().GetValue() != want[i] {
				t.Errorf("%s: %v, want %v", name, m, want[i])
			}
		}
		delete(families, "lacuna_"+name)
	}
	for name := range families {
		t.Errorf("nobody knows %s", name)
	}
	if what := commanding(text, false); what != "" {
		t.Errorf("metrics have %s", what)
	}
}

func TestMetricsReplaceMetricsAlone(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "lacuna.prom"), filepath.Join(dir, "notes.txt")
	writeFile(t, other, "of somebody")
	b := newBench(t)
	for range 2 {
		if code, _, stderr := b.run("backfill", "--series", "SGS#1", "--from", "-9d", "--metrics", file); code != 0 {
			t.Fatalf("exit code %d\n%s", code, stderr)
		}
	}
	if text := textOf(t, file); !strings.Contains(text, `lacuna_missing_days{series="SGS#1"} 0`) || !strings.Contains(text, "lacuna_last_run_exit_code 0\n") {
		t.Errorf("metrics:\n%s", text)
	}
	code, _, stderr := b.run("backfill", "--series", "SGS#1", "--from", "-9d", "--metrics", other)
	if code != 64 || !strings.Contains(stderr, "notes.txt is there and is not replaced: it holds no metrics of lacuna") || textOf(t, other) != "of somebody" {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("files %v, error %v", left, err)
	}
}
