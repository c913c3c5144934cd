package ecb_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"
)

func TestOffers(t *testing.T) {
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	client, err := source.NewClient(p.URL(publisher.ECB), time.Minute, 10)
	if err != nil {
		t.Fatal(err)
	}
	offers, err := ecb.New(client).Offers(t.Context())
	if err != nil || len(offers) != 30 {
		t.Fatalf("%d offers, %v; want 30", len(offers), err)
	}
	for _, want := range []source.Offer{
		{Code: "USD", Unit: "USD per EUR", Newest: span.Date(2026, 6, 30)},
		{Code: "BGN", Unit: "BGN per EUR", Newest: span.Date(2025, 12, 31)}, // it ended
	} {
		if !slices.Contains(offers, want) {
			t.Errorf("no %+v in %+v", want, offers)
		}
	}
}

func TestOffersRefuse(t *testing.T) {
	const header = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n"
	tests := []struct {
		name   string
		status int
		body   string
		want   fault.Name
	}{
		{"a breakdown", http.StatusServiceUnavailable, "", fault.Unavailable},
		{"no such key", http.StatusNotFound, `{"detail":"No results found."}`, fault.Unavailable},
		{"nothing", http.StatusOK, "", fault.Malformed},
		{"a header alone", http.StatusOK, header, fault.Malformed},
		{"another table", http.StatusOK, "a,b\n1,2\n", fault.Malformed},
		{"no day", http.StatusOK, header + "K,D,USD,EUR,SP00,A,today,1\n", fault.Malformed},
		{"half a line", http.StatusOK, header + "K,D\n", fault.Malformed},
		{"too many", http.StatusOK, header + strings.Repeat("K,D,USD,EUR,SP00,A,2026-06-30,1\n", source.MaxOffers+1), fault.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			offers, err := ecb.New(sourcetest.Canned(t, tt.status, []byte(tt.body))).Offers(t.Context())
			if fault.NameOf(err) != tt.want || offers != nil {
				t.Errorf("%d offers, %v; want %s", len(offers), err, tt.want)
			}
		})
	}
}
