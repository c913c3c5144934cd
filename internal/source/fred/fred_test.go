package fred_test

import (
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/fred"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"
)

var brent = source.Series{Key: "OIL#BRENT", Code: "DCOILBRENTEU", Fields: []string{"value"}}

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		Source: publisher.FRED,
		Open:   func(c *source.Client) source.Source { return fred.New(c) },
		Series: brent,
		Days:   span.Span{From: span.Date(2026, 5, 1), To: span.Date(2026, 5, 8)},     // the Monday has an empty line
		Empty:  span.Span{From: span.Date(2025, 12, 25), To: span.Date(2025, 12, 28)}, // two empty lines and a weekend
		Faults: []sourcetest.FaultCase{
			{Fault: publisher.Fault{Kind: publisher.OldStyle}, Want: sourcetest.Whole},
			{Fault: publisher.Fault{Kind: publisher.NoRows}, Want: sourcetest.Nothing, Empty: -1}, // not even the empty line
		},
	})
}

// The whole history, in the style of today and the older one.
func TestAllOfBrent(t *testing.T) {
	p, err := publisher.Start(publisher.Options{Data: publisher.NewData(40000)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Fail(publisher.Fault{Kind: publisher.OldStyle, Source: publisher.FRED, Skip: 1}); err != nil {
		t.Fatal(err)
	}
	client, err := source.NewClient(p.URL(publisher.FRED), time.Minute, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range []string{"today's", "older"} {
		got, err := fred.New(client).Fetch(t.Context(), source.Request{
			Series: []source.Series{brent},
			Span:   span.Span{From: span.Date(2000, 1, 1), To: span.Date(2026, 12, 31)},
		})
		if err != nil || len(got.Observations) != 6758 || got.Damaged != nil {
			t.Errorf("%s style: %d observations, damaged %v, error %v; want 6758", style, len(got.Observations), got.Damaged, err)
		}
	}
}
