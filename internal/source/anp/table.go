package anp

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/source/xlsx"
	"lacuna/internal/span"
)

// table is one sheet: a table with the prices of a level, below any number of
// rows of notes.
type table struct {
	level  *level
	asked  map[key][]source.Series
	rows   *source.Collector
	reason func(week span.Day) (reason string, ours bool) // a week's rows are ours, or damaged

	column      map[string]int // of the header's names
	names       map[string]string
	top, bottom int // the first and the last row with a price

	last       span.Day         // newest week of any product and place; 0: the sheet has no rows
	newest     span.Day         // the one of those that are ours
	seen       map[key]span.Day // newest week of each that is asked for
	others     map[string]bool  // products of the newest of our weeks
	good       bool             // a row asked for can be read
	unreadable error            // the first one that cannot
}

// The columns that a table must have, as normal writes them, besides its
// level's.
const (
	colFrom    = "DATA INICIAL"
	colTo      = "DATA FINAL"
	colProduct = "PRODUTO"
	colUnit    = "UNIDADE DE MEDIDA"
	colPrice   = "PRECO MEDIO REVENDA"
	colPlace   = "REGIAO or ESTADO" // whatever the level's sheet calls it
)

// read reads the visible sheet called name; for "" the only one with a table.
// Its errors are named Malformed.
func (t *table) read(w *xlsx.Workbook, name string) error {
	found := 0
	for _, s := range w.Sheets {
		if s.Hidden || name == "" && !s.IsTable() || name != "" && normal(s.Name) != name {
			continue
		}
		t.names, t.column, t.top = map[string]string{}, nil, 0
		if err := w.Rows(s, t.row, t.merged); err != nil {
			return fault.New(fault.Malformed, "sheet %.50q: %w", s.Name, err)
		}
		if t.column != nil {
			found++
		} else if name != "" {
			return fault.New(fault.Malformed, "sheet %.50q: no row with %s", s.Name, colFrom)
		}
	}
	switch {
	case found != 1 && name != "":
		return fault.New(fault.Malformed, "%d visible sheets %q in the workbook, want 1", found, name)
	case found != 1:
		return fault.New(fault.Malformed, "%d visible sheets with a row with %s, want 1", found, colFrom)
	case !t.good && t.unreadable != nil:
		return fault.New(fault.Malformed, "no row that was asked for can be read: %w", t.unreadable)
	}
	return nil
}

// maxNotes is the last row that may be the header; above it are some 17 of notes.
const maxNotes = 1000

func (t *table) row(number int, cells []xlsx.Cell) error {
	var err error
	switch {
	case t.column != nil:
		err = t.price(number, cells)
	case number > maxNotes:
		err = fmt.Errorf("no row with %s so far", colFrom)
	default:
		err = t.header(cells)
	}
	if err != nil {
		return fmt.Errorf("row %d: %w", number, err)
	}
	return nil
}

// merged refuses cells of the table that are one: only one of them has the value.
func (t *table) merged(a xlsx.Area) error {
	for name, column := range t.column {
		if a.Left <= column && column <= a.Right && a.Top <= t.bottom && t.top <= a.Bottom && t.top > 0 {
			return fmt.Errorf("rows %d to %d: %s in merged cells", a.Top, a.Bottom, name)
		}
	}
	return nil
}

// header takes a row for the header when it has DATA INICIAL.
func (t *table) header(cells []xlsx.Cell) error {
	at := make(map[string][]int, len(cells))
	for i, cell := range cells {
		if len(cell.Text) > maxName {
			continue
		}
		name := t.normal(cell.Text)
		if slices.Contains(t.level.column, name) {
			name = colPlace
		}
		at[name] = append(at[name], i)
	}
	if len(at[colFrom]) == 0 {
		return nil
	}
	columns := []string{colFrom, colTo, colProduct, colUnit, colPrice}
	if t.level.column != nil {
		columns = append(columns, colPlace)
	}
	t.column = make(map[string]int, len(columns))
	for _, name := range columns {
		if len(at[name]) != 1 {
			return fmt.Errorf("the header has %d columns %s, want 1", len(at[name]), name)
		}
		t.column[name] = at[name][0]
	}
	return nil
}

// price takes a row below the header. One without a product and a price is a
// note.
func (t *table) price(number int, cells []xlsx.Cell) error {
	product, price := t.cell(cells, colProduct), t.cell(cells, colPrice)
	if product.Empty() && price.Empty() {
		return nil
	}
	t.top, t.bottom = cmp.Or(t.top, number), number
	from, err := t.day(cells, colFrom)
	if err != nil {
		return err
	}
	to, err := t.day(cells, colTo)
	if err != nil {
		return err
	}
	k, err := t.key(cells)
	if err != nil {
		return err
	}
	week := weekOf(from)
	reason, ours := t.reason(week)
	whole := from == week && to == week+6
	t.note(k, week, whole, ours && reason == "")
	series := t.asked[k]
	if len(series) == 0 || whole && !ours {
		return nil
	}
	if !whole { // of which week it is nobody knows, so it may be ours
		reason = cmp.Or(reason, fmt.Sprintf("%s to %s is no week from Sunday to Saturday", from, to))
	}
	value, why, readable := t.value(price, k.product, t.cell(cells, colUnit))
	if !readable {
		why = fmt.Sprintf("row %d: %s: %s", number, colPrice, why)
		t.unreadable = cmp.Or(t.unreadable, errors.New(why))
	} else {
		t.good = true
	}
	for _, s := range series {
		t.rows.Add(s.Key, week, s.Fields, []string{value}, cmp.Or(reason, why))
	}
	return t.rows.Full()
}

