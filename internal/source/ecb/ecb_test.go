package ecb_test

import (
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/sourcetest"
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
	})
}
