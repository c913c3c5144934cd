//go:build unix

package local_test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// Families of as many series as a catalogue takes. The peak is that of the process, so run
// one at a time.
func BenchmarkManySeries(b *testing.B) {
	for _, s := range []scaled{{10_000, 1}, {10_000, 40}, {100_000, 1}, {100_000, 40}} {
		b.Run(s.String(), func(b *testing.B) {
			for b.Loop() {
				before := processor(b)
				p := newStage(b, s, func() time.Duration { return processor(b) })
				b.ReportMetric((processor(b) - before).Seconds(), "catalogue-s")
				played := p.play()
				for _, c := range played {
					b.ReportMetric(c.took.Seconds(), strings.ReplaceAll(c.Run, " ", "-")+"-s")
				}
				s.check(b, played)
			}
			b.ReportMetric(float64(usage(b).Maxrss)/1024, "MB-peak") // KB on Linux
		})
	}
}

func usage(tb testing.TB) (u syscall.Rusage) {
	tb.Helper()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return u
}

// processor returns the time of the processor that this process has had.
func processor(tb testing.TB) time.Duration {
	u := usage(tb)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
