package fanout_test

import (
	"fmt"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// How many sources may be asked how fast, in this order: five a second, one in ten seconds,
// and one whose addresses have a year each.
const paces = `
version: 1
sources:
  quick: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
  slow: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 10, rate_per_s: 1, timeout: 30s}
  yearly: {kind: http-csv, url: 'https://bank.example/{year}/{code}.csv', day: date, values: {value: value}, concurrency: 2, rate_per_s: 5}
series:
- {key: A, title: t, unit: u, source: quick, code: a, fields: [value], calendar: daily, cadence: daily, since: 2000-01-01}
- {key: B, title: t, unit: u, source: quick, code: b, fields: [value], calendar: daily, cadence: daily, since: 2000-01-01}
- {key: C, title: t, unit: u, source: slow, code: c, fields: [value], calendar: daily, cadence: daily, since: 2000-01-01}
- {key: D, title: t, unit: u, source: yearly, code: d, fields: [value], calendar: daily, cadence: daily, since: 2000-01-01}
`

// streamsOf returns n streams of so many days each.
func streamsOf(n, days int) []message.Stream {
	var list []message.Stream
	for i := range n {
		from := span.Date(2020, 1, 1)
		list = append(list, message.Stream{ID: fmt.Sprintf("s-%03d", i+1), Series: []string{"A"}, From: from, To: from + span.Day(days-1), Days: days})
	}
	return list
}

func TestBundles(t *testing.T) {
	h := handler(t, paces)
	for _, tt := range []struct {
		name, source       string
		streams, days, few int
		time               time.Duration // of a scraper
		limit              int
		want               string // bundles, streams in the first, streams in all
	}{
		{"none", "quick", 0, 1, 0, 0, 250, "0 of 0: 0"},
		{"few: one each", "quick", 25, 1, 0, 0, 250, "25 of 1: 25"},
		{"one more: pairs", "quick", 26, 1, 0, 0, 250, "13 of 2: 26"},
		{"many: a second each, for half of two minutes", "quick", 2500, 1, 0, 0, 250, "43 of 59: 2500"},
		{"more than the messages take", "quick", 2500, 1, 0, 0, 40, "40 of 59: 2360"},
		{"one message", "quick", 3, 1, 0, 0, 1, "1 of 1: 1"},
		{"a slow source: ten seconds a request", "slow", 100, 1, 0, 0, 250, "25 of 4: 100"},
		{"and more of its streams than fit into the time", "slow", 250, 1, 0, 0, 250, "50 of 5: 250"},
		{"a scraper with more time", "slow", 250, 1, 0, 4 * time.Minute, 250, "25 of 10: 250"},
		{"with less than a request takes", "slow", 30, 1, 0, 10 * time.Second, 250, "30 of 1: 30"},
		{"rows take their time: 10,000 have four seconds", "quick", 1000, 10_000, 0, 0, 250, "84 of 12: 1000"},
		{"ten requests a stream", "yearly", 1000, 3600, 0, 0, 250, "200 of 5: 1000"},
		{"bundles of few, as tests have them", "quick", 4, 1, 2, 0, 250, "2 of 2: 4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.Few, h.Times = tt.few, map[string]time.Duration{tt.source: tt.time, "another": time.Second}
			of, ok := h.Catalogue.Source(tt.source)
			if !ok {
				t.Fatal("no source")
			}
			streams := streamsOf(tt.streams, tt.days)
			list := h.Bundles(of, streams, tt.limit)
			first, all := 0, message.Streams{Bundles: list}.All()
			if len(list) > 0 {
				first = len(list[0].Streams)
			}
			if got := fmt.Sprintf("%d of %d: %d", len(list), first, len(all)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			for i := range all { // in turn, the newest first
				if all[i].ID != streams[i].ID {
					t.Fatalf("stream %d is %s, want %s", i, all[i].ID, streams[i].ID)
				}
			}
		})
	}
}

// What the messages leave no room for is deferred: of six streams three have room as text,
// and the one message takes two of those.
func TestWhatBundlesLeaveOutIsDeferred(t *testing.T) {
	h := handler(t, paces)
	h.Few = 2
	day := func(d int) span.Span { return span.Span{From: span.Day(d), To: span.Day(d)} }
	first := int(span.Date(2020, 1, 1))
	gaps := []span.Span{day(first), day(first + 1000), day(first + 2000)} // a request each
	in := message.FanOut{Source: "quick", MaxMessages: 1, Batches: []message.Found{{Series: []message.Detected{
		{Key: "A", Missing: 3, Gaps: gaps}, {Key: "B", Missing: 3, Gaps: gaps},
	}}}}
	out, err := h.Handle(t.Context(), in)
	if err != nil || out.Planned != 6 || len(out.Bundles) != 1 || len(out.All()) != 2 || out.Deferred != 4 {
		t.Fatalf("%d of %d streams in %d messages, %d days deferred, %v", len(out.All()), out.Planned, len(out.Bundles), out.Deferred, err)
	}
	requested := 0
	for _, d := range out.Series {
		if requested += d.Requested; d.Requested+d.Deferred != 3 {
			t.Errorf("%+v", d)
		}
	}
	if requested != 2 {
		t.Errorf("%d days requested", requested)
	}
}

// A batch that failed as a whole is so many series that failed; those of others go on.
func TestABatchThatFailed(t *testing.T) {
	got, err := handler(t, paces).Handle(t.Context(), message.FanOut{Source: "quick", MaxMessages: 250, Batches: []message.Found{
		{Series: []message.Detected{{Key: "A", Missing: 2, Gaps: []span.Span{{From: 18000, To: 18001}}}, {Key: "C"}}, Error: "States.Timeout"},
		{Series: []message.Detected{{Key: "B", Expected: 9, Missing: 1, Gaps: []span.Span{{From: 18000, To: 18000}}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []message.Detected{{Key: "A", Error: "States.Timeout"}, {Key: "C", Error: "States.Timeout"}, {Key: "B", Expected: 9, Missing: 1, Requested: 1}}
	if diff := cmp.Diff(want, got.Series); diff != "" {
		t.Errorf("series mismatch (-want +got):\n%s", diff)
	}
	if all := got.All(); len(all) != 1 || all[0].Series[0] != "B" {
		t.Errorf("streams %+v", all)
	}
	if _, err := handler(t, paces).Handle(t.Context(), message.FanOut{Source: "none"}); fault.NameOf(err) != fault.InputInvalid {
		t.Errorf("a source that is not there: %v", err)
	}
}
