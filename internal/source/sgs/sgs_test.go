package sgs_test

import (
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/sgs"
	"lacuna/internal/source/sourcetest"
)

var sell = source.Series{Key: "SGS#1", Code: "1", Fields: []string{"value"}}

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		Source: publisher.SGS,
		Open:   func(c *source.Client) source.Source { return sgs.New(c) },
		Series: sell,
		Days:   sourcetest.Week,
		Empty:  sourcetest.Weekend,
		Faults: []sourcetest.FaultCase{{Fault: publisher.Fault{Kind: publisher.NotDecimal}, Want: sourcetest.Without, Damaged: 1}}, // in a text
	})
}
