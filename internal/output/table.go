package output

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Table is rows for people, and for spreadsheets. Columns have the names that
// they have in JSON.
type Table struct {
	columns []string
	rows    [][]any
	words   map[int]bool // columns that hold more than numbers
	texts   []string
	gives   []string
	below   string
	rest    string
}

// NewTable returns a table without rows. The first column tells the rows apart.
func NewTable(columns ...string) *Table { return &Table{columns: columns, words: map[int]bool{}} }

// Cut names the columns of text of which people see the beginning where the width
// lacks. Nothing else is ever cut.
func (t *Table) Cut(columns ...string) *Table { t.texts = columns; return t }

// GiveWay names the columns that people do not see where the width lacks, the least
// wanted first.
func (t *Table) GiveWay(columns ...string) *Table { t.gives = columns; return t }

// Below names the column that has lines of its own below each row, where the width lacks.
func (t *Table) Below(column string) *Table { t.below = column; return t }

// Rest has people read text below the table, on a line of its own: what Part says.
func (t *Table) Rest(text string) *Table { t.rest = text; return t }

// Add appends a row; whole numbers are aligned to the right.
func (t *Table) Add(cells ...any) {
	for i, cell := range cells {
		if shown, ok := cell.(As); ok {
			cell = shown.Of
		}
		if _, number := cell.(int); !number {
			t.words[i] = true
		}
	}
	t.rows = append(t.rows, slices.Clone(cells))
}

// As is a cell of which people are shown something else than spreadsheets.
type As struct {
	Shown string
	Of    any
}

// Names is a cell that names things: as many of the first three as fit, each whole, and
// how many more there are.
type Names []string

// String implements fmt.Stringer.
func (n Names) String() string { return n.first(3) }

