package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

var runCases = []testCase{
	{"requests of a stream are added, the rest is replaced", func(t *testing.T, s store.Store) {
		first := store.Stream{
			Run: "run-1", ID: "bcb-ptax-001", Source: "bcb-ptax", Span: span.Span{From: day1, To: day1 + 9}, Requests: 2, Attempt: 1,
			Error: "Source.Malformed", Message: "linha 3: «ç»", Malformed: true,
		}
		saveStream(t, s, first)
		wantStreams(t, s, "run-1", first)
		last := store.Stream{
			Run: "run-1", ID: "bcb-ptax-001", Source: "bcb-ptax", Span: span.Span{From: day1, To: day1 + 9}, Requests: 3, Attempt: 2,
			Series: []store.SeriesCount{{Key: usd, Count: row.Count{Observed: 5, Absent: 1, Incomplete: 2, Quarantined: 3}, Latest: day1}, {Key: "CURRENCY#EUR"}},
		}
		saveStream(t, s, last)
		last.Requests = 5
		wantStreams(t, s, "run-1", last)
	}},
	{"every part of a stream", func(t *testing.T, s store.Store) {
		want := store.Stream{
			Run: "run-1", ID: "ecb-001", Source: "ecb", Span: span.Span{From: day1, To: day1 + 9}, Requests: 2, Attempt: 3,
			Error: "Source.Malformed", Message: "linha 3: «ç»", Malformed: true, Warnings: []string{"CURRENCY#USD: a value on a closed day", "«ç»\n"},
			Series: []store.SeriesCount{
				{Key: usd, Count: row.Count{Observed: 1, Absent: 2, Incomplete: 3, Quarantined: 4, Revised: 6, Contradicted: 7, Withdrawn: 11, Suspicious: 8, New: 12}, Ended: 5, Early: 10, Still: 13, Healed: 14, Failed: 15, Beside: []span.Day{day1 + 2}, Pending: 9, Latest: day1 + 1},
				{Key: "CURRENCY#EUR", Count: row.Count{Contradicted: 1}},
			},
		}
		wantWhole(t, want)
		wantWhole(t, want.Series[0])
		wantWhole(t, want.Series[0].Count)
		saveStream(t, s, want)
		wantStreams(t, s, "run-1", want)
		// What a later attempt does not say, is not there any more.
		bare := store.Stream{Run: "run-1", ID: "ecb-001", Source: "ecb", Span: span.Span{From: day1, To: day1}, Attempt: 4}
		saveStream(t, s, bare)
		bare.Requests = want.Requests
		wantStreams(t, s, "run-1", bare)
	}},
	{"streams come by ID and run", func(t *testing.T, s store.Store) {
		var want []store.Stream
		for i := range 120 {
			want = append(want, store.Stream{Run: "run-1", ID: fmt.Sprintf("ecb-%03d", i), Source: "ecb", Span: span.Span{From: day1, To: day1}, Attempt: 1})
		}
		for i := range want {
			saveStream(t, s, want[len(want)-1-i])
			other := want[i]
			other.Run = "run-10"
			saveStream(t, s, other)
		}
		wantStreams(t, s, "run-1", want...)
		wantStreams(t, s, "run")
	}},
	{"runs come newest first", func(t *testing.T, s store.Store) {
		at := func(id string, year int, month time.Month, day, hour int) store.Run {
			return store.Run{ID: id, AsOf: time.Date(year, month, day, hour, 0, 0, 0, time.UTC), Status: "complete", Summary: json.RawMessage(`{"requests":1}`)}
		}
		want := []store.Run{
			at("a", 2026, 12, 1, 6), at("z", 2026, 11, 30, 23), at("m", 2026, 11, 30, 6), at("b", 2026, 2, 1, 0), at("a2", 2026, 2, 1, 0), at("c", 2025, 12, 31, 0),
		}
		want[1].AsOf = want[1].AsOf.Add(time.Millisecond)
		for _, i := range []int{3, 0, 5, 2, 4, 1} {
			saveRun(t, s, want[i])
		}
		wantRuns(t, s, 10, want...)
		wantRuns(t, s, 2, want[:2]...)
	}},
	{"summaries are found by their runs", func(t *testing.T, s store.Store) {
		at := func(id string, year int, month time.Month, day int) store.Run {
			return store.Run{ID: id, AsOf: time.Date(year, month, day, 6, 0, 0, 0, time.UTC), Status: "complete", Summary: json.RawMessage(`{"requests":1}`)}
		}
		// "b" and "B" differ; "~" sorts behind what a key may have behind an ID.
		runs := []store.Run{at("~", 2026, 12, 1), at("b", 2026, 11, 30), at("B", 2026, 11, 30), at("a", 2026, 3, 1), at("c", 2019, 7, 1)}
		for _, r := range runs {
			saveRun(t, s, r)
		}
		first, last := runs[4].AsOf, runs[0].AsOf
		wantRunsOf(t, s, []string{"c", "a", "none", "b", "B", "~"}, first, last, runs...)
		wantRunsOf(t, s, []string{"c", "B"}, first, last, runs[2], runs[4])
		wantRunsOf(t, s, []string{"c", "B"}, first.Add(time.Millisecond), last, runs[2])
		wantRunsOf(t, s, []string{"~", "c"}, first, last.Add(-time.Millisecond), runs[4])
		wantRunsOf(t, s, nil, first, last)
	}},
	{"shards are no runs of their own", func(t *testing.T, s store.Store) {
		of := func(id string, second int) store.Run {
			return store.Run{ID: id, AsOf: asOf.Add(time.Duration(second) * time.Second), Status: "complete", Summary: json.RawMessage(`{"requests":1}`)}
		}
		old, run, one, two, other := of("old", -60), of("run", 0), of("run-shard-001", 0), of("run-shard-002", 0), of("run-shard-02", 0)
		for _, r := range []store.Run{two, run, old, one, other} {
			saveRun(t, s, r)
		}
		wantRuns(t, s, 10, other, run, old)
		wantRuns(t, s, 2, other, run)
		wantRunsOf(t, s, []string{"run-shard-001", "run", "run-shard-002"}, asOf, asOf, run, two, one)
		wantRunsOf(t, s, []string{"run-shard-001"}, old.AsOf, asOf, one)
		wantRunsOf(t, s, []string{"run-shard-001", "old"}, old.AsOf, old.AsOf, old)
	}},
	{"a summary is replaced", func(t *testing.T, s store.Store) {
		r := store.Run{ID: "run-1", AsOf: asOf, Status: "incomplete", Cause: "3 streams failed: «ç»", Summary: json.RawMessage(`{"n":1}`)}
		saveRun(t, s, r)
		r.Status, r.Cause, r.Summary = "complete", "", json.RawMessage(`{"n":12345678901234567890.10,"ç":[null,"é"]}`)
		saveRun(t, s, r)
		wantRuns(t, s, 10, r)
	}},
	{"a store without runs", func(t *testing.T, s store.Store) {
		wantRuns(t, s, 10)
	}},
	{"a breaker is remembered by source", func(t *testing.T, s store.Store) {
		wantBreaker(t, s, "ecb", store.Breaker{})
		open := store.Breaker{Run: "run-1", DownUntil: asOf.Add(15 * time.Minute)}
		setBreaker(t, s, "ecb", open)
		wantBreaker(t, s, "ecb", open)
		wantBreaker(t, s, "anp", store.Breaker{})
		setBreaker(t, s, "ecb", store.Breaker{})
		wantBreaker(t, s, "ecb", store.Breaker{})
	}},
	{"a context that ended ends every call", func(t *testing.T, s store.Store) {
		insert(t, s, series(usd, 3)...)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, marks := s.Marks(ctx, usd, ever)
		_, rows := s.Rows(ctx, usd, ever)
		_, revisions := s.Revisions(ctx, usd, ever)
		_, streams := s.Streams(ctx, "run-1")
		_, runs := s.Runs(ctx, 1)
		_, runsOf := s.RunsOf(ctx, []string{"run-1"}, asOf, asOf)
		_, breaker := s.Breaker(ctx, "ecb")
		for name, err := range map[string]error{
			"Marks": marks, "Rows": rows, "Revisions": revisions, "Streams": streams, "Runs": runs, "RunsOf": runsOf, "Breaker": breaker,
			"Insert":     s.Insert(ctx, series("OTHER", 3)),
			"Change":     s.Change(ctx, row.Row{}, observed("OTHER", day1, "1")),
			"SaveStream": s.SaveStream(ctx, store.Stream{Run: "run-1", ID: "x"}),
			"SaveRun":    s.SaveRun(ctx, store.Run{ID: "run-1", AsOf: asOf, Summary: json.RawMessage(`{}`)}),
			"SetBreaker": s.SetBreaker(ctx, "ecb", store.Breaker{Run: "run-1"}),
		} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: error %v, want context.Canceled", name, err)
			}
		}
		wantRows(t, s, "OTHER", ever)
		wantRows(t, s, usd, ever, series(usd, 3)...)
	}},
}

