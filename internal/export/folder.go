package export

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"lacuna/internal/columnar"
	"lacuna/internal/row"
)

// Folder names are those of Hive, NAME=VALUE, which DuckDB, Athena and pyarrow read.

// Escape returns a value as it stands in the name of a folder: ECB%23USD.
func Escape(value string) string { return url.QueryEscape(value) }

// Unescape returns the value of the name of a folder, or the text itself where it is none.
func Unescape(text string) string {
	value, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return value
}

// Folder writes the rows of CSV as Parquet, a file a series and year, all with the same
// columns: info_type=KEY/year=YYYY/rows.parquet. put writes the file of a name, which has
// what write writes.
func (e *Exporter) Folder(ctx context.Context, keys []string, put func(name string, write func(io.Writer) error) error) error {
	columns, _, err := e.measure(ctx, keys, 0)
	if err != nil {
		return err
	}
	for _, key := range keys {
		var rows []row.Row
		if err := e.each(ctx, []string{key}, func(r *row.Row) error { rows = append(rows, *r); return nil }); err != nil {
			return err
		}
		for len(rows) > 0 {
			year, n := yearOf(&rows[0]), 1
			for n < len(rows) && yearOf(&rows[n]) == year {
				n++
			}
			name := fmt.Sprintf("info_type=%s/year=%04d/rows.parquet", Escape(key), year)
			err := put(name, func(to io.Writer) error { return e.part(to, columns, rows[:n]) })
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			rows = rows[n:]
		}
	}
	return nil
}

func yearOf(r *row.Row) int {
	year, _, _ := r.Day.Date()
	return year
}

// part writes one file of a folder.
func (e *Exporter) part(to io.Writer, columns []columnar.Column, rows []row.Row) error {
	w := columnar.NewWriter(to, columns, false)
	h := held{numbers: make([]columnar.Number, len(columns))}
	for i := range rows {
		if err := e.hold(&h, &rows[i], columns); err != nil {
			return err
		}
		if err := w.Write(h.series, h.day, string(h.status), h.numbers); err != nil {
			return err
		}
	}
	return w.Close()
}
