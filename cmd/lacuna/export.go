package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) exportCommand() *cobra.Command {
	var which choice.Flags
	var asOf string
	var form csvForm
	cmd := &cobra.Command{
		Use:   "export",
		Short: "write the stored rows as CSV or JSON lines, digits as published",
		Long: `export writes the stored rows as CSV or JSON lines, digits as published: a line a row,
or with --wide a line a day that has a value, and a column a series: its key, or
KEY.FIELD where it has several fields.`,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			if err := form.check(cmd.Flags(), format); err != nil {
				return err
			}
			return a.export(cmd.Context(), which, asOf, format, form)
		}, "csv", "jsonl"),
	}
	which.BindSeries(cmd.Flags())
	which.BindDays(cmd.Flags())
	cmd.Flags().StringVar(&asOf, "as-of", "", "as known at the end of this `day` in UTC: values that came or were revised later do not count")
	form.bind(cmd.Flags())
	return a.takeKeys(cmd)
}

func (a *app) export(ctx context.Context, which choice.Flags, asOf, format string, form csvForm) (err error) {
	c, name, err := choice.Read(a.catalogue)
	if err != nil {
		return err
	}
	a.note("catalogue: %s", name)
	days, err := which.Span(span.DayOf(a.asOf))
	if err != nil {
		return err
	}
	at, err := a.endOf(asOf)
	if err != nil {
		return err
	}
	if err := a.wantRows(); err != nil {
		return err
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	keys, err := exported(ctx, c, rows, which.Series)
	if err != nil {
		return err
	}
	e := exporter{rows: rows, days: days, catalogue: c, at: at}
	switch {
	case form.wide:
		return e.wide(ctx, a.stdout.CSVIn(form.dialect), keys, wideCells)
	case format == "csv":
		return e.csv(ctx, a.stdout.CSVIn(form.dialect), keys)
	}
	return e.jsonl(ctx, a.stdout.JSONLines(), keys)
}

// exported returns the keys of the stored series that patterns choose, in the
// catalogue's order and then those that it does not have.
func exported(ctx context.Context, c *catalogue.Catalogue, rows rowReader, patterns []string) ([]string, error) {
	asked := slices.Clone(patterns)
	for _, s := range c.Series {
		asked = append(asked, s.Key)
	}
	stored, err := rows.SeriesKeys(ctx, asked)
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for _, key := range stored {
		has[key] = true
	}
	var chosen []string // of patterns that are keys outside the catalogue
	var globs []string
	for _, pattern := range patterns {
		if _, known := c.Lookup(pattern); !known && has[pattern] {
			chosen = append(chosen, pattern)
		} else {
			globs = append(globs, pattern)
		}
	}
	if len(patterns) == 0 {
		for _, key := range stored {
			if _, known := c.Lookup(key); !known {
				chosen = append(chosen, key)
			}
		}
	}
	var keys []string
	if len(patterns) == 0 || len(globs) > 0 {
		matched, err := c.Match(globs...)
		if err != nil {
			return nil, exit.Usage("--series: %w", err)
		}
		for _, s := range matched {
			if has[s.Key] {
				keys = append(keys, s.Key)
			}
		}
	}
	return append(keys, chosen...), nil
}

// maxColumns bounds the fields of series that the catalogue does not have: each
// line of a CSV has a cell for each of them.
const maxColumns = 1000

// exporter writes rows, the ones of a series at a time.
type exporter struct {
	rows      rowReader
	days      span.Span
	catalogue *catalogue.Catalogue
	at        time.Time // the rows as they were known then; zero: as they are
}

// endOf returns the last moment in UTC of the day of --as-of, zero where it is
// not given.
func (a *app) endOf(asOf string) (time.Time, error) {
	if asOf == "" {
		return time.Time{}, nil
	}
	today := span.DayOf(a.asOf)
	day, err := span.ParseAt(asOf, today)
	if err != nil {
		return time.Time{}, exit.Usage("--as-of: %w", err)
	}
	if day > today {
		return time.Time{}, exit.Usage("--as-of %s is in the future", day)
	}
	return (day + 1).Time().Add(-time.Nanosecond), nil
}

// fields returns the names of the numbers of keys: the catalogue's, or for a
// series that it does not have those found in the rows.
func (e *exporter) fields(ctx context.Context, keys []string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, key := range keys {
		if s, ok := e.catalogue.Lookup(key); ok {
			for _, name := range s.Fields {
				add(name)
			}
			continue
		}
		rows, err := e.rows.Rows(ctx, key, e.days)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			for _, f := range r.Fields {
				add(f.Name)
			}
			if len(names) > maxColumns {
				return nil, fmt.Errorf("more than %d columns, at %s: choose fewer series by --series, or -o jsonl", maxColumns, output.Shorten(key, output.MaxQuoted))
			}
		}
	}
	return names, nil
}

func (e *exporter) csv(ctx context.Context, out output.CSVText, keys []string) error {
	fields, err := e.fields(ctx, keys)
	if err != nil {
		return err
	}
	out.Row(append([]string{"info_type", "date", "status"}, fields...)...)
	values := make([]output.Number, len(fields))
	err = e.each(ctx, keys, func(r *row.Row) error {
		for i, name := range fields {
			value := ""
			if r.Status == row.Observed {
				value, _ = r.Fields.Get(name)
			}
			values[i] = output.Number(value)
		}
		out.Values([]string{r.Series, r.Day.String(), string(r.Status)}, values)
		return nil
	})
	return errors.Join(err, out.Flush())
}

func (e *exporter) jsonl(ctx context.Context, out output.JSONLines, keys []string) error {
	err := e.each(ctx, keys, func(r *row.Row) error {
		line := struct {
			Series string     `json:"info_type"`
			Day    span.Day   `json:"date"`
			Status row.Status `json:"status"`
			Fields row.Fields `json:"fields"`
		}{r.Series, r.Day, r.Status, row.Fields{}}
		if r.Status == row.Observed {
			line.Fields = r.Fields
		}
		return out.Encode(line)
	})
	return errors.Join(err, out.Flush())
}

func (e *exporter) each(ctx context.Context, keys []string, do func(*row.Row) error) error {
	for _, key := range keys {
		rows, err := e.known(ctx, key)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := do(&rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// known returns the rows of a series, or those of its days of which something was
// known at e.at, as it was known.
func (e *exporter) known(ctx context.Context, key string) ([]row.Row, error) {
	rows, err := e.rows.Rows(ctx, key, e.days)
	if err != nil || e.at.IsZero() {
		return rows, err
	}
	revisions, err := e.rows.Revisions(ctx, key, e.days)
	if err != nil {
		return nil, err
	}
	known := rows[:0]
	for _, r := range rows {
		n := 0 // revisions of the day; both lists go by day
		for len(revisions) > 0 && revisions[0].Day < r.Day {
			revisions = revisions[1:]
		}
		for n < len(revisions) && revisions[n].Day == r.Day {
			n++
		}
		if was, ok := row.AsOf(r, revisions[:n], e.at); ok {
			known = append(known, was)
		}
	}
	return known, nil
}
