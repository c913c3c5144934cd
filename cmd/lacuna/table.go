package main

import (
	"bufio"
	"encoding/json"
	"fmt"
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

// maxCell is the most bytes of a cell that people are shown, because every row is
// as wide as the widest: a reason of a person may have 1,000, a publisher's is a
// sentence. CSV has the whole of it.
const maxCell = 4 << 10

// write writes t as aligned text. An error is left for out's flush.
func (t *table) write(out *lines) {
	heads := make([]string, len(t.columns))
	for i, name := range t.columns {
		heads[i] = strings.ToUpper(strings.ReplaceAll(name, "_", " "))
	}
	lines := append([][]string{heads}, t.rows...)
	widths := make([]int, len(t.columns))
	for l, cells := range lines {
		shown := make([]string, len(cells))
		for i, cell := range cells {
			shown[i] = visible(shorten(cell, maxCell))
			widths[i] = max(widths[i], utf8.RuneCountInString(shown[i]))
		}
		lines[l] = shown
	}
	for _, cells := range lines {
		var line strings.Builder
		for i, text := range cells {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if t.words[i] {
				line.WriteString(text + pad + "  ")
			} else {
				line.WriteString(pad + text + "  ")
			}
		}
		out.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// writeCSV writes t as CSV.
func (t *table) writeCSV(to *screen) error {
	out := to.csv()
	for _, r := range append([][]string{t.columns}, t.rows...) {
		out.row(r...)
	}
	return out.flush()
}

// schemaVersion is that of every JSON document.
const schemaVersion = 1

// writeJSON writes v as indented JSON.
func writeJSON(to *screen, v any) error {
	out := json.NewEncoder(to.json())
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// jsonLines writes each item as one line of JSON, to be flushed.
type jsonLines struct {
	*json.Encoder
	out *bufio.Writer
}

func (o jsonLines) flush() error { return o.out.Flush() }

func (s *screen) jsonLines() jsonLines {
	buffered := bufio.NewWriterSize(writer(s.write), 64<<10)
	out := json.NewEncoder(writer(func(text string) error {
		_, err := buffered.WriteString(visibleJSON(text))
		return err
	}))
	out.SetEscapeHTML(false)
	return jsonLines{out, buffered}
}

// writeLines writes each of items as one line of JSON.
func writeLines[T any](to *screen, items []T) error {
	out := to.jsonLines()
	for _, item := range items {
		if err := out.Encode(item); err != nil {
			return err
		}
	}
	return out.flush()
}

// writeList writes a list in any format: document is what JSON gets, items are
// its lines, t is for people and spreadsheets.
func writeList[T any](to *screen, format string, t *table, document any, items []T) error {
	switch format {
	case "json":
		return writeJSON(to, document)
	case "jsonl":
		return writeLines(to, items)
	case "csv":
		return t.writeCSV(to)
	}
	out := to.lines()
	t.write(out)
	return out.flush()
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

func retriesOf(n int) string {
	if n == 1 {
		return "1 retry"
	}
	return fmt.Sprintf("%d retries", n)
}
