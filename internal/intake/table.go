package intake

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/export"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Table is a table of DynamoDB, lacuna's own or another one.
type Table interface {
	Partitions(ctx context.Context, layout store.Layout) ([]string, error)
	Items(ctx context.Context, layout store.Layout, partition string) iter.Seq2[store.Item, error]
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
}

// always is every day there is.
var always = span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)}

// costOfRow is about what a row takes, in bytes.
const costOfRow = 300

// revisionsOf ends the keys of the partitions that have the revisions of a series.
const revisionsOf = "#REVISIONS"

// Table yields what a partition of a table says, or all of it for "", and ends after an
// error. What was lacuna's comes with all that was stored of it; any other item is a value
// when its sort key is a day and what it has of the series' fields are numbers.
func (r *Reader) Table(ctx context.Context, name string, t Table, partition string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		layout := r.layout()
		keys := []string{partition}
		if partition == "" {
			all, err := t.Partitions(ctx, layout)
			if err != nil {
				yield(Line{}, err)
				return
			}
			keys = seriesAmong(all)
		}
		for _, key := range keys {
			more, err := r.partition(ctx, name, t, layout, key, func(l Line) bool { return yield(l, nil) })
			if err != nil {
				yield(Line{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// layout is how the table is keyed, by its own names.
func (r *Reader) layout() store.Layout {
	layout := store.Layout{Partition: columnSeries, Sort: columnDay}
	for there, here := range r.Names {
		switch {
		case here == columnSeries:
			layout.Partition = there
			r.meet(there)
		case here == columnDay:
			layout.Sort = there
			r.meet(there)
		case there == columnStatus:
			layout.Plain = true
			r.meet(there)
		}
	}
	return layout
}

// seriesAmong returns those of partition keys that are series, or have revisions of one.
func seriesAmong(keys []string) (series []string) {
	for _, key := range keys {
		key = strings.TrimSuffix(key, revisionsOf)
		if catalogue.CheckKey(key) == nil && !slices.Contains(series, key) {
			series = append(series, key)
		}
	}
	return series
}

func (r *Reader) partition(ctx context.Context, name string, t Table, layout store.Layout, key string, yield func(Line) bool) (more bool, err error) {
	series := r.of(key)
	of, _ := r.Catalogue.Lookup(series)
	var past []row.Revision
	if layout.Partition == columnSeries && !layout.Plain {
		if past, err = t.Revisions(ctx, key, always); err != nil {
			return false, err
		}
	}
	line := func(sort string) Line { return Line{File: name + " " + key + " " + clip(sort), Series: series} }
	send := func(r row.Row) bool { // with the revisions of its day
		n := 0
		for n < len(past) && past[n].Day == r.Day {
			n++
		}
		w := export.NewWhole(r, past[:n])
		past = past[n:]
		l := line(r.Day.String())
		l.Day, l.Status, l.Whole, l.size = r.Day, r.Status, &w, costOfRow*(1+n)
		return yield(l)
	}
	sendBefore := func(day span.Day) bool { // days of which only revisions are left
		for len(past) > 0 && past[0].Day < day {
			if !send(row.Row{Series: series, Day: past[0].Day}) {
				return false
			}
		}
		return true
	}
	wholes, others, values, seen := len(past), 0, 0, ""
	for it, err := range t.Items(ctx, layout, key) {
		if err != nil {
			return false, err
		}
		if it.Row != nil {
			it.Row.Series = series
			wholes++
			if !sendBefore(it.Row.Day) || !send(*it.Row) {
				return false, nil
			}
			continue
		}
		if it.Sort == "" {
			return false, fmt.Errorf("%s %s: an item has no sort key called %s: --map NAME=%s says which it is", name, clip(key), layout.Sort, columnDay)
		}
		others++
		l := line(it.Sort)
		if of != nil {
			l.unread = r.item(&l, it, of)
		}
		if len(l.Cells) > 0 || l.unread != nil {
			values++
		} else if seen == "" {
			seen = some(it.Texts)
		}
		if !yield(l) {
			return false, nil
		}
	}
	switch {
	case wholes+others == 0:
		return false, fmt.Errorf("%s: there is no partition %s", name, clip(key))
	case others > 0 && values == 0 && of != nil:
		return false, fmt.Errorf("%s %s: no item has a number called %s; the first has %s: --map NAME=%s says which it is",
			name, key, strings.Join(of.Fields, " or "), seen, of.Fields[0])
	}
	return sendBefore(always.To + 1), nil
}

// item sets what an item has of the fields of a series. Its error is why that cannot be
// known, whichever of them it is of: half of a day is another day.
func (r *Reader) item(l *Line, it store.Item, of *catalogue.Series) error {
	for _, f := range it.Texts {
		field := r.of(f.Name)
		if !slices.Contains(of.Fields, field) {
			continue
		}
		value, err := plain(f.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", clip(f.Name), err)
		}
		if other, twice := l.Cells.Get(field); twice {
			if differ, err := row.Compare(other, value); err != nil || differ != 0 {
				return fmt.Errorf("%s is %s and %s", field, other, value)
			}
			continue
		}
		if err := l.put(field, value); err != nil {
			return err
		}
	}
	if len(l.Cells) == 0 {
		return nil
	}
	var err error
	l.Day, err = span.Parse(it.Sort)
	return err
}

// plain returns a number as values are stored: digit for digit where it has their form, else
// in that of DynamoDB's numbers.
func plain(text string) (string, error) {
	err := row.CheckPlain(text)
	if err == nil {
		return text, nil
	}
	number, canonical := row.Canonical(text)
	if canonical != nil || row.CheckPlain(number) != nil {
		return "", err
	}
	return number, nil
}

// some names the attributes of an item.
func some(texts row.Fields) string {
	var names []string
	for _, f := range texts[:min(len(texts), 10)] {
		names = append(names, clip(f.Name))
	}
	if names == nil {
		return "none at all"
	}
	return strings.Join(names, ", ")
}
