package report_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/lambdas/report"

	"github.com/google/go-cmp/cmp"
)

// A message that failed has the streams that are not known to be done as failures.
func TestABundleThatFailed(t *testing.T) {
	tests := []struct{ name, streams, want string }{
		{"the second was refused", `[{"id":"e-001","attempt":1,"series":[{"key":"A","observed":1}]},{"id":"e-002","attempt":2,"error":"Source.Rejected","series":[{"key":"B"}]},{"id":"e-003","attempt":1,"series":[{"key":"C","observed":1}]}]`, "e-002 [B] Source.Rejected"},
		{"the others were never reached", `[{"id":"e-001","attempt":1,"series":[{"key":"A","observed":1}]},{"id":"e-002","attempt":6,"error":"Source.Unavailable","series":[{"key":"B"}]}]`, "e-002 [B] Source.Unavailable; e-003 [] Source.Down"},
		{"the answer was lost", `[{"id":"e-001","attempt":1,"series":[]},{"id":"e-002","attempt":1,"series":[]},{"id":"e-003","attempt":1,"series":[{"key":"C","observed":1}]}]`, "e-003 [C] Source.Down"},
		{"nothing was written down", `[]`, "e-001 [] Source.Down; e-002 [] Source.Down; e-003 [] Source.Down"},
	}
	for _, tt := range tests {
		var in message.Report
		read(t, `{"sources":[{"source":"e","work":{"series":[{"key":"A","missing":1,"requested":1},{"key":"B","missing":1,"requested":1},{"key":"C","missing":1,"requested":1}],
			"bundles":[{"stream":"e-001","ids":["e-001","e-002","e-003"],"ok":false,"error":"Source.Down"}]}}],`+header+`}`, &in)
		var streams []store.Stream
		read(t, tt.streams, &streams)
		sum := report.Sum(in, streams)
		var got []string
		for _, f := range sum.Failures {
			got = append(got, fmt.Sprintf("%s %v %s", f.Stream, f.Series, f.Error))
		}
		if text := strings.Join(got, "; "); text != tt.want || sum.Status != message.Incomplete || sum.Streams != 3 {
			t.Errorf("%s: %s of %d streams, %s; want %s", tt.name, text, sum.Streams, sum.Status, tt.want)
		}
	}
}

func read(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// divided is a run of two shards over three sources. Each shard reports, through the
// same handler, before the whole does.
const (
	partOne = `{"run":"r-shard-001","as_of":"2026-07-01T00:00:00Z","input":{"from":"-400d","shard":{"name":"r-shard-001","of":"r","first":"A","last":"B","as_of":"2026-07-01T00:00:00Z"}},
		"sources":[{"source":"ecb","work":{"series":[{"key":"A","expected":5,"due":"2026-06-30","latest":"2026-06-30"},{"key":"B","expected":5,"missing":2,"deferred":2,"oldest":"2026-06-20","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-19"}],"bundles":[]}}]}`
	partTwo = `{"run":"r-shard-002","as_of":"2026-07-01T00:00:00Z","input":{"from":"-400d","shard":{"name":"r-shard-002","of":"r","first":"C","last":"D","as_of":"2026-07-01T00:00:00Z"}},
		"sources":[{"source":"ecb","work":{"series":[{"key":"C","expected":5,"missing":1,"requested":1,"oldest":"2026-06-30","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-29"}],
			"bundles":[{"stream":"ecb-001","ok":%OK}]}},
			{"source":"anp","work":{"series":[{"key":"D","expected":5,"quarantined":3,"due":"2026-06-28","latest":"2026-06-28"}],"bundles":[]}}]}`
	whole = `{"run":"r","as_of":"2026-07-01T00:00:00Z","input":{"from":"-400d"},"scope":{"stack":true,"sources":["ecb","anp"],"from":"2025-05-27"},
		"sources":[],"shards":[{"shard":"r-shard-001"},{"shard":"r-shard-002"%ERROR}]}`
)

// played reports both shards and the whole.
func played(t *testing.T, ok bool, third string) (sums [3]message.Summary, sent [3]string) {
	t.Helper()
	s := &kept{}
	before := message.Summary{Stack: &message.Standing{Oldest: 20000}}
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	s.runs = []store.Run{{ID: "before", AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), Summary: text}}
	okText, errorText := "true", ""
	if !ok {
		okText, errorText = `false,"error":"Source.Unavailable"`, `,"error":"States.TaskFailed"`
	}
	for i, in := range []string{partOne, strings.Replace(partTwo, "%OK", okText, 1), strings.Replace(whole, "%ERROR", errorText+third, 1)} {
		var event message.Report
		read(t, in, &event)
		s.streams = nil
		if i == 1 && ok {
			read(t, `[{"id":"ecb-001","source":"ecb","requests":2,"attempt":2,"series":[{"key":"C","observed":1,"latest":"2026-06-30"}],"warnings":["look"]}]`, &s.streams)
		}
		m := &metrics{}
		if sums[i], err = report.New(s, m, slog.New(slog.DiscardHandler)).Handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		sent[i] = m.standing()
	}
	return sums, sent
}

