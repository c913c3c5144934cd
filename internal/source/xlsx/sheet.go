package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lacuna/internal/source"
)

// Cell is what a cell shows.
type Cell struct {
	Text   string // a number without an exponent
	Bad    string // why what it shows cannot be known
	Number bool
	Form   Form // of a number
}

// Empty reports whether the cell shows nothing.
func (c Cell) Empty() bool { return c.Text == "" && c.Bad == "" }

// Area is a rectangle of cells, both corners included: columns from 0, rows from 1.
type Area struct{ Left, Top, Right, Bottom int }

// Rows calls take with each row of a sheet: its number, from 1, and its cells,
// which are used again; then merged, if there is one, with each area of cells that
// are one. It ends with the first error of either.
func (w *Workbook) Rows(s Sheet, take func(number int, cells []Cell) error, merged func(Area) error) error {
	if !s.IsTable() {
		return errors.New("no table of the file")
	}
	r := rowReader{Workbook: w, take: take, merged: merged}
	return w.each(s.part, maxSheet, r.token)
}

// rowReader makes rows of a sheet's tokens.
type rowReader struct {
	*Workbook
	take   func(number int, cells []Cell) error
	merged func(Area) error

	began, inside bool // of the rows
	formulas      bool // some cell has one
	number        int
	cells         []Cell

	// The cell at work.
	kind, style  string
	formula      bool
	again        bool // its formula is calculated at each opening
	strange      bool // its value is not where its kind has it
	values       int
	in, phonetic bool // a v or t of the cell
	value        []byte
}

func (r *rowReader) token(t token) error {
	switch {
	case t.start == "sheetData":
		if r.began {
			return errors.New("two lists of rows")
		}
		r.began, r.inside = true, true
		return nil
	case t.end == "sheetData":
		r.inside = false
		return nil
	case !r.inside:
		return r.around(t)
	case t.foreign:
		return fmt.Errorf("row %d: a tag of another kind, %.50q", r.number, t.start+t.end)
	}
	switch t.start + t.end {
	case "row":
		return r.row(t)
	case "c":
		if t.end != "" {
			return r.keep()
		}
		return r.cell(t)
	case "f":
		r.formula = true
		r.again = r.again || t.end == "" && !t.is("ca", "", "0", "false")
	case "rPh":
		r.phonetic = t.end == ""
	case "v", "is":
		if t.end == "" {
			r.values++
			r.strange = r.strange || (t.start == "is") != (r.kind == "inlineStr")
		}
		r.in = t.end == "" && t.start == "v"
	case "t":
		r.strange = r.strange || r.values == 0
		r.in = t.end == "" && !r.phonetic
	case "":
		if r.in {
			r.value = append(r.value, t.text...)
		}
		if len(r.value) > maxToken {
			return fmt.Errorf("row %d: a cell of more than %d bytes", r.number, maxToken)
		}
	case "r", "rPr", "phoneticPr": // of a text in different type
	default:
		if r.in {
			return fmt.Errorf("row %d: a tag in a value, %.50q", r.number, t.start+t.end)
		}
	}
	return nil
}

// around takes what is not in the rows.
func (r *rowReader) around(t token) error {
	switch {
	case t.start == "sheetCalcPr" && r.formulas && !t.is("fullCalcOnLoad", "", "0", "false"):
		return errors.New("its formulas are still to be calculated (fullCalcOnLoad)")
	case t.start == "mergeCell" && r.merged != nil:
		a, err := parseArea(t.attr("ref"))
		if err != nil {
			return err
		}
		return r.merged(a)
	}
	return nil
}

func (r *rowReader) row(t token) error {
	if t.end != "" {
		return r.take(r.number, r.cells)
	}
	r.number++
	if n := t.attr("r"); n != "" {
		number, err := strconv.Atoi(n)
		if err != nil || number < r.number {
			return fmt.Errorf("row %.20q after row %d", n, r.number-1)
		}
		r.number = number
	}
	if r.number > maxNumber {
		return fmt.Errorf("row %d, and a sheet has %d", r.number, maxNumber)
	}
	r.cells = r.cells[:0]
	return nil
}

