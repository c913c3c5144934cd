package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/span"
	"lacuna/internal/store"
)

// SaveStream implements store.Store.
func (s *Store) SaveStream(ctx context.Context, st store.Stream) error {
	series, err := json.Marshal(st.Series)
	if err != nil {
		return fmt.Errorf("stream %s: %w", st.ID, err)
	}
	warnings, err := json.Marshal(st.Warnings)
	if err != nil {
		return fmt.Errorf("stream %s: %w", st.ID, err)
	}
	return s.exec(ctx, `INSERT INTO streams(run, id, source, span, series, requests, attempt, error, message, malformed, warnings)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET source = excluded.source, span = excluded.span, series = excluded.series,
			requests = streams.requests + excluded.requests, attempt = excluded.attempt,
			error = excluded.error, message = excluded.message, malformed = excluded.malformed, warnings = excluded.warnings`,
		st.Run, st.ID, st.Source, st.Span.String(), string(series), st.Requests, st.Attempt, st.Error, st.Message, st.Malformed, string(warnings))
}

// Streams implements store.Store.
func (s *Store) Streams(ctx context.Context, run string) ([]store.Stream, error) {
	return collect(ctx, s, scanStream, `SELECT run, id, source, span, series, requests, attempt, error, message, malformed, warnings
		FROM streams WHERE run = ? ORDER BY id`, run)
}

func scanStream(rows *result) (st store.Stream, err error) {
	var days, series, warnings string
	err = rows.Scan(&st.Run, &st.ID, &st.Source, &days, &series, &st.Requests, &st.Attempt, &st.Error, &st.Message, &st.Malformed, &warnings)
	if err != nil {
		return st, err
	}
	if st.Span, err = span.ParseSpan(days); err != nil {
		return st, fmt.Errorf("stream %s of run %s: %w", st.ID, st.Run, err)
	}
	if err := decodeJSON(series, &st.Series); err != nil {
		return st, fmt.Errorf("stream %s of run %s: series: %w", st.ID, st.Run, err)
	}
	if err := decodeJSON(warnings, &st.Warnings); err != nil {
		return st, fmt.Errorf("stream %s of run %s: warnings: %w", st.ID, st.Run, err)
	}
	return st, nil
}

// SaveRun implements store.Store.
func (s *Store) SaveRun(ctx context.Context, r store.Run) error {
	return s.exec(ctx, `INSERT OR REPLACE INTO runs(run, as_of, status, cause, summary) VALUES (?, ?, ?, ?, ?)`,
		r.ID, encodeTime(r.AsOf), r.Status, r.Cause, string(r.Summary))
}

// Runs implements store.Store. As text, half a second past comes before the full one.
func (s *Store) Runs(ctx context.Context, limit int) ([]store.Run, error) {
	return collect(ctx, s, scanRun, `SELECT run, as_of, status, cause, summary FROM runs WHERE NOT `+isShard+`
		ORDER BY unixepoch(as_of, 'subsec') DESC, run DESC LIMIT ?`, limit)
}

// RunsOf implements store.Store.
func (s *Store) RunsOf(ctx context.Context, ids []string, from, to time.Time) ([]store.Run, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, scanRun, `SELECT run, as_of, status, cause, summary FROM runs
		WHERE run IN (SELECT value FROM json_each(?)) AND unixepoch(as_of, 'subsec') BETWEEN unixepoch(?, 'subsec') AND unixepoch(?, 'subsec')
		ORDER BY `+isShard+`, unixepoch(as_of, 'subsec') DESC, run DESC`, string(list), encodeTime(from), encodeTime(to))
}

// isShard is message.IsShard in SQL.
const isShard = `(run GLOB '?*-shard-[0-9][0-9][0-9]' AND run NOT GLOB '*-000')`

func scanRun(rows *result) (r store.Run, err error) {
	var asOf, summary string
	if err := rows.Scan(&r.ID, &asOf, &r.Status, &r.Cause, &summary); err != nil {
		return r, err
	}
	r.Summary = raw(summary)
	if r.AsOf, err = decodeTime(asOf); err != nil {
		return r, fmt.Errorf("run %s: as_of: %w", r.ID, err)
	}
	return r, nil
}

// raw returns nil for an empty text, which is no JSON.
func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// Breaker implements store.Store.
func (s *Store) Breaker(ctx context.Context, source string) (store.Breaker, error) {
	var b store.Breaker
	var until string
	err := s.reader.QueryRowContext(ctx, `SELECT run, down_until FROM breakers WHERE source = ?`, source).Scan(&b.Run, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Breaker{}, nil
	}
	if err != nil {
		return b, s.fail(err)
	}
	if b.DownUntil, err = decodeTime(until); err != nil {
		return b, fmt.Errorf("breaker of %s: down_until: %w", source, err)
	}
	return b, nil
}

// SetBreaker implements store.Store.
func (s *Store) SetBreaker(ctx context.Context, source string, b store.Breaker) error {
	return s.exec(ctx, `INSERT OR REPLACE INTO breakers(source, run, down_until) VALUES (?, ?, ?)`,
		source, b.Run, encodeTime(b.DownUntil))
}

// exec runs one statement that writes.
func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.writer.ExecContext(ctx, query, args...)
	return s.fail(err)
}
