package message_test

import (
	"encoding/json"
	"testing"
	"time"

	"lacuna/internal/message"
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
			`{"key":"A","expected":3,"missing":2,"not_due":0,"waiting":0,"quarantined":0,"oldest":"2024-03-15","newest":"2024-03-18","gaps":["2024-03-15","2024-03-17/2024-03-18"],"requested":0,"deferred":0}`,
		},
		{
			"none",
			message.Detected{Key: "A", Expected: 3},
			`{"key":"A","expected":3,"missing":0,"not_due":0,"waiting":0,"quarantined":0,"requested":0,"deferred":0}`,
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
		Stream: message.Stream{ID: "ecb-001", Series: []string{"A", "B"}, From: 19797, To: 19800, Days: 4},
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
