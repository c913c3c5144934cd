package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

var revisionCases = []testCase{
	{"an empty store has no revisions", func(t *testing.T, s store.Store) {
		wantRevisions(t, s, usd, ever)
	}},
	{"a revised value and the new one can both be read", func(t *testing.T, s store.Store) {
		old := observed(usd, day1, "5.10")
		old.Raw = "sha256:ab"
		insert(t, s, old)
		next := answered(t, s, old, row.Revised, row.Answer{Fields: pair("5.2", "5.1995"), Source: "ecb"}, row.Asking{At: later(24), Run: "run-2", Lookback: true})
		wantRows(t, s, usd, ever, next)
		wantRevisions(t, s, usd, ever, row.Revision{Row: old, ReplacedAt: later(24), ReplacedBy: "run-2"})
	}},
	{"revisions of a day come in the order of replacement", func(t *testing.T, s store.Store) {
		first := observed(usd, day1, "5.10")
		insert(t, s, first)
		// The second run has the earlier as_of: the order is that of the acts.
		second := answered(t, s, first, row.Revised, row.Answer{Fields: pair("5.20", "5.1995")}, row.Asking{At: later(48), Run: "run-2"})
		third := answered(t, s, second, row.Revised, row.Answer{Fields: pair("5.10", "5.1995")}, row.Asking{At: later(24), Run: "run-3"})
		fourth := answered(t, s, third, row.Revised, row.Answer{Fields: pair("5.30", "5.1995")}, row.Asking{At: later(24), Run: "run-3"})
		wantRows(t, s, usd, ever, fourth)
		wantRevisions(t, s, usd, ever,
			row.Revision{Row: first, ReplacedAt: later(48), ReplacedBy: "run-2"},
			row.Revision{Row: second, ReplacedAt: later(24), ReplacedBy: "run-3"},
			row.Revision{Row: third, ReplacedAt: later(24), ReplacedBy: "run-3"})
	}},
	{"revisions of a range, by day", func(t *testing.T, s store.Store) {
		rows := series(usd, 10)
		insert(t, s, rows...)
		insert(t, s, series(usd+"T", 10)...)
		want := make([]row.Revision, len(rows))
		for _, i := range []int{9, 3, 0, 5, 2, 8, 1, 7, 6, 4} {
			answered(t, s, rows[i], row.Revised, row.Answer{Fields: pair("0.5", "0.50")}, row.Asking{At: later(i), Run: "run-2"})
			want[i] = row.Revision{Row: rows[i], ReplacedAt: later(i), ReplacedBy: "run-2"}
		}
		wantRevisions(t, s, usd, ever, want...)
		wantRevisions(t, s, usd, span.Span{From: day1 + 2, To: day1 + 5}, want[2:6]...)
		wantRevisions(t, s, usd, span.Span{From: day1 + 9, To: day1 + 9}, want[9])
		wantRevisions(t, s, usd, span.Span{From: day1 - 9, To: day1 - 1})
		wantRevisions(t, s, usd, span.Span{From: day1 + 10, To: day1 + 99})
		wantRevisions(t, s, usd+"T", ever)
	}},
	{"a row that was compared again and is the same is no revision", func(t *testing.T, s store.Store) {
		old := observed(usd, day1, "5.10")
		insert(t, s, old)
		next := answered(t, s, old, row.Refreshed, row.Answer{Fields: pair("5.1", "5.19950")}, row.Asking{At: later(24), Run: "run-2", Lookback: true})
		want := with(old, func(r *row.Row) { // the digits are those of the first answer
			r.FetchedAt, r.Trail = later(24), []row.Step{{At: asOf, Run: "run-1", Answer: "observed"}}
		})
		diff(t, "refreshed row", want, next)
		wantRows(t, s, usd, ever, want)
		wantRevisions(t, s, usd, ever)
	}},
	{"a holiday is settled at once, and a value for it is no revision", func(t *testing.T, s store.Store) {
		asking := row.Asking{At: asOf, Run: "run-1", Wanted: true, Empty: row.Empty{Kind: row.Between, Learn: true, Old: true}}
		settled := answered(t, s, row.Row{Series: usd, Day: day1}, row.Added, row.Answer{Source: "ecb"}, asking)
		if settled.Status != row.Absent || settled.RetryAt != 0 {
			t.Fatalf("a holiday is stored as %+v, want it absent and not to be asked for again", settled)
		}
		wantRows(t, s, usd, ever, settled)
		value := answered(t, s, settled, row.Replaced, row.Answer{Fields: pair("5.10", "5.20"), Source: "ecb"}, row.Asking{At: later(24), Run: "run-2"})
		if !value.Contradicts() {
			t.Errorf("trail %+v does not say that the day was settled", value.Trail)
		}
		wantRows(t, s, usd, ever, value)
		wantRevisions(t, s, usd, ever)
	}},
	{"a person's acts", func(t *testing.T, s store.Store) {
		hand := func(days int) row.Hand { return row.Hand{At: later(24 * days), By: "ana", Reason: "boletim errado"} }
		first := decided(t, s, row.Row{Series: usd, Day: day1}, row.MarkAbsent, hand(0))
		value := answered(t, s, first, row.Replaced, row.Answer{Fields: pair("5.10", "5.20"), Source: "ecb"}, row.Asking{At: later(24), Run: "run-2"})
		missing := decided(t, s, value, row.MarkMissing, hand(2))
		wantRevisions(t, s, usd, ever, row.Revision{Row: value, ReplacedAt: later(48), ReplacedBy: "ana"})

		r, at := missing, later(24*40)
		for n := 1; r.Status != row.Quarantined; n++ {
			if n > 6 {
				t.Fatalf("after six answers: %+v, want it quarantined", r)
			}
			answer := row.Answer{Fields: pair("9.990", "5.20"), Reason: "too far from the day before", Source: "ecb"}
			r = answered(t, s, r, row.Replaced, answer, row.Asking{At: at, Run: fmt.Sprint("run-", n), Wanted: true})
			at = at.AddDate(0, 0, 32)
		}
		released := decided(t, s, r, row.Release, hand(400))
		accepted := decided(t, s, released, row.Accept, hand(401))
		if accepted.Status != row.Observed || len(accepted.Trail) != 1+1+1+6+2 {
			t.Errorf("at the end: %+v, want an observed row whose trail has every step", accepted)
		}
		wantRows(t, s, usd, ever, accepted)
		wantRevisions(t, s, usd, ever, row.Revision{Row: value, ReplacedAt: later(48), ReplacedBy: "ana"})
		again := decided(t, s, accepted, row.MarkMissing, hand(402))
		wantRows(t, s, usd, ever, again)
		wantRevisions(t, s, usd, ever,
			row.Revision{Row: value, ReplacedAt: later(48), ReplacedBy: "ana"},
			row.Revision{Row: accepted, ReplacedAt: later(24 * 402), ReplacedBy: "ana"})
	}},
	{"a day as it was elsewhere", func(t *testing.T, s store.Store) {
		now := with(observed(usd, day1, "5.30"), func(r *row.Row) {
			r.Run, r.Attempts, r.Raw, r.Reason = "run-4", 6, "sha256:ab", "withdrawn by the publisher"
			r.Trail = []row.Step{{At: later(24), Run: "run-4", Answer: "revised", Reason: "was buy 5.20"}, {At: later(48), Answer: "quarantine accept", By: "ana", Reason: "x"}}
		})
		var gone []row.Revision
		for i := range store.MaxAtOnce {
			was := observed(usd, day1, fmt.Sprintf("5.%d0", i+1))
			gone = append(gone, row.Revision{Row: was, ReplacedAt: later(24 * (1 - i)), ReplacedBy: fmt.Sprint("run-", i)})
		}
		if err := s.Restore(t.Context(), now, gone); err != nil {
			t.Fatal(err)
		}
		wantRows(t, s, usd, ever, now)
		wantRevisions(t, s, usd, ever, gone...)
		if err := s.Restore(t.Context(), observed(usd, day1, "5.30"), gone[:1]); !errors.Is(err, store.ErrConflict) {
			t.Errorf("Restore of a day that has a row: error %v, want ErrConflict", err)
		}
		wantRows(t, s, usd, ever, now)
		wantRevisions(t, s, usd, ever, gone...)
		missing := decided(t, s, now, row.MarkMissing, row.Hand{At: later(72), By: "ana", Reason: "x"})
		wantRows(t, s, usd, ever, missing)
		wantRevisions(t, s, usd, ever, append(gone, row.Revision{Row: now, ReplacedAt: later(72), ReplacedBy: "ana"})...)
	}},
	{"a day as it was elsewhere, without a value, and one of which only revisions are left", func(t *testing.T, s store.Store) {
		absent := row.Row{Series: usd, Day: day1, Status: row.Absent, FetchedAt: asOf, Run: "run-1", Attempts: 1, RetryAt: day1 + 3, Reason: "no value published"}
		if err := s.Restore(t.Context(), absent, nil); err != nil {
			t.Fatal(err)
		}
		was := observed(usd, day1+1, "5.10")
		gone := []row.Revision{{Row: was, ReplacedAt: later(24), ReplacedBy: "ana"}, {Row: was, ReplacedAt: later(12), ReplacedBy: "run-2"}}
		for _, one := range gone { // one after the other, as after an interruption
			if err := s.Restore(t.Context(), row.Row{Series: usd, Day: day1 + 1}, []row.Revision{one}); err != nil {
				t.Fatal(err)
			}
		}
		wantRows(t, s, usd, ever, absent)
		wantRevisions(t, s, usd, ever, gone...)
		if err := s.Restore(t.Context(), was, nil); err != nil {
			t.Fatal(err)
		}
		wantRows(t, s, usd, ever, absent, was)
		wantRevisions(t, s, usd, ever, gone...)
	}},
	{"what was known at a time", func(t *testing.T, s store.Store) {
		absent := answered(t, s, row.Row{Series: usd, Day: day1}, row.Added, row.Answer{}, row.Asking{At: asOf, Run: "run-1", Wanted: true})
		value := answered(t, s, absent, row.Replaced, row.Answer{Fields: pair("5.10", "5.20")}, row.Asking{At: later(24), Run: "run-2", Wanted: true})
		revised := answered(t, s, value, row.Revised, row.Answer{Fields: pair("5.110", "5.20")}, row.Asking{At: later(48), Run: "run-3"})
		decided(t, s, revised, row.MarkMissing, row.Hand{At: later(72), By: "ana", Reason: "withdrawn"})

		now := readRows(t, s, usd, ever)[0]
		revisions := readRevisions(t, s, usd, ever)
		tests := []struct {
			hours int
			want  string
		}{
			{-1, ""}, {0, "absent []"}, {23, "absent []"}, {24, "observed [buy 5.10, sell 5.20]"}, {47, "observed [buy 5.10, sell 5.20]"},
			{48, "observed [buy 5.110, sell 5.20]"}, {71, "observed [buy 5.110, sell 5.20]"}, {72, "absent []"}, {999, "absent []"},
		}
		for _, tt := range tests {
			got := ""
			if r, ok := row.AsOf(now, revisions, later(tt.hours)); ok {
				got = fmt.Sprintf("%s [%v]", r.Status, r.Fields)
			}
			if got != tt.want {
				t.Errorf("after %d hours: %q, want %q", tt.hours, got, tt.want)
			}
		}
	}},
	{"a revision of the same run is seen too", func(t *testing.T, s store.Store) {
		old := observed(usd, day1, "5.1")
		next := with(old, func(r *row.Row) { r.Fields[0].Value = "5.2" })
		insert(t, s, old)
		change(t, s, old, next)
		for _, again := range []row.Row{next, with(old, func(r *row.Row) { r.Fields[0].Value = "5.3" })} {
			if err := s.Change(t.Context(), old, again); !errors.Is(err, store.ErrConflict) {
				t.Errorf("Change to %v: error %v, want ErrConflict", again.Fields, err)
			}
		}
		wantRows(t, s, usd, ever, next)
		wantRevisions(t, s, usd, ever, row.RevisionOf(old, next))
	}},
	{"a conflict leaves neither a row nor a revision", func(t *testing.T, s store.Store) {
		stored := observed(usd, day1, "5.10")
		insert(t, s, stored)
		next := with(observed(usd, day1, "5.20"), func(r *row.Row) { r.Run = "run-2" })
		stale := with(stored, func(r *row.Row) { r.FetchedAt = later(-24) })
		wantConflict(t, "a stale row", s.Change(t.Context(), stale, next))
		wantConflict(t, "a day without a row", s.Change(t.Context(), with(stored, func(r *row.Row) { r.Day++ }), with(next, func(r *row.Row) { r.Day++ })))
		wantRows(t, s, usd, ever, stored)
		wantRevisions(t, s, usd, ever)
	}},
	{"a value that cannot be stored leaves neither a row nor a revision", func(t *testing.T, s store.Store) {
		stored := observed(usd, day1, "5.10")
		insert(t, s, stored)
		if err := s.Change(t.Context(), stored, observed(usd, day1, "n/a")); err == nil {
			t.Error("Change took a value that is no number")
		}
		wantRows(t, s, usd, ever, stored)
		wantRevisions(t, s, usd, ever)
	}},
	{"of revisions of a day at once one wins, and none is lost", func(t *testing.T, s store.Store) {
		now := observed(usd, day1, "0.5")
		insert(t, s, now)
		var want []row.Revision
		for round := range 10 {
			var won atomic.Int32
			together(8, func(i int) {
				answer := row.Answer{Fields: pair(fmt.Sprintf("%d.%d0", round+1, i), "5.1995")}
				next, kind := row.Next(now, answer, row.Asking{At: later(round), Run: fmt.Sprintf("round %d, run %d", round, i)})
				if kind != row.Revised {
					t.Errorf("Next = %d, want Revised", kind)
				}
				switch err := s.Change(t.Context(), now, next); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, store.ErrConflict):
					t.Errorf("Change: %v", err)
				}
			})
			if n := won.Load(); n != 1 {
				t.Fatalf("round %d: %d revisions of the same row won, want 1", round, n)
			}
			before := now
			now = readRows(t, s, usd, ever)[0]
			want = append(want, row.Revision{Row: before, ReplacedAt: later(round), ReplacedBy: now.Run})
			wantRevisions(t, s, usd, ever, want...)
		}
	}},
	{"2,000 revisions come back whole", func(t *testing.T, s store.Store) {
		// Several pages of DynamoDB, which end after 1 MB.
		long := strings.Repeat("x", 1000)
		rows := series(usd, 2000)
		want := make([]row.Revision, len(rows))
		for i := range rows {
			rows[i].Raw = long
			want[i] = row.Revision{Row: rows[i], ReplacedAt: later(24), ReplacedBy: "run-2"}
		}
		insert(t, s, rows...)
		together(8, func(part int) {
			for i := part; i < len(rows); i += 8 {
				next, _ := row.Next(rows[i], row.Answer{Fields: pair("99.5", "9")}, row.Asking{At: later(24), Run: "run-2"})
				if err := s.Change(t.Context(), rows[i], next); err != nil {
					t.Errorf("Change of %s: %v", rows[i].Day, err)
				}
			}
		})
		wantRevisions(t, s, usd, ever, want...)
	}},
}

