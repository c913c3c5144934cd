package output

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Table is rows for people, and for spreadsheets. Columns have the names that
// they have in JSON.
type Table struct {
	columns []string
	rows    [][]string
	words   map[int]bool // columns that hold more than numbers
}

// NewTable returns a table without rows.
func NewTable(columns ...string) *Table { return &Table{columns: columns, words: map[int]bool{}} }

// Add appends a row; whole numbers are aligned to the right.
func (t *Table) Add(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = fmt.Sprint(cell)
		if _, number := cell.(int); !number {
			t.words[i] = true
		}
	}
	t.rows = append(t.rows, texts)
}

// MaxCell is the most bytes of a cell that people are shown, because every row is
// as wide as the widest: a reason of a person may have 1,000, a publisher's is a
// sentence. CSV has the whole of it.
const MaxCell = 4 << 10

// Write writes t as aligned text. An error is left for out's Flush.
func (t *Table) Write(out *Lines) {
	heads := make([]string, len(t.columns))
	for i, name := range t.columns {
		heads[i] = strings.ToUpper(strings.ReplaceAll(name, "_", " "))
	}
	lines := append([][]string{heads}, t.rows...)
	widths := make([]int, len(t.columns))
	for l, cells := range lines {
		shown := make([]string, len(cells))
		for i, cell := range cells {
			shown[i] = Visible(Shorten(cell, MaxCell))
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
		out.Printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// writeCSV writes t as CSV.
func (t *Table) writeCSV(to *Screen) error {
	out := to.CSV()
	for _, r := range append([][]string{t.columns}, t.rows...) {
		out.Row(r...)
	}
	return out.Flush()
}

// SchemaVersion is that of every JSON document.
const SchemaVersion = 1

// WriteJSON writes v as indented JSON.
func WriteJSON(to *Screen, v any) error {
	out := json.NewEncoder(to.JSON())
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// JSONLines writes each item as one line of JSON, to be flushed.
type JSONLines struct {
	*json.Encoder
	out *bufio.Writer
}

// Flush writes what is left.
func (o JSONLines) Flush() error { return o.out.Flush() }

// JSONLines returns a buffer for items, to be flushed.
func (s *Screen) JSONLines() JSONLines {
	buffered := bufio.NewWriterSize(writer(s.write), 64<<10)
	out := json.NewEncoder(writer(func(text string) error {
		_, err := buffered.WriteString(visibleJSON(text))
		return err
	}))
	out.SetEscapeHTML(false)
	return JSONLines{out, buffered}
}

// WriteLines writes each of items as one line of JSON.
func WriteLines[T any](to *Screen, items []T) error {
	out := to.JSONLines()
	for _, item := range items {
		if err := out.Encode(item); err != nil {
			return err
		}
	}
	return out.Flush()
}

// WriteList writes a list in any format: document is what JSON gets, items are
// its lines, t is for people and spreadsheets.
func WriteList[T any](to *Screen, format string, t *Table, document any, items []T) error {
	switch format {
	case "json":
		return WriteJSON(to, document)
	case "jsonl":
		return WriteLines(to, items)
	case "csv":
		return t.writeCSV(to)
	}
	out := to.Lines()
	t.Write(out)
	return out.Flush()
}

// Count writes a number of things: "1 day", "3 days".
func Count(n int, thing string) string {
	switch {
	case n == 1 || strings.HasSuffix(thing, "series"):
		return fmt.Sprintf("%d %s", n, thing)
	default:
		return fmt.Sprintf("%d %ss", n, thing)
	}
}

// Retries writes a number of retries: "1 retry", "3 retries".
func Retries(n int) string {
	if n == 1 {
		return "1 retry"
	}
	return fmt.Sprintf("%d retries", n)
}