// standing are the numbers sent of how a run left things.
func (m *metrics) standing() string {
	var lines []string
	for _, v := range m.got {
		if v.Name.IsStanding() && v.Series == "" {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s=%d", v.Source, v.Name, v.Number)))
		}
	}
	return strings.Join(lines, ", ")
}

func TestShards(t *testing.T) {
	sums, sent := played(t, true, "")
	got := sums[2]
	if got.Shards = nil; got.Status != message.Pending || got.Requests != 2 || got.Retries != 1 || got.Streams != 1 || got.Deferred != 2 || len(got.Warnings) != 1 {
		t.Errorf("the whole: %+v", got)
	}
	if n := got.All(); n.Number != 4 || n.Observed != 1 || n.Deferred != 2 || n.Quarantine != 3 || got.Series[0].Key != "B" || len(got.Series) != 4 {
		t.Errorf("in all %+v, series %+v", n, got.Series)
	}
	// The gap of before the run's range is the one that the run before knows.
	if got.Stack == nil || got.Stack.Oldest != 20000 || sums[0].Stack != nil || sums[1].Shard.Of != "r" {
		t.Errorf("standing %+v, of a shard %+v, %+v", got.Stack, sums[0].Stack, sums[1].Shard)
	}
	want := [3]string{"", "", "FreshnessDays=11, MissingDays=2, OldestGapDays=635, QuarantinedDays=3, " +
		"anp FreshnessDays=0, anp MissingDays=0, anp OldestGapDays=0, anp QuarantinedDays=3, " +
		"ecb FreshnessDays=11, ecb MissingDays=2, ecb OldestGapDays=11, ecb QuarantinedDays=0"}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("sent by the shards and the whole (-want +got):\n%s", diff)
	}
}

