package intake

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"lacuna/internal/catalogue"
)

// csv reads a file with a header: a line a day of a series, or as of `export --wide` a line
// a day and a column a series.
func (r *Reader) csv(name string, from io.Reader, yield func(Line) bool) error {
	delimiter := cmp.Or(r.Dialect.Delimiter, ',')
	var cells, columns []string
	wide := false
	series := r.seriesOf(name)
	return eachLine(name, from, func(n int, text []byte) (more bool, err error) {
		if !utf8.Valid(text) {
			return false, errors.New("is no UTF-8: save the file as UTF-8")
		}
		if cells, err = splitCSV(cells[:0], string(text), delimiter); err != nil {
			return false, err
		}
		if columns == nil {
			if first, _, more := strings.Cut(strings.TrimSuffix(string(text), "\r"), "\r"); more {
				return false, fmt.Errorf("the header is %.80q, and its end a CR alone: save the file with LF or CRLF", first)
			}
			if columns, wide, err = r.header(cells); err == nil && !r.knows(columns, wide) {
				err = wrongHeader(string(text), delimiter)
			}
			return err == nil, err
		}
		if len(cells) != len(columns) {
			return false, fmt.Errorf("%d cells: the header has %d. Another --delimiter?", len(cells), len(columns))
		}
		if wide {
			return r.wide(n, columns, cells, yield)
		}
		l := Line{Series: r.of(series), comma: r.Dialect.Decimal == ',', dates: r.Dates}
		if err := r.row(&l, n, columns, cells); err != nil {
			return false, err
		}
		return yield(l), nil
	})
}

// row reads the cells of a line, or of a row of Parquet.
func (r *Reader) row(l *Line, n int, columns, cells []string) error {
	hasDay := false
	for i, text := range cells {
		if columns[i] == columnSeries {
			text = r.of(text)
		}
		hasDay = hasDay || columns[i] == columnDay && text != ""
		if err := l.put(columns[i], text); err != nil {
			return err
		}
	}
	return l.complete(n, hasDay)
}

// header reads the names of columns. Those of a wide file are a key, a blank that no name
// has, and a field.
func (r *Reader) header(cells []string) (columns []string, wide bool, err error) {
	if len(cells) > maxColumns {
		return nil, false, fmt.Errorf("%d columns: want at most %d", len(cells), maxColumns)
	}
	wide = cells[0] == columnWide && r.Names[columnWide] == ""
	for i, cell := range cells {
		name := r.of(strings.TrimSpace(cell))
		if wide && i > 0 && name != "" {
			if name, err = r.column(name); err != nil {
				return nil, false, err
			}
		}
		if name != "" && slices.Contains(columns, name) {
			return nil, false, fmt.Errorf("two columns are called %.80q", name)
		}
		columns = append(columns, name)
	}
	return columns, wide, nil
}

// knows reports whether one of columns says something of a day.
func (r *Reader) knows(columns []string, wide bool) bool {
	return wide || slices.ContainsFunc(columns, func(name string) bool {
		return name == columnSeries || name == columnDay || name == columnStatus ||
			name != "" && slices.ContainsFunc(r.Catalogue.All(), func(of *catalogue.Series) bool { return slices.Contains(of.Fields, name) })
	})
}

// wrongHeader says what is wrong with a first line in which no name is known.
func wrongHeader(text string, delimiter byte) error {
	text = strings.TrimSuffix(text, "\r")
	others := strings.ReplaceAll(text, string(rune(delimiter)), "")
	if strings.ContainsAny(others, ";\t|") || others == text && strings.Contains(text, ",") {
		return fmt.Errorf("the header is %.80q: another --delimiter?", text)
	}
	return fmt.Errorf("the header is %.80q: no column is called %s or %s, or as a field of a series: --map NAME=%s names one", text, columnSeries, columnDay, columnDay)
}

// column returns key and field of a column of a wide file: KEY, or KEY.FIELD.
func (r *Reader) column(name string) (string, error) {
	if of, ok := r.Catalogue.Lookup(name); ok && len(of.Fields) == 1 {
		return of.Key + " " + of.Fields[0], nil
	}
	if at := strings.LastIndexByte(name, '.'); at > 0 {
		if of, ok := r.Catalogue.Lookup(name[:at]); ok {
			return of.Key + " " + name[at+1:], nil
		}
	}
	near := ""
	if keys := r.Catalogue.Near(name); len(keys) > 0 {
		near = ": did you mean " + keys[0] + "?"
	}
	return "", fmt.Errorf("column %.80q is no series, and none with a field%s; --map %s= leaves it out", name, near, clip(name))
}

func (r *Reader) wide(n int, columns, cells []string, yield func(Line) bool) (more bool, err error) {
	for first := 1; first < len(columns); {
		key, _, _ := strings.Cut(columns[first], " ")
		l := Line{Series: key, N: n, comma: r.Dialect.Decimal == ',', dates: r.Dates}
		if err := l.put(columnDay, cells[0]); err != nil {
			return false, err
		}
		after := first
		for ; after < len(columns) && (after == first || strings.HasPrefix(columns[after], key+" ")); after++ {
			_, field, _ := strings.Cut(columns[after], " ")
			if err := l.put(field, cells[after]); err != nil {
				return false, err
			}
		}
		switch {
		case len(l.Cells) > 0 && cells[0] == "": // such as a line of totals
			return false, fmt.Errorf("%s has a value, and the column %s none", key, columnWide)
		case len(l.Cells) > 0 && !yield(l):
			return false, nil
		}
		first = after
	}
	return true, nil
}

// splitCSV appends the cells of a line. A cell in quotes ends in its line.
func splitCSV(cells []string, text string, delimiter byte) ([]string, error) {
	text = strings.TrimSuffix(text, "\r")
	for {
		if !strings.HasPrefix(text, `"`) {
			cell, rest, more := strings.Cut(text, string(rune(delimiter)))
			cells = append(cells, cell)
			if !more {
				return cells, nil
			}
			text = rest
		} else {
			cell, rest, err := quoted(text[1:])
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell)
			if rest == "" {
				return cells, nil
			}
			if rest[0] != delimiter {
				return nil, fmt.Errorf("cell %d: text behind a closing quote", len(cells))
			}
			text = rest[1:]
		}
		if len(cells) > maxColumns {
			return nil, fmt.Errorf("more than %d cells", maxColumns)
		}
	}
}

// quoted returns the cell that ends at the closing quote of text, and what is behind it.
func quoted(text string) (cell, rest string, err error) {
	for at := 0; ; {
		end := strings.IndexByte(text[at:], '"')
		if end < 0 {
			return "", "", errors.New("a quote is not closed in its line")
		}
		end += at
		if !strings.HasPrefix(text[end+1:], `"`) {
			return strings.ReplaceAll(text[:end], `""`, `"`), text[end+1:], nil
		}
		at = end + 2
	}
}
