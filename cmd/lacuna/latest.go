package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

// newest is the last value of a series.
type newest struct {
	Key     string     `json:"key"`
	Day     span.Day   `json:"day"`
	Fields  row.Fields `json:"fields"`
	Unit    string     `json:"unit"`     // "": the catalogue does not have the series
	AgeDays int        `json:"age_days"` // since Day, by the calendar in UTC
}

func (a *app) latestCommand() *cobra.Command {
	var which choice.Flags
	cmd := &cobra.Command{
		Use:   "latest",
		Short: "show the newest value of each series, and how old it is",
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			list, err := a.latest(cmd.Context(), which.Series)
			if err != nil {
				return err
			}
			shown, rest := output.Part(a.listing(len(list)), list, "series", func(x, y newest) int { return cmp.Compare(y.AgeDays, x.AgeDays) })
			return output.WriteList(a.stdout, format, tableOf(shown, format).Rest(rest), struct {
				SchemaVersion int       `json:"schema_version"`
				AsOf          time.Time `json:"as_of"`
				Series        []newest  `json:"series"`
			}{output.SchemaVersion, a.asOf, list}, list)
		}, "table", "json", "jsonl", "csv"),
	}
	which.BindSeries(cmd.Flags())
	a.bindAll(cmd.Flags())
	return a.takeKeys(cmd)
}

// tableOf has a line a series for people, and one a field for spreadsheets.
func tableOf(list []newest, format string) *output.Table {
	if format == "csv" {
		t := output.NewTable("key", "day", "field", "value", "unit", "age_days")
		for _, n := range list {
			for _, f := range n.Fields {
				t.Add(n.Key, n.Day, f.Name, f.Value, n.Unit, n.AgeDays)
			}
		}
		return t
	}
	t := output.NewTable("key", "day", "value", "unit", "age_days")
	for _, n := range list {
		value := n.Fields.String()
		if len(n.Fields) == 1 {
			value = n.Fields[0].Value
		}
		t.Add(n.Key, n.Day, value, n.Unit, n.AgeDays)
	}
	return t
}

// latest returns the newest values of the series that patterns choose, in the
// catalogue's order and then those that it does not have.
func (a *app) latest(ctx context.Context, patterns []string) (list []newest, err error) {
	c, name, err := choice.Read(a.catalogue)
	if err != nil {
		return nil, err
	}
	a.note("catalogue: %s", name)
	all := c.All()
	at := make(map[string]int, len(all))
	for i, s := range all {
		at[s.Key] = i
	}
	if err := a.wantRows(); err != nil {
		return nil, err
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	keys, err := a.latestOf(ctx, rows, c, at, patterns)
	if err != nil {
		return nil, err
	}
	stored, err := rows.Latest(ctx, keys)
	if err != nil {
		return nil, err
	}
	today := span.DayOf(a.asOf)
	place := func(key string) int {
		if i, ok := at[key]; ok {
			return i
		}
		return len(all)
	}
	slices.SortStableFunc(stored, func(x, y row.Row) int { return cmp.Compare(place(x.Series), place(y.Series)) })
	list = make([]newest, len(stored))
	for i, r := range stored {
		list[i] = newest{Key: r.Series, Day: r.Day, Fields: r.Fields, AgeDays: int(today - r.Day)}
		if n, ok := at[r.Series]; ok {
			list[i].Unit = all[n].Unit
		}
	}
	return list, a.noteWithout(patterns, at, list)
}

// latestOf returns the keys that patterns choose, nil where every stored series is
// meant and its place can list them.
func (a *app) latestOf(ctx context.Context, rows rowReader, c *catalogue.Catalogue, at map[string]int, patterns []string) ([]string, error) {
	isKey := func(pattern string) bool { _, is := at[pattern]; return is }
	switch {
	case patterns == nil && a.target != targetAWS:
		return nil, nil
	case patterns == nil:
		keys := make([]string, 0, len(at))
		for _, s := range c.All() {
			keys = append(keys, s.Key)
		}
		return keys, nil
	case len(patterns) > 0 && !slices.ContainsFunc(patterns, func(p string) bool { return !isKey(p) }):
		keys := slices.Clone(patterns)
		slices.Sort(keys)
		return slices.Compact(keys), nil
	}
	keys, err := exported(ctx, c, rows, patterns)
	return append([]string{}, keys...), err // not nil, which is every series
}

// noteWithout says which of the keys in patterns have no value; that none has is an
// error.
func (a *app) noteWithout(patterns []string, at map[string]int, list []newest) error {
	if len(list) == 0 {
		return fmt.Errorf("no value of any series asked for is in %s: `%s` fetches them", a.where(), a.again("backfill", "series"))
	}
	has := make(map[string]bool, len(list))
	for _, n := range list {
		has[n.Key] = true
	}
	var without []string
	for _, key := range patterns {
		if _, is := at[key]; is && !has[key] {
			without = append(without, key)
		}
	}
	if of := (output.Listing{Series: len(without), All: a.all}); of.Long() {
		a.note("%s have no value in %s", output.Names(without), a.where())
		return nil
	}
	for _, key := range without {
		a.note("%s has no value in %s", key, a.where())
	}
	return nil
}
