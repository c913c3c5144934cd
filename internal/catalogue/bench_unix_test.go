//go:build unix

package catalogue_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/catalogue"
)

// family returns a catalogue of n series in one family, as text and as the file of its
// members.
func family(n int) (text, codes []byte) {
	text = []byte("version: 1\nsources: {ecb: {}}\nseries:\n- each: {from: codes.csv}\n  key: ECB#{code}\n  title: Euro reference rate of {code}\n" +
		"  unit: \"{code} per EUR\"\n  source: ecb\n  code: \"{code}\"\n  calendar: target\n  since: 2008-01-02\n" +
		"  ready: {at: \"16:00\", zone: Europe/Berlin}\n  checks: {value: {min: 0.0001, max: 100000, max_change: 15%}}\n")
	codes = []byte("code\n")
	for i := range n {
		codes = fmt.Appendf(codes, "C%05d\n", i)
	}
	return text, codes
}

// written returns the same as n entries.
func written(n int) []byte {
	text := []byte("version: 1\nsources: {ecb: {}}\nseries:\n")
	for i := range n {
		text = fmt.Appendf(text, "- key: ECB#C%05d\n  title: Euro reference rate of C%05[1]d\n  unit: C%05[1]d per EUR\n  source: ecb\n  code: C%05[1]d\n  calendar: target\n"+
			"  since: 2008-01-02\n  ready: {at: \"16:00\", zone: Europe/Berlin}\n  checks: {value: {min: 0.0001, max: 100000, max_change: 15%%}}\n", i)
	}
	return text
}

func parseFamilyOf(tb testing.TB, n int) *catalogue.Catalogue {
	tb.Helper()
	text, codes := family(n)
	c, err := catalogue.ParseBeside("series.yaml", text, nil, func(string) ([]byte, error) { return codes, nil })
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// BenchmarkLarge is what a large catalogue costs: read as it is written, compiled, and
// of a compiled one the start, one series, and all of them.
func BenchmarkLarge(b *testing.B) {
	run := func(name string, do func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				do(b)
			}
			b.ReportMetric(float64(processorTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
		})
	}
	text := written(10_000)
	run("ParseWritten10000", func(b *testing.B) {
		if _, err := catalogue.Parse("series.yaml", text, nil); err != nil {
			b.Fatal(err)
		}
	})
	for _, n := range []int{10_000, 100_000} {
		run(fmt.Sprint("ParseFamily", n), func(b *testing.B) { parseFamilyOf(b, n) })
		c := parseFamilyOf(b, n)
		text, err := c.Compile()
		if err != nil {
			b.Fatal(err)
		}
		open := func(b *testing.B) *catalogue.Catalogue {
			c, err := catalogue.Open(text)
			if err != nil {
				b.Fatal(err)
			}
			return c
		}
		run(fmt.Sprint("Compile", n), func(b *testing.B) {
			if _, err := c.Compile(); err != nil {
				b.Fatal(err)
			}
		})
		run(fmt.Sprint("OpenAndFind", n), func(b *testing.B) {
			b.ReportMetric(float64(len(text))/1e6, "MB")
			if _, err := open(b).Find("ECB#C07000"); err != nil {
				b.Fatal(err)
			}
		})
		run(fmt.Sprint("OpenAll", n), func(b *testing.B) {
			if all := open(b).All(); len(all) != n {
				b.Fatal(len(all))
			}
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
