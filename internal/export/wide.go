package export

import (
	"context"
	"errors"
	"fmt"

	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// maxWide bounds the columns of series: a spreadsheet has no more, and one for the day.
const maxWide = 1<<14 - 1

// wideCells is how many cells are held at a time: days of all series.
const wideCells = 500_000

// wideColumn is a column: a field of a series.
type wideColumn struct{ key, field string }

// Wide writes a line for each day on which one of keys has a value. It reads as many days
// of all series at a time as have no more than wideCells.
func (e *Exporter) Wide(ctx context.Context, out output.CSVText, keys []string) error {
	return e.wide(ctx, out, keys, wideCells)
}

func (e *Exporter) wide(ctx context.Context, out output.CSVText, keys []string, cells int) error {
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
		part.Days = span.Span{From: from, To: min(from+step-1, days.To)}
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
			return nil, fmt.Errorf("two columns would be called %s: choose one of the series", output.Shorten(name, output.MaxQuoted))
		}
		seen[name] = true
		head = append(head, name)
	}
	return head, nil
}

// columns returns the columns of keys, and the days that have rows.
func (e *Exporter) columns(ctx context.Context, keys []string) (columns []wideColumn, days span.Span, err error) {
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
			return nil, days, fmt.Errorf("more than %d columns, at %s: %w", maxWide, output.Shorten(key, output.MaxQuoted), ErrTooWide)
		}
		marks, err := e.Rows.Marks(ctx, key, e.Days)
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
func (e *Exporter) lines(ctx context.Context, out output.CSVText, columns []wideColumn) error {
	table := make([][]output.Number, e.Days.To-e.Days.From+1)
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
			line := &table[r.Day-e.Days.From]
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
			out.Values([]string{(e.Days.From + span.Day(i)).String()}, line)
		}
	}
	return nil
}
