package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lacuna/internal/fault"

	"github.com/gofrs/flock"
)

// A process that runs executions holds a lock on a file beside the database,
// which the operating system drops when the process dies. The rows of its
// executions name the file. It exists only as long as one of them runs.

const lockInfix = "-run-" // between the names of database and process

// The end of an execution whose process died.
const (
	diedError = "Lacuna.ProcessDied"
	diedCause = "the process that ran it died; running it again is safe: only what is still missing is fetched"
)

// hold locks a file for this process, if it has none yet. s.mu is held.
func (s *Store) hold() error {
	if s.alive != nil || s.path == memory {
		return nil
	}
	file, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return fault.New(fault.StoreUnavailable, "lock for database %s: %w", s.path, err)
	}
	lock := flock.New(file + lockInfix + rand.Text())
	locked, err := lock.TryLock()
	if err != nil {
		return fault.New(fault.StoreUnavailable, "lock for database %s: %w", s.path, err)
	}
	if !locked {
		return fault.New(fault.StoreUnavailable, "lock for database %s: %s is locked by another process", s.path, lock.Path())
	}
	s.alive = lock
	return nil
}

// process is the name of the file that hold locked.
func (s *Store) process() string {
	if s.alive == nil {
		return ""
	}
	return filepath.Base(s.alive.Path())
}

// release unlocks and removes the file unless an execution runs. s.mu is held.
func (s *Store) release() error {
	if s.alive == nil || len(s.running) > 0 {
		return nil
	}
	lock := s.alive
	s.alive = nil
	return drop(lock)
}

func drop(lock *flock.Flock) error {
	err := lock.Close()
	if removeErr := os.Remove(lock.Path()); !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	return err
}

// AbortDead ends the executions whose process died, as Open does; a process that lives
// long calls it again and again. It does nothing where nothing may be written.
func (s *Store) AbortDead(ctx context.Context) error {
	if s.path == memory || s.writer == s.reader {
		return nil
	}
	processes, err := collect(ctx, s, func(rows *result) (p string, err error) { return p, rows.Scan(&p) },
		`SELECT DISTINCT process FROM executions WHERE status = 'RUNNING'`)
	if err != nil {
		return err
	}
	for _, p := range processes {
		if err := s.abortIfDead(ctx, p); err != nil {
			return fmt.Errorf("end the runs of a process that died: %w", err)
		}
	}
	return nil
}

func (s *Store) abortIfDead(ctx context.Context, process string) error {
	lock, lives, err := s.probe(process)
	if err != nil || lives {
		return err
	}
	err = s.exec(ctx, `UPDATE executions SET status = ?, error = ?, cause = ?,
		stopped = coalesce((SELECT max(e.time) FROM events e WHERE e.execution = executions.id), started)
		WHERE status = ? AND process = ?`, statusAborted, diedError, diedCause, statusRunning, process)
	if lock != nil {
		err = errors.Join(err, drop(lock))
	}
	return err
}

// probe reports whether a process lives. If not, lock is its file, now locked
// by this process; nil when there is no such file.
func (s *Store) probe(process string) (lock *flock.Flock, lives bool, err error) {
	file, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return nil, false, fault.New(fault.StoreUnavailable, "lock for database %s: %w", s.path, err)
	}
	if process != filepath.Base(process) || !strings.HasPrefix(process, filepath.Base(file)+lockInfix) {
		return nil, false, nil // written by hand, or the database was renamed
	}
	// Without os.O_CREATE: a file that is gone was removed by its own process.
	lock = flock.New(filepath.Join(filepath.Dir(file), process), flock.SetFlag(os.O_RDWR))
	locked, err := lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fault.New(fault.StoreUnavailable, "lock for database %s: %w", s.path, err)
	}
	return lock, !locked, nil
}
