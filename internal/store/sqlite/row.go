package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

const (
	inSpan = ` WHERE info_type = ? AND date BETWEEN ? AND ? ORDER BY date`
	whole  = `date, status, coalesce(retry_at, ''), fetched_at, fields, coalesce(digits, ''), source,
		run, attempts, coalesce(reason, ''), coalesce(trail, ''), coalesce(raw, '')`
)

const (
	selectMarks     = `SELECT date, status, coalesce(retry_at, ''), fetched_at, coalesce(reason, '') FROM rows` + inSpan
	selectRows      = `SELECT ` + whole + ` FROM rows` + inSpan
	selectRevisions = `SELECT ` + whole + `, replaced_at, replaced_by FROM revisions` + inSpan + `, seq`
	// The order of revisions is seq, for two runs may share their replaced_at.
	insertRevision = `INSERT INTO revisions(` + columns + `, replaced_at, replaced_by, seq)
		VALUES (?1, ?2, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
			(SELECT coalesce(max(seq), 0) + 1 FROM revisions WHERE info_type = ?1 AND date = ?2))`
)

// marks reads the marks of a series one by one.
func (s *Store) marks(ctx context.Context, series string, days span.Span) ([]row.Mark, error) {
	var text markText
	var times clock
	return collect(ctx, s, func(rows *result) (row.Mark, error) {
		var r row.Row
		err := rows.Scan(&text.date, &text.status, &text.retryAt, &text.fetchedAt, &r.Reason)
		if err == nil {
			err = text.decode(&r, &times)
		}
		if err != nil {
			err = fmt.Errorf("row %s %s: %w", series, short(text.date), err)
		}
		return r.Mark(), err
	}, selectMarks, series, days.From.String(), days.To.String())
}

// Rows implements store.Store.
func (s *Store) Rows(ctx context.Context, series string, days span.Span) ([]row.Row, error) {
	var text markText
	var times clock
	return collect(ctx, s, func(rows *result) (row.Row, error) {
		r, err := scanRow(rows, &text, &times)
		if err != nil {
			err = fmt.Errorf("row %s %s: %w", series, short(text.date), err)
		}
		r.Series = series
		return r, err
	}, selectRows, series, days.From.String(), days.To.String())
}

// Revisions implements store.Store.
func (s *Store) Revisions(ctx context.Context, series string, days span.Span) ([]row.Revision, error) {
	return collect(ctx, s, func(rows *result) (r row.Revision, err error) {
		var text markText
		var replacedAt string
		r.Row, err = scanRow(rows, &text, &clock{}, &replacedAt, &r.ReplacedBy)
		r.Series = series
		if err == nil {
			if r.ReplacedAt, err = decodeTime(replacedAt); err != nil {
				err = fmt.Errorf("replaced_at: %w", err)
			}
		}
		if err != nil {
			return r, fmt.Errorf("revision %s %s: %w", series, short(text.date), err)
		}
		return r, nil
	}, selectRevisions, series, days.From.String(), days.To.String())
}

// scanRow reads the columns whole, and those behind them into more.
func scanRow(rows *result, text *markText, times *clock, more ...any) (row.Row, error) {
	var r row.Row
	var fields, digits, trail string
	err := rows.Scan(append([]any{&text.date, &text.status, &text.retryAt, &text.fetchedAt, &fields, &digits, &r.Source,
		&r.Run, &r.Attempts, &r.Reason, &trail, &r.Raw}, more...)...)
	if err != nil {
		return row.Row{}, err
	}
	if err := text.decode(&r, times); err != nil {
		return row.Row{}, err
	}
	if r.Fields, err = decodeFields(fields, digits); err != nil {
		return row.Row{}, err
	}
	if trail != "" {
		if err := decodeJSON(trail, &r.Trail); err != nil {
			return row.Row{}, fmt.Errorf("trail: %w", err)
		}
	}
	return r, nil
}

// decodeJSON reads a column into v, unless it has so much that it is no column of ours.
func decodeJSON(text string, v any) error {
	if err := bound.JSON(text, maxJSON, maxNested); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return errors.New(short(err.Error()))
	}
	return nil
}

// markText holds the columns of a mark as they are stored.
type markText struct{ date, status, retryAt, fetchedAt string }

// decode puts them into r.
func (t *markText) decode(r *row.Row, times *clock) (err error) {
	if r.Day, err = span.Parse(t.date); err != nil {
		return err
	}
	switch r.Status = row.Status(t.status); r.Status {
	case row.Observed, row.Absent, row.Incomplete, row.Quarantined:
	default:
		return fmt.Errorf("status %q: want observed, absent, incomplete or quarantined", short(t.status))
	}
	if t.retryAt != "" {
		if r.RetryAt, err = span.Parse(t.retryAt); err != nil {
			return fmt.Errorf("retry_at: %w", err)
		}
	}
	if r.FetchedAt, err = times.decode(t.fetchedAt); err != nil {
		return fmt.Errorf("fetched_at: %w", err)
	}
	return nil
}

