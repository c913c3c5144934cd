package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// statements are the prepared ways to write rows.
type statements struct {
	many    [2]string // prepared when needed: perStatement plain rows of one head, without digits and with, see packer
	one     *sql.Stmt // any row, unless an observed one is there
	replace *sql.Stmt // any row, whatever is there
	touch   *sql.Stmt // notes that a series was written
}

const (
	perStatement   = 64   // 286,000 rows/s with 16, 345,000 with 32, 380,000 with 64, 128 and 250
	perTransaction = 8192 // other writers wait for about 20 ms
)

const (
	columns = `info_type, date, status, fields, digits, source, fetched_at, run, attempts, retry_at, reason, trail, raw`
	upsert  = ` ON CONFLICT DO UPDATE SET status = excluded.status, fields = excluded.fields, digits = excluded.digits,
		source = excluded.source, fetched_at = excluded.fetched_at, run = excluded.run, attempts = excluded.attempts,
		retry_at = excluded.retry_at, reason = excluded.reason, trail = excluded.trail, raw = excluded.raw`
	unlessObserved = ` WHERE rows.status <> 'observed'`
)

func prepareInsert(ctx context.Context, db *sql.DB) (s statements, err error) {
	into := `INSERT INTO rows(` + columns + `) VALUES `
	single := into + `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)` + upsert
	for i, digits := range []string{"NULL", "?"} { // what is not bound costs nothing
		plain := `(?1, ?, 'observed', ?, ` + digits + `, ?2, ?3, ?4, 0, NULL, NULL, NULL, ?5)`
		values := `(?1, ?6, ` + strings.TrimPrefix(plain, `(?1, ?, `) // its number gives the ? after it theirs
		s.many[i] = into + values + strings.Repeat(", "+plain, perStatement-1) + upsert + unlessObserved
	}
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&s.one, single + unlessObserved},
		{&s.replace, single},
		{&s.touch, touch},
	} {
		if *p.stmt, err = db.PrepareContext(ctx, p.query); err != nil {
			return statements{}, err
		}
	}
	return s, nil
}

