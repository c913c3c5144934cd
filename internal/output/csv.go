package output

import (
	"bufio"
	"cmp"
	"fmt"
	"strings"

	"lacuna/internal/lazy"
)

// CSVText is rows of CSV (RFC 4180) on their way to a screen.
type CSVText struct {
	out     *bufio.Writer
	dialect Dialect
}

// CSV returns a buffer for rows, to be flushed.
func (s *Screen) CSV() CSVText { return s.CSVIn(Dialect{}) }

// CSVIn returns a buffer for rows in a dialect, to be flushed.
func (s *Screen) CSVIn(d Dialect) CSVText {
	return CSVText{bufio.NewWriterSize(writer(s.write), 64<<10), d.whole()}
}

// Number is a cell that holds a decimal number, with a point, or nothing.
type Number string

// Row writes a line. An error is left for Flush.
func (c CSVText) Row(cells ...string) { c.Values(cells, nil) }

// Values writes a line that begins with texts and goes on with numbers.
func (c CSVText) Values(texts []string, numbers []Number) {
	for i, text := range texts {
		c.cell(i, c.dialect.cell(text))
	}
	for i, number := range numbers {
		c.cell(len(texts)+i, c.dialect.number(string(number)))
	}
	c.out.WriteByte('\n') //nolint:errcheck // Flush has it
}

func (c CSVText) cell(at int, text string) {
	if at > 0 {
		c.out.WriteByte(c.dialect.Delimiter) //nolint:errcheck // Flush has it
	}
	c.out.WriteString(text) //nolint:errcheck
}

// Flush writes what is left. The error is the first one of writing.
func (c CSVText) Flush() error { return c.out.Flush() }

// Dialect is how CSV is written, for who reads it: the zero one has commas between the
// cells and a decimal point.
type Dialect struct{ Delimiter, Decimal byte }

// Locales are the dialects of spreadsheets, by the language they are set to.
var Locales = map[string]Dialect{"en": {',', '.'}, "pt-BR": {';', ','}}

func (d Dialect) whole() Dialect {
	return Dialect{cmp.Or(d.Delimiter, ','), cmp.Or(d.Decimal, '.')}
}

// Check refuses what no program could read again.
func (d Dialect) Check() error {
	d = d.whole()
	switch {
	case !strings.ContainsRune(",;|\t", rune(d.Delimiter)):
		return fmt.Errorf("delimiter %q: want a comma, a semicolon, a bar or a tab", string(d.Delimiter))
	case d.Decimal != '.' && d.Decimal != ',':
		return fmt.Errorf("decimal %q: want a point or a comma", string(d.Decimal))
	case d.Delimiter == d.Decimal:
		return fmt.Errorf("delimiter and decimal are both %q", string(d.Decimal))
	}
	return nil
}

// number returns a decimal number as a cell; another text is one of words.
func (d Dialect) number(text string) string {
	if !decimal().MatchString(text) {
		return d.cell(text)
	}
	if d.Decimal == '.' {
		return text
	}
	return strings.Replace(text, ".", string(d.Decimal), 1)
}

// cell returns text as a cell that is one to every reader and a formula to
// none: in one line, and quoted where a separator is in it. That is a semicolon too:
// where a comma is for decimals, as in Brazil, spreadsheets take it for one, even
// inside of quotes when the cell is not the first. So what follows one is guarded
// like a cell; and what follows a comma, where that is not ours.
func (d Dialect) cell(text string) string {
	separators := ";"
	if d.Delimiter != ',' {
		separators = ",;" + string(d.Delimiter)
	}
	text = guard(Visible(text), separators)
	if strings.ContainsAny(text, `",;`+string(d.Delimiter)) || strings.HasPrefix(text, " ") {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

// guard returns text so that none of its parts between separators is a formula.
func guard(text, separators string) string {
	var b strings.Builder
	for {
		at := strings.IndexAny(text, separators)
		if at < 0 {
			return b.String() + noFormula(text)
		}
		b.WriteString(noFormula(text[:at]) + text[at:at+1])
		text = text[at+1:]
	}
}

var (
	// formula is how one begins: spreadsheets pass over spaces and quotes, and take
	// wide and small forms of the signs for the signs.
	formula = lazy.Regexp(`^[ "']*[-=+@＝＋－＠﹦﹢﹣﹫−]`)
	decimal = lazy.Regexp(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)([Ee][-+]?[0-9]+)?$`)
)

// noFormula returns text so that a spreadsheet takes it as text. Negative numbers
// stay what they are.
func noFormula(text string) string {
	if formula().MatchString(text) && !decimal().MatchString(text) {
		return "'" + text
	}
	return text
}
