package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/store"
)

// SaveStream implements store.Store.
func (s *Store) SaveStream(ctx context.Context, st store.Stream) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st = cloneStream(st)
	streams := s.streams[st.Run]
	at, found := slices.BinarySearchFunc(streams, st.ID, func(have store.Stream, id string) int { return strings.Compare(have.ID, id) })
	if found {
		st.Requests += streams[at].Requests
		streams[at] = st
		return nil
	}
	s.streams[st.Run] = slices.Insert(streams, at, st)
	return nil
}

// Streams implements store.Store.
func (s *Store) Streams(ctx context.Context, run string) ([]store.Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var streams []store.Stream
	for _, st := range s.streams[run] {
		streams = append(streams, cloneStream(st))
	}
	return streams, nil
}

func cloneStream(st store.Stream) store.Stream {
	st.Series, st.Warnings = slices.Clone(st.Series), slices.Clone(st.Warnings)
	return st
}

// SaveRun implements store.Store.
func (s *Store) SaveRun(ctx context.Context, r store.Run) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.AsOf, r.Summary = r.AsOf.UTC(), slices.Clone(r.Summary)
	s.runs = slices.DeleteFunc(s.runs, func(have store.Run) bool { return have.ID == r.ID })
	at, _ := slices.BinarySearchFunc(s.runs, r, func(a, b store.Run) int { return cmp.Or(b.AsOf.Compare(a.AsOf), strings.Compare(b.ID, a.ID)) })
	s.runs = slices.Insert(s.runs, at, r)
	return nil
}

// Runs implements store.Store.
func (s *Store) Runs(ctx context.Context, limit int) ([]store.Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var runs []store.Run
	for _, r := range s.runs {
		if len(runs) < limit && !message.IsShard(r.ID) {
			r.Summary = slices.Clone(r.Summary)
			runs = append(runs, r)
		}
	}
	return runs, nil
}

// RunsOf implements store.Store.
func (s *Store) RunsOf(ctx context.Context, ids []string, from, to time.Time) ([]store.Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var runs, shards []store.Run
	for _, r := range s.runs {
		if !slices.Contains(ids, r.ID) || r.AsOf.Before(from) || r.AsOf.After(to) {
			continue
		}
		r.Summary = slices.Clone(r.Summary)
		if message.IsShard(r.ID) {
			shards = append(shards, r)
		} else {
			runs = append(runs, r)
		}
	}
	return append(runs, shards...), nil
}

// Breaker implements store.Store.
func (s *Store) Breaker(ctx context.Context, source string) (store.Breaker, error) {
	if err := ctx.Err(); err != nil {
		return store.Breaker{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.breakers[source], nil
}

// SetBreaker implements store.Store.
func (s *Store) SetBreaker(ctx context.Context, source string, b store.Breaker) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.DownUntil = b.DownUntil.UTC()
	s.breakers[source] = b
	return nil
}
