package catalogue_test

import (
	"testing"

	"lacuna/internal/catalogue"
	"lacuna/internal/span"
)

func TestRestrict(t *testing.T) {
	const text = `
version: 1
sources:
  ecb: {max_days: 3650, max_series: 40, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 60s}
series:
- {key: A, aliases: [OLD_A], title: a, unit: u, source: ecb, code: A, calendar: target, since: 2020-01-02}
- {key: B, aliases: [OLD_B], title: b, unit: u, source: ecb, code: B, calendar: target, since: 2020-01-02}
`
	c, err := catalogue.Parse("x.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	since := span.Date(2024, 1, 2)
	kept := c.Restrict(func(s catalogue.Series) (catalogue.Series, bool) {
		s.Since = since
		return s, s.Key == "B"
	})
	if _, ok := kept.Lookup("OLD_A"); ok || len(kept.All()) != 1 {
		t.Errorf("A is still in %+v", kept.All())
	}
	if s, ok := kept.Lookup("OLD_B"); !ok || s.Key != "B" || s.Since != since {
		t.Errorf("OLD_B leads to %+v", s)
	}
	if s, ok := c.Lookup("B"); !ok || s.Since == since {
		t.Errorf("the catalogue itself has changed: %+v", s)
	}
}
