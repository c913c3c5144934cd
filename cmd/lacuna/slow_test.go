package main

import (
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"
)

// A monthly series is asked for once a month, on the day on which its publisher is
// ready, and on no day before. The numbers are made up.
func TestAMonthIsAskedForWhenItIsReady(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var months []publisher.Observation
	for month := time.January; month <= time.June; month++ {
		months = append(months, publisher.Observation{Day: span.Date(2026, month, 1), Values: []string{"0.33"}})
	}
	serve := func(published int) {
		data := publisher.NewData(publisher.Today)
		data.Add(publisher.SGS, "433", months[:published])
		p, err := publisher.Start(publisher.Options{Data: data})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
		b.env = append(b.env, registry.URLVariable(publisher.SGS)+"="+p.URL(publisher.SGS))
	}
	for _, day := range []struct {
		now                           string
		published, requests, observed int
	}{
		{"2026-06-10T11:59:00Z", 5, 1, 4}, // May is published early, and not due
		{"2026-06-10T12:00:00Z", 5, 1, 1},
		{"2026-06-30T12:00:00Z", 5, 0, 0},
		{"2026-07-10T11:59:00Z", 6, 0, 0},
		{"2026-07-10T12:00:00Z", 6, 1, 1},
		{"2026-07-31T12:00:00Z", 6, 0, 0},
	} {
		serve(day.published)
		var got result
		b.read(&got, 0, "backfill", "--series", "INFLATION#IPCA", "--from", "2026-01-01", "--now", day.now)
		observed := 0
		for _, s := range got.Series {
			observed += s.Observed
		}
		if got.Requests != day.requests || observed != day.observed || got.Status != "complete" {
			t.Errorf("%s: %s with %d requests and %d months, want %d and %d", day.now, got.Status, got.Requests, observed, day.requests, day.observed)
		}
	}
}
