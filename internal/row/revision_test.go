package row_test

import (
	"fmt"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// An observed row is kept when what takes its place has not its values.
func TestRevisionOf(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	old := row.Row{Status: row.Observed, Fields: fields("5.1")}
	tests := []struct {
		name string
		next row.Row
		want string // who replaced it; "": nobody did
	}{
		{"the same", row.Row{Status: row.Observed, Fields: fields("5.10"), Run: "r"}, ""},
		{"the same numbers, held", row.Row{Status: row.Quarantined, Fields: fields("5.1"), Run: "r", FetchedAt: at}, "r"},
		{"others, without a trail", row.Row{Status: row.Observed, Fields: fields("5.2"), Run: "r", FetchedAt: at}, "r"},
		{"others, by an answer", row.Row{Status: row.Observed, Fields: fields("5.2"), Run: "r", Trail: []row.Step{{At: at, Run: "s"}}}, "s"},
		{"none, by a person", row.Row{Status: row.Absent, Run: "r", Trail: []row.Step{{}, {At: at, By: "ana"}}}, "ana"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := row.IsRevision(old, tt.next); got != (tt.want != "") {
				t.Fatalf("IsRevision is %t", got)
			}
			if got := row.RevisionOf(old, tt.next); tt.want != "" && (got.ReplacedBy != tt.want || !got.ReplacedAt.Equal(at)) {
				t.Errorf("replaced by %s at %s, want by %s at %s", got.ReplacedBy, got.ReplacedAt, tt.want, at)
			}
			if row.IsRevision(row.Row{Status: row.Incomplete, Fields: fields("5.1")}, tt.next) {
				t.Error("a row that was not observed is kept")
			}
		})
	}
}

// That a value is withdrawn, accepted or shown again changes nothing of what was known.
func TestAsOfOfAValueThatStays(t *testing.T) {
	noon := func(n int) time.Time { return time.Date(2026, 6, n, 12, 0, 0, 0, time.UTC) }
	good, gone := row.Answer{Fields: fields("5.10")}, row.Answer{}
	r := row.Row{Series: "A", Day: day}
	for n, step := range []func(row.Asking) error{
		func(a row.Asking) error { r, _ = row.Next(r, good, a); return nil },
		func(a row.Asking) error { r, _ = row.Next(r, gone, a); return nil },
		func(a row.Asking) (err error) {
			r, err = row.Decide(r, row.Accept, row.Hand{At: a.At, By: "ana", Reason: "kept"}, []string{"sell"})
			return err
		},
		func(a row.Asking) error { r, _ = row.Next(r, good, a); return nil },
	} {
		ask := row.Asking{At: noon(2 + n), Run: "run", Wanted: true, Compared: true, Empty: row.Empty{Kind: row.Itself}}
		if err := step(ask); err != nil {
			t.Fatal(err)
		}
		if len(r.Trail) != n+1 && n > 0 {
			t.Fatalf("step %d: trail %+v", n, r.Trail)
		}
		for at := 1; at <= 6; at++ {
			was, ok := row.AsOf(r, nil, noon(at))
			value, _ := was.Fields.Get("sell")
			if known := at > 1; ok != known || known && (was.Status != row.Observed || value != "5.10") {
				t.Errorf("after step %d, as of June %d: %+v, %t", n, at, was, ok)
			}
		}
	}
}

// The life of a day, and what was known of it at each noon.
func TestAsOf(t *testing.T) {
	noon := func(n int) time.Time { return time.Date(2026, 6, n, 12, 0, 0, 0, time.UTC) }
	var revisions []row.Revision
	now := row.Row{Series: "A", Day: day}
	become := func(next row.Row) {
		if row.IsRevision(now, next) {
			revisions = append(revisions, row.RevisionOf(now, next))
		}
		now = next
	}
	between := row.Empty{Kind: row.Between, Witnesses: span.Span{From: day - 1, To: day + 1}}
	answer := func(n int, value string, lookback bool) {
		a := row.Answer{}
		if value != "" {
			a.Fields = fields(value)
		}
		next, _ := row.Next(now, a, row.Asking{At: noon(n), Run: fmt.Sprintf("run-%d", n), Wanted: true, Compared: lookback, Lookback: lookback, Empty: between})
		become(next)
	}
	decide := func(n int, act row.Act) {
		next, err := row.Decide(now, act, row.Hand{At: noon(n), By: "ana", Reason: "typing error"}, []string{"sell"})
		if err != nil {
			t.Fatal(err)
		}
		become(next)
	}
	answer(2, "", false)     // not there yet
	answer(4, "5.10", false) // there
	answer(6, "5.1", true)   // the same
	answer(7, "", true)      // withdrawn: the value stays
	answer(8, "5.20", true)  // revised
	answer(10, "5.30", true) // and again
	decide(12, row.MarkMissing)
	answer(14, "5.25", false)

	want := map[int]string{
		1: "nothing", 2: "absent ", 3: "absent ", 4: "observed 5.10", 5: "observed 5.10", 6: "observed 5.10", 7: "observed 5.10",
		8: "observed 5.20", 9: "observed 5.20", 10: "observed 5.30", 11: "observed 5.30", 12: "absent ", 13: "absent ", 14: "observed 5.25", 15: "observed 5.25",
	}
	for n, want := range want {
		got := "nothing"
		if r, ok := row.AsOf(now, revisions, noon(n)); ok {
			value, _ := r.Fields.Get("sell")
			got = fmt.Sprintf("%s %s", r.Status, value)
		}
		if got != want {
			t.Errorf("as of June %d: %s, want %s", n, got, want)
		}
	}
	if len(revisions) != 3 || revisions[0].ReplacedBy != "run-8" || !revisions[0].ReplacedAt.Equal(noon(8)) || revisions[2].ReplacedBy != "ana" {
		t.Errorf("revisions %+v", revisions)
	}
	if !now.FetchedAt.Equal(noon(14)) || !revisions[0].FetchedAt.Equal(noon(7)) {
		t.Errorf("fetched at %s, the first value last at %s", now.FetchedAt, revisions[0].FetchedAt)
	}
}
