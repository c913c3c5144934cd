package anp

import (
	"slices"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/source/xlsx/xlsxtest"
	"lacuna/internal/span"
)

// The names on a page, against a plain walk over its words.
func FuzzListing(f *testing.F) {
	f.Add(`<a href="/arquivos-lpc/2026/resumo_semanal_lpc_2026-08-09_2026-08-15.xlsx/view">resumo_semanal_lpc_2026-08-09_2026-08-15-1.xlsx</a>`)
	f.Add("a.xlsx.xlsx b.xlsxc .xlsx x..xlsx")
	f.Add(strings.Repeat("a", 300) + ".xlsx")
	week := span.Date(2026, 8, 9)
	f.Fuzz(func(t *testing.T, page string) {
		var want []string
		for _, word := range strings.FieldsFunc(page, func(c rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-", c)
		}) {
			if end := strings.LastIndex(word, ".xlsx"); end > 0 && end+len(".xlsx") <= maxName {
				want = append(want, word[:end+len(".xlsx")])
			}
		}
		names := namesIn([]byte(page))
		if len(want) <= maxNames && !slices.Equal(names, want) {
			t.Fatalf("names %q, want %q", names, want)
		}
		slices.Sort(names)
		name := summaryOf(names, week)
		if name != "" && (!slices.Contains(names, name) || !strings.Contains(name, "2026-08-09") || !strings.Contains(name, "2026-08-15")) {
			t.Errorf("the week's workbook is %q", name)
		}
	})
}

// What lies beneath the ZIP and says what is in the table, which a fuzzer that
// changes a ZIP hardly reaches.
func FuzzTable(f *testing.F) {
	book := plainBook()
	f.Add(book[3].Content, book[4].Content, book[5].Content)
	week := span.Date(2026, 8, 9)
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		book := plainBook()
		book[3].Content, book[4].Content, book[5].Content = sheet, texts, styles
		got, damaged, err := readStates(t, xlsxtest.Zip(t, book))
		if err != nil && (fault.NameOf(err) != fault.Malformed || len(err.Error()) > 4096 || got != nil || damaged != nil) {
			t.Fatalf("%d observations, error %.200v, want Malformed", len(got), err)
		}
		for _, o := range got {
			if o.Day != week || len(o.Fields) != 1 || len(o.Fields[0].Value) > 40 {
				t.Errorf("observation %v", o)
			}
		}
		for _, d := range damaged {
			if d.Reason == "" || len(d.Reason) > 1000 {
				t.Errorf("damaged %v", d)
			}
		}
	})
}
