package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// shortRange is one stream for each of three sources.
var shortRange = []string{"--series", "CURRENCY#USD,ECB#USD,SGS#1", "--from", "2026-05-01", "--to", "2026-06-30"}

// faults are all kinds, and what becomes of a run when the publisher of
// CURRENCY#USD fails like that once, or for ever.
var faults = []struct {
	fault          publisher.Fault
	once, ever     string // status of the run
	error          string // for ever: the name of the failure
	attempts       int
	retriesAtFirst int
}{
	{publisher.Fault{Kind: publisher.Status}, "complete", "incomplete", "Source.Unavailable", 6, 1},
	{publisher.Fault{Kind: publisher.Status, Status: 400}, "incomplete", "incomplete", "Source.Rejected", 1, 0},
	{publisher.Fault{Kind: publisher.HTML}, "complete", "incomplete", "Source.Unavailable", 6, 1},
	{publisher.Fault{Kind: publisher.Throttle}, "complete", "incomplete", "Source.Throttled", 7, 1},
	{publisher.Fault{Kind: publisher.ThrottleOn}, "complete", "incomplete", "Source.Throttled", 7, 1},
	{publisher.Fault{Kind: publisher.Reset}, "complete", "incomplete", "Source.Unavailable", 6, 1},
	{publisher.Fault{Kind: publisher.Hang}, "complete", "incomplete", "Source.Unavailable", 6, 1},
	{publisher.Fault{Kind: publisher.Drip}, "complete", "incomplete", "Source.Unavailable", 6, 1},
	{publisher.Fault{Kind: publisher.Slow, Wait: time.Millisecond}, "complete", "complete", "", 0, 0},
	{publisher.Fault{Kind: publisher.CutTransfer}, "complete", "incomplete", "Source.Unavailable", 6, 1},
	{publisher.Fault{Kind: publisher.CutBody}, "complete", "incomplete", "Source.Malformed", 2, 1},
	{publisher.Fault{Kind: publisher.Columns}, "complete", "incomplete", "Source.Malformed", 2, 1},
	{publisher.Fault{Kind: publisher.Twice}, "complete", "complete", "", 0, 0},
	{publisher.Fault{Kind: publisher.Conflict}, "complete", "pending", "", 0, 1},
	{publisher.Fault{Kind: publisher.Outside}, "complete", "complete", "", 0, 1},
	{publisher.Fault{Kind: publisher.Swapped}, "complete", "pending", "", 0, 1},
	{publisher.Fault{Kind: publisher.NoValue}, "pending", "pending", "", 0, 0},
	{publisher.Fault{Kind: publisher.Negative}, "pending", "pending", "", 0, 0},
	{publisher.Fault{Kind: publisher.NotDecimal}, "complete", "incomplete", "Source.Malformed", 2, 1},
}

func shortSpan() span.Span { return span.Span{From: span.Date(2026, 5, 1), To: span.Date(2026, 6, 30)} }

func exitOf(status string) int {
	return map[string]int{"complete": 0, "pending": 3, "incomplete": 3}[status]
}

func nameOf(f publisher.Fault) string {
	if f.Status != 0 {
		return fmt.Sprintf("%s %d", f.Kind, f.Status)
	}
	return string(f.Kind)
}

// fail runs a backfill while the publisher of CURRENCY#USD fails.
func fail(t *testing.T, f publisher.Fault, times int, status string) (*bench, result) {
	b := newBench(t)
	f.Source, f.Times = publisher.PTAX, times
	if err := b.Fail(f); err != nil {
		t.Fatal(err)
	}
	var got result
	args := append([]string{"backfill", "--log-level", "error"}, shortRange...)
	if f.Kind == publisher.Hang || f.Kind == publisher.Drip {
		args = append(args, "--http-timeout", "150ms")
	}
	b.read(&got, exitOf(status), args...)
	if got.Status != status {
		t.Errorf("status %s, want %s", got.Status, status)
	}
	for _, key := range []string{"ECB#USD", "SGS#1"} {
		if want := published(b.Data, key, shortSpan()); !slices.Equal(want, b.exportedRows(key)) {
			t.Errorf("%s, whose publisher is well, is not stored", key)
		}
	}
	return b, got
}

func TestFaultOnce(t *testing.T) {
	for _, tt := range faults {
		t.Run(nameOf(tt.fault), func(t *testing.T) {
			t.Parallel()
			b, got := fail(t, tt.fault, 1, tt.once)
			if got.Retries != tt.retriesAtFirst {
				t.Errorf("%d retries, want %d", got.Retries, tt.retriesAtFirst)
			}
			stored := b.exportedRows("CURRENCY#USD")
			want := published(b.Data, "CURRENCY#USD", shortSpan())
			switch tt.once {
			case "complete":
				if diff := cmp.Diff(want, stored); diff != "" {
					t.Errorf("stored (-published +stored):\n%s", diff)
				}
			case "pending":
				if diff := cmp.Diff(want[1:], stored[1:]); diff != "" {
					t.Errorf("the days that are well (-published +stored):\n%s", diff)
				}
				if status := strings.Split(stored[0], ",")[2]; status != "absent" && status != "incomplete" {
					t.Errorf("the day without a good value is stored as %s", stored[0])
				}
			}
		})
	}
}

