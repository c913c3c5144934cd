package store

import (
	"context"
	"errors"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

type changer interface {
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	Change(ctx context.Context, old, next row.Row) error
}

// Replace puts next in the place of old. When somebody else was quicker, it puts
// there what again makes of the row that they left, which has no status when there
// is none; ok is false when nothing is to be changed any more.
func Replace(ctx context.Context, in changer, old, next row.Row, again func(now row.Row) (next row.Row, ok bool, err error)) error {
	for ok := true; ok; {
		err := in.Change(ctx, old, next)
		if !errors.Is(err, ErrConflict) {
			return err
		}
		rows, err := in.Rows(ctx, next.Series, span.Span{From: next.Day, To: next.Day})
		if err != nil {
			return err
		}
		old = row.Row{Series: next.Series, Day: next.Day}
		if len(rows) == 1 {
			old = rows[0]
		}
		if next, ok, err = again(old); err != nil {
			return err
		}
	}
	return nil
}
