package declared

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/notation"
	"lacuna/internal/source"

	"golang.org/x/text/encoding/charmap"
)

// decode returns a body as UTF-8.
func decode(body []byte, encoding string) ([]byte, error) {
	switch encoding {
	case "latin-1":
		return charmap.ISO8859_1.NewDecoder().Bytes(body)
	case "windows-1252":
		return charmap.Windows1252.NewDecoder().Bytes(body)
	}
	switch {
	case bytes.HasPrefix(body, []byte("PK\x03\x04")):
		return nil, errors.New("a ZIP, or a workbook (http-xlsx), instead of text")
	case bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")):
		return nil, errors.New("UTF-16, which is not read")
	case bytes.HasPrefix(body, []byte("\x1f\x8b")):
		return nil, errors.New("a gzip file, which is not read")
	case utf8.Valid(body):
		return body, nil
	}
	n := 0
	for line := range bytes.Lines(body) {
		if n++; !utf8.Valid(line) {
			return nil, fmt.Errorf("line %d: %.60q is not UTF-8: want encoding: latin-1 or windows-1252?", n, bytes.TrimSpace(line))
		}
	}
	return nil, errors.New("the body is not UTF-8")
}

// Text returns the beginning of a body of a source for a person, who sees a mark
// where its encoding is another.
func Text(of *catalogue.Source, head []byte) string {
	if of.Declared != nil {
		if text, err := decode(head, of.Declared.Encoding); err == nil {
			head = text
		}
	}
	return strings.ToValidUTF8(string(head), "\uFFFD")
}

// table is the columns of a CSV body or a sheet, by the names of its header.
type table struct {
	header []string       // by oneSpace
	places map[string]int // of columns that have been looked at, by name
	last   int            // the last column that has been looked at, from 0
}

func newTable() *table { return &table{places: map[string]int{}} }

// place returns the place of a column, from 0.
func (t *table) place(c catalogue.Column, code string) (int, error) {
	if c.Number > 0 {
		t.last = max(t.last, c.Number-1)
		return c.Number - 1, nil
	}
	name := oneSpace(notation.OfCode(c.Name, code))
	if i, ok := t.places[name]; ok {
		t.last = max(t.last, i)
		return i, nil
	}
	i := slices.Index(t.header, name)
	switch {
	case i < 0:
		return 0, fmt.Errorf("no column %q in the header: %s%s%s", name, shown(t.header), t.hint(), catalogue.DidYouMean(name, t.header))
	case slices.Contains(t.header[i+1:], name):
		return 0, fmt.Errorf("two columns %q in the header: want the number of one, from 1", name)
	}
	t.places[name] = i
	t.last = max(t.last, i)
	return i, nil
}

// oneSpace returns the name of a column with one space for each run of white space: in
// sheets a line break is often within a name.
func oneSpace(name string) string { return strings.Join(strings.Fields(name), " ") }

// hint says what is likely to be wrong when a header has one name.
func (t *table) hint() string {
	if len(t.header) != 1 {
		return ""
	}
	for _, mark := range []string{";", "\t", ",", "|"} {
		if strings.Contains(t.header[0], mark) {
			return fmt.Sprintf("; is the delimiter %q?", mark)
		}
	}
	return "; are there lines before it (skip)?"
}

// shown lists names for a person.
func shown(names []string) string {
	list := make([]string, 0, 12)
	for _, name := range names[:min(len(names), 12)] {
		list = append(list, fmt.Sprintf("%.40q", name))
	}
	if more := len(names) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, ", ")
}

// line is a record of a table.
type line struct {
	*table
	cells  []string
	number int
}

func (l *line) at() string { return fmt.Sprintf("line %d", l.number) }

func (l *line) cell(c catalogue.Column, code string) (cell, error) {
	i, err := l.place(c, code)
	if err != nil {
		return cell{}, err
	}
	if i >= len(l.cells) {
		return cell{}, fmt.Errorf("a line of %d columns, and %s is number %d", len(l.cells), notation.OfCode(c.Name, code), i+1)
	}
	return cell{text: strings.TrimSpace(l.cells[i])}, nil
}

func (p *pageReader) csv(ctx context.Context, body []byte) error {
	text, err := decode(body, p.spec.Encoding)
	if err != nil {
		return err
	}
	text = p.withoutNotes(withLineFeeds(text))
	in, _, err := source.ReadCSV(text, p.spec.Delimiter, source.MaxRows(p.window, len(p.asked.Series)))
	if err != nil {
		return err
	}
	in.FieldsPerRecord = -1
	t := newTable()
	odd := false
	if !p.spec.Headless {
		header, err := in.Read()
		if err != nil {
			return fmt.Errorf("no header: %w", err)
		}
		odd = hasCR(header)
		for _, name := range header {
			t.header = append(t.header, oneSpace(name))
		}
		if err := p.checkHeader(t); err != nil {
			return err
		}
		if n := p.highest(); n > len(t.header) {
			return fmt.Errorf("no column %d in the header, which has %d: %s%s", n, len(t.header), shown(t.header), t.hint())
		}
		if day, err := p.day(&line{table: t, cells: t.header}); err == nil {
			number, _ := in.FieldPos(0)
			return fmt.Errorf("line %d has a day, %s, where the header has a name: header: none?", number, day)
		}
		t.last = 0
		source.Note(ctx, "columns: %s", shown(t.header))
	}
	return p.lines(ctx, in, t, text, odd)
}