func TestFaultForEver(t *testing.T) {
	for _, tt := range faults {
		t.Run(nameOf(tt.fault), func(t *testing.T) {
			t.Parallel()
			b, got := fail(t, tt.fault, 0, tt.ever)
			if tt.ever != "incomplete" {
				return
			}
			if len(got.Failures) != 1 {
				t.Fatalf("failures %+v, want one", got.Failures)
			}
			f := got.Failures[0]
			f.Message = ""
			want := got.Failures[0]
			want.Source, want.Series, want.Span = "bcb-ptax", []string{"CURRENCY#USD"}, "2026-05-04/2026-06-30"
			want.Error, want.Attempts, want.Message = tt.error, tt.attempts, ""
			if diff := cmp.Diff(want, f); diff != "" || got.Failures[0].Message == "" {
				t.Errorf("failure %+v (-want +got):\n%s", got.Failures[0], diff)
			}
			if n := len(b.Requests(publisher.PTAX)); n != tt.attempts {
				t.Errorf("%d requests, want %d", n, tt.attempts)
			}
			for _, words := range [][]string{{"runs"}, {"runs", got.Run}} {
				if _, stdout, _ := b.run(words...); !strings.Contains(stdout, got.Run) || len(words) > 1 && !strings.Contains(stdout, tt.error) {
					t.Errorf("%v does not show the failure:\n%s", words, stdout)
				}
			}
			b.Heal()
			b.read(&got, 0, append([]string{"backfill"}, shortRange...)...)
			if diff := cmp.Diff(published(b.Data, "CURRENCY#USD", shortSpan()), b.exportedRows("CURRENCY#USD")); diff != "" {
				t.Errorf("after the publisher is well again (-published +stored):\n%s", diff)
			}
		})
	}
}

func TestSourceThatIsDownCostsOneLadder(t *testing.T) {
	b := newBench(t)
	in := []string{"--series", "CURRENCY#USD,ECB#USD", "--from", "2008-01-01", "--to", "2026-06-30"}
	b.read(&result{}, 0, append([]string{"backfill"}, in...)...)
	// A day every two years: far enough apart for a request each.
	b.edit(`DELETE FROM rows WHERE info_type = 'CURRENCY#USD' AND date LIKE '20_0-06-09' OR date LIKE '20_2-06-11'
		OR date LIKE '20_4-06-11' OR date LIKE '20_6-06-10' OR date LIKE '20_8-06-11'`)
	before := len(b.Requests(publisher.PTAX))
	if err := b.Fail(publisher.Fault{Kind: publisher.Status, Source: publisher.PTAX}); err != nil {
		t.Fatal(err)
	}
	var planned plan
	b.read(&planned, 0, append([]string{"plan", "--series", "CURRENCY#USD"}, in[2:]...)...)
	var got result
	b.read(&got, 3, append([]string{"backfill", "--log-level", "error"}, in...)...)
	if len(got.Failures) != planned.Requests || planned.Requests < 8 {
		t.Errorf("%d failures of %d streams", len(got.Failures), planned.Requests)
	}
	// Four streams may be under way when the source is found to be down.
	const ladder = 6
	if n := len(b.Requests(publisher.PTAX)) - before; n > 4*ladder {
		t.Errorf("%d requests to a source that is down, want at most %d", n, 4*ladder)
	}
	if !slices.ContainsFunc(got.Failures, func(f failed) bool { return f.Error == "Source.Down" }) {
		t.Errorf("no stream failed as Source.Down: %+v", got.Failures)
	}
}

func TestSeriesWhoseQueryFailsStopsNoOther(t *testing.T) {
	b := newBench(t)
	b.read(&result{}, 0, append([]string{"backfill"}, shortRange...)...)
	b.edit(`UPDATE rows SET status = 'odd' WHERE info_type = 'CURRENCY#USD' AND date = '2026-06-10';
		DELETE FROM rows WHERE date = '2026-06-11'`)
	var got result
	b.read(&got, 3, append([]string{"backfill"}, shortRange...)...)
	if len(got.Failures) != 1 || !slices.Equal(got.Failures[0].Series, []string{"CURRENCY#USD"}) {
		t.Errorf("failures %+v, want one of CURRENCY#USD", got.Failures)
	}
	for _, key := range []string{"ECB#USD", "SGS#1"} {
		if want := published(b.Data, key, shortSpan()); !slices.Equal(want, b.exportedRows(key)) {
			t.Errorf("%s is not healed", key)
		}
	}
}