func (n Names) first(some int) string {
	if len(n) <= some {
		return strings.Join(n, " ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(n[:some], " "), len(n)-some)
}

func (n Names) fit(width int) string {
	for some := 3; some > 1; some-- {
		if text := Visible(n.first(some)); utf8.RuneCountInString(text) <= width {
			return text
		}
	}
	return Visible(n.first(1))
}

// MaxCell is the most bytes of a cell that people are shown, because every row is
// as wide as the widest: a reason of a person may have 1,000, a publisher's is a
// sentence. CSV has the whole of it.
const MaxCell = 4 << 10

// shortHeads are the heads of columns whose names are longer than what is in them.
var shortHeads = map[string]string{
	"expected":       "DAYS",
	"incomplete":     "INCOMPL",
	"quarantined":    "QUARANT",
	"freshness_days": "BEHIND",
	"next_recheck":   "ASK AGAIN",
	"requested":      "ASKED",
	"attempts":       "TRIES",
	"duration":       "TOOK",
}

func head(name string) string {
	return cmp.Or(shortHeads[name], Visible(strings.ToUpper(strings.ReplaceAll(name, "_", " "))))
}

// leastText is to how many characters a column of text is cut at most.
const leastText = 24

const gap = "  " // between columns

// column is one that people see.
type column struct {
	name         string
	cells        []string
	of           []any
	width, least int
	right, cut   bool
}

// shown returns the columns that have something in them.
func (t *Table) shown() []*column {
	var list []*column
	for i, name := range t.columns {
		c := &column{name: name, right: !t.words[i], cut: slices.Contains(t.texts, name)}
		c.width = utf8.RuneCountInString(head(name))
		c.least = c.width
		filled := i == 0
		for _, cells := range t.rows {
			cell := cells[i]
			if as, ok := cell.(As); ok {
				cell = as.Shown
			}
			text := Visible(Shorten(fmt.Sprint(cell), MaxCell))
			filled = filled || text != "" && text != "0"
			c.cells, c.of = append(c.cells, text), append(c.of, cell)
			n := utf8.RuneCountInString(text)
			c.width = max(c.width, n)
			if names, ok := cell.(Names); ok {
				n = utf8.RuneCountInString(names.fit(0))
			} else if c.cut {
				n = min(n, leastText)
			}
			c.least = max(c.least, n)
		}
		if filled {
			list = append(list, c)
		}
	}
	return list
}

// least is how wide a table of list is at least.
func least(list []*column) int {
	sum := len(gap) * (len(list) - 1)
	for _, c := range list {
		sum += c.least
	}
	return sum
}

// narrow makes the widest of list that can be narrower so, until the table has width.
func narrow(list []*column, width int) {
	over := len(gap)*(len(list)-1) - width
	for _, c := range list {
		over += c.width
	}
	for ; over > 0; over-- {
		widest := list[0]
		for _, c := range list {
			if c.width > c.least && (widest.width == widest.least || c.width > widest.width) {
				widest = c
			}
		}
		widest.width--
	}
}

// Write writes t as text that fits the screen: aligned, without the columns that have
// nothing; where that is too wide, some give way or go below, texts are cut, and at
// last each row has lines of its own. An error is left for out's Flush.
func (t *Table) Write(out *Lines) {
	if len(t.rows) == 0 {
		return
	}
	width := cmp.Or(out.width, usualWidth)
	if t.rest != "" {
		defer out.folded(t.rest, width)
	}
	all := t.shown()
	list := slices.Clone(all)
	var below *column
	at := slices.IndexFunc(list, func(c *column) bool { return c.name == t.below })
	if at > 0 && least(list) > width {
		below = list[at]
		list = slices.Delete(list, at, at+1)
	}
	var hidden []string
	for _, name := range t.gives {
		at := slices.IndexFunc(list, func(c *column) bool { return c.name == name })
		if at > 0 && least(list) > width {
			hidden = append(hidden, head(name))
			list = slices.Delete(list, at, at+1)
		}
	}
	if least(list) > width {
		writeRecords(out, all, width)
		return
	}
	narrow(list, width)
	for row := -1; row < len(t.rows); row++ {
		var line strings.Builder
		for i, c := range list {
			text := c.text(row)
			pad := strings.Repeat(" ", c.width-utf8.RuneCountInString(text))
			if i > 0 {
				line.WriteString(gap)
			}
			if c.right {
				line.WriteString(pad + text)
			} else {
				line.WriteString(text + pad)
			}
		}
		out.Printf("%s\n", strings.TrimRight(line.String(), " "))
		if below != nil && row >= 0 && below.cells[row] != "" {
			out.folded(gap+below.cells[row], width)
		}
	}
	if len(hidden) > 0 {
		out.folded("Too wide to show: "+strings.Join(hidden, ", ")+". -o json has all.", width)
	}
}

// text is that of a row, no wider than c; row -1 is the head.
func (c *column) text(row int) string {
	if row < 0 {
		return head(c.name)
	}
	text := c.cells[row]
	if utf8.RuneCountInString(text) <= c.width {
		return text
	}
	if names, ok := c.of[row].(Names); ok {
		return names.fit(c.width)
	}
	return firstRunes(text, c.width-1) + "…"
}

// writeRecords writes each row in lines: the first column, and below it what there is of
// the others.
func writeRecords(out *Lines, list []*column, width int) {
	for row := range list[0].cells {
		var more []string
		for _, c := range list[1:] {
			if text := c.cells[row]; text != "" && text != "0" {
				more = append(more, strings.ToLower(head(c.name))+" "+text)
			}
		}
		out.folded(list[0].cells[row], width)
		if len(more) > 0 {
			out.folded(gap+strings.Join(more, ", "), width)
		}
	}
}

// writeCSV writes t as CSV.
func (t *Table) writeCSV(to *Screen) error {
	out := to.CSV()
	out.Row(t.columns...)
	texts := make([]string, len(t.columns))
	for _, cells := range t.rows {
		for i, cell := range cells {
			if as, ok := cell.(As); ok {
				cell = as.Of
			}
			texts[i] = fmt.Sprint(cell)
		}
		out.Row(texts...)
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
	if n != 1 && !strings.HasSuffix(thing, "series") {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Retries writes a number of retries: "1 retry", "3 retries".
func Retries(n int) string {
	if n == 1 {
		return "1 retry"
	}
	return fmt.Sprintf("%d retries", n)
}