// A shard that fails makes the whole incomplete; what it does not tell is not concluded.
func TestShardsThatFail(t *testing.T) {
	sums, _ := played(t, false, "")
	if got := sums[2]; got.Status != message.Incomplete || len(got.Failures) != 1 || got.Failures[0].Stream != "ecb-001" || got.Shards[1] != (message.ShardResult{Run: "r-shard-002", Status: message.Incomplete}) ||
		!strings.Contains(got.Cause, `stream ecb-001 Source.Unavailable; what could be had is stored. Redrive would repeat this state alone: start a new execution with {"from":"-400d"}`) {
		t.Errorf("a stream of a shard failed: %+v", got)
	}
	sums, sent := played(t, true, `},{"shard":"r-shard-003","error":"States.Timeout"`)
	if got := sums[2]; got.Status != message.Incomplete || got.Stack != nil || len(got.Failures) != 1 || got.Failures[0].Shard != "r-shard-003" || !strings.HasPrefix(got.Cause, "shard r-shard-003 States.Timeout; ") || sent[2] != "" {
		t.Errorf("a shard without a report: %+v, sent %s", got, sent[2])
	}
	var in message.Report
	read(t, strings.Replace(whole, "%ERROR", "", 1), &in)
	if _, err := report.New(&kept{}, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(t.Context(), in); fault.NameOf(err) != fault.StoreUnavailable {
		t.Errorf("a summary that is not there yet: %v", err)
	}
}

// A dry run that divides itself reads what its shards say, and keeps nothing of its own.
func TestShardsOfADryRun(t *testing.T) {
	s := &kept{}
	for _, in := range []string{partOne, strings.Replace(partTwo, "%OK", "true", 1), strings.Replace(whole, "%ERROR", "", 1)} {
		var event message.Report
		read(t, in, &event)
		event.DryRun = true
		m := &metrics{}
		sum, err := report.New(s, m, slog.New(slog.DiscardHandler)).Handle(t.Context(), event)
		if err != nil || len(m.got) > 0 || sum.Stack != nil {
			t.Fatalf("%+v, %v, sent %v", sum, err, m.got)
		}
	}
	if len(s.runs) != 2 {
		t.Errorf("%d summaries kept", len(s.runs))
	}
}

// The series of many failures are cut, and counted.
func TestTheLargestSummaryOfShards(t *testing.T) {
	s := &kept{}
	whole := message.Report{Run: "r", AsOf: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
	for shard := range 14 {
		in := message.Report{Run: fmt.Sprintf("r-shard-%03d", shard+1), AsOf: whole.AsOf, Input: message.Input{Shard: &message.Shard{Of: "r"}}}
		of := message.SourceDone{Source: "ecb"}
		s.streams = nil
		for i := range 700 {
			key := fmt.Sprintf("CURRENCY#%015d", shard*700+i)
			of.Work.Series = append(of.Work.Series, message.Detected{Key: key, Missing: 9999, Requested: 9999})
			if i%100 == 0 {
				id := fmt.Sprintf("ecb-%03d", i/100)
				of.Work.Messages = append(of.Work.Messages, message.Scraped{Stream: id, IDs: []string{id}, Error: "Source.Unavailable"})
				s.streams = append(s.streams, store.Stream{ID: id, Source: "ecb", Error: "Source.Unavailable", Message: strings.Repeat("m", 300), Attempt: 6})
			}
			last := &s.streams[len(s.streams)-1]
			last.Series = append(last.Series, store.SeriesCount{Key: key})
		}
		in.Sources = []message.SourceDone{of}
		sum, err := report.New(s, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(t.Context(), in)
		if err != nil || len(sum.Failures) != 7 || len(sum.Failures[0].Series) != 100 || len(sum.Failures[6].Series) != 3 || sum.Failures[6].More != 97 || sum.Series[699].Failed != 9999 {
			t.Fatalf("shard %d: %d failures, %v, %v", shard, len(sum.Failures), sum.Failures[6], err)
		}
		whole.Shards = append(whole.Shards, message.ShardDone{Shard: in.Run, Error: "States.TaskFailed"})
	}
	sum, err := report.New(s, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(sum)
	if n := sum.All(); err != nil || len(text) > 100_000 || len(sum.Failures) != 98 || len(sum.Series) != 100 || n.Number != 9800 || n.Failed != 9800*9999 {
		t.Errorf("%d bytes, %d failures, %d series, all %+v, %v", len(text), len(sum.Failures), len(sum.Series), n, err)
	}
	if f := sum.Failures[97]; len(f.Series)+f.More != 100 || !strings.Contains(report.Describe(f), "and 97 series") {
		t.Errorf("the last failure: %s of %+v", report.Describe(f), f)
	}
}

// Whatever fails, the summary of the largest execution stays a payload; and what it says
// of the stack is of all that failed.
func TestTheLargestSummary(t *testing.T) {
	in := message.Report{Run: "r", AsOf: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Scope: message.Scope{Stack: true}}
	of := message.SourceDone{Source: "a-source-with-a-long-name"}
	s := &kept{}
	for i := range 700 {
		key := fmt.Sprintf("CURRENCY#%015d", i)
		oldest := span.Day(20_000 - i)
		of.Work.Series = append(of.Work.Series, message.Detected{Key: key, Missing: 9999, Requested: 9999, Oldest: oldest, Newest: 20_600})
		id := fmt.Sprintf("%s-%03d", of.Source, i)
		of.Work.Messages = append(of.Work.Messages, message.Scraped{Stream: id, IDs: []string{id}, Error: "Source.Unavailable"})
		one := store.SeriesCount{Key: key}
		one.Observed, one.Absent, one.Incomplete, one.Quarantined, one.New, one.Contradicted, one.Suspicious = 1111, 1111, 1111, 1111, 2222, 1111, 1111
		s.streams = append(s.streams, store.Stream{
			ID: id, Source: of.Source, Span: span.Span{From: oldest, To: 20_600}, Error: "Source.Unavailable", Message: strings.Repeat("m", 300), Attempt: 7,
			Series: []store.SeriesCount{one}, Warnings: []string{strings.Repeat("w", 200)},
		})
	}
	in.Sources = []message.SourceDone{of}
	sum, err := report.New(s, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(sum)
	if err != nil || len(text) > 256<<10 || len(sum.Cause) > 32<<10 || len(sum.Series) != 700 || sum.Omitted != 500 || sum.WarningsOmitted != 650 {
		t.Errorf("%d bytes, cause %d, %d failures and %d more, %d warnings more, %v", len(text), len(sum.Cause), len(sum.Failures), sum.Omitted, sum.WarningsOmitted, err)
	}
	if sum.Stack == nil || sum.Stack.Oldest != 20_000-699 {
		t.Errorf("the stack was left %+v", sum.Stack)
	}
}