// cell begins a cell, in the column that it names or the next one.
func (r *rowReader) cell(t token) error {
	at := len(r.cells)
	if name := t.attr("r"); name != "" {
		var row int
		if at, row = place(name); row != r.number {
			return fmt.Errorf("row %d: cell %.20q in it", r.number, name)
		}
	}
	if at < len(r.cells) || at >= maxCells {
		return fmt.Errorf("row %d: cell %.20q after %d cells", r.number, t.attr("r"), len(r.cells))
	}
	for len(r.cells) <= at {
		r.cells = append(r.cells, Cell{})
	}
	r.kind, r.style = t.attr("t"), t.attr("s")
	r.formula, r.again, r.strange, r.values, r.value = false, false, false, 0, r.value[:0]
	return nil
}

// keep ends a cell.
func (r *rowReader) keep() error {
	if len(r.cells) == 0 {
		return nil
	}
	c := Cell{Text: string(r.value)}
	switch r.kind {
	case "", "n":
		c.Number = true
		r.toNumber(&c)
	case "s":
		i, err := strconv.Atoi(c.Text)
		if err != nil || i < 0 || i >= len(r.texts) {
			return fmt.Errorf("row %d: shared text %.20q of %d", r.number, c.Text, len(r.texts))
		}
		c.Text = r.texts[i]
	case "str", "inlineStr":
		c.Text = unescape(c.Text)
	case "d": // a day as text
	case "b":
		c.Bad = "a truth value"
	case "e":
		c.Bad = fmt.Sprintf("the error %.20q", c.Text)
	default:
		return fmt.Errorf("row %d: a cell of the unknown kind %.20q", r.number, r.kind)
	}
	switch {
	case r.values > 1 || r.strange:
		c.Bad = "two values in a cell, or one of another kind"
	case r.formula && len(r.value) == 0:
		c.Bad = "a formula without a value"
	case r.formula && (r.stale || r.again):
		c.Bad = "a formula that is still to be calculated"
	}
	r.formulas = r.formulas || r.formula
	r.cells[len(r.cells)-1] = c
	return nil
}

// toNumber makes c, a text so far, the number that it is.
func (r *rowReader) toNumber(c *Cell) {
	text := strings.TrimSpace(c.Text)
	if text == "" && r.values == 0 {
		return
	}
	if c.Text = source.PlainNumber(text); c.Text == "" {
		c.Bad = fmt.Sprintf("%.50q is no number", text)
	}
	style := 0
	if r.style != "" {
		var err error
		if style, err = strconv.Atoi(r.style); err != nil || style < 0 || style > 0 && style >= len(r.forms) {
			c.Bad = fmt.Sprintf("style %.20q of %d", r.style, len(r.forms))
			return
		}
	}
	if style < len(r.forms) {
		c.Form = r.forms[style]
	}
}

// place returns the column, from 0, and the row, from 1, of a cell such as AA7;
// -1 for a column that there is not.
func place(cell string) (column, row int) {
	i := 0
	for ; i < len(cell) && cell[i] >= 'A' && cell[i] <= 'Z' && column <= maxCells; i++ {
		column = column*26 + int(cell[i]-'A') + 1
	}
	if column > maxCells { // the row does not matter
		i = len(strings.TrimRight(cell, "0123456789"))
	}
	row, err := strconv.Atoi(cell[i:])
	if err != nil {
		row = -1
	}
	return column - 1, row
}

// parseArea reads A1:B2.
func parseArea(ref string) (Area, error) {
	from, to, _ := strings.Cut(ref, ":")
	var a Area
	a.Left, a.Top = place(from)
	a.Right, a.Bottom = place(cmp.Or(to, from))
	if a.Left < 0 || a.Top < 1 || a.Right < a.Left || a.Bottom < a.Top {
		return Area{}, fmt.Errorf("merged cells %.20q", ref)
	}
	return a, nil
}