// clock remembers the last time read: the rows of a run share theirs.
type clock struct {
	text string
	time time.Time
}

func (c *clock) decode(text string) (time.Time, error) {
	if text != c.text {
		t, err := decodeTime(text)
		if err != nil {
			return t, err
		}
		c.text, c.time = text, t
	}
	return c.time, nil
}

// Change implements store.Store.
func (s *Store) Change(ctx context.Context, old, next row.Row) error {
	if old.Status != "" && (old.Series != next.Series || old.Day != next.Day) {
		return fmt.Errorf("row %s %s: change to a row of %s %s", old.Series, old.Day, next.Series, next.Day)
	}
	args, err := rowArgs(&next)
	if err != nil {
		return err
	}
	var revision []any
	if row.IsRevision(old, next) {
		if revision, err = revisionArgs(row.RevisionOf(old, next)); err != nil {
			return err
		}
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		same, err := isStored(ctx, tx, next.Series, next.Day, &old)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("row %s %s: %w", next.Series, next.Day, store.ErrConflict)
		}
		if revision != nil {
			if _, err := tx.ExecContext(ctx, insertRevision, revision...); err != nil {
				return err
			}
		}
		if _, err = tx.StmtContext(ctx, s.insert.replace).ExecContext(ctx, args...); err != nil {
			return err
		}
		return s.touch(ctx, tx, next.Series)
	})
}

// Restore implements store.Store.
func (s *Store) Restore(ctx context.Context, r row.Row, revisions []row.Revision) error {
	args, err := rowArgs(&r)
	if err != nil {
		return err
	}
	gone := make([][]any, len(revisions))
	for i := range revisions {
		if gone[i], err = revisionArgs(revisions[i]); err != nil {
			return err
		}
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		none, err := isStored(ctx, tx, r.Series, r.Day, &row.Row{})
		if err != nil {
			return fmt.Errorf("row %s %s: %w", r.Series, r.Day, err)
		}
		if !none {
			return fmt.Errorf("row %s %s: %w", r.Series, r.Day, store.ErrConflict)
		}
		for _, one := range gone {
			if _, err := tx.ExecContext(ctx, insertRevision, one...); err != nil {
				return err
			}
		}
		if r.Status != "" {
			if _, err := tx.StmtContext(ctx, s.insert.replace).ExecContext(ctx, args...); err != nil {
				return err
			}
		}
		return s.touch(ctx, tx, r.Series)
	})
}

// revisionArgs returns the columns of r but seq.
func revisionArgs(r row.Revision) ([]any, error) {
	args, err := rowArgs(&r.Row)
	return append(args, encodeTime(r.ReplacedAt), r.ReplacedBy), err
}

// isStored reports whether the stored row of a day is the one that was read as old.
func isStored(ctx context.Context, tx *sql.Tx, series string, day span.Day, old *row.Row) (bool, error) {
	r, err := storedRow(ctx, tx, series, day)
	return err == nil && row.AsRead(&r, old), err
}

// SeriesKeys returns the keys of all series that have a row, in order.
func (s *Store) SeriesKeys(ctx context.Context) ([]string, error) {
	return collect(ctx, s, scanText, `WITH `+everyKey+` SELECT k FROM keys WHERE k IS NOT NULL`)
}

func scanText(rows *result) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

// prepared returns the statement of a query of db, one of the few that there are: a third of
// the time of a short one is its preparation. For a connection it waits without the lock.
func (s *Store) prepared(ctx context.Context, db *sql.DB, query string) (*sql.Stmt, error) {
	if stmt := s.statement(query, nil); stmt != nil {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	kept := s.statement(query, stmt)
	if kept != stmt { // another was quicker
		return kept, stmt.Close()
	}
	return kept, nil
}

// statement returns that of a query, which is made where there is none; nil: there is none.
func (s *Store) statement(query string, made *sql.Stmt) *sql.Stmt {
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if s.queries[query] == nil && made != nil {
		s.queries[query] = made
	}
	return s.queries[query]
}

// collect returns what scan makes of each row of a query.
func collect[T any](ctx context.Context, s *Store, scan func(*result) (T, error), query string, args ...any) ([]T, error) {
	stmt, err := s.prepared(ctx, s.reader, query)
	if err != nil {
		return nil, s.fail(err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, s.fail(err)
	}
	defer rows.Close()
	var out []T
	for r := (&result{Rows: rows}); r.Next(); {
		v, err := scan(r)
		if err != nil {
			return nil, s.fail(err)
		}
		out = append(out, v)
	}
	return out, s.fail(rows.Err())
}
