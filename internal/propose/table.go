package propose

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lacuna/internal/source"
	"lacuna/internal/span"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// MaxSample is how much of a sample is looked at, in bytes.
const MaxSample = 1 << 20

// maxRecords bounds the lines of a sample; each has at least two bytes.
const maxRecords = MaxSample / 2

// decode returns a sample as UTF-8, and its encoding.
func decode(text []byte) (decoded, encoding string, err error) {
	begin := strings.TrimLeft(string(text[:min(len(text), 64)]), " \t\r\n")
	switch {
	case strings.HasPrefix(begin, "\xff\xfe"), strings.HasPrefix(begin, "\xfe\xff"), strings.ContainsRune(begin, 0):
		return "", "", errors.New("it is UTF-16 or no text: want CSV in UTF-8, latin-1 or windows-1252")
	case strings.HasPrefix(begin, "PK"):
		return "", "", errors.New("it is a workbook or another ZIP: want CSV; a source of the kind http-xlsx reads workbooks")
	case strings.HasPrefix(begin, "<"):
		return "", "", errors.New("it is a page: want CSV")
	case strings.HasPrefix(begin, "{"), strings.HasPrefix(begin, "["):
		return "", "", errors.New("it is JSON: want CSV; a source of the kind http-json reads JSON")
	}
	decoded = strings.TrimPrefix(string(text), "\ufeff")
	if utf8.ValidString(decoded) {
		return decoded, "utf-8", nil
	}
	decoded, err = charmap.Windows1252.NewDecoder().String(decoded)
	return decoded, "windows-1252", err
}

// table is a sample read with one delimiter: a header, rows and what is neither.
type table struct {
	delimiter rune
	lines     []string // of the text
	records   []record
	header    int   // the record that is one; -1: none
	rows      []row // by which the days are known
	day       int   // the column of the day
	dates     forms // by which that column is read
	columns   int   // that each row has
}

type record struct {
	cells   []string
	line    int  // from 1
	strange bool // no row
}

type row struct {
	cells []string
	day   span.Day
}

// delimiters are tried in this order: a comma may be of a number.
var delimiters = []rune{';', '\t', ',', '|'}

// bestTable reads text with the delimiter that makes the most rows with a number of it.
func bestTable(text string) (*table, error) {
	var best *table
	var first error
	numbered := func(t *table) int { // rows that have a number
		n := 0
		for _, r := range t.rows {
			if slices.ContainsFunc(r.cells, func(cell string) bool { return cell != r.cells[t.day] && isNumber(cell) }) {
				n++
			}
		}
		return n
	}
	for _, delimiter := range delimiters {
		t, err := tableOf(text, delimiter)
		if err != nil && first == nil {
			first = err
		}
		if err == nil && t != nil && (best == nil || numbered(t) > numbered(best)) {
			best = t
		}
	}
	switch {
	case best == nil && first != nil:
		return nil, first
	case best == nil || numbered(best) == 0:
		return nil, fmt.Errorf("no column of days beside one of numbers was found: want lines such as 2024-01-31;1,50 or 31/01/2024,1.50, below a header or not; the first line is %.80q", firstLine(text))
	}
	return best, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	return strings.TrimRight(line, "\r")
}

// tableOf reads text with a delimiter; nil when no column has days.
func tableOf(text string, delimiter rune) (*table, error) {
	t := &table{delimiter: delimiter, header: -1, lines: strings.Split(text, "\n")}
	in, _, err := source.ReadCSV([]byte(text), delimiter, maxRecords)
	if err != nil {
		return nil, err
	}
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.As(err, new(*csv.ParseError)) {
			return nil, fmt.Errorf("no CSV with the delimiter %q: %w", delimiter, err)
		}
		if err != nil {
			return nil, err
		}
		cells = slices.Clone(cells)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		line, _ := in.FieldPos(0)
		if !blank(cells) {
			t.records = append(t.records, record{cells: cells, line: line})
		}
	}
	if !t.findDays() {
		return nil, nil
	}
	t.findRows()
	return t, nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return c != "" })
}

// looked is how many records show which column has the days.
const looked = 200

// findDays finds the column of the days, and how they are written.
func (t *table) findDays() bool {
	middle := t.records[max(0, len(t.records)/2-looked/2):]
	middle = middle[:min(len(middle), looked)]
	most := 0
	for column := range widest(middle) {
		texts := columnOf(middle, column)
		if best, n := bestForms(texts); n > most {
			most, t.day, t.dates = n, column, best
		}
	}
	if most == 0 {
		return false
	}
	t.dates, _ = bestForms(columnOf(t.records, t.day))
	return len(t.dates) > 0
}

func widest(records []record) int {
	n := 0
	for _, r := range records {
		n = max(n, len(r.cells))
	}
	return n
}

func columnOf(records []record, column int) (texts []string) {
	for _, r := range records {
		if column < len(r.cells) {
			texts = append(texts, r.cells[column])
		}
	}
	return texts
}

// findRows tells rows, the header and the rest apart.
func (t *table) findRows() {
	first := slices.IndexFunc(t.records, func(r record) bool { _, ok := t.dayOf(r.cells); return ok })
	t.columns = widest(t.records[first:])
	for i := first - 1; i >= 0 && t.header < 0; i-- {
		cells := t.records[i].cells
		if len(cells) > 1 && t.day < len(cells) && len(cells) <= len(t.records[first].cells) && strings.ContainsFunc(cells[t.day], unicode.IsLetter) {
			t.header, t.columns = i, len(cells)
		}
	}
	for i := t.header + 1; i < len(t.records); i++ {
		cells := t.records[i].cells
		day, ok := t.dayOf(cells)
		if ok && t.header >= 0 && (len(cells) < t.columns || !blank(cells[t.columns:])) {
			ok = false // nothing reads such a line
		}
		if !ok {
			t.records[i].strange = true
			continue
		}
		for len(cells) < t.columns {
			cells = append(cells, "")
		}
		t.rows = append(t.rows, row{cells, day})
	}
}

func (t *table) dayOf(cells []string) (span.Day, bool) {
	if t.day >= len(cells) {
		return 0, false
	}
	return t.dates[0].day(cells[t.day])
}

// name returns what the header calls a column; "" where it has no name of its own.
func (t *table) name(column int) string {
	if t.header < 0 {
		return ""
	}
	header := t.records[t.header].cells
	name := header[column]
	twice := slices.Contains(header[:column], name) || slices.Contains(header[column+1:], name)
	if twice || strings.Contains(name, "{") || strings.ContainsFunc(name, unicode.IsControl) || len(name) > 200 {
		return ""
	}
	return name
}

// column returns a column as a catalogue names it: by its name, else its number.
func (t *table) column(i int) string {
	if name := t.name(i); name != "" {
		return Text(name)
	}
	return fmt.Sprint(i + 1)
}

// cells returns the texts of a column, row by row.
func (t *table) cells(column int) []string {
	texts := make([]string, len(t.rows))
	for i, r := range t.rows {
		texts[i] = r.cells[column]
	}
	return texts
}

// folded returns a text without accents.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
}
