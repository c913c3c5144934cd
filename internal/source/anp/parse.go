package anp

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// table is one sheet: a table with the prices of a level, below any number of
// rows of notes.
type table struct {
	level  *level
	asked  map[key][]source.Series
	rows   *source.Collector
	reason func(week span.Day) (reason string, ours bool) // a week's rows are ours, or damaged

	column map[string]int // of the header's names
	names  map[string]string
	last   span.Day // newest week of any product and place; 0: the sheet has no rows
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

// read reads the sheet called name, the first one for "". Its errors are named
// Malformed.
func (t *table) read(w *workbook, name string) error {
	i := 0
	if name != "" {
		i = slices.IndexFunc(w.sheets, func(s sheet) bool { return normal(s.name) == name })
	}
	if i < 0 || i >= len(w.sheets) {
		return fault.New(fault.Malformed, "no sheet %q in the workbook", name)
	}
	t.names = map[string]string{}
	if err := w.rows(w.sheets[i].part, t.row); err != nil {
		return fault.New(fault.Malformed, "sheet %.50q: %w", w.sheets[i].name, err)
	}
	if t.column == nil {
		return fault.New(fault.Malformed, "sheet %.50q: no row with %s", w.sheets[i].name, colFrom)
	}
	return nil
}

func (t *table) row(number int, cells []string) error {
	var err error
	if t.column == nil {
		err = t.header(cells)
	} else {
		err = t.price(cells)
	}
	if err != nil {
		return fmt.Errorf("row %d: %w", number, err)
	}
	return nil
}

// header takes a row for the header when it has DATA INICIAL.
func (t *table) header(cells []string) error {
	at := make(map[string][]int, len(cells))
	for i, cell := range cells {
		name := normal(cell)
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
func (t *table) price(cells []string) error {
	cell := func(column string) string {
		i, ok := t.column[column]
		if !ok || i >= len(cells) {
			return ""
		}
		return strings.TrimSpace(cells[i])
	}
	product, price := cell(colProduct), cell(colPrice)
	if product == "" && price == "" {
		return nil
	}
	from, err := parseDay(cell(colFrom))
	if err != nil {
		return fmt.Errorf("%s: %w", colFrom, err)
	}
	to, err := parseDay(cell(colTo))
	if err != nil {
		return fmt.Errorf("%s: %w", colTo, err)
	}
	week := weekOf(from)
	t.last = max(t.last, week)
	k := key{product: t.normal(product)}
	if t.level.column != nil {
		k.place = t.normal(cell(colPlace))
	}
	series := t.asked[k]
	reason, ours := t.reason(week)
	if len(series) == 0 || !ours {
		return nil
	}
	value, exact, err := parsePrice(price)
	unit := strings.ReplaceAll(t.normal(cell(colUnit)), " ", "")
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", colPrice, err)
	case reason != "":
	case from != week || to != week+6:
		reason = fmt.Sprintf("%s to %s is no week from Sunday to Saturday", from, to)
	case unit != units[k.product]:
		reason = fmt.Sprintf("a price in %.20q, want %s", cell(colUnit), units[k.product])
	case !exact:
		reason = fmt.Sprintf("%s has more than %d decimals", value, decimals)
	}
	for _, s := range series {
		t.rows.Add(s.Key, week, s.Fields, []string{value}, reason)
	}
	return nil
}

// normal is the function of that name with a memory: a column has few texts.
func (t *table) normal(text string) string {
	name, ok := t.names[text]
	if !ok {
		name = normal(text)
		if len(t.names) < 1000 {
			t.names[strings.Clone(text)] = name
		}
	}
	return name
}

// weekOf returns the Sunday that begins d's week. 1970-01-04 was one.
func weekOf(d span.Day) span.Day { return d - ((d-3)%7+7)%7 }

// parseDay reads a day of this century: the days since 1899-12-30, as
// spreadsheets count, or a text in the Brazilian or the ISO form, with or
// without a time of zero.
func parseDay(text string) (span.Day, error) {
	const epoch, century = 25569, 36526 // 1970-01-01, 2000-01-01
	number, fraction, _ := strings.Cut(text, ".")
	if n, err := strconv.Atoi(number); err == nil && strings.Trim(fraction, "0") == "" && n >= century && n < century+36525 {
		return span.Day(n - epoch), nil
	}
	date, clock, timed := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if timed && strings.Trim(clock, "0:.") != "" {
		return 0, fmt.Errorf("%.30q is no day", text)
	}
	if len(date) == 10 && date[2] == '/' && date[5] == '/' {
		date = date[6:] + "-" + date[3:5] + "-" + date[:2]
	}
	d, err := span.Parse(date)
	if err != nil {
		return 0, fmt.Errorf("%.30q is no day", text)
	}
	return d, nil
}

// decimals is the most that a published price has.
const decimals = 4

// parsePrice reads a price, "" for none. Spreadsheets keep numbers in binary, so
// 0.688 may be written 0.68799999999999994: a number with more than four
// decimals is rounded to four, without zeros at their end, when that changes it
// by less than 0.000000001. exact is false when it would change it by more.
func parsePrice(text string) (value string, exact bool, err error) {
	if text == "-" {
		return "", true, nil
	}
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	if text, err = source.Decimal(text); err != nil {
		return "", false, err
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) <= decimals {
		return text, true, nil
	}
	digits, rest := whole+fraction[:decimals], fraction[decimals:]
	number, err := strconv.ParseInt(strings.TrimPrefix(digits, "-"), 10, 64)
	switch {
	case err != nil: // no price has so many digits
		return text, false, nil
	case strings.Trim(rest, "0") == "" || strings.HasPrefix(rest, "00000"):
	case strings.HasPrefix(rest, "99999"):
		number++
	default:
		return text, false, nil
	}
	rounded := fmt.Sprintf("%0*d", decimals+1, number)
	point := len(rounded) - decimals
	value = strings.TrimRight(rounded[:point]+"."+rounded[point:], "0")
	if value = strings.TrimSuffix(value, "."); strings.HasPrefix(text, "-") {
		value = "-" + value
	}
	return value, true, nil
}

// list names the keys of m in order.
func list[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
