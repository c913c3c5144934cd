package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

var y2000 = span.Span{From: span.Date(2000, 1, 1), To: span.Date(2000, 12, 31)}

func TestRowsMadeByHand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s := open(t, path)
	if err := s.Insert(t.Context(), series("A", 4)); err != nil {
		t.Fatal(err)
	}
	edit(t, path,
		`DELETE FROM rows WHERE date = '2000-01-04'`,
		`UPDATE rows SET fields = '{"buy": 7.5, "sell": 7.60}' WHERE date = '2000-01-05'`,
		`INSERT INTO rows(info_type, date, status, fields) VALUES ('A', '2000-02-01', 'observed', '{ "buy" : "1.50" }')`,
		`INSERT INTO rows(info_type, date, status) VALUES ('A', '2000-02-02', 'absent')`,
	)
	all := series("A", 4)
	edited := all[2] // its digits column is of the number before
	edited.Fields = row.Fields{{Name: "buy", Value: "7.5"}, {Name: "sell", Value: "7.60"}}
	wantSeries(t, s, "A", []row.Row{all[0], edited, all[3],
		{Series: "A", Day: span.Date(2000, 2, 1), Status: row.Observed, Fields: row.Fields{{Name: "buy", Value: "1.50"}}},
		{Series: "A", Day: span.Date(2000, 2, 2), Status: row.Absent},
	})

	// What people made, the program changes as its own.
	old := row.Row{Series: "A", Day: span.Date(2000, 2, 2), Status: row.Absent}
	next := series("A", 1)[0]
	next.Day = old.Day
	if err := s.Change(t.Context(), old, next); err != nil {
		t.Errorf("Change of a row made by hand: %v", err)
	}
}

func TestOddContentIsNamed(t *testing.T) {
	tests := []struct{ set, want string }{
		{`status = 'OBSERVED'`, `status "OBSERVED": want observed, absent, incomplete or quarantined`},
		{`retry_at = 'soon'`, `retry_at: day "soon": want YYYY-MM-DD`},
		{`fetched_at = 'yesterday'`, `fetched_at: time "yesterday": want RFC 3339`},
		{`fields = 'buy=1'`, `fields buy=1: want a JSON object of numbers`},
		{`fields = '{"buy":1'`, `fields {"buy":1: want a JSON object of numbers`},
		{`fields = '{"buy":null}'`, `field buy: "null" is not a decimal number`},
		{`fields = '{"buy":"n/a"}'`, `field buy: "n/a" is not a decimal number`},
		{`fields = '{"buy":[1]}'`, `field buy: "[1]" is not a decimal number`},
		{`digits = '{'`, `digits {: want a JSON object of numbers`},
		{`trail = '{}'`, `trail: json: cannot unmarshal object into Go value of type []row.Step`},
		{`attempts = 'many'`, `sql: Scan error on column index 8, name "attempts": converting driver.Value type string ("many") to a int: invalid syntax`},
	}
	for _, tt := range tests {
		t.Run(tt.set, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "days.db")
			s := open(t, path)
			if err := s.Insert(t.Context(), series("A", 3)); err != nil {
				t.Fatal(err)
			}
			edit(t, path, `UPDATE rows SET `+tt.set+` WHERE date = '2000-01-04'`)
			_, err := s.Rows(t.Context(), "A", y2000)
			if want := "row A 2000-01-04: " + tt.want; err == nil || err.Error() != want {
				t.Errorf("Rows: error %v, want %s", err, want)
			}
		})
	}
	t.Run("a day", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "days.db")
		s := open(t, path)
		edit(t, path, `INSERT INTO rows(info_type, date, status) VALUES ('A', '2000-02-31', 'absent')`)
		_, err := s.Marks(t.Context(), "A", y2000)
		if want := `row A 2000-02-31: day "2000-02-31": no such date`; err == nil || err.Error() != want {
			t.Errorf("Marks: error %v, want %s", err, want)
		}
	})
}

// The views are for other programs: digits as published, and as numbers, whatever
// people did to the rows.
func TestViews(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s := open(t, path)
	rows := series("A", 5)[:4]
	rows[1].Fields = row.Fields{{Name: "buy", Value: "5.19950"}, {Name: "sell", Value: "-0.10"}}
	rows[2].Fields = row.Fields{{Name: "buy", Value: "12345678901234567890.123456789"}, {Name: "sell", Value: "0.0000001"}}
	if err := s.Insert(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	incomplete := series("B", 1)[0]
	incomplete.Status = row.Incomplete
	if err := s.Change(t.Context(), row.Row{}, incomplete); err != nil {
		t.Fatal(err)
	}
	edit(t, path,
		`UPDATE rows SET fields = '{"buy": 7.5, "sell": -0.1}' WHERE date = '2000-01-04'`, // its digits are of the number before, or not
		`INSERT INTO rows(info_type, date, status, fields) VALUES ('C', '2000-02-01', 'observed', '{ "a b" : "1.50" }')`,
		`UPDATE rows SET status = 'quarantined' WHERE date = '2000-01-06'`,
	)
	for query, want := range map[string][]string{
		`SELECT info_type, date, field, value, typeof(value), number, typeof(number) FROM observations ORDER BY 1, 2, 3`: {
			"A 2000-01-03 buy 1.0001 text 1.0001 real", "A 2000-01-03 sell 1.00010 text 1.0001 real",
			"A 2000-01-04 buy 7.5 text 7.5 real", "A 2000-01-04 sell -0.10 text -0.1 real",
			"A 2000-01-05 buy 12345678901234567890.123456789 text 1.2345678901234567e+19 real", "A 2000-01-05 sell 0.0000001 text 1e-07 real",
			"C 2000-02-01 a b 1.50 text 1.5 real",
		},
		`SELECT info_type, date, field, value, typeof(value), number, typeof(number) FROM latest ORDER BY 1, 3`: {
			"A 2000-01-05 buy 12345678901234567890.123456789 text 1.2345678901234567e+19 real", "A 2000-01-05 sell 0.0000001 text 1e-07 real",
			"C 2000-02-01 a b 1.50 text 1.5 real",
		},
	} {
		if diff := cmp.Diff(want, queried(t, path, query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func queried(t *testing.T, path, query string) (got []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key, date, field, value, kind, number, numberKind string
		if err := rows.Scan(&key, &date, &field, &value, &kind, &number, &numberKind); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(key, " ", date, " ", field, " ", value, " ", kind, " ", number, " ", numberKind))
	}
	return got
}

func TestSeriesKeys(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "days.db"))
	want := []string{"A", "A#REVISIONS", "B", "É"}
	for _, key := range want {
		if err := s.Insert(t.Context(), series(key, 3)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.SeriesKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("SeriesKeys mismatch (-want +got):\n%s", diff)
	}
}
