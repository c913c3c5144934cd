package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/plan"
	"lacuna/internal/publisher"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// shortRange is one stream for each of three sources.
var shortRange = []string{"--series", "CURRENCY#USD,ECB#USD,SGS#1", "--from", "2026-05-01", "--to", "2026-06-30"}

// faultCase is what becomes of a run when a publisher fails once, or for ever.
type faultCase struct {
	fault          publisher.Fault
	once, ever     string // status of the run
	error          string // for ever: the name of the failure
	attempts       int
	retriesAtFirst int
}

// faults are all kinds, but for those of a good answer that is another one.
var faults = []faultCase{
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
	{publisher.Fault{Kind: publisher.AllDays}, "complete", "complete", "", 0, 1},
	{publisher.Fault{Kind: publisher.OtherDays}, "complete", "incomplete", "Source.Malformed", 2, 1},
	{publisher.Fault{Kind: publisher.Swapped}, "complete", "pending", "", 0, 1},
	{publisher.Fault{Kind: publisher.LeftOut, Span: span.Span{From: span.Date(2026, 5, 4), To: span.Date(2026, 5, 4)}}, "pending", "pending", "", 0, 0},
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

// publishers are the sources of shortRange with their series.
var publishers = map[string]string{publisher.PTAX: "CURRENCY#USD", publisher.ECB: "ECB#USD", publisher.SGS: "SGS#1"}

// eachFault runs do for each fault at one of the sources in turn, or at each: what a source
// makes of each is tested where it is.
func eachFault(t *testing.T, do func(t *testing.T, source string, f faultCase)) {
	for j, source := range slices.Sorted(maps.Keys(publishers)) {
		for i, f := range faults {
			if !inTurn(i + j) {
				continue
			}
			if f.fault.Kind == publisher.Swapped && source != publisher.PTAX { // day and value: unreadable
				f.ever, f.error, f.attempts = "incomplete", "Source.Malformed", 2
			}
			if f.fault.Kind == publisher.NotDecimal && source == publisher.SGS { // in a text: of one day
				f.ever, f.error, f.attempts = "pending", "", 0
			}
			t.Run(source+" "+nameOf(f.fault), func(t *testing.T) {
				t.Parallel()
				do(t, source, f)
			})
		}
	}
}

// fail runs a backfill while a publisher fails, and checks that the others do not.
func fail(t *testing.T, source string, f publisher.Fault, times int, status string) (*bench, result) {
	b := newBench(t)
	f.Source, f.Times = source, times
	if err := b.Fail(f); err != nil {
		t.Fatal(err)
	}
	var got result
	args := append([]string{"backfill", "--log-level", "error"}, shortRange...)
	if f.Kind == publisher.Hang || f.Kind == publisher.Drip {
		args = append(args, "--http-timeout", "1s") // long enough for the publishers that are well on a busy machine
	}
	b.read(&got, exitOf(status), args...)
	if got.Status != status {
		t.Errorf("status %s, want %s", got.Status, status)
	}
	for other, key := range publishers {
		if want := published(b.Data, key, shortSpan()); other != source && !slices.Equal(want, b.exportedRows(key)) {
			t.Errorf("%s, whose publisher is well, is not stored", key)
		}
	}
	return b, got
}

func TestFaultOnce(t *testing.T) {
	t.Parallel()
	eachFault(t, func(t *testing.T, source string, f faultCase) {
		b, got := fail(t, source, f.fault, 1, f.once)
		if got.Retries != f.retriesAtFirst {
			t.Errorf("%d retries, want %d", got.Retries, f.retriesAtFirst)
		}
		key := publishers[source]
		stored, want := b.exportedRows(key), published(b.Data, key, shortSpan())
		switch f.once {
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

func TestFaultForEver(t *testing.T) {
	t.Parallel()
	eachFault(t, func(t *testing.T, source string, f faultCase) {
		b, got := fail(t, source, f.fault, 0, f.ever)
		if f.ever == "incomplete" {
			b.checkFailure(source, f, got)
		}
		b.Heal()
		args := append([]string{"backfill"}, shortRange...)
		if f.ever == "pending" { // the next answer counts when its day has come
			args = append(args, "--now", "2026-07-02")
		}
		b.read(&got, 0, args...)
		key := publishers[source]
		if diff := cmp.Diff(published(b.Data, key, shortSpan()), b.exportedRows(key)); diff != "" {
			t.Errorf("after the publisher is well again (-published +stored):\n%s", diff)
		}
	})
}

// checkFailure checks that summary and history name the one failure.
func (b *bench) checkFailure(source string, f faultCase, got result) {
	b.Helper()
	if len(got.Failures) != 1 {
		b.Fatalf("failures %+v, want one", got.Failures)
	}
	is := got.Failures[0]
	want := failed{
		Source: source, Stream: source + "-001", Span: "2026-05-04/2026-06-30", Error: f.error, Message: is.Message,
		Series: []string{publishers[source]}, Attempts: f.attempts,
	}
	if diff := cmp.Diff(want, is); diff != "" || is.Message == "" {
		b.Errorf("failure %+v (-want +got):\n%s", is, diff)
	}
	if n := len(b.Requests(source)); n != f.attempts {
		b.Errorf("%d requests, want %d", n, f.attempts)
	}
	_, list, _ := b.run("runs")
	_, tree, _ := b.run("runs", got.Run)
	if !strings.Contains(list, got.Run) || !strings.Contains(tree, f.error) || !strings.Contains(tree, source+"-001") {
		b.Errorf("the history does not show the failure:\n%s%s", list, tree)
	}
}

func TestSourceThatIsDownCostsOneLadder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.hurry("../../series.yaml")
	in := []string{"--series", "CURRENCY#USD,ECB#USD", "--from", "2008-01-01", "--to", "2026-06-30"}
	b.read(&result{}, 0, append([]string{"backfill"}, in...)...)
	// A day every two years: far enough apart for a request each.
	b.edit(`DELETE FROM rows WHERE info_type = 'CURRENCY#USD' AND date LIKE '20_0-06-09' OR date LIKE '20_2-06-11'
		OR date LIKE '20_4-06-11' OR date LIKE '20_6-06-10' OR date LIKE '20_8-06-11'`)
	before := len(b.Requests(publisher.PTAX))
	if err := b.Fail(publisher.Fault{Kind: publisher.Status, Source: publisher.PTAX}); err != nil {
		t.Fatal(err)
	}
	var planned plan.Plan
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
	t.Parallel()
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
