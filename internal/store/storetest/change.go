package storetest

import (
	"errors"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/store"
)

var changeCases = []testCase{
	{"a row that changed meanwhile is a conflict", func(t *testing.T, s store.Store) {
		stored := row.Row{Series: usd, Day: day1, Status: row.Absent, Source: "ecb", FetchedAt: asOf, Run: "run-1", Attempts: 2, RetryAt: day1 + 4, Reason: "no value"}
		change(t, s, row.Row{}, stored)
		next := observed(usd, day1, "1")
		for what, old := range map[string]row.Row{
			"status":       with(stored, func(r *row.Row) { r.Status = row.Incomplete }),
			"attempts":     with(stored, func(r *row.Row) { r.Attempts++ }),
			"day to ask":   with(stored, func(r *row.Row) { r.RetryAt = 0 }),
			"fetched time": with(stored, func(r *row.Row) { r.FetchedAt = asOf.Add(time.Nanosecond) }),
			"run":          with(stored, func(r *row.Row) { r.Run = "run-2" }),
			"no row":       {},
			"no row there": {Series: usd, Day: day1},
		} {
			wantConflict(t, what, s.Change(t.Context(), old, next))
		}
		wantConflict(t, "no such day", s.Change(t.Context(), with(stored, func(r *row.Row) { r.Day++ }), with(next, func(r *row.Row) { r.Day++ })))
		wantRows(t, s, usd, ever, stored)
		// What is not read by the caller's decision does not matter.
		change(t, s, with(stored, func(r *row.Row) { r.Reason, r.Source = "", "" }), next)
		wantRows(t, s, usd, ever, next)
	}},
	{"a late empty answer after an observed row is a conflict", func(t *testing.T, s store.Store) {
		slow := row.Row{Series: usd, Day: day1}
		empty, _ := row.Next(slow, row.Answer{}, row.Asking{At: asOf, Run: "slow", Wanted: true})
		value := observed(usd, day1, "5.10")
		insert(t, s, value)
		wantConflict(t, "absent over observed", s.Change(t.Context(), slow, empty))
		wantRows(t, s, usd, ever, value)
	}},
	{"the life of a row, to quarantine and back", func(t *testing.T, s store.Store) {
		at, r := asOf, row.Row{Series: usd, Day: day1}
		for n := 1; n <= 6; n++ {
			next, _ := row.Next(r, row.Answer{Source: "bcb-ptax"}, row.Asking{At: at, Run: "run", Wanted: true})
			change(t, s, r, next)
			wantRows(t, s, usd, ever, next)
			r = readRows(t, s, usd, ever)[0]
			at = at.AddDate(0, 0, 32)
		}
		if r.Status != row.Quarantined || len(r.Trail) != 6 {
			t.Fatalf("after six empty answers: %+v, want it quarantined with six steps", r)
		}
		next, _ := row.Next(r, row.Answer{Fields: row.Fields{{Name: "buy", Value: "5.10"}}}, row.Asking{At: at, Run: "last"})
		change(t, s, r, next)
		wantRows(t, s, usd, ever, next)
		wantConflict(t, "the row before", s.Change(t.Context(), r, next))
	}},
	{"an observed row gives way to a revision", func(t *testing.T, s store.Store) {
		old := observed(usd, day1, "1")
		insert(t, s, old)
		next, kind := row.Next(old, row.Answer{Fields: row.Fields{{Name: "buy", Value: "1.10"}}}, row.Asking{At: asOf.Add(time.Hour), Run: "run-2"})
		if kind != row.Revised {
			t.Fatalf("Next = %d, want Revised", kind)
		}
		change(t, s, old, next)
		wantRows(t, s, usd, ever, next)
	}},
	{"a row is not moved to another day", func(t *testing.T, s store.Store) {
		old := observed(usd, day1, "1")
		insert(t, s, old, observed(usd, day1+1, "1"))
		if err := s.Change(t.Context(), old, observed(usd, day1+1, "2")); err == nil {
			t.Error("Change took the row of one day for that of another")
		}
		wantRows(t, s, usd, ever, old, observed(usd, day1+1, "1"))
	}},
}

func wantConflict(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("%s: error %v, want ErrConflict", what, err)
	}
}
