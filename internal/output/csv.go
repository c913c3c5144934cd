package output

import (
	"bufio"
	"regexp"
	"strings"
)

// CSVText is rows of CSV (RFC 4180) on their way to a screen.
type CSVText struct{ out *bufio.Writer }

// CSV returns a buffer for rows, to be flushed.
func (s *Screen) CSV() CSVText { return CSVText{bufio.NewWriterSize(writer(s.write), 64<<10)} }

// Row writes a line. An error is left for Flush.
func (c CSVText) Row(cells ...string) {
	for i, text := range cells {
		if i > 0 {
			c.out.WriteByte(',') //nolint:errcheck // Flush has it
		}
		c.out.WriteString(csvCell(text)) //nolint:errcheck
	}
	c.out.WriteByte('\n') //nolint:errcheck
}

// Flush writes what is left. The error is the first one of writing.
func (c CSVText) Flush() error { return c.out.Flush() }

// csvCell returns text as a cell that is one to every reader and a formula to
// none: in one line, and quoted where a separator is in it. That is a semicolon too:
// where a comma is for decimals, as in Brazil, spreadsheets take it for one, even
// inside of quotes when the cell is not the first. So what follows one is guarded
// like a cell.
func csvCell(text string) string {
	parts := strings.Split(Visible(text), ";")
	for i, part := range parts {
		parts[i] = noFormula(part)
	}
	text = strings.Join(parts, ";")
	if strings.ContainsAny(text, `",;`) || strings.HasPrefix(text, " ") {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

var (
	// formula is how one begins: spreadsheets pass over spaces and quotes, and take
	// wide and small forms of the signs for the signs.
	formula = regexp.MustCompile(`^[ "']*[-=+@＝＋－＠﹦﹢﹣﹫−]`)
	decimal = regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)([Ee][-+]?[0-9]+)?$`)
)

// noFormula returns text so that a spreadsheet takes it as text. Negative numbers
// stay what they are.
func noFormula(text string) string {
	if formula.MatchString(text) && !decimal.MatchString(text) {
		return "'" + text
	}
	return text
}