// wantWhole checks that a case sets every field of the struct v.
func wantWhole(t *testing.T, v any) {
	t.Helper()
	for f, value := range reflect.ValueOf(v).Fields() {
		if value.IsZero() {
			t.Errorf("this case sets no %s of %T", f.Name, v)
		}
	}
}

func saveStream(t *testing.T, s store.Store, st store.Stream) {
	t.Helper()
	if err := s.SaveStream(t.Context(), st); err != nil {
		t.Fatalf("SaveStream of %s: %v", st.ID, err)
	}
}

func wantStreams(t *testing.T, s store.Store, run string, want ...store.Stream) {
	t.Helper()
	got, err := s.Streams(t.Context(), run)
	if err != nil {
		t.Fatalf("Streams of %s: %v", run, err)
	}
	diff(t, "Streams of "+run, want, got)
}

func saveRun(t *testing.T, s store.Store, r store.Run) {
	t.Helper()
	if err := s.SaveRun(t.Context(), r); err != nil {
		t.Fatalf("SaveRun of %s: %v", r.ID, err)
	}
}

func wantRuns(t *testing.T, s store.Store, limit int, want ...store.Run) {
	t.Helper()
	got, err := s.Runs(t.Context(), limit)
	if err != nil {
		t.Fatalf("Runs: %v", err)
	}
	diff(t, "Runs", want, got)
}

func wantRunsOf(t *testing.T, s store.Store, ids []string, from, to time.Time, want ...store.Run) {
	t.Helper()
	got, err := s.RunsOf(t.Context(), ids, from, to)
	if err != nil {
		t.Fatalf("RunsOf %v: %v", ids, err)
	}
	diff(t, fmt.Sprintf("RunsOf %v from %s to %s", ids, from, to), want, got)
}

func setBreaker(t *testing.T, s store.Store, source string, b store.Breaker) {
	t.Helper()
	if err := s.SetBreaker(t.Context(), source, b); err != nil {
		t.Fatalf("SetBreaker of %s: %v", source, err)
	}
}

func wantBreaker(t *testing.T, s store.Store, source string, want store.Breaker) {
	t.Helper()
	got, err := s.Breaker(t.Context(), source)
	if err != nil {
		t.Fatalf("Breaker of %s: %v", source, err)
	}
	diff(t, "Breaker of "+source, want, got)
}
