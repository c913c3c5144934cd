package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/sqlite"
)

// series returns n days of a series as a source would hand them over.
func series(key string, n int) []row.Row {
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	rows := make([]row.Row, n)
	for i := range rows {
		rows[i] = row.Row{
			Series: key, Day: span.Date(2000, 1, 3) + span.Day(i), Status: row.Observed, Source: "ecb", FetchedAt: at, Run: "2026-07-01-abcdef",
			Fields: row.Fields{{Name: "buy", Value: fmt.Sprintf("%d.%04d", 1+i%9, i%9999+1)}, {Name: "sell", Value: fmt.Sprintf("%d.%04d0", 1+i%9, i%9998+1)}},
		}
	}
	return rows
}

// The whole job of 30 currencies has one second on two cores.
func BenchmarkInsert30Currencies(b *testing.B) {
	for name, fields := range map[string]int{"numbers": 1, "with digits": 2} { // the second ends in a zero
		b.Run(name, func(b *testing.B) {
			var all [][]row.Row
			for i := range 30 {
				rows := series(fmt.Sprintf("ECB#%02d", i), 4618)
				for i := range rows {
					rows[i].Fields = rows[i].Fields[:fields]
				}
				all = append(all, rows)
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				s := mustOpen(b, filepath.Join(b.TempDir(), "days.db"))
				b.StartTimer()
				for _, rows := range all {
					if err := s.Insert(b.Context(), rows); err != nil {
						b.Fatal(err)
					}
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*30*4618)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkInsertNewFile4645(b *testing.B) {
	rows := series("CURRENCY#USD", 4645)
	for b.Loop() {
		s := mustOpen(b, filepath.Join(b.TempDir(), "days.db"))
		if err := s.Insert(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenNewFile(b *testing.B) {
	for b.Loop() {
		mustOpen(b, filepath.Join(b.TempDir(), "days.db")).Close()
	}
}

func BenchmarkRead25Years(b *testing.B) {
	path := filepath.Join(b.TempDir(), "days.db")
	s := mustOpen(b, path)
	defer s.Close()
	for i := range 5 {
		if err := s.Insert(b.Context(), series(fmt.Sprintf("CURRENCY#%d", i), 6500)); err != nil {
			b.Fatal(err)
		}
	}
	all := span.Span{From: span.Date(1990, 1, 1), To: span.Date(2030, 1, 1)}
	b.Run("marks", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Marks(b.Context(), "CURRENCY#3", all); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("marks of 400", func(b *testing.B) {
		days := span.Span{From: span.Date(2010, 1, 1), To: span.Date(2010, 1, 1) + 399}
		for b.Loop() {
			if marks, err := s.Marks(b.Context(), "CURRENCY#3", days); err != nil || len(marks) != 400 {
				b.Fatal(len(marks), err)
			}
		}
	})
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Rows(b.Context(), "CURRENCY#3", all); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			mustOpen(b, path).Close()
		}
	})
	b.Run("open and marks of 4645", func(b *testing.B) {
		days := span.Span{From: span.Date(2000, 1, 3), To: span.Date(2000, 1, 3) + 4644}
		for b.Loop() {
			again := mustOpen(b, path)
			if _, err := again.Marks(b.Context(), "CURRENCY#3", days); err != nil {
				b.Fatal(err)
			}
			again.Close()
		}
	})
	b.Run("change", func(b *testing.B) {
		r := series("CHANGED", 1)[0]
		var old row.Row
		there, err := s.Rows(b.Context(), r.Series, span.Span{From: r.Day, To: r.Day})
		if err != nil {
			b.Fatal(err)
		}
		if len(there) == 1 { // an earlier round was here
			old, r.Attempts = there[0], there[0].Attempts+1
		}
		for b.Loop() {
			if err := s.Change(b.Context(), old, r); err != nil {
				b.Fatal(err)
			}
			old = r
			r.Attempts++
		}
	})
}

func mustOpen(tb testing.TB, path string) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(path, sqlite.Live)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// BenchmarkLatest10000 reads the newest row of each of 10,000 series.
func BenchmarkLatest10000(b *testing.B) {
	const keys = 10_000
	s := mustOpen(b, filepath.Join(b.TempDir(), "days.db"))
	defer s.Close()
	for i := range keys {
		if err := s.Insert(b.Context(), series(fmt.Sprintf("SERIES#%05d", i), 30)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		got, err := s.Latest(b.Context(), nil)
		if err != nil || len(got) != keys {
			b.Fatalf("%d rows, %v; want %d", len(got), err, keys)
		}
	}
}
