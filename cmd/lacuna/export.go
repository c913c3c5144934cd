package main

import (
	"context"
	"errors"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/export"
	"lacuna/internal/span"
	"lacuna/internal/standing"

	"github.com/spf13/cobra"
)

func (a *app) exportCommand() *cobra.Command {
	var which choice.Flags
	var form exportForm
	cmd := &cobra.Command{
		Use:   "export",
		Short: "write the stored rows as CSV, JSON lines or Parquet, digits as published",
		Long: `export writes the stored rows as CSV, JSON lines or Parquet, digits as published: a
line a row, or with --wide a line a day that has a value, and a column a series: its
key, or KEY.FIELD where it has several fields. Parquet has days as dates and values as
decimals. With --full a line has all that is stored of a day, its past too: import
makes the same store of it.`,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			format, err := form.format(cmd.Flags(), format)
			if err != nil {
				return err
			}
			if err := form.check(cmd.Flags(), format); err != nil {
				return err
			}
			return a.export(cmd.Context(), which, format, form)
		}, "csv", "jsonl", "parquet"),
	}
	which.BindSeries(cmd.Flags())
	which.BindDays(cmd.Flags())
	form.bind(cmd.Flags())
	return a.takeKeys(cmd)
}

func (a *app) export(ctx context.Context, which choice.Flags, format string, form exportForm) (err error) {
	e := export.Exporter{Suspect: form.suspect}
	if form.missing {
		s, err := a.openSeries() // offline a series ends with what the built-in publisher has
		if err != nil {
			return err
		}
		e.Catalogue, e.Missing = s.Catalogue, a.asOf
	} else {
		c, name, err := choice.Read(a.catalogue)
		if err != nil {
			return err
		}
		a.note("catalogue: %s", name)
		e.Catalogue = c
	}
	if e.Days, err = which.Span(span.DayOf(a.asOf)); err != nil {
		return err
	}
	if e.At, err = a.endOf(form.asOf); err != nil {
		return err
	}
	if !e.At.IsZero() && form.missing {
		e.Missing = e.At
	}
	if err := a.wantRows(); err != nil {
		return err
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	e.Rows = rows
	keys, err := exported(ctx, e.Catalogue, rows, which.Series)
	if err != nil {
		return err
	}
	if err := a.wantDays(ctx, rows, keys, e.Catalogue, which, e.Days); err != nil {
		return err
	}
	return a.send(ctx, &e, keys, format, form)
}

// wantDays says so when no row of keys is in days, and refuses days that no series has. It
// looks at the rows first: some may be older or newer than a catalogue that was changed says.
func (a *app) wantDays(ctx context.Context, rows rowReader, keys []string, c *catalogue.Catalogue, which choice.Flags, days span.Span) error {
	if which.From+which.To == "" && len(keys) > 0 {
		return nil // keys are of series that have rows
	}
	for _, key := range keys {
		if marks, err := rows.Marks(ctx, key, days); err != nil || len(marks) > 0 {
			return err
		}
	}
	if list, err := c.Match(which.Series...); err == nil {
		if err := standing.Any(list, days, span.DayOf(a.asOf)); err != nil {
			return exit.Usage("%w", err)
		}
	}
	a.note("nothing is stored of these series and days: `%s` says what lacks", a.again("status", "series", "from", "to"))
	return nil
}

// exported returns the keys of the stored series that patterns choose.
func exported(ctx context.Context, c *catalogue.Catalogue, rows rowReader, patterns []string) ([]string, error) {
	keys, err := export.Keys(ctx, c, rows, patterns)
	if wrong := (*export.PatternError)(nil); errors.As(err, &wrong) {
		err = exit.Usage("%w", wrong.Err)
	}
	return keys, err
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
	return export.EndOf(day), nil
}
