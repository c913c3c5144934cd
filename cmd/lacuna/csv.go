package main

import (
	"bufio"
	"regexp"
	"strings"
)

// csvText is rows of CSV (RFC 4180) on their way to a screen.
type csvText struct{ out *bufio.Writer }

func (s *screen) csv() csvText { return csvText{bufio.NewWriterSize(writer(s.write), 64<<10)} }

// row writes a line. An error is left for flush.
func (c csvText) row(cells ...string) {
	for i, text := range cells {
		if i > 0 {
			c.out.WriteByte(',') //nolint:errcheck // flush has it
		}
		c.out.WriteString(csvCell(text)) //nolint:errcheck
	}
	c.out.WriteByte('\n') //nolint:errcheck
}

func (c csvText) flush() error { return c.out.Flush() }

// csvCell returns text as a cell that is one to every reader and a formula to
// none: in one line, and quoted where a separator is in it. That is a semicolon too:
// where a comma is for decimals, as in Brazil, spreadsheets take it for one, even
// inside of quotes when the cell is not the first. So what follows one is guarded
// like a cell.
func csvCell(text string) string {
	parts := strings.Split(visible(text), ";")
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
