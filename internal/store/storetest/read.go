package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

var readCases = []testCase{
	{"an empty store has no rows", func(t *testing.T, s store.Store) {
		wantRows(t, s, usd, ever)
	}},
	{"rows come in the order of their days", func(t *testing.T, s store.Store) {
		want := series(usd, 100)
		shuffled := slices.Clone(want)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		insert(t, s, shuffled...)
		wantRows(t, s, usd, ever, want...)
	}},
	{"a range has both its ends and nothing else", func(t *testing.T, s store.Store) {
		rows := series(usd, 10)
		insert(t, s, rows...)
		wantRows(t, s, usd, span.Span{From: day1 + 2, To: day1 + 5}, rows[2:6]...)
		wantRows(t, s, usd, span.Span{From: day1 + 9, To: day1 + 9}, rows[9])
		wantRows(t, s, usd, span.Span{From: day1 - 9, To: day1 - 1})
		wantRows(t, s, usd, span.Span{From: day1 + 10, To: day1 + 99})
	}},
	{"the newest value of each series", func(t *testing.T, s store.Store) {
		reader, ok := s.(interface {
			Latest(ctx context.Context, series []string) ([]row.Row, error)
		})
		if !ok {
			return // no command reads it
		}
		absent := observed(usd, day1+9, "1")
		absent.Status, absent.Fields = row.Absent, nil
		gone := observed("GONE", day1, "1")
		gone.Status = row.Quarantined
		insert(t, s, append(series(usd, 3), observed("OTHER", ever.To, "5.10"))...)
		change(t, s, row.Row{}, absent)
		change(t, s, row.Row{}, gone)
		var got []string
		newest, err := reader.Latest(t.Context(), []string{"OTHER", "GONE", "NONE", usd})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range newest {
			got = append(got, fmt.Sprint(r.Series, " ", r.Day, " ", r.Status, " ", r.Fields))
		}
		diff(t, "Latest", []string{"OTHER 9999-12-31 observed buy 5.10, sell 5.1995", usd + " 2024-01-04 observed buy 2.0003, sell 5.1995"}, got)
	}},
	{"years from 1 to 9999", func(t *testing.T, s store.Store) {
		want := []row.Row{observed(usd, ever.From, "1"), observed(usd, span.Date(1969, 12, 31), "2"), observed(usd, 0, "3"), observed(usd, ever.To, "4")}
		insert(t, s, want...)
		wantRows(t, s, usd, ever, want...)
	}},
	{"series keep apart, whatever their keys", func(t *testing.T, s store.Store) {
		keys := []string{usd, "CURRENCY#US", "CURRENCY#USDT", "currency#usd", "FUEL#DIESEL", "FUEL#DIESEL#UF#SP", "ÓLEO#%", "A' OR '1'='1"}
		for i := range 50 {
			keys = append(keys, fmt.Sprintf("SERIES#%02d", i))
		}
		var all []row.Row
		for i, key := range keys {
			all = append(all, observed(key, day1, fmt.Sprint(i)), observed(key, day1+1, fmt.Sprint(i+1)))
		}
		insert(t, s, all...)
		for i, key := range keys {
			wantRows(t, s, key, ever, all[2*i:2*i+2]...)
		}
	}},
	{"what a person withdrew is missing, in marks too", func(t *testing.T, s store.Store) {
		insert(t, s, observed(usd, day1, "1"), observed(usd, day1+1, "2"))
		missing := decided(t, s, observed(usd, day1, "1"), row.MarkMissing, row.Hand{At: asOf, By: "ana", Reason: "odd"})
		wantRows(t, s, usd, ever, missing, observed(usd, day1+1, "2"))
		if got, err := s.Marks(t.Context(), usd, ever); err != nil || !got[0].Missing || got[1].Missing {
			t.Errorf("marks %+v, %v", got, err)
		}
	}},
	{"20,000 rows come back whole", func(t *testing.T, s store.Store) {
		rows := series(usd, 20_000)
		insert(t, s, rows...)
		wantRows(t, s, usd, ever, rows...)
	}},
	{"digits as published", func(t *testing.T, s store.Store) {
		values := []string{
			"5.19950", "5.1995", "0", "0.0", "-0", "-1.50", "1E-7", "+3", "007", ".5", "5.", "1e3",
			"12345678901234567890123456789012345678", "0.00000000000000000000000000000000000001234",
			"-99999999999999999999999999999999999999", "9007199254740993", "1" + strings.Repeat("0", 100), "0.1000000000000000055511151231257827021",
		}
		var want []row.Row
		for i, v := range values {
			want = append(want, observed(usd, day1+span.Day(i), v))
		}
		insert(t, s, want...)
		wantRows(t, s, usd, ever, want...)
		for _, r := range want {
			r.Series = "CHANGED"
			change(t, s, row.Row{}, r)
		}
		for i := range want {
			want[i].Series = "CHANGED"
		}
		wantRows(t, s, "CHANGED", ever, want...)
	}},
	{"fields come back sorted by name", func(t *testing.T, s store.Store) {
		r := observed(usd, day1, "1")
		r.Fields = row.Fields{{Name: "sell", Value: "2.0"}, {Name: "buy", Value: "1"}, {Name: "preço \"médio\"", Value: "3"}}
		insert(t, s, r)
		r.Fields = row.Fields{{Name: "buy", Value: "1"}, {Name: "preço \"médio\"", Value: "3"}, {Name: "sell", Value: "2.0"}}
		wantRows(t, s, usd, ever, r)
	}},
	{"every part of a row", func(t *testing.T, s store.Store) {
		text := "não há cotação — 休日 🎈 'quote' \"double\" \\ {}\n"
		want := row.Row{
			Series: usd, Day: day1, Status: row.Incomplete, Source: "fonte ç", FetchedAt: asOf.Add(123456789 * time.Nanosecond),
			Run: "run ñ", Attempts: 4, RetryAt: day1 + 8, Reason: text, Raw: "sha256:ab", Fields: row.Fields{{Name: "sell", Value: "5.10"}},
			Trail: []row.Step{
				{At: asOf.Add(-48 * time.Hour), Run: "run-0", Answer: "absent", Reason: text},
				{At: asOf, Answer: "mark missing", Reason: "withdrawn", By: "ana"},
			},
		}
		change(t, s, row.Row{}, want)
		wantRows(t, s, usd, ever, want)
		bare := row.Row{Series: usd, Day: day1 + 1, Status: row.Absent}
		change(t, s, row.Row{}, bare)
		wantRows(t, s, usd, ever, want, bare)
	}},
	{"times come back in UTC", func(t *testing.T, s store.Store) {
		r := observed(usd, day1, "1")
		r.FetchedAt = asOf.In(time.FixedZone("-03", -3*3600))
		insert(t, s, r)
		got := readRows(t, s, usd, ever)
		if len(got) != 1 || got[0].FetchedAt != asOf {
			t.Errorf("Rows = %+v, want one fetched at %s", got, asOf)
		}
		change(t, s, r, with(r, func(next *row.Row) {
			next.Status, next.Trail = row.Absent, []row.Step{{At: r.FetchedAt, Answer: string(row.MarkMissing), By: "ana"}}
		}))
		if gone := readRevisions(t, s, usd, ever); len(gone) != 1 || gone[0].FetchedAt != asOf || gone[0].ReplacedAt != asOf {
			t.Errorf("Revisions = %+v, want one fetched and replaced at %s", gone, asOf)
		}
	}},
}
