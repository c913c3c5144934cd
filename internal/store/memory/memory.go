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
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Store is a store in memory. Use New; it is safe for use by many goroutines.
type Store struct {
	mu        sync.Mutex
	rows      map[string][]kept         // by series; sorted by day
	last      *origin                   // of the row that was written last
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
		rows: map[string][]kept{}, revisions: map[string][]row.Revision{},
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
		r := rows[i].of(series)
		marks[i] = r.Mark()
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
		rows[i] = clone(stored[i].of(series))
	}
	return rows, nil
}

// within returns the part of rows in days.
func within(rows []kept, days span.Span) []kept {
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
	checked := make([]row.Row, len(rows))
	for i, r := range rows {
		if checked[i], err = check(r); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, next := range checked {
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
	checked, err := check(next)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.row(next.Series, next.Day)
	if !row.AsRead(&now, &old) {
		return fmt.Errorf("row %s %s: %w", next.Series, next.Day, store.ErrConflict)
	}
	s.replace(now, checked)
	return nil
}

// Restore implements store.Store.
func (s *Store) Restore(ctx context.Context, r row.Row, revisions []row.Revision) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	checked, err := check(r)
	if err != nil {
		return err
	}
	gone := slices.Clone(revisions)
	for i := range gone {
		if gone[i].Row, err = check(gone[i].Row); err != nil {
			return err
		}
		gone[i].ReplacedAt = gone[i].ReplacedAt.UTC()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.row(r.Series, r.Day).Status != "" {
		return fmt.Errorf("row %s %s: %w", r.Series, r.Day, store.ErrConflict)
	}
	s.revisions[r.Series] = append(s.revisions[r.Series], gone...)
	if r.Status != "" {
		s.replace(row.Row{}, checked)
	}
	return nil
}

// row returns the row of a day, zero when there is none.
func (s *Store) row(series string, day span.Day) row.Row {
	if at, found := find(s.rows[series], day); found {
		return s.rows[series][at].of(series)
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
		rows[at] = s.kept(next)
		return
	}
	s.rows[next.Series] = slices.Insert(rows, at, s.kept(next))
}

// kept is a row of a series: what it has alone, and what it shares with others.
type kept struct {
	day    span.Day
	fields row.Fields
	trail  []row.Step
	from   *origin
}

// origin is what the rows of an answer have in common.
type origin struct {
	status    row.Status
	source    string
	fetchedAt time.Time
	run       string
	attempts  int
	retryAt   span.Day
	reason    string
	raw       string
}

// kept returns r as it is kept. Rows that are written one after the other share their
// origin.
func (s *Store) kept(r row.Row) kept {
	from := origin{r.Status, r.Source, r.FetchedAt, r.Run, r.Attempts, r.RetryAt, r.Reason, r.Raw}
	if s.last == nil || *s.last != from {
		s.last = &from
	}
	return kept{r.Day, r.Fields, r.Trail, s.last}
}

// of returns k as the row of a series that it is.
func (k *kept) of(series string) row.Row {
	o := k.from
	return row.Row{
		Series: series, Day: k.day, Status: o.status, Fields: k.fields, Source: o.source, FetchedAt: o.fetchedAt, Run: o.run,
		Attempts: o.attempts, RetryAt: o.retryAt, Reason: o.reason, Trail: k.trail, Raw: o.raw,
	}
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

func find(rows []kept, day span.Day) (at int, found bool) {
	return slices.BinarySearchFunc(rows, day, func(k kept, day span.Day) int { return cmp.Compare(k.day, day) })
}

// check returns r as it is stored, or why it cannot be.
func check(r row.Row) (row.Row, error) {
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
