package console

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"
)

// many is the number of series of the budgets.
const many = 10_000

// crowd has the rows of many series: of twenty years of weekdays one in fifty lacks in
// every third series.
type crowd struct {
	*memory.Store
	marks, patchy []row.Mark
}

func newCrowd() *crowd {
	c := &crowd{}
	for day := span.Date(2004, 1, 2); day < span.Date(2024, 3, 20); day++ {
		if w := day.Time().Weekday(); w == time.Saturday || w == time.Sunday {
			continue
		}
		m := row.Mark{Day: day, Status: row.Observed}
		c.marks = append(c.marks, m)
		if len(c.marks)%50 > 0 {
			c.patchy = append(c.patchy, m)
		}
	}
	return c
}

// Marks implements Rows.
func (c *crowd) Marks(_ context.Context, series string, s span.Span) ([]row.Mark, error) {
	if series[len(series)-1]%3 == 0 {
		return c.patchy, nil
	}
	return c.marks, nil
}

func manySeries() string {
	var b strings.Builder
	b.WriteString("version: 1\nsources: {ecb: {}}\nseries:\n")
	for i := range many {
		fmt.Fprintf(&b, "- {key: RATE#%d, title: Exchange rate %d, unit: x, source: ecb, code: C%d, calendar: target, since: 2004-01-02}\n", i, i, i)
	}
	return b.String()
}

// full returns a console of many series that has read them all, and the bytes of its index.
func full(b *testing.B) (*bench, uint64) {
	crowd := newCrowd()
	var before, after runtime.MemStats
	bench := newBench(b, manySeries(), func(o *Options) { o.Rows = crowd })
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range many {
		bench.index.read(b.Context(), i)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return bench, after.HeapAlloc - before.HeapAlloc
}

// The first hundred rows of ten thousand, worst first, and what they weigh compressed.
func BenchmarkOverview(b *testing.B) {
	bench, _ := full(b)
	bytes := 0
	for b.Loop() {
		w := bench.ask(http.MethodGet, "/", nil, map[string]string{"Accept-Encoding": "gzip"})
		bytes = w.Body.Len()
	}
	b.ReportMetric(float64(bytes), "gzip-B")
}

// The picture of ten thousand series by months.
func BenchmarkCarpet(b *testing.B) {
	bench, _ := full(b)
	bytes := 0
	for b.Loop() {
		w := bench.ask(http.MethodGet, "/coverage", nil, map[string]string{"Accept-Encoding": "gzip"})
		bytes = w.Body.Len()
	}
	b.ReportMetric(float64(bytes), "gzip-B")
}

// One series of twenty years read into the index, and what the index of ten thousand takes.
func BenchmarkIndex(b *testing.B) {
	bench, bytes := full(b)
	b.ResetTimer()
	for b.Loop() {
		bench.index.read(b.Context(), 3)
	}
	b.ReportMetric(float64(bytes)/1e6, "index-MB")
}
