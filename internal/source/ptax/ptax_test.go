package ptax_test

import (
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sourcetest"
)

var usd = source.Series{Key: "CURRENCY#USD", Code: "USD", Fields: []string{"buy", "sell"}}

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		Source: publisher.PTAX,
		Open:   func(c *source.Client) source.Source { return ptax.New(c) },
		Series: usd,
	})
}
