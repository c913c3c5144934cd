package message_test

import (
	"encoding/json"
	"testing"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func TestTheLongestAnswerOfAScraper(t *testing.T) {
	text, err := json.Marshal(message.Scraped{Stream: "a-source-with-a-long-name-250", OK: true, Requests: 99_999, Rows: 25_000, Absent: 25_000, Incomplete: 25_000})
	if err != nil || len(text) > 200 {
		t.Errorf("%s has %d bytes, %v; a state carries 250 of them", text, len(text), err)
	}
}

// What people see in the console: days as text, nothing where there is nothing.
func TestDetectedInTheConsole(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   message.Detected
		want string
	}{
		{
			"gaps",
			message.Detected{Key: "A", Expected: 3, Missing: 2, Oldest: 19797, Newest: 19800, Gaps: []span.Span{{From: 19797, To: 19797}, {From: 19799, To: 19800}}},
			`{"key":"A","expected":3,"missing":2,"oldest":"2024-03-15","newest":"2024-03-18","gaps":["2024-03-15","2024-03-17/2024-03-18"]}`,
		},
		{
			"none",
			message.Detected{Key: "A", Expected: 3},
			`{"key":"A","expected":3,"missing":0}`,
		},
	} {
		got, err := json.Marshal(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestScrapeMessageRoundTrip(t *testing.T) {
	want := message.Scrape{
		V: message.ScrapeVersion, Run: "r", AsOf: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Only: "due", Source: "ecb", Token: "t", Attempt: 2,
		Streams: []message.Stream{{ID: "ecb-001", Series: []string{"A", "B"}, From: 19797, To: 19800, Days: 4}},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got message.Scrape
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("round trip of %s mismatch (-want +got):\n%s", text, diff)
	}
}

// A bundle is named by its first and last stream, and reaches from the oldest day of all to
// the newest.
func TestBundle(t *testing.T) {
	of := func(streams ...message.Stream) message.Bundle { return message.Bundle{Streams: streams} }
	one, two, three := message.Stream{ID: "e-001", From: 30, To: 40}, message.Stream{ID: "e-002", From: 35, To: 50}, message.Stream{ID: "e-003", From: 10, To: 12}
	for _, tt := range []struct {
		bundle message.Bundle
		name   string
		want   span.Span
	}{
		{of(one), "e-001", span.Span{From: 30, To: 40}},
		{of(one, two), "e-001 to e-002", span.Span{From: 30, To: 50}},
		{of(one, two, three), "e-001 to e-003", span.Span{From: 10, To: 50}},
	} {
		if got := tt.bundle.Span(); tt.bundle.String() != tt.name || got != tt.want {
			t.Errorf("%s: %s, want %s: %s", tt.bundle, got, tt.name, tt.want)
		}
	}
	if name := of().String(); name != "" {
		t.Errorf("nothing is called %q", name)
	}
	all := message.Streams{Bundles: []message.Bundle{of(one, two), of(three)}}.All()
	if diff := cmp.Diff([]message.Stream{one, two, three}, all); diff != "" {
		t.Errorf("all streams (-want +got):\n%s", diff)
	}
}

// The total of a run is the sum of its series, unless the run names some of them only.
func TestTotal(t *testing.T) {
	a := message.SeriesResult{Key: "A", Missing: 5, Requested: 4, Count: row.Count{Observed: 3, Absent: 1, New: 2}, Failed: 1, Waiting: 7, Quarantine: 2, Deferred: 1}
	b := message.SeriesResult{Key: "B", Missing: 1, Requested: 1, Count: row.Count{Observed: 1}, Error: "Store.Throttled"}
	sum := message.Summary{Series: []message.SeriesResult{a, b}}
	want := message.Total{Number: 2, SeriesResult: message.SeriesResult{Missing: 6, Requested: 5, Count: row.Count{Observed: 4, Absent: 1, New: 2}, Failed: 1, Waiting: 7, Quarantine: 2, Deferred: 1}}
	if diff := cmp.Diff(want, sum.All()); diff != "" {
		t.Errorf("of two series (-want +got):\n%s", diff)
	}
	divided := message.Summary{Series: []message.SeriesResult{a}, Total: &message.Total{Number: 1000}}
	if got := divided.All(); got.Number != 1000 || got.Missing != 0 {
		t.Errorf("of a divided run: %+v", got)
	}
}
