package message_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lacuna/internal/message"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func marshal(t rapid.TB, c message.Coverage) string {
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var got message.Coverage
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if diff := cmp.Diff(c, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("round trip of %s mismatch (-want +got):\n%s", text, diff)
	}
	return string(text)
}

// Whatever is stored of 26 years, it fits into 5 KB and comes back the same.
func TestCoverageHasABound(t *testing.T) {
	first := span.Day(10_959) // 2000-01-03
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(1, 26*366).Draw(t, "days")
		stay := rapid.IntRange(0, 100).Draw(t, "percent that a day is like the one before")
		c := message.Coverage{SeriesRange: message.SeriesRange{Key: strings.Repeat("K", 64), From: first, To: first + span.Day(days-1)}, Latest: first}
		kinds := []*span.Runs{nil, &c.Settled, &c.Recheck, &c.Waiting, &c.Quarantined}
		random := rapid.Uint64().Draw(t, "seed")
		kind := 0
		for day := range (span.Runs{c.Span()}).All() {
			random = random*6364136223846793005 + 1442695040888963407
			if int(random>>33%100) >= stay {
				kind = int(random >> 40 % 5)
			}
			if kinds[kind] != nil {
				*kinds[kind] = kinds[kind].Append(day)
			}
		}
		if text := marshal(t, c); len(text) > 5000 {
			t.Fatalf("%d bytes: %.100s", len(text), text)
		}
	})
}

func TestCoverageAsPeopleSeeIt(t *testing.T) {
	at := message.SeriesRange{Key: "A", From: 19797, To: 19800}
	for _, tt := range []struct {
		name string
		in   message.Coverage
		want string
	}{
		{"nothing stored", message.Coverage{SeriesRange: at}, `{"key":"A","from":"2024-03-15","to":"2024-03-18","settled":[],"recheck":[],"waiting":[],"quarantined":[]}`},
		{
			"ranges",
			message.Coverage{SeriesRange: at, Settled: span.Runs{{From: 19797, To: 19798}}, Waiting: span.Runs{{From: 19800, To: 19800}}, Latest: 19798},
			`{"key":"A","from":"2024-03-15","to":"2024-03-18","settled":["2024-03-15/2024-03-16"],"recheck":[],"waiting":["2024-03-18"],"quarantined":[],"latest":"2024-03-16"}`,
		},
		{"failed", message.Coverage{SeriesRange: at, Error: "Store.Unavailable"}, `{"key":"A","from":"2024-03-15","to":"2024-03-18","error":"Store.Unavailable"}`},
	} {
		if got := marshal(t, tt.in); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestLettersThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		`{"key":"A","from":"2024-03-15","to":"2024-03-18","days":"A"}`:            "1 letters for the days 2024-03-15 to 2024-03-18",
		`{"key":"A","from":"2024-03-18","to":"2024-03-15","days":"AB"}`:           "2 letters for the days 2024-03-18 to 2024-03-15",
		`{"key":"A","from":"2024-03-15","to":"2024-03-18","days":"AZ"}`:           "the letter 'Z', want A to Y",
		`{"key":"A","from":"2024-03-15","to":"2024-03-18","days":"A0"}`:           "the letter '0', want A to Y",
		`{"key":"A","from":"2024-03-15","to":"2024-03-15","days":"B"}`:            "the letter 'B' stands for a day after 2024-03-15",
		`{"key":"A","from":"2024-03-15","to":"2024-03-18","settled":["someday"]}`: "someday",
	} {
		var c message.Coverage
		if err := json.Unmarshal([]byte(text), &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
