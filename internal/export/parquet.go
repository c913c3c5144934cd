package export

import (
	"context"
	"fmt"
	"io"
	"slices"

	"lacuna/internal/columnar"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// maxHeld is how many numbers are held between the first look at them, which tells how many
// digits a column needs, and when they are written. What has more is read twice.
const maxHeld = 500_000

// held is a row with its numbers.
type held struct {
	series  string
	day     span.Day
	status  row.Status
	numbers []columnar.Number
}

// Parquet writes the rows of CSV as Parquet, in row groups: what is held does not grow
// with the rows.
func (e *Exporter) Parquet(ctx context.Context, to io.Writer, keys []string) error {
	return e.parquet(ctx, to, keys, maxHeld)
}

func (e *Exporter) parquet(ctx context.Context, to io.Writer, keys []string, most int) error {
	columns, rows, err := e.measure(ctx, keys, most)
	if err != nil {
		return err
	}
	w := columnar.NewWriter(to, columns, true)
	write := func(h *held) error { return w.Write(h.series, h.day, string(h.status), h.numbers) }
	if rows != nil {
		for i := range rows {
			if err := write(&rows[i]); err != nil {
				return err
			}
		}
	} else if err := e.eachHeld(ctx, keys, columns, write); err != nil {
		return err
	}
	return w.Close()
}

// measure returns the columns of keys, as wide as their numbers need, and the rows unless
// they have more than most numbers.
func (e *Exporter) measure(ctx context.Context, keys []string, most int) (columns []columnar.Column, rows []held, err error) {
	fields, err := e.fields(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range fields {
		columns = append(columns, columnar.Column{Name: name})
	}
	rows = []held{}
	err = e.eachHeld(ctx, keys, columns, func(h *held) error {
		for i, n := range h.numbers {
			if err := columns[i].Fit(n); err != nil {
				return err
			}
		}
		if rows == nil || (len(rows)+1)*len(columns) > most {
			rows = nil
			return nil
		}
		one := *h
		one.numbers = slices.Clone(h.numbers)
		rows = append(rows, one)
		return nil
	})
	return columns, rows, err
}

// eachHeld calls do with each row; the numbers are do's until it returns.
func (e *Exporter) eachHeld(ctx context.Context, keys []string, columns []columnar.Column, do func(*held) error) error {
	h := held{numbers: make([]columnar.Number, len(columns))}
	return e.each(ctx, keys, func(r *row.Row) error {
		if err := e.hold(&h, r, columns); err != nil {
			return err
		}
		return do(&h)
	})
}

// hold makes h of r.
func (e *Exporter) hold(h *held, r *row.Row, columns []columnar.Column) (err error) {
	h.series, h.day, h.status = r.Series, r.Day, r.Status
	for i := range columns {
		if h.numbers[i], err = columnar.Parse(e.value(r, columns[i].Name)); err != nil {
			return fmt.Errorf("row %s %s: %s: %w", r.Series, r.Day, columns[i].Name, err)
		}
	}
	return nil
}