// checkHeader finds the columns before there is any row, so that an answer without
// rows is not one of another table.
func (p *pageReader) checkHeader(t *table) error {
	for _, c := range p.named() {
		if _, err := t.place(c, ""); err != nil {
			return err
		}
	}
	for _, one := range p.asked.Series {
		for _, field := range one.Fields {
			if c := p.spec.Values[field]; c.OfCode() {
				if _, err := t.place(c, one.Code); err != nil {
					p.lack(one.Key, err)
				}
			}
		}
	}
	t.last = 0
	return nil
}

// columns are those of a row.
func (p *pageReader) columns() []catalogue.Column {
	columns := slices.Concat(p.spec.Day, p.spec.Code)
	for _, field := range slices.Sorted(maps.Keys(p.spec.Values)) {
		columns = append(columns, p.spec.Values[field])
	}
	return columns
}

// named returns the columns that a header has to name, whatever the series.
func (p *pageReader) named() []catalogue.Column {
	return slices.DeleteFunc(p.columns(), func(c catalogue.Column) bool { return c.Number > 0 || c.OfCode() })
}

// errNoRows is of an answer without rows, and without a name that would show of what.
var errNoRows = errors.New("no rows, and no header that would show that there are none: if that means that there is nothing, say so with empty")

// byNumber reports whether no column has a name: then any text will do for a header.
func (p *pageReader) byNumber() bool {
	return !slices.ContainsFunc(p.columns(), func(c catalogue.Column) bool { return c.Number == 0 })
}

// highest returns the highest number of a column.
func (p *pageReader) highest() (n int) {
	for _, c := range p.columns() {
		n = max(n, c.Number)
	}
	return n
}

// lines reads the rows of text; odd is whether its header may be several lines.
func (p *pageReader) lines(ctx context.Context, in *csv.Reader, t *table, text []byte, odd bool) error {
	open := len(text) > 0 && text[len(text)-1] != '\n' && !p.spec.OpenEnd
	ends := &endings{}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			switch {
			case p.records == 0 && (p.spec.Headless || p.byNumber() || odd): // a text of another kind has none either
				return errNoRows
			case p.records == 0 && open:
				return errors.New("no rows, and a header without its line break, so that a part may be missing: if the publisher never ends its last line, say so: last_line: open")
			case open:
				return ends.check()
			}
			return nil
		}
		if err != nil { // it names the line
			return err
		}
		if blank(cells) {
			continue
		}
		number, _ := in.FieldPos(0)
		if extra := len(cells) - len(t.header); !p.spec.Headless && (extra < 0 || !blank(cells[len(t.header):])) {
			return fmt.Errorf("line %d: %d columns, and the header has %d: %.60q", number, len(cells), len(t.header), strings.Join(cells, string(p.spec.Delimiter)))
		}
		if p.spec.Headless && hasCR(cells) { // where a header tells how many columns there are, a line more is seen
			return fmt.Errorf("line %d: a CR amid a line, where lines end with LF: is it two lines? %.60q", number, strings.Join(cells, string(p.spec.Delimiter)))
		}
		p.records++
		row := &line{t, cells, number}
		if err := p.add(ctx, row, "", p.day); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err := p.rows.Full(); err != nil {
			return err
		}
		ends.note(cells, t.last, p.spec.Numbers.Decimal)
	}
}

// withLineFeeds ends lines as all else here expects it where they end with CR alone. Beside
// LF a CR may be a part of a cell.
func withLineFeeds(text []byte) []byte {
	if bytes.Contains(text, []byte("\n")) {
		return text
	}
	return bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
}

// hasCR reports whether a cell has a CR that may be the end of a line.
func hasCR(cells []string) bool {
	return slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(strings.TrimSpace(c), "\r") })
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// withoutNotes empties the lines that are no rows. Their number stays, so that an
// error names the line that a person sees.
func (p *pageReader) withoutNotes(text []byte) []byte {
	if p.spec.Skip == 0 && len(p.spec.Ignore) == 0 {
		return text
	}
	out, n := make([]byte, 0, len(text)), 0
	for line := range bytes.Lines(text) {
		n++
		note := n <= p.spec.Skip || slices.ContainsFunc(p.spec.Ignore, func(begin string) bool {
			return bytes.HasPrefix(bytes.TrimLeft(line, ` "`), []byte(begin))
		})
		if note {
			line = line[len(bytes.TrimRight(line, "\n")):]
		}
		out = append(out, line...)
	}
	return out
}

// endings tells whether a last line without a line break is a whole one. Half of a
// number looks whole, so it is one only when the last column that counts is not the
// last of the line, or all numbers in it have as many decimals.
type endings struct {
	lines, decimals int
	differ, last    bool
	before          int // decimals of all but the last line
}

func (e *endings) note(cells []string, last int, mark string) {
	text := strings.TrimSpace(cells[len(cells)-1])
	_, fraction, _ := strings.Cut(text, mark)
	if e.lines > 1 && e.decimals != e.before {
		e.differ = true
	}
	e.before = e.decimals
	e.decimals = len(fraction)
	e.last = last == len(cells)-1
	e.lines++
}

func (e *endings) check() error {
	if !e.last || !e.differ && e.lines > 2 && e.decimals > 0 && e.decimals == e.before {
		return nil
	}
	return fault.New(fault.Malformed, "the body ends in mid-line, so a part may be missing: if the publisher never ends its last line, say so: last_line: open")
}
