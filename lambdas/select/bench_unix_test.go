//go:build unix

package selection_test

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/message"
	selection "lacuna/lambdas/select"
)

// BenchmarkSelect opens a compiled catalogue of so many series, as the function does,
// and divides a run of all of them.
func BenchmarkSelect(b *testing.B) {
	text := []byte("version: 1\nsources: {ecb: {}}\nseries:\n- {each: {from: codes.csv}, key: 'ECB#{code}', title: 'Euro reference rate of {code}', unit: '{code} per EUR', " +
		"source: ecb, code: '{code}', calendar: target, since: 2008-01-02}\n")
	for _, n := range []int{10_000, 100_000} {
		codes := []byte("code\n")
		for i := range n {
			codes = fmt.Appendf(codes, "C%05d\n", i)
		}
		parsed, err := catalogue.ParseBeside("series.yaml", text, nil, func(string) ([]byte, error) { return codes, nil })
		if err != nil {
			b.Fatal(err)
		}
		compiled, err := parsed.Compile()
		if err != nil {
			b.Fatal(err)
		}
		start := message.Start{Run: "r", StartedAt: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), Input: json.RawMessage(`{}`)}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				c, err := catalogue.Open(compiled)
				if err != nil {
					b.Fatal(err)
				}
				h := &selection.Handler{Catalogue: c, Queues: map[string]string{"ecb": "url"}}
				if selected, err := h.Handle(b.Context(), start); err != nil || len(selected.Shards) < 5 {
					b.Fatalf("%d shards, %v", len(selected.Shards), err)
				}
			}
			b.ReportMetric(float64(processorTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
		})
	}
}

// processorTime is what this process has had of the processors.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
