// Package export writes the rows that are stored, digits as published: which series, as
// they were known when, and in which form. It never changes one.
package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Rows is where rows are read, those of a series in s oldest first.
type Rows interface {
	Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error)
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
}

// Lister knows which series have rows.
type Lister interface {
	// SeriesKeys returns the series that have rows. A table, which cannot list them, says
	// so of those in asked alone.
	SeriesKeys(ctx context.Context, asked []string) ([]string, error)
}

// PatternError says which pattern chooses nothing.
type PatternError struct{ Err error }

func (e *PatternError) Error() string { return e.Err.Error() }
func (e *PatternError) Unwrap() error { return e.Err }

// Keys returns the keys of the stored series that patterns choose, in the
// catalogue's order and then those that it does not have. A pattern that is the key or
// the pattern of no series is a *PatternError.
func Keys(ctx context.Context, c *catalogue.Catalogue, rows Lister, patterns []string) ([]string, error) {
	known := func(key string) bool { _, ok := c.Lookup(key); return ok }
	asked := slices.Clone(patterns)
	if len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return !known(p) }) {
		for _, s := range c.All() {
			asked = append(asked, s.Key)
		}
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
		if !known(pattern) && has[pattern] {
			chosen = append(chosen, pattern)
		} else {
			globs = append(globs, pattern)
		}
	}
	if len(patterns) == 0 {
		chosen = slices.DeleteFunc(slices.Clone(stored), known)
	}
	var keys []string
	if len(patterns) == 0 || len(globs) > 0 {
		matched, err := c.Match(globs...)
		if err != nil {
			return nil, &PatternError{err}
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

// Exporter writes rows, the ones of a series at a time.
type Exporter struct {
	Rows      Rows
	Days      span.Span
	Catalogue *catalogue.Catalogue
	At        time.Time // the rows as they were known then; zero: as they are
	Suspect   bool      // values that are not believed, of incomplete and quarantined days, are written too
	Missing   time.Time // days that were due then and have no row are written too, as Missing; zero: they are not
}

// Missing is the status of a day that is due and has no row.
const Missing = row.Missing

// EndOf returns the last moment of a day in UTC, for At.
func EndOf(day span.Day) time.Time { return (day + 1).Time().Add(-time.Nanosecond) }

// fields returns the names of the numbers of keys: the catalogue's, or for a
// series that it does not have those found in the rows.
func (e *Exporter) fields(ctx context.Context, keys []string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, key := range keys {
		if s, ok := e.Catalogue.Lookup(key); ok {
			for _, name := range s.Fields {
				add(name)
			}
			continue
		}
		rows, err := e.Rows.Rows(ctx, key, e.Days)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			for _, f := range r.Fields {
				add(f.Name)
			}
			if len(names) > maxColumns {
				return nil, fmt.Errorf("more than %d columns, at %s: %w, or JSON lines", maxColumns, output.Shorten(key, output.MaxQuoted), ErrTooWide)
			}
		}
	}
	return names, nil
}

// ErrTooWide is why so many series make no table.
var ErrTooWide = errors.New("choose fewer series")

// CSV writes a line a row, with a column a field of any of keys.
func (e *Exporter) CSV(ctx context.Context, out output.CSVText, keys []string) error {
	fields, err := e.fields(ctx, keys)
	if err != nil {
		return err
	}
	out.Row(append([]string{"info_type", "date", "status"}, fields...)...)
	values := make([]output.Number, len(fields))
	err = e.each(ctx, keys, func(r *row.Row) error {
		for i, name := range fields {
			values[i] = output.Number(e.value(r, name))
		}
		out.Values([]string{r.Series, r.Day.String(), string(r.Status)}, values)
		return nil
	})
	return errors.Join(err, out.Flush())
}

// JSONLines writes a row as one line of JSON.
func (e *Exporter) JSONLines(ctx context.Context, out output.JSONLines, keys []string) error {
	err := e.each(ctx, keys, func(r *row.Row) error {
		line := struct {
			Series string     `json:"info_type"`
			Day    span.Day   `json:"date"`
			Status row.Status `json:"status"`
			Fields row.Fields `json:"fields"`
		}{r.Series, r.Day, r.Status, row.Fields{}}
		if e.shows(r) {
			line.Fields = r.Fields
		}
		return out.Encode(line)
	})
	return errors.Join(err, out.Flush())
}

// shows reports whether the values of r are written.
func (e *Exporter) shows(r *row.Row) bool {
	return r.Status == row.Observed || e.Suspect && len(r.Fields) > 0
}

// value returns what is written of a field of r, "" when it has none that is.
func (e *Exporter) value(r *row.Row, name string) string {
	if !e.shows(r) {
		return ""
	}
	value, _ := r.Fields.Get(name)
	return value
}

func (e *Exporter) each(ctx context.Context, keys []string, do func(*row.Row) error) error {
	for _, key := range keys {
		rows, err := e.known(ctx, key)
		if err != nil {
			return err
		}
		if !e.Missing.IsZero() {
			rows = e.withMissing(key, rows)
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
// known at e.At, as it was known.
func (e *Exporter) known(ctx context.Context, key string) ([]row.Row, error) {
	rows, err := e.Rows.Rows(ctx, key, e.Days)
	if err != nil || e.At.IsZero() {
		return rows, err
	}
	revisions, err := e.Rows.Revisions(ctx, key, e.Days)
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
		if was, ok := row.AsOf(r, revisions[:n], e.At); ok {
			known = append(known, was)
		}
	}
	return known, nil
}

// withMissing returns rows with one for each day of a series that is due and has none.
func (e *Exporter) withMissing(key string, rows []row.Row) []row.Row {
	of, ok := e.Catalogue.Lookup(key)
	if !ok {
		return rows
	}
	last, ok := of.Due(e.Missing)
	if !ok {
		return rows
	}
	var all []row.Row
	for day := range of.Expected(span.Span{From: e.Days.From, To: min(e.Days.To, last)}).All() {
		for len(rows) > 0 && rows[0].Day < day {
			all, rows = append(all, rows[0]), rows[1:]
		}
		if len(rows) == 0 || rows[0].Day > day {
			all = append(all, row.Row{Series: key, Day: day, Status: Missing})
		}
	}
	return append(all, rows...)
}