// cell returns what a row has in a column, without space around it.
func (t *table) cell(cells []xlsx.Cell, column string) xlsx.Cell {
	i, ok := t.column[column]
	if !ok || i >= len(cells) {
		return xlsx.Cell{}
	}
	c := cells[i]
	if len(c.Text) > maxName {
		return xlsx.Cell{Bad: fmt.Sprintf("a text of more than %d bytes", maxName)}
	}
	c.Text = strings.TrimSpace(c.Text)
	return c
}

// day returns the day in a column.
func (t *table) day(cells []xlsx.Cell, column string) (span.Day, error) {
	c := t.cell(cells, column)
	if c.Bad == "" && c.Number && (c.Form.Kind == xlsx.AsPercent || c.Form.Kind == xlsx.AsOther) {
		c.Bad = fmt.Sprintf("a number shown as %.30q", c.Form.Code)
	}
	if c.Bad != "" {
		return 0, fmt.Errorf("%s: %s", column, c.Bad)
	}
	d, err := parseDay(c.Text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", column, err)
	}
	return d, nil
}

// key returns a row's product and place.
func (t *table) key(cells []xlsx.Cell) (key, error) {
	product, place := t.cell(cells, colProduct), t.cell(cells, colPlace)
	for _, name := range []string{colProduct, colPlace, colUnit} {
		if c := t.cell(cells, name); c.Bad != "" {
			return key{}, fmt.Errorf("%s: %s", name, c.Bad)
		}
	}
	if product.Text == "" || t.level.column != nil && place.Text == "" {
		return key{}, fmt.Errorf("a row without %s or its place", colProduct)
	}
	k := key{product: t.normal(product.Text)}
	if t.level.column != nil {
		k.place = t.normal(place.Text)
	}
	return k, nil
}

// value returns a price, "" for none. why says what is wrong with it; when it is
// not readable it is no value.
func (t *table) value(price xlsx.Cell, product string, unit xlsx.Cell) (value, why string, readable bool) {
	switch {
	case price.Bad != "":
		return "", price.Bad, false
	case price.Number && price.Form.Kind != xlsx.AsNumber:
		return "", fmt.Sprintf("a number shown as %.30q", price.Form.Code), false
	case !price.Number && inThousands(price.Text):
		return "", fmt.Sprintf("%q may be thousands", price.Text), false
	}
	value, exact, err := parsePrice(price.Text)
	of := strings.ReplaceAll(t.normal(unit.Text), " ", "")
	switch {
	case err != nil:
		return "", err.Error(), false
	case value == "":
	case of != units[product]:
		why = fmt.Sprintf("a price in %.20q, want %s", unit.Text, units[product])
	case !exact:
		why = fmt.Sprintf("%s has more than %d decimals", value, decimals)
	}
	return value, why, true
}

// inThousands reports whether a text has a point where Brazil puts one between
// thousands.
func inThousands(text string) bool {
	_, after, point := strings.Cut(text, ".")
	return point && len(after) == 3
}

// note remembers that a row of k and week is there.
func (t *table) note(k key, week span.Day, whole, ours bool) {
	const maxOthers = 20
	if whole {
		t.last = max(t.last, week)
	}
	if ours && week > t.newest {
		t.newest = week
		clear(t.others)
	}
	if ours && week == t.newest && len(t.others) < maxOthers {
		t.others[k.product] = true
	}
	if t.asked[k] != nil {
		t.seen[k] = max(t.seen[k], week)
	}
}

// missing returns a warning for each series asked for that ends before the newest
// of our weeks which has others: it may go on under another name. They are by key.
func (t *table) missing(workbook string) map[string]string {
	warnings := map[string]string{}
	for k, series := range t.asked {
		if t.seen[k] >= t.newest {
			continue
		}
		for _, s := range series {
			warnings[s.Key] = fmt.Sprintf("%s: %.60q is not in %s for the week of %s, which has %.150s", s.Key, s.Code, workbook, t.newest, list(t.others))
		}
	}
	return warnings
}

// normal is the function of that name with a memory: a column has few texts.
func (t *table) normal(text string) string {
	name, ok := t.names[text]
	if !ok {
		name = normal(text)
		if len(t.names) < 10_000 {
			t.names[strings.Clone(text)] = name
		}
	}
	return name
}
