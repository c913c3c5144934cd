package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/pflag"
)

// csvForm is the flags that say which form CSV has.
type csvForm struct {
	wide                       bool
	locale, delimiter, decimal string
	dialect                    output.Dialect
}

func (c *csvForm) bind(f *pflag.FlagSet) {
	f.BoolVar(&c.wide, "wide", false, "a column a series and a line a day, in CSV")
	f.StringVar(&c.locale, "locale", "", "CSV for spreadsheets in this `language`: en, or pt-BR with semicolons and decimal commas")
	f.StringVar(&c.delimiter, "delimiter", "", "`character` between the cells of CSV: a comma, a semicolon, a bar, or tab (default: the locale's)")
	f.StringVar(&c.decimal, "decimal", "", "`character` before the fraction of numbers in CSV: a point or a comma (default: the locale's)")
}

// check reads the flags.
func (c *csvForm) check(f *pflag.FlagSet, format string) error {
	for _, name := range []string{"wide", "locale", "delimiter", "decimal"} {
		if format != "csv" && f.Changed(name) {
			return exit.Usage("--%s is for -o csv", name)
		}
	}
	dialect, known := output.Locales[c.locale]
	if c.locale != "" && !known {
		return exit.Usage("--locale %s: want %s", c.locale, strings.Join(slices.Sorted(maps.Keys(output.Locales)), " or "))
	}
	c.dialect = dialect
	delimiter := c.delimiter
	if delimiter == "tab" || delimiter == `\t` {
		delimiter = "\t"
	}
	for _, one := range []struct {
		name, text string
		into       *byte
	}{{"delimiter", delimiter, &c.dialect.Delimiter}, {"decimal", c.decimal, &c.dialect.Decimal}} {
		switch {
		case len(one.text) > 1:
			return exit.Usage("--%s %q: want one character", one.name, output.Shorten(one.text, output.MaxQuoted))
		case one.text != "":
			*one.into = one.text[0]
		}
	}
	if err := c.dialect.Check(); err != nil {
		return exit.Usage("%w: see --locale, --delimiter and --decimal", err)
	}
	return nil
}

// maxWide bounds the columns of series: a spreadsheet has no more, and one for the day.
const maxWide = 1<<14 - 1

// wideCells is how many cells are held at a time: days of all series.
const wideCells = 500_000

// wideColumn is a column: a field of a series.
type wideColumn struct{ key, field string }

// wide writes a line for each day on which one of keys has a value. It reads as many days
// of all series at a time as have no more than cells.
func (e *exporter) wide(ctx context.Context, out output.CSVText, keys []string, cells int) error {
	columns, days, err := e.columns(ctx, keys)
	if err != nil {
		return err
	}
	head, err := headOf(columns)
	if err != nil {
		return err
	}
	out.Row(head...)
	step := span.Day(max(1, cells/max(1, len(columns))))
	for from := days.From; from <= days.To; from += step {
		part := *e
		part.days = span.Span{From: from, To: min(from+step-1, days.To)}
		if err := part.lines(ctx, out, columns); err != nil {
			return errors.Join(err, out.Flush())
		}
	}
	return out.Flush()
}

// headOf returns the names of the columns, and that of the day.
func headOf(columns []wideColumn) ([]string, error) {
	head := []string{"day"}
	seen := map[string]bool{"day": true}
	for i, c := range columns {
		name := c.key
		if i > 0 && columns[i-1].key == c.key || i+1 < len(columns) && columns[i+1].key == c.key {
			name += "." + c.field
		}
		if seen[name] {
			return nil, fmt.Errorf("two columns would be called %s: choose one of the series by --series", output.Shorten(name, output.MaxQuoted))
		}
		seen[name] = true
		head = append(head, name)
	}
	return head, nil
}

// columns returns the columns of keys, and the days that have rows.
func (e *exporter) columns(ctx context.Context, keys []string) (columns []wideColumn, days span.Span, err error) {
	days = span.Span{From: 0, To: -1}
	for _, key := range keys {
		fields, err := e.fields(ctx, []string{key})
		if err != nil {
			return nil, days, err
		}
		for _, field := range fields {
			columns = append(columns, wideColumn{key, field})
		}
		if len(columns) > maxWide {
			return nil, days, fmt.Errorf("more than %d columns, at %s: choose fewer series by --series", maxWide, output.Shorten(key, output.MaxQuoted))
		}
		marks, err := e.rows.Marks(ctx, key, e.days)
		if err != nil {
			return nil, days, err
		}
		if len(marks) == 0 {
			continue
		}
		of := span.Span{From: marks[0].Day, To: marks[len(marks)-1].Day}
		if days.From > days.To {
			days = of
		}
		days = span.Span{From: min(days.From, of.From), To: max(days.To, of.To)}
	}
	return columns, days, nil
}

// lines writes the lines of e's days.
func (e *exporter) lines(ctx context.Context, out output.CSVText, columns []wideColumn) error {
	table := make([][]output.Number, e.days.To-e.days.From+1)
	for first := 0; first < len(columns); {
		key, after := columns[first].key, first
		for after < len(columns) && columns[after].key == key {
			after++
		}
		rows, err := e.known(ctx, key)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Status != row.Observed {
				continue
			}
			line := &table[r.Day-e.days.From]
			if *line == nil {
				*line = make([]output.Number, len(columns))
			}
			for i := first; i < after; i++ {
				value, _ := r.Fields.Get(columns[i].field)
				(*line)[i] = output.Number(value)
			}
		}
		first = after
	}
	for i, line := range table {
		if line != nil {
			out.Values([]string{(e.days.From + span.Day(i)).String()}, line)
		}
	}
	return nil
}
