// Package memory keeps rows, what streams did, run summaries and breakers in
// the memory of the process: the store of simulations and tests. It has no
// goroutine and no clock, so that it works inside testing/synctest; what it
// holds is gone with the process.
package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Store is a store in memory. Use New; it is safe for use by many goroutines.
type Store struct {
	mu        sync.Mutex
	rows      map[string][]row.Row      // by series; sorted by day
	revisions map[string][]row.Revision // by series; in the order of replacement
	streams   map[string][]store.Stream // by run; sorted by ID
	runs      []store.Run               // newest first
	breakers  map[string]store.Breaker  // by source
	touched   map[string]int64          // by series, which write was the last
	writes    int64
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		rows: map[string][]row.Row{}, revisions: map[string][]row.Revision{},
		streams: map[string][]store.Stream{}, breakers: map[string]store.Breaker{}, touched: map[string]int64{},
	}
}

// Marks implements store.Store.
func (s *Store) Marks(ctx context.Context, series string, days span.Span) ([]row.Mark, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := within(s.rows[series], days)
	marks := make([]row.Mark, len(rows))
	for i := range rows {
		marks[i] = rows[i].Mark()
	}
	return marks, nil
}

// Rows implements store.Store.
func (s *Store) Rows(ctx context.Context, series string, days span.Span) ([]row.Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := within(s.rows[series], days)
	rows := make([]row.Row, len(stored))
	for i := range stored {
		rows[i] = clone(stored[i])
	}
	return rows, nil
}

// within returns the part of rows in days.
func within(rows []row.Row, days span.Span) []row.Row {
	from, _ := find(rows, days.From)
	to, _ := find(rows, days.To+1)
	return rows[from:max(from, to)]
}

// Revisions implements store.Store.
func (s *Store) Revisions(ctx context.Context, series string, days span.Span) ([]row.Revision, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var revisions []row.Revision
	for _, r := range s.revisions[series] {
		if days.Contains(r.Day) {
			r.Row = clone(r.Row)
			revisions = append(revisions, r)
		}
	}
	slices.SortStableFunc(revisions, func(a, b row.Revision) int { return cmp.Compare(a.Day, b.Day) })
	return revisions, nil
}

// Insert implements store.Store.
func (s *Store) Insert(ctx context.Context, rows []row.Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rows, err := store.ForInsert(rows)
	if err != nil {
		return err
	}
	kept := make([]row.Row, len(rows))
	for i, r := range rows {
		if kept[i], err = keep(r); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, next := range kept {
		if old := s.row(next.Series, next.Day); old.Status != row.Observed || !row.Equal(old.Fields, next.Fields) {
			s.replace(old, next)
		}
	}
	return nil
}

// Change implements store.Store.
func (s *Store) Change(ctx context.Context, old, next row.Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if old.Status != "" && (old.Series != next.Series || old.Day != next.Day) {
		return fmt.Errorf("row %s %s: change to a row of %s %s", old.Series, old.Day, next.Series, next.Day)
	}
	kept, err := keep(next)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.row(next.Series, next.Day)
	if now.Status != old.Status || now.Attempts != old.Attempts || now.RetryAt != old.RetryAt || now.Run != old.Run || !now.FetchedAt.Equal(old.FetchedAt) ||
		!row.Equal(now.Fields, old.Fields) {
		return fmt.Errorf("row %s %s: %w", next.Series, next.Day, store.ErrConflict)
	}
	s.replace(now, kept)
	return nil
}

// row returns the row of a day, zero when there is none.
func (s *Store) row(series string, day span.Day) row.Row {
	if at, found := find(s.rows[series], day); found {
		return s.rows[series][at]
	}
	return row.Row{}
}

// replace puts next in the place of old, which becomes a revision if it is one.
func (s *Store) replace(old, next row.Row) {
	s.writes++
	s.touched[next.Series] = s.writes
	if row.IsRevision(old, next) {
		gone := row.RevisionOf(old, next)
		gone.ReplacedAt = gone.ReplacedAt.UTC()
		s.revisions[next.Series] = append(s.revisions[next.Series], gone)
	}
	rows := s.rows[next.Series]
	at, found := find(rows, next.Day)
	if found {
		rows[at] = next
		return
	}
	s.rows[next.Series] = slices.Insert(rows, at, next)
}

// Touched returns the series that were written since a call has returned since, in that
// order, and what to ask with the next time.
func (s *Store) Touched(ctx context.Context, since int64) (keys []string, now int64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if since > s.writes {
		since = 0
	}
	for key, at := range s.touched {
		if at > since {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(s.touched[a], s.touched[b]) })
	return keys, s.writes, nil
}

func find(rows []row.Row, day span.Day) (at int, found bool) {
	return slices.BinarySearchFunc(rows, day, func(r row.Row, day span.Day) int { return cmp.Compare(r.Day, day) })
}

// keep returns r as it is stored, or why it cannot be.
func keep(r row.Row) (row.Row, error) {
	r = clone(r)
	r.FetchedAt = r.FetchedAt.UTC()
	slices.SortFunc(r.Fields, func(a, b row.Field) int { return strings.Compare(a.Name, b.Name) })
	for i, f := range r.Fields {
		_, err := row.Canonical(f.Value)
		if i > 0 && f.Name == r.Fields[i-1].Name {
			err = errors.New("comes twice")
		}
		if err != nil {
			return r, fmt.Errorf("row %s %s: field %s: %w", r.Series, r.Day, f.Name, err)
		}
	}
	return r, nil
}

// clone returns a copy of r that shares nothing with it.
func clone(r row.Row) row.Row {
	r.Fields, r.Trail = slices.Clone(r.Fields), slices.Clone(r.Trail)
	return r
}
