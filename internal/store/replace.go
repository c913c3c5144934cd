package store

import (
	"context"
	"errors"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

type changer interface {
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	Change(ctx context.Context, old, next row.Row) error
}

// How often Replace tries, which is more than there are writers of one day, and how often
// with the same row: that a revision met another one of its time is a conflict too.
const (
	maxReplace = 100
	maxSame    = 3
)

// Replace puts next in the place of old. When somebody else was quicker, it puts
// there what again makes of the row that they left, which has no status when there
// is none; ok is false when nothing is to be changed any more.
//
// Who reads the very row that was in conflict again and again would do so for ever: in
// reads from another place than it writes to, such as a file that was replaced. That is an
// error.
func Replace(ctx context.Context, in changer, old, next row.Row, again func(now row.Row) (next row.Row, ok bool, err error)) error {
	ok := true
	for tries, same := 1, 1; ok; tries++ {
		conflict := in.Change(ctx, old, next)
		if !errors.Is(conflict, ErrConflict) {
			return conflict
		}
		rows, err := in.Rows(ctx, next.Series, span.Span{From: next.Day, To: next.Day})
		if err != nil {
			return err
		}
		tried := old
		old = row.Row{Series: next.Series, Day: next.Day}
		if len(rows) == 1 {
			old = rows[0]
		}
		if same++; !row.AsRead(&old, &tried) {
			same = 1
		}
		switch {
		case same > maxSame:
			return fault.New(fault.StoreUnavailable, "%w, and is read as it was: was the store replaced?", conflict)
		case tries == maxReplace:
			return fault.New(fault.StoreUnavailable, "%w, in each of %d tries", conflict, tries)
		}
		if next, ok, err = again(old); err != nil {
			return err
		}
	}
	return nil
}
