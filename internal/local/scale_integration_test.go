//go:build integration && linux

package local_test

import (
	"runtime/debug"
	"testing"
	"time"
)

// What the benchmark of 100,000 series plays, within a bound of memory.
func TestAHundredThousandSeries(t *testing.T) {
	const limit, maxPeak = 400 << 20, 500 << 10 // bytes; KB
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	s := scaled{100_000, 1}
	s.check(t, newStage(t, s, func() time.Duration { return 0 }).play())
	if peak := usage(t).Maxrss; peak > maxPeak {
		t.Errorf("%d KB at the peak, want at most %d", peak, maxPeak)
	}
}
