// Package act is what a person decides about days of a series: which rows become what,
// and what is done when somebody else was quicker. It is also what waits for a person.
package act

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"lacuna/internal/catalogue"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Reader is where rows are read.
type Reader interface {
	// Rows returns the rows of series in s as they are now, oldest first.
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
}

// Writer is where rows are changed, as store.Store changes them.
type Writer interface {
	Reader
	Change(ctx context.Context, old, next row.Row) error
}

// Decision is what a person says of days of one series.
type Decision struct {
	Act    row.Act
	Of     *catalogue.Series
	Within span.Span
	Days   map[span.Day]bool // those of Within that are meant; nil: all of them
	Hand   row.Hand

	// Shown is set when the person has seen the rows: one that has another status or other
	// fields by now, or is withdrawn or not any more, is not changed.
	Shown bool
}

// Step is a row and what it becomes.
type Step struct{ Old, Next row.Row }

// Was is how the day stands before it.
func (s *Step) Was() row.Status { return s.Old.State() }

// Unfit is a row that an act does not fit, and why.
type Unfit struct {
	Day span.Day
	Err error
}

// ErrChanged is the error of Do when the row is not what the person saw.
var ErrChanged = errors.New("changed meanwhile")

// maxWords bounds what is kept of a person's words, in bytes.
const maxWords = 1000

// CheckWords refuses what cannot be kept of a person's words.
func CheckWords(text string) error {
	if len(text) > maxWords || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("want one line of at most %d bytes", maxWords)
	}
	return nil
}

// RefusedError is why nothing that was meant can be decided so: what is stored, or the
// calendar, does not let it.
type RefusedError struct{ err error }

func refused(format string, args ...any) error { return &RefusedError{fmt.Errorf(format, args...)} }

func (e *RefusedError) Error() string { return e.err.Error() }
func (e *RefusedError) Unwrap() error { return e.err }

// Choose returns what is to be done, all of it checked: an error means that nothing is, a
// *RefusedError that nothing can be.
// Rows that the act does not fit are left out, but an act that is about every day of the
// range fits all of them or none.
func (d *Decision) Choose(ctx context.Context, rows Reader) ([]Step, []Unfit, error) {
	stored, err := rows.Rows(ctx, d.Of.Key, d.Within)
	if err != nil {
		return nil, nil, err
	}
	stored = slices.DeleteFunc(stored, func(r row.Row) bool { return !d.means(r.Day) })
	if d.Act == row.MarkAbsent {
		if stored, err = d.due(stored); err != nil {
			return nil, nil, err
		}
	}
	var steps []Step
	var unfit []Unfit
	for _, old := range stored {
		if next, err := row.Decide(old, d.Act, d.Hand, d.Of.Fields); err == nil {
			steps = append(steps, Step{old, next})
		} else {
			unfit = append(unfit, Unfit{old.Day, err})
		}
	}
	each := d.Act == row.MarkAbsent // whether all rows must fit
	switch {
	case len(unfit) > 0 && (each || len(steps) == 0):
		return nil, nil, refused("%s %s %w. Nothing was changed", d.Of.Key, unfit[0].Day, unfit[0].Err)
	case len(steps) == 0:
		return nil, nil, refused("nothing is stored of %s for %s. Nothing was changed", d.Of.Key, d.Within)
	}
	return steps, unfit, nil
}

func (d *Decision) means(day span.Day) bool { return d.Days == nil || d.Days[day] }

// due returns a row for each due day that is meant, an empty one where none of stored is.
func (d *Decision) due(stored []row.Row) ([]row.Row, error) {
	var all []row.Row
	last, ok := d.Of.Due(d.Hand.At)
	for day := range d.Of.Expected(d.Within).All() {
		if !ok || day > last {
			break
		}
		if !d.means(day) {
			continue
		}
		r := row.Row{Series: d.Of.Key, Day: day}
		if i := slices.IndexFunc(stored, func(r row.Row) bool { return r.Day == day }); i >= 0 {
			r = stored[i]
		}
		all = append(all, r)
	}
	if len(all) > 0 {
		return all, nil
	}
	_, why := d.Of.Explain(d.Within.From)
	return nil, refused("no day of %s is due in %s. %s: %s", d.Of.Key, d.Within, d.Within.From, why)
}

// Do does one step, and s becomes what was done. When somebody else was quicker it is
// decided anew, but a person who was Shown the row is not taken to mean another one.
func (d *Decision) Do(ctx context.Context, rows Writer, s *Step) error {
	seen := s.Old
	return store.Replace(ctx, rows, s.Old, s.Next, func(now row.Row) (_ row.Row, ok bool, err error) {
		if s.Old = now; d.hasMade(now) {
			return s.Next, false, nil // the answer to our own change was lost, and it was sent twice
		}
		if d.Shown && (now.Status != seen.Status || now.Withdrawn() != seen.Withdrawn() || !slices.Equal(now.Fields, seen.Fields)) {
			return s.Next, true, fmt.Errorf("%w: it is %s now", ErrChanged, strings.TrimSpace(fmt.Sprintf("%s %s", s.Was(), now.Fields)))
		}
		if s.Next, err = row.Decide(now, d.Act, d.Hand, d.Of.Fields); err != nil {
			err = fmt.Errorf("%w and %w", ErrChanged, err)
		}
		return s.Next, true, err
	})
}

// hasMade reports whether the last thing that made r is this decision.
func (d *Decision) hasMade(r row.Row) bool {
	if len(r.Trail) == 0 {
		return false
	}
	last := r.Trail[len(r.Trail)-1]
	return last.Answer == string(d.Act) && last.By == d.Hand.By && last.At.Equal(d.Hand.At)
}

// Document is what programs read of a decision that was carried out.
type Document struct {
	SchemaVersion int     `json:"schema_version"`
	Act           row.Act `json:"act"`
	Key           string  `json:"key"`
	By            string  `json:"by"`
	Reason        string  `json:"reason"`
	Days          []Day   `json:"days"`
}

// Day is one day of a Document.
type Day struct {
	Day    span.Day   `json:"day"`
	Was    row.Status `json:"was"`
	Now    row.Status `json:"now"`
	Fields row.Fields `json:"fields"` // that were stored
}

// Document describes what was done.
func (d *Decision) Document(steps []Step) Document {
	days := make([]Day, len(steps))
	for i, s := range steps {
		days[i] = Day{s.Old.Day, s.Was(), s.Next.State(), s.Old.Fields}
	}
	return Document{output.SchemaVersion, d.Act, d.Of.Key, d.Hand.By, d.Hand.Reason, days}
}
