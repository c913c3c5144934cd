package ecb_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"
)

var (
	brl = source.Series{Key: "CURRENCY#BRL", Code: "BRL", Fields: []string{"rate"}}
	usd = source.Series{Key: "ECB#USD", Code: "USD", Fields: []string{"value"}}
)

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		Source: publisher.ECB,
		Open:   func(c *source.Client) source.Source { return ecb.New(c) },
		Series: brl,
		Days:   sourcetest.Week,
		Empty:  sourcetest.Weekend,
	})
}

// The whole history of all currencies in three requests, and a benchmark of it.
func fetchAll(tb testing.TB, src source.Source, p *publisher.Publisher) int {
	tb.Helper()
	codes := strings.Fields("USD JPY BGN CZK DKK GBP HUF PLN RON SEK CHF ISK NOK TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR")
	rows := 0
	for chunk := range slices.Chunk(codes, 10) {
		series := make([]source.Series, len(chunk))
		want := 0
		for i, code := range chunk {
			series[i] = source.Series{Key: "ECB#" + code, Code: code, Fields: []string{"rate"}}
			want += len(p.Observations(publisher.ECB, code))
		}
		got, err := src.Fetch(tb.Context(), source.Request{Series: series, Span: span.Span{From: span.Date(1999, 1, 1), To: publisher.Today}})
		if err != nil || len(got.Observations) != want || got.Damaged != nil || got.Requests != 1 {
			tb.Fatalf("%d of %d rows, damaged %v, %d requests, error %v", len(got.Observations), want, got.Damaged, got.Requests, err)
		}
		rows += want
	}
	return rows
}

func open(tb testing.TB) (source.Source, *publisher.Publisher) {
	tb.Helper()
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	client, err := source.NewClient(p.URL(publisher.ECB), time.Minute, 1000)
	if err != nil {
		tb.Fatal(err)
	}
	return ecb.New(client), p
}

func TestAllCurrencies(t *testing.T) {
	src, p := open(t)
	fetchAll(t, src, p)
	for _, r := range p.Requests("") {
		if len(r.Codes) != 10 || r.Status != 200 {
			t.Errorf("request %v", r)
		}
	}
}

func BenchmarkAllCurrencies(b *testing.B) {
	src, p := open(b)
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		rows += fetchAll(b, src, p)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
