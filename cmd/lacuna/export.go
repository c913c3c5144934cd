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
	e := export.Exporter{Rows: rows, Days: days, Catalogue: c, At: at}
	switch {
	case form.wide:
		return e.Wide(ctx, a.stdout.CSVIn(form.dialect), keys)
	case format == "csv":
		return e.CSV(ctx, a.stdout.CSVIn(form.dialect), keys)
	}
	return e.JSONLines(ctx, a.stdout.JSONLines(), keys)
}

// exported returns the keys of the stored series that patterns choose.
func exported(ctx context.Context, c *catalogue.Catalogue, rows rowReader, patterns []string) ([]string, error) {
	keys, err := export.Keys(ctx, c, rows, patterns)
	if wrong := (*export.PatternError)(nil); errors.As(err, &wrong) {
		err = exit.Usage("--series: %w", wrong.Err)
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
