// Package storetest holds the cases that every adapter of store.Store passes.
// A bug found in one adapter becomes a case here. Nothing here knows a database.
package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Run runs every case. open returns an empty store and is called once a case.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, group := range [][]testCase{readCases, insertCases, changeCases, revisionCases, touchedCases, runCases, concurrentCases} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
		}
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, s store.Store)
}

const usd = "CURRENCY#USD"

var (
	asOf = time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC)
	day1 = span.Date(2024, 1, 2)
	ever = span.Span{From: span.Date(1, 1, 1), To: span.Date(9999, 12, 31)}
)

// observed returns a row with fields buy and sell.
func observed(key string, day span.Day, value string) row.Row {
	return row.Row{
		Series: key, Day: day, Status: row.Observed, Source: "bcb-ptax", FetchedAt: asOf, Run: "run-1",
		Fields: row.Fields{{Name: "buy", Value: value}, {Name: "sell", Value: "5.1995"}},
	}
}

// series returns n observed rows from day1 on, one a day.
func series(key string, n int) []row.Row {
	rows := make([]row.Row, n)
	for i := range rows {
		rows[i] = observed(key, day1+span.Day(i), fmt.Sprintf("%d.%04d", i, i%9999+1))
	}
	return rows
}

func marks(rows []row.Row) []row.Mark {
	var out []row.Mark
	for i := range rows {
		out = append(out, rows[i].Mark())
	}
	return out
}

func insert(t *testing.T, s store.Store, rows ...row.Row) {
	t.Helper()
	if err := s.Insert(t.Context(), rows); err != nil {
		t.Fatalf("Insert of %d rows: %v", len(rows), err)
	}
}

func change(t *testing.T, s store.Store, old, next row.Row) {
	t.Helper()
	if err := s.Change(t.Context(), old, next); err != nil {
		t.Fatalf("Change of %s %s to %s: %v", next.Series, next.Day, next.Status, err)
	}
}

func readRows(t *testing.T, s store.Store, key string, days span.Span) []row.Row {
	t.Helper()
	rows, err := s.Rows(t.Context(), key, days)
	if err != nil {
		t.Fatalf("Rows of %s in %s: %v", key, days, err)
	}
	return rows
}

// wantRows compares both ways to read a series in a range.
func wantRows(t *testing.T, s store.Store, key string, days span.Span, want ...row.Row) {
	t.Helper()
	diff(t, "Rows of "+key, want, readRows(t, s, key, days))
	got, err := s.Marks(t.Context(), key, days)
	if err != nil {
		t.Fatalf("Marks of %s in %s: %v", key, days, err)
	}
	diff(t, "Marks of "+key, marks(want), got)
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return // much faster than Diff for 20,000 rows
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", what, d)
	}
}

// with returns r after edit; r shares its fields and trail with the result.
func with(r row.Row, edit func(r *row.Row)) row.Row {
	r.Fields, r.Trail = slices.Clone(r.Fields), slices.Clone(r.Trail)
	edit(&r)
	return r
}
