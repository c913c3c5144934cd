package anp_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/anp"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"
)

func TestOffers(t *testing.T) {
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	client, err := source.NewClient(p.URL(publisher.ANP), time.Minute, 10)
	if err != nil {
		t.Fatal(err)
	}
	offers, err := anp.New(client).Offers(t.Context())
	if err != nil || len(offers) != 7*(1+5+27) {
		t.Fatalf("%d offers, %v; want seven products in Brazil, five regions and 27 states", len(offers), err)
	}
	for _, want := range []source.Offer{
		{Code: "GLP", Unit: "BRL per 13 kg", Newest: span.Date(2026, 3, 8)},
		{Code: "OLEO DIESEL/UF/SAO PAULO", Unit: "BRL per litre"},
	} {
		if !slices.Contains(offers, want) {
			t.Errorf("no %+v in %+v", want, offers)
		}
	}
}

func TestOffersRefuse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   fault.Name
	}{
		{"a breakdown", http.StatusServiceUnavailable, "", fault.Unavailable},
		{"no workbook", http.StatusOK, "PK", fault.Malformed},
		{"a refusal", http.StatusForbidden, "no", fault.Rejected},
	} {
		t.Run(tt.name, func(t *testing.T) {
			offers, err := anp.New(sourcetest.Canned(t, tt.status, []byte(tt.body))).Offers(t.Context())
			if fault.NameOf(err) != tt.want || offers != nil {
				t.Errorf("%d offers, %v; want %s", len(offers), err, tt.want)
			}
		})
	}
}
