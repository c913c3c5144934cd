package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is rows for people, and for spreadsheets. Columns have the names that
// they have in JSON.
type table struct {
	columns []string
	rows    [][]string
	words   map[int]bool // columns that hold more than numbers
}

func newTable(columns ...string) *table { return &table{columns: columns, words: map[int]bool{}} }

// add appends a row; whole numbers are aligned to the right.
func (t *table) add(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = fmt.Sprint(cell)
		if _, number := cell.(int); !number {
			t.words[i] = true
		}
	}
	t.rows = append(t.rows, texts)
}

// write writes t as aligned text. An error is left for out's Flush.
func (t *table) write(out *bufio.Writer) {
	heads := make([]string, len(t.columns))
	widths := make([]int, len(t.columns))
	for i, name := range t.columns {
		heads[i] = strings.ToUpper(strings.ReplaceAll(name, "_", " "))
		widths[i] = utf8.RuneCountInString(heads[i])
		for _, r := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i]))
		}
	}
	for _, r := range append([][]string{heads}, t.rows...) {
		var line strings.Builder
		for i, text := range r {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if t.words[i] {
				line.WriteString(text + pad + "  ")
			} else {
				line.WriteString(pad + text + "  ")
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// writeCSV writes t as CSV.
func (t *table) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	for _, r := range append([][]string{t.columns}, t.rows...) {
		safe := make([]string, len(r))
		for i, text := range r {
			safe[i] = noFormula(text)
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// noFormula returns text so that a spreadsheet takes it as text.
func noFormula(text string) string {
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 && !isDecimal(text) {
		return "'" + text
	}
	return text
}

// isDecimal reports whether text is a plain decimal number, a negative one too.
func isDecimal(text string) bool {
	digits := strings.Replace(strings.TrimPrefix(text, "-"), ".", "", 1)
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// writeJSON writes v as indented JSON.
func writeJSON(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// writeLines writes each of items as one line of JSON.
func writeLines[T any](w io.Writer, items []T) error {
	buffered := bufio.NewWriter(w)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	for _, item := range items {
		if err := out.Encode(item); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// writeList writes a list in any format: document is what JSON gets, items are
// its lines, t is for people and spreadsheets.
func writeList[T any](w io.Writer, format string, t *table, document any, items []T) error {
	switch format {
	case "json":
		return writeJSON(w, document)
	case "jsonl":
		return writeLines(w, items)
	case "csv":
		return t.writeCSV(w)
	}
	out := bufio.NewWriter(w)
	t.write(out)
	return out.Flush()
}

// count writes a number of things: "1 day", "3 days".
func count(n int, thing string) string {
	switch {
	case n == 1 || strings.HasSuffix(thing, "series"):
		return fmt.Sprintf("%d %s", n, thing)
	default:
		return fmt.Sprintf("%d %ss", n, thing)
	}
}
