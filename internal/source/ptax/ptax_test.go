package ptax_test

import (
	"net/http"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"
)

var usd = source.Series{Key: "CURRENCY#USD", Code: "USD", Fields: []string{"buy", "sell"}}

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		Source: publisher.PTAX,
		Open:   func(c *source.Client) source.Source { return ptax.New(c) },
		Series: usd,
		Days:   sourcetest.Week,
		Empty:  sourcetest.Weekend,
		Faults: []sourcetest.FaultCase{ // a bank does not buy for more than it sells
			{Fault: publisher.Fault{Kind: publisher.Swapped}, Want: sourcetest.Without, Damaged: 1},
		},
	})
}

// The same answer means a wrong request for one currency and a breakdown for
// another.
func TestUnknownCurrency(t *testing.T) {
	client := sourcetest.Canned(t, http.StatusInternalServerError, sourcetest.Sample(t, "ptax-error-500.txt"))
	for currency, want := range map[string]fault.Name{"BRX": fault.Rejected, "EUR": fault.Unavailable} {
		answer, err := ptax.New(client).Fetch(t.Context(), source.Request{
			Series: []source.Series{{Key: "X", Code: currency, Fields: []string{"buy"}}},
			Span:   span.Span{From: 20000, To: 20010},
		})
		if fault.NameOf(err) != want || answer.Requests != 1 {
			t.Errorf("%s: error %v after %d requests, want %s after 1", currency, err, answer.Requests, want)
		}
	}
}

func TestFetchRejectsWithoutAsking(t *testing.T) {
	client := sourcetest.Canned(t, http.StatusOK, sourcetest.Sample(t, "ptax-period.json"))
	middle := source.Series{Key: "X", Code: "USD", Fields: []string{"middle"}}
	for name, series := range map[string][]source.Series{"no series": nil, "two series": {usd, usd}, "a field it lacks": {middle}} {
		answer, err := ptax.New(client).Fetch(t.Context(), source.Request{Series: series, Span: span.Span{From: 20000, To: 20010}})
		if fault.NameOf(err) != fault.Rejected || answer.Requests != 0 {
			t.Errorf("%s: error %v after %d requests, want Rejected after none", name, err, answer.Requests)
		}
	}
}
