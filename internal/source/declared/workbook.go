package declared

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/source"
	"lacuna/internal/source/xlsx"
)

// maxHeader is the last row that may be the header.
const maxHeader = 1000

// sheet reads the rows of one sheet below its header.
type sheet struct {
	*pageReader
	*table
	ctx         context.Context
	name        string
	columns     map[int]bool    // that are used
	top, bottom int             // the first and the last row with a value
	nearest     []string        // the row that had most of the names, or the first one
	has         int             // how many
	names       map[string]bool // that the header has to have
	err         error           // why the header cannot be used
	width       int             // the most cells of a row
}

func (p *pageReader) workbook(ctx context.Context, body []byte) error {
	book, err := xlsx.Open(ctx, body)
	if err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	names := map[string]bool{}
	for _, c := range p.named() {
		names[oneSpace(c.Name)] = true
	}
	found, seen := 0, []string{} // seen: the other sheets, with what is in the place of a header
	var none error               // a sheet without rows that no name shows to be the one
	for _, s := range book.Sheets {
		if s.Hidden || !s.IsTable() || p.spec.Sheet != "" && s.Name != p.spec.Sheet {
			if !s.Hidden {
				seen = append(seen, fmt.Sprintf("%.50q", s.Name))
			}
			continue
		}
		before := p.records
		t := &sheet{pageReader: p, table: newTable(), ctx: ctx, name: s.Name, columns: map[int]bool{}, names: names}
		if err := book.Rows(s, t.row, t.merged); err != nil {
			return fmt.Errorf("sheet %.50q: %w", s.Name, err)
		}
		if t.header != nil {
			if p.byNumber() && p.records == before {
				none = fmt.Errorf("sheet %.50q: %w", s.Name, errNoRows)
				continue
			}
			if err := t.wide(); err != nil {
				return fmt.Errorf("sheet %.50q: %w", s.Name, err)
			}
			found++
			continue
		}
		seen = append(seen, fmt.Sprintf("%.50q with %s", s.Name, cmp.Or(shown(t.nearest), "nothing")))
	}
	switch {
	case found == 1:
		return nil
	case found > 1:
		return fmt.Errorf("%d sheets with the columns: want sheet: the name of one", found)
	case none != nil:
		return none
	}
	what := "no sheet"
	if p.spec.Sheet != "" {
		what = fmt.Sprintf("no sheet %q", p.spec.Sheet)
	}
	if more := len(seen) - 12; more > 0 {
		seen = append(seen[:12], fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("%s with a row of the columns %s: there are %s", what, shown(slices.Sorted(maps.Keys(names))), strings.Join(seen, "; "))
}

func (s *sheet) row(number int, cells []xlsx.Cell) error {
	var err error
	switch {
	case s.err != nil:
		err = s.err
	case s.header != nil:
		err = s.values(number, cells)
	case number > maxHeader:
		err = fmt.Errorf("no row with the columns so far, but %s", shown(s.nearest))
	default:
		err = s.find(number, cells)
	}
	if err != nil {
		return fmt.Errorf("row %d: %w", number, err)
	}
	return nil
}

// find takes a row for the header when it has all names. Where all columns are numbers any
// text would do: a header is then a row with as many cells, or there is none, and the first
// row with a day is one of values.
func (s *sheet) find(number int, cells []xlsx.Cell) error {
	header := make([]string, len(cells))
	has := map[string]bool{}
	for i, c := range cells {
		header[i] = oneSpace(c.Text)
		if s.names[header[i]] {
			has[header[i]] = true
		}
	}
	wide := true
	if s.byNumber() {
		wide = len(header) >= s.highest()
		if _, err := s.day(&sheetRow{s, cells, number}); err == nil {
			s.header = header
			return s.values(number, cells)
		}
	}
	switch {
	case len(has) == len(s.names) && wide && !blank(header):
		s.header = header
		s.err = s.checkHeader(s.table)
	case len(has) > s.has || s.nearest == nil && !blank(header):
		s.nearest, s.has = slices.DeleteFunc(header, func(name string) bool { return name == "" }), len(has)
	}
	return nil
}

// wide refuses a column that no row has.
func (s *sheet) wide() error {
	for i := range s.columns {
		if i >= s.width {
			return fmt.Errorf("no row has %d columns", i+1)
		}
	}
	return nil
}

// merged refuses cells that are one: only one of them has the value.
func (s *sheet) merged(a xlsx.Area) error {
	for i := range s.columns {
		if a.Left <= i && i <= a.Right && s.top > 0 && a.Top <= s.bottom && s.top <= a.Bottom {
			return fmt.Errorf("rows %d to %d: column %d in merged cells", a.Top, a.Bottom, i+1)
		}
	}
	return nil
}

// values takes a row below the header. One that cannot be read and has no values is a
// note.
func (s *sheet) values(number int, cells []xlsx.Cell) error {
	r := &sheetRow{s, cells, number}
	s.width = max(s.width, len(cells))
	s.records++
	if err := s.add(s.ctx, r, "", s.day); err != nil {
		if s.note(r) {
			s.records--
			return nil
		}
		return err
	}
	s.top, s.bottom = cmp.Or(s.top, number), number
	return s.rows.Full()
}

// note reports whether a row has no value.
func (s *sheet) note(r *sheetRow) bool {
	for _, c := range s.spec.Values {
		for _, code := range s.codes {
			if v, err := r.cell(c, code); err == nil && (v.text != "" || v.bad != "") {
				return false
			}
		}
	}
	return true
}

// sheetRow is a row of a sheet.
type sheetRow struct {
	*sheet
	cells  []xlsx.Cell
	number int
}

func (r *sheetRow) at() string { return fmt.Sprintf("sheet %.50q: row %d", r.name, r.number) }

func (r *sheetRow) cell(c catalogue.Column, code string) (cell, error) {
	i, err := r.place(c, code)
	if err != nil {
		return cell{}, err
	}
	r.columns[i] = true
	if i >= len(r.cells) {
		return cell{}, nil // a row ends with its last cell that has something
	}
	of := r.cells[i]
	if of.Bad != "" && slices.Contains(r.spec.Numbers.NoValue, of.Text) { // such as the error #N/A
		return cell{}, nil
	}
	out := cell{text: strings.TrimSpace(of.Text), number: of.Number, bad: of.Bad}
	switch {
	case !of.Number || of.Bad != "":
	case of.Form.Kind == xlsx.AsDay:
		out.day = true
	case of.Form.Kind == xlsx.AsPercent:
		exact := fifteen(out.text)
		out.text = cmp.Or(source.PlainNumber(exact+"E2"), exact+"E2") // what is shown, less the sign
		if !slices.Contains(r.spec.Numbers.Around, "%") {
			out.bad = fmt.Sprintf("a number shown as %.30q: around: \"%%\" takes %.40s for %.40s", of.Form.Code, exact, out.text)
		}
	case of.Form.Kind == xlsx.AsOther:
		out.bad = fmt.Sprintf("a number shown as %.30q", of.Form.Code)
	default:
		out.text = fifteen(out.text)
	}
	if out.text == "" {
		out.number = false
	}
	return out, nil
}

// significant is how many digits a spreadsheet shows and keeps of a number: it is
// binary in between, so that 0.688 may be written 0.68799999999999994.
const significant = 15

// fifteen returns a plain number rounded to fifteen significant digits, without
// zeros at the end of its decimals; one with fewer digits as it is.
func fifteen(text string) string {
	sign, digits := "", text
	if strings.HasPrefix(text, "-") {
		sign, digits = "-", text[1:]
	}
	whole, fraction, point := strings.Cut(digits, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	extra := len(all) - significant
	if !point || extra <= 0 || extra > len(fraction) {
		return text
	}
	kept := fraction[:len(fraction)-extra]
	n, err := strconv.ParseUint(all[:significant], 10, 64)
	if err != nil {
		return text
	}
	if all[significant] >= '5' {
		n++
	}
	rounded := fmt.Sprintf("%0*d", len(kept)+1, n)
	at := len(rounded) - len(kept)
	return sign + strings.TrimSuffix(strings.TrimRight(rounded[:at]+"."+rounded[at:], "0"), ".")
}
