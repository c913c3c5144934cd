package storetest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

var insertCases = []testCase{
	{"no rows are no error", func(t *testing.T, s store.Store) {
		insert(t, s)
		wantRows(t, s, usd, ever)
	}},
	{"a duplicate message changes nothing", func(t *testing.T, s store.Store) {
		rows := series(usd, 60)
		insert(t, s, rows...)
		insert(t, s, rows...)
		wantRows(t, s, usd, ever, rows...)
	}},
	{"a later run with the same values changes nothing", func(t *testing.T, s store.Store) {
		rows := series(usd, 60)
		insert(t, s, rows...)
		var later []row.Row
		for _, r := range rows {
			later = append(later, with(r, func(r *row.Row) { r.Run, r.FetchedAt = "run-2", asOf.Add(time.Hour) }))
		}
		insert(t, s, later...)
		wantRows(t, s, usd, ever, rows...)
	}},
	{"the same value in other digits is the same value", func(t *testing.T, s store.Store) {
		first := observed(usd, day1, "5.1950")
		insert(t, s, first)
		insert(t, s, with(first, func(r *row.Row) { r.Fields[0].Value, r.Run = "5.195", "run-2" }))
		wantRows(t, s, usd, ever, first)
	}},
	{"the same fields in another order are the same", func(t *testing.T, s store.Store) {
		first := observed(usd, day1, "5.1")
		insert(t, s, first)
		insert(t, s, with(first, func(r *row.Row) { r.Fields[0], r.Fields[1], r.Run = r.Fields[1], r.Fields[0], "run-2" }))
		wantRows(t, s, usd, ever, first)
	}},
	{"a row with another value that appeared meanwhile is replaced, and kept as a revision", func(t *testing.T, s store.Store) {
		rows := series(usd, 40)
		insert(t, s, rows...)
		before := rows[20]
		rows[20] = with(rows[20], func(r *row.Row) { r.Fields[1].Value, r.Run = "9.9990", "run-2" })
		insert(t, s, rows...)
		wantRows(t, s, usd, ever, rows...)
		wantRevisions(t, s, usd, ever, row.RevisionOf(before, rows[20]))
	}},
	{"a row with fewer fields that appeared meanwhile is replaced", func(t *testing.T, s store.Store) {
		full := observed(usd, day1, "5.1")
		insert(t, s, with(full, func(r *row.Row) { r.Fields = r.Fields[:1] }))
		insert(t, s, full)
		wantRows(t, s, usd, ever, full)
	}},
	{"rows that are not observed and appeared meanwhile are replaced", func(t *testing.T, s store.Store) {
		rows := series(usd, 40)
		for i, status := range []row.Status{row.Absent, row.Incomplete, row.Quarantined} {
			change(t, s, row.Row{}, row.Row{
				Series: usd, Day: rows[i].Day, Status: status, Fields: rows[i].Fields, Attempts: 3, RetryAt: day1 + 9,
				Reason: "because", Run: "run-0", FetchedAt: asOf, Raw: "x", Trail: []row.Step{{At: asOf, Answer: "absent"}},
			})
		}
		insert(t, s, rows...)
		wantRows(t, s, usd, ever, rows...)
	}},
	{"of two rows for a day the last counts", func(t *testing.T, s store.Store) {
		first, last := observed(usd, day1, "1"), observed(usd, day1, "2")
		other := observed(usd, day1+1, "3")
		insert(t, s, first, other, last, other)
		wantRows(t, s, usd, ever, last, other)
	}},
	{"rows of one call may differ in everything", func(t *testing.T, s store.Store) {
		rows := series(usd, 100)
		for i := range rows {
			if i%3 == 0 {
				rows[i].Source, rows[i].Run, rows[i].Raw = "ecb", "run-2", "hash"
			}
			if i%5 == 0 {
				rows[i].FetchedAt = asOf.Add(time.Duration(i) * time.Second)
			}
			if i%7 == 0 {
				rows[i].Attempts, rows[i].Reason, rows[i].Trail = 2, "late", []row.Step{{At: asOf, Answer: "absent"}}
			}
		}
		insert(t, s, rows...)
		wantRows(t, s, usd, ever, rows...)
	}},
	{"rows with digits, among others and without", func(t *testing.T, s store.Store) {
		rows := series(usd, 400)
		for i := range rows {
			rows[i].Fields[0].Value = strconv.Itoa(i + 1)
			if i < 100 && i%10 == 3 || i >= 200 && i != 333 {
				rows[i].Fields[0].Value += ".50"
			}
		}
		insert(t, s, rows...)
		wantRows(t, s, usd, ever, rows...)
	}},
	{"only observed rows are inserted", func(t *testing.T, s store.Store) {
		r := observed(usd, day1, "1")
		insert(t, s, r)
		r.Status = row.Absent
		if err := s.Insert(t.Context(), []row.Row{r}); err == nil {
			t.Error("Insert took an absent row")
		}
		r.Status = row.Observed
		wantRows(t, s, usd, ever, r)
	}},
	{"a value that is no decimal is refused with series and day", func(t *testing.T, s store.Store) {
		for _, value := range []string{"", "NaN", "1,5", "0x10", "1e999", "123456789012345678901234567890123456789", `1","sell":"2`} {
			bad := observed(usd, day1+3, value)
			wantNamed(t, "Insert of "+value, s.Insert(t.Context(), append(series(usd, 3), bad)))
			wantNamed(t, "Change to "+value, s.Change(t.Context(), row.Row{}, bad))
		}
		wantRows(t, s, usd, span.Span{From: day1 + 3, To: day1 + 3})
	}},
}

func wantNamed(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), usd) || !strings.Contains(err.Error(), (day1+3).String()) {
		t.Errorf("%s: error %v, want one that names %s and %s", what, err, usd, day1+3)
	}
}