// Insert implements store.Store.
func (s *Store) Insert(ctx context.Context, rows []row.Row) error {
	rows, err := store.ForInsert(rows) // in the order of the table, which is the quickest
	if err != nil {
		return err
	}
	for part := range slices.Chunk(rows, perTransaction) {
		calls, err := s.insertCalls(ctx, part)
		if err != nil {
			return s.fail(err)
		}
		err = s.write(ctx, func(tx *sql.Tx) error {
			ctx := context.WithoutCancel(ctx) // each statement would have a goroutine that waits for its end
			var stmt *sql.Stmt
			touched := ""
			for i, c := range calls {
				if i == 0 || c.stmt != calls[i-1].stmt {
					stmt = tx.StmtContext(ctx, c.stmt)
				}
				changed, err := s.insertCall(ctx, tx, stmt, c)
				if err != nil {
					return err
				}
				if key := c.rows[0].Series; changed && key != touched {
					if err := s.touch(ctx, tx, key); err != nil {
						return err
					}
					touched = key
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// insertCall does c, and replaces those of the observed rows that stmt left as they
// are whose fields are others: SQL cannot tell, for people edit them by hand. It reports
// whether a row is another now.
func (s *Store) insertCall(ctx context.Context, tx *sql.Tx, stmt *sql.Stmt, c call) (changed bool, err error) {
	done, err := stmt.ExecContext(ctx, c.args...)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	if err != nil || int(n) == len(c.rows) {
		return true, err
	}
	changed = n > 0
	for _, next := range c.rows {
		replaced, err := s.replaceObserved(ctx, tx, next)
		if err != nil {
			return false, err
		}
		changed = changed || replaced
	}
	return changed, nil
}

// replaceObserved puts next in the place of an observed row with other fields,
// which becomes a revision.
func (s *Store) replaceObserved(ctx context.Context, tx *sql.Tx, next row.Row) (replaced bool, err error) {
	old, err := storedRow(ctx, tx, next.Series, next.Day)
	if err != nil || !row.IsRevision(old, next) {
		return false, err
	}
	revision, err := revisionArgs(row.RevisionOf(old, next))
	if err != nil {
		return false, err
	}
	args, err := rowArgs(&next)
	if err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, insertRevision, revision...); err != nil {
		return false, err
	}
	_, err = tx.StmtContext(ctx, s.insert.replace).ExecContext(ctx, args...)
	return err == nil, err
}

// storedRow returns the row of a day as tx sees it.
func storedRow(ctx context.Context, tx *sql.Tx, series string, day span.Day) (row.Row, error) {
	rows, err := tx.QueryContext(ctx, selectRows, series, day.String(), day.String())
	if err != nil {
		return row.Row{}, err
	}
	defer rows.Close()
	var r row.Row
	if rows.Next() {
		if r, err = scanRow(&result{Rows: rows}, &markText{}, &clock{}); err != nil {
			return r, fmt.Errorf("row %s %s: %w", series, day, err)
		}
	}
	r.Series = series
	return r, rows.Err()
}

// call is a statement with its arguments.
type call struct {
	stmt *sql.Stmt
	args []any
	rows []row.Row // the same
}

// insertCalls returns what inserts rows. It is worked out before the
// transaction begins, so that other writers do not wait for it.
func (s *Store) insertCalls(ctx context.Context, rows []row.Row) (calls []call, err error) {
	var pack packer
	for len(rows) > 0 {
		c := call{stmt: s.insert.one, rows: rows[:1]}
		if isUniform(rows) {
			c.rows = rows[:perStatement]
			var digits int
			if c.args, digits, err = pack.args(c.rows); err == nil {
				c.stmt, err = s.prepared(ctx, s.writer, s.insert.many[digits])
			}
		} else {
			c.args, err = rowArgs(&rows[0])
		}
		if err != nil {
			return nil, err
		}
		calls, rows = append(calls, c), rows[len(c.rows):]
	}
	return calls, nil
}

// isUniform reports whether the next perStatement rows are plain observed ones
// that share all but day and fields.
func isUniform(rows []row.Row) bool {
	if len(rows) < perStatement {
		return false
	}
	head := &rows[0]
	for i := range perStatement {
		r := &rows[i]
		if r.Attempts != 0 || r.RetryAt != 0 || r.Reason != "" || len(r.Trail) > 0 || r.Series != head.Series ||
			r.Source != head.Source || r.FetchedAt != head.FetchedAt || r.Run != head.Run || r.Raw != head.Raw {
			return false
		}
	}
	return true
}

// packer makes the arguments of statements of many rows.
type packer struct {
	text []byte // of a statement's rows: each has parts of one string
	ends [perStatement]struct{ date, numbers, digits int }
}

// args returns what rows share (series, source, fetched_at, run and raw), then date, fields
// and, if any row has digits, digits of each.
func (p *packer) args(rows []row.Row) (args []any, digits int, err error) {
	head := &rows[0]
	p.text = p.text[:0]
	for i := range rows {
		numbers, exact, err := encodeFields(rows[i].Fields)
		if err != nil {
			return nil, 0, fmt.Errorf("row %s %s: %w", head.Series, rows[i].Day, err)
		}
		if exact != "" {
			digits = 1
		}
		end := &p.ends[i]
		p.text = append(p.text, rows[i].Day.String()...)
		end.date = len(p.text)
		p.text = append(p.text, numbers...)
		end.numbers = len(p.text)
		p.text = append(p.text, exact...)
		end.digits = len(p.text)
	}
	text, at := string(p.text), 0
	args = append(make([]any, 0, 5+(2+digits)*len(rows)), head.Series, head.Source, encodeTime(head.FetchedAt), head.Run, orNull(head.Raw))
	for _, end := range p.ends[:len(rows)] {
		args = append(args, text[at:end.date], text[end.date:end.numbers])
		if digits > 0 {
			args = append(args, orNull(text[end.numbers:end.digits]))
		}
		at = end.digits
	}
	return args, digits, nil
}

// rowArgs returns the columns of r.
func rowArgs(r *row.Row) ([]any, error) {
	numbers, digits, err := encodeFields(r.Fields)
	if err != nil {
		return nil, fmt.Errorf("row %s %s: %w", r.Series, r.Day, err)
	}
	var retryAt, trail string
	if r.RetryAt != 0 {
		retryAt = r.RetryAt.String()
	}
	if len(r.Trail) > 0 {
		text, err := json.Marshal(r.Trail)
		if err != nil {
			return nil, fmt.Errorf("row %s %s: trail: %w", r.Series, r.Day, err)
		}
		trail = string(text)
	}
	return []any{r.Series, r.Day.String(), string(r.Status), cmp.Or(numbers, "{}"), orNull(digits), r.Source,
		encodeTime(r.FetchedAt), r.Run, r.Attempts, orNull(retryAt), orNull(r.Reason), orNull(trail), orNull(r.Raw)}, nil
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
