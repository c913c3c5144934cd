package export

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/columnar"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"

	"github.com/google/go-cmp/cmp"
)

const (
	oneKey  = "ECB#USD"
	twoKey  = "FX#USD"
	bothYML = `version: 1
sources: {ecb: {}, bcb-ptax: {}}
series:
- {key: ECB#USD, title: A, source: ecb, code: USD, unit: USD, calendar: target, since: 2025-12-29}
- {key: FX#USD, title: B, source: bcb-ptax, code: USD, unit: BRL, calendar: brazil-bank, since: 2025-12-29, fields: [buy, sell]}
`
)

// filled is a store with rows of every status, in two years.
func filled(t *testing.T) *Exporter {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(bothYML), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := memory.New()
	for i, status := range []row.Status{row.Observed, row.Absent, row.Incomplete, row.Observed, row.Quarantined} {
		for _, key := range []string{oneKey, twoKey} {
			of, _ := c.Lookup(key)
			r := row.Row{Series: key, Day: span.Date(2025, 12, 30) + span.Day(i), Status: status}
			for _, name := range of.Fields {
				if status != row.Absent {
					r.Fields = append(r.Fields, row.Field{Name: name, Value: fmt.Sprintf("%d.%d0", i+1, i)})
				}
			}
			if err := s.Change(t.Context(), row.Row{Series: key, Day: r.Day}, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &Exporter{Rows: s, Catalogue: c, Days: span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)}}
}

// linesOf returns the rows of a Parquet file as the lines of a CSV.
func linesOf(t *testing.T, file []byte) (lines []string) {
	t.Helper()
	err := columnar.Read(bytes.NewReader(file), int64(len(file)), func(string) bool { return true }, func(n int, columns, texts []string) (bool, error) {
		if n == 1 {
			lines = append(lines, strings.Join(columns, ","))
		}
		lines = append(lines, strings.Join(texts, ","))
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// Parquet has the lines of CSV, however many of them are held.
func TestParquetIsTheCSV(t *testing.T) {
	for _, suspect := range []bool{false, true} {
		for _, missing := range []time.Time{{}, time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC)} {
			e := filled(t)
			e.Suspect, e.Missing = suspect, missing
			var csv bytes.Buffer
			if err := e.CSV(t.Context(), output.NewScreen(&csv).CSV(), []string{oneKey, twoKey}); err != nil {
				t.Fatal(err)
			}
			want := strings.Split(strings.TrimSpace(csv.String()), "\n")
			var files [][]byte
			for _, most := range []int{0, maxHeld} {
				var file bytes.Buffer
				if err := e.parquet(t.Context(), &file, []string{oneKey, twoKey}, most); err != nil {
					t.Fatal(err)
				}
				files = append(files, file.Bytes())
				if diff := cmp.Diff(want, linesOf(t, file.Bytes())); diff != "" {
					t.Errorf("suspect %t, missing %s, %d held (-csv +parquet):\n%s", suspect, missing, most, diff)
				}
			}
			if !bytes.Equal(files[0], files[1]) {
				t.Error("another file when rows are read twice")
			}
			if got := strings.Contains(csv.String(), ",missing,"); got == missing.IsZero() {
				t.Errorf("missing %s:\n%s", missing, csv.String())
			}
			if got := strings.Contains(csv.String(), "quarantined,5.40"); got != suspect {
				t.Errorf("suspect %t:\n%s", suspect, csv.String())
			}
		}
	}
}

func TestAFolderIsBySeriesAndYear(t *testing.T) {
	e := filled(t)
	got := map[string][]string{}
	err := e.Folder(t.Context(), []string{oneKey, twoKey}, func(name string, write func(io.Writer) error) error {
		var file bytes.Buffer
		if err := write(&file); err != nil {
			return err
		}
		got[name] = linesOf(t, file.Bytes())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"info_type=ECB%23USD/year=2025/rows.parquet": {"date,status,value,buy,sell", "2025-12-30,observed,1.00,,", "2025-12-31,absent,,,"},
		"info_type=ECB%23USD/year=2026/rows.parquet": {"date,status,value,buy,sell", "2026-01-01,incomplete,,,", "2026-01-02,observed,4.30,,", "2026-01-03,quarantined,,,"},
		"info_type=FX%23USD/year=2025/rows.parquet":  {"date,status,value,buy,sell", "2025-12-30,observed,,1.00,1.00", "2025-12-31,absent,,,"},
		"info_type=FX%23USD/year=2026/rows.parquet":  {"date,status,value,buy,sell", "2026-01-01,incomplete,,,", "2026-01-02,observed,,4.30,4.30", "2026-01-03,quarantined,,,"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNamesOfFolders(t *testing.T) {
	for _, value := range []string{"ECB#USD", "a/b:c.d-e_f", "..", "100%"} {
		name := Escape(value)
		if Unescape(name) != value || strings.ContainsAny(name, "/#:\\") {
			t.Errorf("%s is %s, and that is %s", value, name, Unescape(name))
		}
	}
	if got := Unescape("100%"); got != "100%" {
		t.Error(got)
	}
}

// A row and its past come back out of a line.
func TestWhole(t *testing.T) {
	r := row.Row{Series: oneKey, Day: 20_000, Status: row.Observed, Fields: row.Fields{{Name: "value", Value: "1.10"}}, Source: "ecb", FetchedAt: time.Unix(9, 0).UTC(), Run: "r",
		Attempts: 2, RetryAt: 20_001, Reason: "why", Trail: []row.Step{{At: time.Unix(8, 0).UTC(), Answer: "absent"}}, Raw: "x"}
	past := []row.Revision{{Row: r, ReplacedAt: time.Unix(7, 0).UTC(), ReplacedBy: "ana"}}
	w := NewWhole(r, past)
	if diff := cmp.Diff(r, w.Row()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(past, w.Past()); diff != "" {
		t.Error(diff)
	}
	if w := NewWhole(r, nil); len(w.Past()) > 0 {
		t.Error("a row without revisions has some")
	}
}
