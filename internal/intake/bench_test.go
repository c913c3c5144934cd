package intake_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/export"
	"lacuna/internal/intake"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"
	"lacuna/internal/store/sqlite"
)

// BenchmarkImport138528 takes the rows of 30 currencies of the ECB into a new file, as
// BenchmarkInsert30Currencies of the store inserts them.
func BenchmarkImport138528(b *testing.B) {
	const keys, days = 30, 4618
	var codes, names []string
	for i := range keys {
		codes = append(codes, string(rune('A'+i/26))+string(rune('A'+i%26))+"X")
		names = append(names, "ECB#"+codes[i])
	}
	family := fmt.Sprintf(`{version: 1, include: shipped, series: [{each: {code: [%s]}, key: "ECB#{code}", title: "{code}", unit: "{code} per EUR",
		source: ecb, code: "{code}", fields: [value], calendar: daily, since: 2000-01-03, ready: {at: "17:00", zone: Europe/Berlin}}]}`, strings.Join(codes, ", "))
	c, err := catalogue.Parse("series.yaml", []byte(family), lacuna.Series)
	if err != nil {
		b.Fatal(err)
	}
	from := memory.New()
	for _, key := range names {
		rows := make([]row.Row, days)
		for d := range rows {
			value := output.Count(1+d%9, "x")[:1] + ".1" + span.Date(2000, 1, 3+d).String()[8:] + "0"
			rows[d] = row.Row{Series: key, Day: span.Date(2000, 1, 3+d), Status: row.Observed, Source: "ecb", FetchedAt: now, Run: "2026-07-01-abcdef",
				Fields: row.Fields{{Name: "value", Value: value}}}
		}
		if err := from.Insert(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	e := export.Exporter{Rows: from, Days: ever, Catalogue: c}
	files := map[string]func(to *output.Screen) error{
		"full.jsonl": func(to *output.Screen) error { return e.Whole(b.Context(), to.JSONLines(), names) },
	}
	for name, write := range files {
		path := filepath.Join(b.TempDir(), name)
		var text bytes.Buffer
		if err := write(output.NewScreen(&text)); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := sqlite.Open(filepath.Join(b.TempDir(), "days.db"), sqlite.Live)
				if err != nil {
					b.Fatal(err)
				}
				im := intake.Importer{Catalogue: c, Store: s, Now: now}
				r := intake.Reader{Catalogue: c}
				if err := im.Take(b.Context(), r.Lines(path)); err != nil {
					b.Fatal(err)
				}
				if report := im.Report(); report.Stored() != keys*days {
					b.Fatalf("%d stored", report.Stored())
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*keys*days)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

var (
	now  = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	ever = span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)}
)
