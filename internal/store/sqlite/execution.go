package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"lacuna/internal/store"
)

const (
	statusRunning = "RUNNING"
	statusAborted = "ABORTED"
)

// StatusUnknown is that of an execution that is stored as RUNNING, when this process cannot
// see whether the one that runs it lives.
const StatusUnknown = "UNKNOWN"

// StartExecution stores an execution as RUNNING by this process: Name, Machine,
// Input, Started and Definition of e. It is ABORTED by whoever opens the database after
// this process died. Between hold and the row nothing may end another execution:
// it would let the file go.
func (s *Store) StartExecution(ctx context.Context, e store.Execution) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.hold(); err != nil {
		return err
	}
	err := s.insertExecution(ctx, e)
	if err != nil {
		return errors.Join(err, s.release())
	}
	s.running[e.Name] = true
	return nil
}

func (s *Store) insertExecution(ctx context.Context, e store.Execution) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		var hash any
		if len(e.Definition) > 0 {
			sum := sha256.Sum256(e.Definition)
			hash = hex.EncodeToString(sum[:])
			if _, err := tx.ExecContext(ctx, `INSERT INTO definitions(hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING`, hash, string(e.Definition)); err != nil {
				return err
			}
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO executions(name, machine, input, started, status, process, definition)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			e.Name, e.Machine, string(e.Input), encodeTime(e.Started), statusRunning, s.process(), hash)
		if err != nil {
			return err
		}
		return wantOne(result, e.Name, store.ErrExists)
	})
}

// Definition returns what an execution ran, as it was given; nil when nobody kept it: of
// executions of before version 4, or when there is none of that name.
func (s *Store) Definition(ctx context.Context, name string) ([]byte, error) {
	if s.version < 4 {
		return nil, nil
	}
	found, err := collect(ctx, s, scanText,
		`SELECT d.text FROM executions x JOIN definitions d ON d.hash = x.definition WHERE x.name = ?`, name)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return []byte(found[0]), nil
}

func wantOne(result sql.Result, name string, otherwise error) error {
	n, err := result.RowsAffected()
	if err == nil && n != 1 {
		err = otherwise
	}
	if err != nil {
		return fmt.Errorf("execution %s: %w", name, err)
	}
	return nil
}

// EndExecution stores how an execution ended: Status, Stopped, Output, Error
// and Cause of e.
func (s *Store) EndExecution(ctx context.Context, e store.Execution) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := s.writer.ExecContext(ctx, `UPDATE executions SET status = ?, stopped = ?, output = ?, error = ?, cause = ?
		WHERE name = ?`, e.Status, encodeTime(e.Stopped), string(e.Output), e.Error, e.Cause, e.Name)
	if err != nil {
		return s.fail(err)
	}
	delete(s.running, e.Name)
	return errors.Join(wantOne(result, e.Name, store.ErrUnknown), s.release())
}

// AppendEvents stores events of an execution, in one transaction. Those that
// are stored already are replaced.
func (s *Store) AppendEvents(ctx context.Context, name string, events []store.Event) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		var id int64
		err := tx.QueryRowContext(ctx, `SELECT id FROM executions WHERE name = ?`, name).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("execution %s: %w", name, store.ErrUnknown)
		}
		if err != nil {
			return err
		}
		stmt, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO events(execution, id, previous_id, time, type, details)
			VALUES (?, ?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer stmt.Close()
		for _, e := range events {
			if _, err := stmt.ExecContext(ctx, id, e.ID, e.PreviousID, encodeTime(e.Time), e.Type, string(e.Details)); err != nil {
				return err
			}
		}
		return nil
	})
}

// selectExecutions tells what AbortDead has found and could not write.
const selectExecutions = `SELECT name, machine, input, started,
		CASE WHEN dead THEN '` + statusAborted + `' WHEN unknown THEN '` + StatusUnknown + `' ELSE status END,
		iif(dead, ` + lastEvent + `, stopped), output, iif(dead, '` + DiedError + `', error), iif(dead, '` + diedCause + `', cause)
	FROM (SELECT *, status = '` + statusRunning + `' AND process IN (SELECT value FROM json_each(?)) AS dead,
		status = '` + statusRunning + `' AND process IN (SELECT value FROM json_each(?)) AS unknown FROM executions) AS executions`

func (s *Store) selectExecutions(ctx context.Context, which string, arg any) ([]store.Execution, error) {
	lists := [2]string{"[]", "[]"}
	if of := s.fates.Load(); of != nil {
		for i, list := range [][]string{of.dead, of.unknown} {
			text, err := json.Marshal(list)
			if err != nil {
				return nil, err
			}
			lists[i] = string(text)
		}
	}
	return collect(ctx, s, scanExecution, selectExecutions+which, lists[0], lists[1], arg)
}

// Executions returns up to limit executions, the last started first.
func (s *Store) Executions(ctx context.Context, limit int) ([]store.Execution, error) {
	return s.selectExecutions(ctx, ` ORDER BY id DESC LIMIT ?`, limit)
}

// ExecutionNames returns the names of up to limit executions, the last started first.
func (s *Store) ExecutionNames(ctx context.Context, limit int) ([]string, error) {
	return collect(ctx, s, scanText, `SELECT name FROM executions ORDER BY id DESC LIMIT ?`, limit)
}

// Execution returns one execution; the error wraps store.ErrUnknown when there is none.
func (s *Store) Execution(ctx context.Context, name string) (store.Execution, error) {
	found, err := s.selectExecutions(ctx, ` WHERE name = ?`, name)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("execution %s: %w", name, store.ErrUnknown)
	}
	if err != nil {
		return store.Execution{}, err
	}
	return found[0], nil
}

func scanExecution(rows *result) (e store.Execution, err error) {
	var input, started, stopped, output string
	if err := rows.Scan(&e.Name, &e.Machine, &input, &started, &e.Status, &stopped, &output, &e.Error, &e.Cause); err != nil {
		return e, err
	}
	e.Input, e.Output = raw(input), raw(output)
	if e.Started, err = decodeTime(started); err != nil {
		return e, fmt.Errorf("execution %s: started: %w", e.Name, err)
	}
	if e.Stopped, err = decodeTime(stopped); err != nil {
		return e, fmt.Errorf("execution %s: stopped: %w", e.Name, err)
	}
	return e, nil
}

const selectEvents = `SELECT e.id, e.previous_id, e.time, e.type, e.details FROM events e JOIN executions x ON x.id = e.execution WHERE x.name = ?`

// Events returns the history of an execution behind the event with the id after, in
// order; after 0 is all of it.
func (s *Store) Events(ctx context.Context, name string, after int64) ([]store.Event, error) {
	return collect(ctx, s, scanEvent, selectEvents+` AND e.id > ? ORDER BY e.id`, name, after)
}

// Event returns one event of an execution; the error wraps store.ErrUnknown when there is
// none of that id.
func (s *Store) Event(ctx context.Context, name string, id int64) (store.Event, error) {
	found, err := collect(ctx, s, scanEvent, selectEvents+` AND e.id = ?`, name, id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("event %d of execution %s: %w", id, name, store.ErrUnknown)
	}
	if err != nil {
		return store.Event{}, err
	}
	return found[0], nil
}

func scanEvent(rows *result) (e store.Event, err error) {
	var at, details string
	if err := rows.Scan(&e.ID, &e.PreviousID, &at, &e.Type, &details); err != nil {
		return e, err
	}
	e.Details = raw(details)
	if e.Time, err = decodeTime(at); err != nil {
		return e, fmt.Errorf("event %d: %w", e.ID, err)
	}
	return e, nil
}