// later is so many hours after asOf.
func later(hours int) time.Time { return asOf.Add(time.Duration(hours) * time.Hour) }

func pair(buy, sell string) row.Fields {
	return row.Fields{{Name: "buy", Value: buy}, {Name: "sell", Value: sell}}
}

// answered stores and returns what an answer makes of old, which must be want.
func answered(t *testing.T, s store.Store, old row.Row, want row.Change, answer row.Answer, asking row.Asking) row.Row {
	t.Helper()
	next, kind := row.Next(old, answer, asking)
	if kind != want {
		t.Fatalf("Next of %s %s = %d, want %d", old.Series, old.Day, kind, want)
	}
	change(t, s, old, next)
	return next
}

// decided stores and returns what an act makes of old.
func decided(t *testing.T, s store.Store, old row.Row, act row.Act, hand row.Hand) row.Row {
	t.Helper()
	next, err := row.Decide(old, act, hand, []string{"buy", "sell"})
	if err != nil {
		t.Fatalf("%s of %s %s: %v", act, old.Series, old.Day, err)
	}
	change(t, s, old, next)
	return next
}

func readRevisions(t *testing.T, s store.Store, key string, days span.Span) []row.Revision {
	t.Helper()
	revisions, err := s.Revisions(t.Context(), key, days)
	if err != nil {
		t.Fatalf("Revisions of %s in %s: %v", key, days, err)
	}
	return revisions
}

func wantRevisions(t *testing.T, s store.Store, key string, days span.Span, want ...row.Revision) {
	t.Helper()
	diff(t, "Revisions of "+key, want, readRevisions(t, s, key, days))
}
