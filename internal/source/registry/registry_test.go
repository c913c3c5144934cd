package registry_test

import (
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"
)

// Every publisher that is imitated can be opened, and asks the address given.
func TestOpenAsksTheAddressGiven(t *testing.T) {
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	codes := map[string]source.Series{
		publisher.PTAX: {Key: "P", Code: "USD", Fields: []string{"buy", "sell"}},
		publisher.SGS:  {Key: "S", Code: "1", Fields: []string{"value"}},
		publisher.ANP:  {Key: "A", Code: "GLP", Fields: []string{"value"}},
		publisher.ECB:  {Key: "E", Code: "USD", Fields: []string{"value"}},
		publisher.FRED: {Key: "F", Code: "DCOILBRENTEU", Fields: []string{"value"}},
	}
	for _, name := range publisher.Sources() {
		s, err := registry.Open(&catalogue.Source{Name: name}, p.URL(name), time.Minute, 10)
		if err != nil {
			t.Fatal(err)
		}
		day := span.Date(2024, 3, 15)
		if name == publisher.ANP {
			day = span.Date(2024, 3, 10)
		}
		got, err := s.Fetch(t.Context(), source.Request{Series: []source.Series{codes[name]}, Span: span.Span{From: day, To: day}})
		if err != nil || len(got.Observations) != 1 || got.Observations[0].Key != codes[name].Key {
			t.Errorf("%s: Fetch = %+v, %v; want one observation", name, got, err)
		}
		if n := len(p.Requests(name)); n != 1 {
			t.Errorf("%s got %d requests, want 1", name, n)
		}
	}
}

func TestOpenWithoutAnAddressTakesTheUsualOne(t *testing.T) {
	for _, name := range publisher.Sources() {
		if _, err := registry.Open(&catalogue.Source{Name: name}, "", time.Minute, 1); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct{ name, source, base, want string }{
		{"a source without a client", "anq", "", `source "anq": there is no client for it, only for anp, bcb-ptax, bcb-sgs, ecb, fred: want a kind`},
		{"an address that is none", "ecb", "data.ecb.europa.eu", "source ecb: base URL"},
	} {
		if _, err := registry.Open(&catalogue.Source{Name: tt.source}, tt.base, time.Minute, 1); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: Open = %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestURLVariable(t *testing.T) {
	if got := registry.URLVariable("bcb-ptax"); got != "LACUNA_BCB_PTAX_URL" {
		t.Errorf("URLVariable = %s", got)
	}
}
