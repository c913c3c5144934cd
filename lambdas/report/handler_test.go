package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/lambdas/report"

	"github.com/google/go-cmp/cmp"
)

// kept is a store in memory.
type kept struct {
	streams []store.Stream
	runs    []store.Run // oldest first
	err     error
}

func (k *kept) Streams(context.Context, string) ([]store.Stream, error) { return k.streams, k.err }
func (k *kept) SaveRun(_ context.Context, r store.Run) error {
	k.runs = append(k.runs, r)
	return k.err
}

func (k *kept) Runs(_ context.Context, limit int) ([]store.Run, error) {
	newest := slices.Clone(k.runs)
	slices.Reverse(newest)
	return newest[:min(limit, len(newest))], k.err
}

func (k *kept) RunsOf(_ context.Context, ids []string, from, to time.Time) ([]store.Run, error) {
	var found []store.Run
	for _, r := range k.runs {
		if slices.Contains(ids, r.ID) && !r.AsOf.Before(from) && !r.AsOf.After(to) {
			found = append(found, r)
		}
	}
	return found, k.err
}

const header = `"run":"r1","as_of":"2026-07-01T00:00:00Z","input":{"from":"-30d"}`

func TestHandle(t *testing.T) {
	tests := []struct{ name, in, streams, want string }{
		{
			name: "nothing missing",
			in:   `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","expected":5}],"bundles":[]}}],` + header + `}`,
			want: `{"run":"r1","status":"complete","series":[{"key":"A"}]}`,
		},
		{
			name: "two streams, one with a retry",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":5,"requested":5}],
				"bundles":[{"stream":"ecb-001","ok":true},{"stream":"ecb-002","ok":true}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","requests":1,"attempt":1,"series":[{"key":"A","observed":3}]},
				{"id":"ecb-002","requests":2,"attempt":2,"series":[{"key":"A","observed":2}]}]`,
			want: `{"run":"r1","status":"complete","streams":2,"requests":3,"retries":1,"series":[{"key":"A","missing":5,"requested":5,"observed":5}]}`,
		},
		{
			name: "an absent day on its ladder",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":5,"requested":5}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","requests":1,"attempt":1,"series":[{"key":"A","observed":4,"absent":1,"pending":1}]}]`,
			want:    `{"run":"r1","status":"pending","streams":1,"requests":1,"series":[{"key":"A","missing":5,"requested":5,"observed":4,"absent":1}]}`,
		},
		{
			name: "days newly wrong, days that were so before, asked for or not, and quarantined ones, of which one is healed",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":7,"requested":7,"waiting":3,"quarantined":4}],
				"bundles":[{"stream":"ecb-001","ok":true},{"stream":"ecb-002","ok":true}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","requests":1,"attempt":1,"series":[{"key":"A","observed":2,"absent":4,"quarantined":1,"new":3,"still":2,"healed":1,"early":1,"pending":4}]},
				{"id":"ecb-002","requests":1,"attempt":1,"series":[{"key":"A","incomplete":1,"new":1,"still":0,"pending":1}]}]`,
			want: `{"run":"r1","status":"incomplete","streams":2,"requests":2,"series":[{"key":"A","missing":7,"requested":7,"observed":2,"absent":4,"incomplete":1,"quarantined":1,
				"new":4,"waiting":4,"quarantine":4}],
				"cause":"A: 1 day quarantined; what could be had is stored. Redrive would repeat this state alone: start a new execution with {\"from\":\"-30d\"}"}`,
		},
		{
			name: "a day that waits, and deferred days",
			in:   `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","waiting":1},{"key":"B","missing":9,"deferred":9}],"bundles":[]}}],` + header + `}`,
			want: `{"run":"r1","status":"pending","deferred":9,"series":[{"key":"A","waiting":1},{"key":"B","missing":9,"deferred":9}]}`,
		},
		{
			name: "a day that waited and came along with others",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":2,"requested":2,"waiting":1}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","requests":1,"attempt":1,"series":[{"key":"A","observed":3,"early":1}]}]`,
			want:    `{"run":"r1","status":"complete","streams":1,"requests":1,"series":[{"key":"A","missing":2,"requested":2,"observed":3}]}`,
		},
		{
			name: "filled by another run meanwhile: not failed",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":5,"requested":5}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","attempt":1,"series":[{"key":"A"}]}]`,
			want:    `{"run":"r1","status":"complete","streams":1,"series":[{"key":"A","missing":5,"requested":5}]}`,
		},
		{
			name: "a stream, a scraper that died, a series and a source failed",
			in: `{"sources":[
				{"source":"bcb-ptax","work":{"series":[{"key":"U","missing":9,"requested":9},{"key":"V","missing":1,"requested":1},{"key":"W","error":"Store.Unavailable"}],
					"bundles":[{"stream":"bcb-ptax-001","ok":false,"error":"Source.Unavailable"},{"stream":"bcb-ptax-002","ok":true}]}},
				{"source":"bcb-sgs","work":{"series":[{"key":"S","missing":2,"requested":2}],"bundles":[{"stream":"bcb-sgs-001","ok":false,"error":"States.HeartbeatTimeout"}]}},
				{"source":"ecb","error":"Lacuna.Internal"}],` + header + `}`,
			streams: `[{"id":"bcb-ptax-001","source":"bcb-ptax","span":"2024-01-05/2024-01-15","requests":6,"attempt":6,"error":"Source.Unavailable","message":"GET x: 503","series":[{"key":"U"}]},
				{"id":"bcb-ptax-002","source":"bcb-ptax","requests":1,"attempt":1,"series":[{"key":"U","observed":2},{"key":"V","observed":1}]}]`,
			want: `{"run":"r1","status":"incomplete","streams":3,"requests":7,"retries":5,
				"series":[{"key":"U","missing":9,"requested":9,"observed":2,"failed":7},{"key":"V","missing":1,"requested":1,"observed":1},
					{"key":"W","error":"Store.Unavailable"},{"key":"S","missing":2,"requested":2,"failed":2}],
				"failures":[
					{"source":"bcb-ptax","series":["W"],"error":"Store.Unavailable"},
					{"source":"bcb-ptax","stream":"bcb-ptax-001","series":["U"],"span":"2024-01-05/2024-01-15","error":"Source.Unavailable","message":"GET x: 503","attempts":6},
					{"source":"bcb-sgs","stream":"bcb-sgs-001","error":"States.HeartbeatTimeout"},
					{"source":"ecb","error":"Lacuna.Internal"}],
				"cause":"W Store.Unavailable; stream bcb-ptax-001 U 2024-01-05/2024-01-15 Source.Unavailable after 6 attempts (GET x: 503); stream bcb-sgs-001 States.HeartbeatTimeout; source ecb Lacuna.Internal; what could be had is stored. Redrive would repeat this state alone: start a new execution with {\"from\":\"-30d\"}"}`,
		},
		{
			name: "a stream failed, and another found more days than were asked for",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":2,"requested":2}],
				"bundles":[{"stream":"ecb-001","ok":true},{"stream":"ecb-002","ok":false,"error":"Source.Down"}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","requests":1,"attempt":1,"series":[{"key":"A","observed":3}]},{"id":"ecb-002","attempt":1,"series":[{"key":"A"}]}]`,
			want: `{"run":"r1","status":"incomplete","streams":2,"requests":1,"series":[{"key":"A","missing":2,"requested":2,"observed":3}],
				"failures":[{"source":"ecb","stream":"ecb-002","series":["A"],"span":"1970-01-01","error":"Source.Down","attempts":1}],
				"cause":"stream ecb-002 A Source.Down; what could be had is stored. Redrive would repeat this state alone: start a new execution with {\"from\":\"-30d\"}"}`,
		},
		{
			name: "some series of a stream failed: they alone are named, and have failed days",
			in: `{"sources":[{"source":"anp","work":{"series":[{"key":"A","missing":5,"requested":5},{"key":"B","missing":5,"requested":5}],
				"bundles":[{"stream":"anp-001","ok":false,"error":"Source.Rejected"}]}}],` + header + `}`,
			streams: `[{"id":"anp-001","source":"anp","span":"2024-01-07/2024-02-04","requests":2,"attempt":1,"error":"Source.Rejected","message":"not there",
				"series":[{"key":"A","observed":4},{"key":"B","failed":5}]}]`,
			want: `{"run":"r1","status":"incomplete","streams":1,"requests":2,
				"series":[{"key":"A","missing":5,"requested":5,"observed":4},{"key":"B","missing":5,"requested":5,"failed":5}],
				"failures":[{"source":"anp","stream":"anp-001","series":["B"],"span":"2024-01-07/2024-02-04","error":"Source.Rejected","message":"not there","attempts":1}],
				"cause":"stream anp-001 B 2024-01-07/2024-02-04 Source.Rejected (not there); what could be had is stored. Redrive would repeat this state alone: start a new execution with {\"from\":\"-30d\"}"}`,
		},
		{
			name: "a day quarantined in this run",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":1,"requested":1}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","requests":1,"attempt":1,"series":[{"key":"A","quarantined":1}]}]`,
			want: `{"run":"r1","status":"incomplete","streams":1,"requests":1,"series":[{"key":"A","missing":1,"requested":1,"quarantined":1,"quarantine":1}],
				"cause":"A: 1 day quarantined; what could be had is stored. Redrive would repeat this state alone: start a new execution with {\"from\":\"-30d\"}"}`,
		},
		{
			name: "quarantined after the end, revised, contradicted, suspicious",
			in: `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":9,"requested":9}],
				"bundles":[{"stream":"ecb-001","ok":true},{"stream":"ecb-002","ok":true}]}}],` + header + `}`,
			streams: `[{"id":"ecb-001","requests":1,"attempt":1,"warnings":["A is odd"],"series":[{"key":"A","observed":3,"quarantined":2,"ended":2,"revised":1,"contradicted":1}]},
				{"id":"ecb-002","requests":1,"attempt":1,"warnings":["A is empty"],"series":[{"key":"A","absent":6,"suspicious":6,"revised":1}]}]`,
			want: `{"run":"r1","status":"complete","streams":2,"requests":2,"warnings":["A is odd","A is empty"],"series":[{"key":"A","missing":9,"requested":9,
				"observed":3,"absent":6,"quarantined":2,"quarantine":2,"revised":2,"contradicted":1,"suspicious":6}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in message.Report
			var want message.Summary
			s := &kept{}
			unmarshal(t, tt.in, &in)
			unmarshal(t, tt.want, &want)
			if tt.streams != "" {
				unmarshal(t, tt.streams, &s.streams)
			}
			got, err := report.New(s, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Handle mismatch (-want +got):\n%s", diff)
			}
			var saved message.Summary
			unmarshal(t, string(s.runs[0].Summary), &saved)
			if diff := cmp.Diff(want, saved); diff != "" {
				t.Errorf("saved summary mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// A day that waits makes a run pending, and so does one that is deferred, by itself.
func TestPending(t *testing.T) {
	for series, want := range map[string]string{
		`{"key":"A"}`: message.Complete, `{"key":"A","waiting":1}`: message.Pending, `{"key":"A","deferred":1}`: message.Pending,
		`{"key":"A","waiting":1},{"key":"B"}`: message.Pending,
	} {
		in := message.Report{Sources: []message.SourceDone{{Source: "ecb"}}}
		unmarshal(t, `[`+series+`]`, &in.Sources[0].Work.Series)
		if got := report.Sum(in, nil).Status; got != want {
			t.Errorf("%s: %s, want %s", series, got, want)
		}
	}
}

// Of a stream that had an answer for some series the others alone are named.
func TestTheSeriesOfAFailedStream(t *testing.T) {
	in := message.Report{Sources: []message.SourceDone{{Source: "ecb"}}}
	in.Sources[0].Work.Messages = []message.Scraped{{Stream: "ecb-001", Error: "E"}}
	for failed, want := range map[int]string{0: "[A B]", 1: "[B]"} {
		did := store.Stream{ID: "ecb-001", Attempt: 1, Series: []store.SeriesCount{{Key: "A"}, {Key: "B", Failed: failed}}}
		if got := fmt.Sprint(report.Sum(in, []store.Stream{did}).Failures[0].Series); got != want {
			t.Errorf("with %d days failed: %s, want %s", failed, got, want)
		}
	}
}

func TestDryRunLeavesNoSummary(t *testing.T) {
	var in message.Report
	unmarshal(t, `{"dry_run":true,"sources":[{"source":"ecb","work":{"series":[{"key":"A","missing":5,"requested":5}],
		"streams":[{"id":"ecb-001","series":["A"],"from":"2024-01-05","to":"2024-01-11","days":5}],"planned":1}}],`+header+`}`, &in)
	s := &kept{}
	got, err := report.New(s, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(context.Background(), in)
	if err != nil || got.Status != message.Complete || len(got.Failures) != 0 || len(s.runs) != 0 {
		t.Errorf("Handle of a dry run = %+v, %v; saved %v", got, err, s.runs)
	}
}

func TestStoreErrorsAreReturned(t *testing.T) {
	broken := errors.New("disk full")
	if _, err := report.New(&kept{err: broken}, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(context.Background(), message.Report{}); !errors.Is(err, broken) {
		t.Errorf("Handle = %v, want %v", err, broken)
	}
}

// The largest run there can be: every stream failed, and each lists the most
// series that 100 KB of streams allow.
// A witness that was revised is counted by the stream whose range has it, and by
// the one that found it out only where there is none.
func TestRevisedWitnessesCountOnce(t *testing.T) {
	within := func(from, to span.Day) span.Span { return span.Span{From: from, To: to} }
	one := store.Stream{ID: "fred-001", Span: within(100, 110), Series: []store.SeriesCount{{Key: "OIL#BRENT", Count: row.Count{Observed: 3}, Beside: []span.Day{99, 111}}}}
	for _, tt := range []struct {
		name  string
		other store.Stream
		want  int
	}{
		{"in no other range", store.Stream{ID: "fred-002", Span: within(80, 90), Series: []store.SeriesCount{{Key: "OIL#BRENT"}}}, 5},
		{"in a range of another series", store.Stream{ID: "fred-002", Span: within(80, 99), Series: []store.SeriesCount{{Key: "OIL#WTI"}}}, 5},
		{"in another range", store.Stream{ID: "fred-002", Span: within(80, 99), Series: []store.SeriesCount{{Key: "OIL#BRENT", Count: row.Count{Observed: 1, Revised: 1}}}}, 5},
	} {
		in := message.Report{Sources: []message.SourceDone{{Source: "fred"}}}
		in.Sources[0].Work.Series = []message.Detected{{Key: "OIL#BRENT"}}
		r := report.Sum(in, []store.Stream{one, tt.other}).Series[0]
		if r.Observed != tt.want || r.Revised != 2 {
			t.Errorf("%s: %d observed, %d revised; want %d and 2", tt.name, r.Observed, r.Revised, tt.want)
		}
	}
}

// Of many failures and warnings the first fifty keep their text, and none is lost.
func TestTextsOfFailuresAreBounded(t *testing.T) {
	work := message.SourceDone{Source: "bcb-ptax"}
	var streams []store.Stream
	for i := range 60 {
		id := fmt.Sprintf("bcb-ptax-%03d", i)
		work.Work.Messages = append(work.Work.Messages, message.Scraped{Stream: id, Error: "Source.Unavailable"})
		streams = append(streams, store.Stream{ID: id, Attempt: 1, Message: "why", Warnings: []string{"look"}})
	}
	sum, err := report.New(&kept{streams: streams}, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle(t.Context(), message.Report{Sources: []message.SourceDone{work}})
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for _, f := range sum.Failures {
		texts += len(f.Message) / len("why")
	}
	if len(sum.Failures) != 60 || texts != 50 || len(sum.Warnings) != 50 || sum.WarningsOmitted != 10 {
		t.Errorf("%d failures, %d with a text, %d warnings and %d more; want 60, 50, 50 and 10", len(sum.Failures), texts, len(sum.Warnings), sum.WarningsOmitted)
	}
	if named := strings.Count(sum.Cause, "Source.Unavailable"); named != 10 || !strings.Contains(sum.Cause, "and 50 more") {
		t.Errorf("the cause names %d failures: %s", named, sum.Cause)
	}
}

// A cause names forty of the series that a run quarantined days of.
func TestQuarantinedSeriesOfACauseAreBounded(t *testing.T) {
	for _, tt := range []struct {
		series int
		rest   string
	}{{40, ""}, {1000, "1920 days more quarantined; "}} {
		var work message.SourceDone
		one := store.Stream{ID: "x-001", Attempt: 1}
		for i := range tt.series {
			key := fmt.Sprintf("X#%03d", i)
			work.Work.Series = append(work.Work.Series, message.Detected{Key: key, Requested: 2})
			one.Series = append(one.Series, store.SeriesCount{Key: key, Count: row.Count{Quarantined: 2}})
		}
		sum := report.Sum(message.Report{Sources: []message.SourceDone{work}}, []store.Stream{one})
		if named := strings.Count(sum.Cause, "2 days quarantined; "); named != 40 || !strings.Contains(sum.Cause, "X#039: 2 days quarantined; "+tt.rest+"what could be had") {
			t.Errorf("of %d series %d are named: %s", tt.series, named, sum.Cause)
		}
	}
}

func TestSummaryOfTheWorstRunFitsAState(t *testing.T) {
	in := message.Report{AsOf: time.Now()}
	work := message.SourceDone{Source: "bcb-ptax"}
	var streams []store.Stream
	for i := range 300 {
		work.Work.Series = append(work.Work.Series, message.Detected{Key: fmt.Sprintf("CURRENCY#%012d", i), Missing: 9999, Requested: 9999, Waiting: 9999, Deferred: 9999})
	}
	for i := range 250 {
		id := fmt.Sprintf("bcb-ptax-%03d", i)
		work.Work.Messages = append(work.Work.Messages, message.Scraped{Stream: id, Error: "Source.Unavailable"})
		s := store.Stream{ID: id, Attempt: 7, Message: strings.Repeat("m", 300), Warnings: []string{strings.Repeat("w", 200), strings.Repeat("w", 200)}}
		for k := range 12 {
			s.Series = append(s.Series, store.SeriesCount{Key: fmt.Sprintf("CURRENCY#%012d", k)})
		}
		streams = append(streams, s)
	}
	in.Sources = []message.SourceDone{work}
	text, err := json.Marshal(report.Sum(in, streams))
	if err != nil || len(text) > 256<<10 {
		t.Errorf("summary of %d bytes, %v; Step Functions carries %d", len(text), err, 256<<10)
	}
}

func unmarshal(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
}
