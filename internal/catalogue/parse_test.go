package catalogue_test

import (
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"
)

func BenchmarkParseShipped(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalogue.Parse("series.yaml", lacuna.Series, nil); err != nil {
			b.Fatal(err)
		}
	}
}
