package ptax_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sourcetest"

	"github.com/google/go-cmp/cmp"
)

func TestOffers(t *testing.T) {
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	client, err := source.NewClient(p.URL(publisher.PTAX), time.Minute, 10)
	if err != nil {
		t.Fatal(err)
	}
	offers, err := ptax.New(client).Offers(t.Context())
	if err != nil || len(offers) != 10 {
		t.Fatalf("%d offers, %v; want 10", len(offers), err)
	}
	if diff := cmp.Diff(source.Offer{Code: "AUD", Title: "Dólar australiano", Unit: "BRL per AUD"}, offers[0]); diff != "" {
		t.Errorf("the first offer mismatch (-want +got):\n%s", diff)
	}
}

func TestOffersRefuse(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   fault.Name
	}{
		{"a breakdown", http.StatusServiceUnavailable, "", fault.Unavailable},
		{"a refusal", http.StatusBadRequest, "no", fault.Rejected},
		{"nothing", http.StatusOK, `{"value":[]}`, fault.Malformed},
		{"a list of texts", http.StatusOK, `{"value":["USD"]}`, fault.Malformed},
		{"half a body", http.StatusOK, `{"value":[{"simbolo":"USD"}`, fault.Malformed},
		{"too many", http.StatusOK, `{"value":[` + strings.Repeat("{},", source.MaxOffers) + "{}]}", fault.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			offers, err := ptax.New(sourcetest.Canned(t, tt.status, []byte(tt.body))).Offers(t.Context())
			if fault.NameOf(err) != tt.want || offers != nil {
				t.Errorf("%d offers, %v; want %s", len(offers), err, tt.want)
			}
		})
	}
}
