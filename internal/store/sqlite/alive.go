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

// DiedError is the error of an execution whose process died. When it did nobody knows:
// Stopped is when the execution was last heard of.
const DiedError = "Lacuna.ProcessDied"

const diedCause = "the process that ran it died; running it again is safe: only what is still missing is fetched"

// hold locks a file for this process, if it has none yet. s.mu is held.
func (s *Store) hold() error {
	if s.alive != nil || s.path == memory {
		return nil
	}
	lock, err := makeLock(s.path)
	if err != nil {
		return fault.New(fault.StoreUnusable, "lock for database %s: %w", s.path, err)
	}
	s.alive = lock
	return nil
}

// makeLock makes a file beside a database and locks it. Its mode is the database's: whoever
// may read that may find out whether this process lives.
func makeLock(path string) (*flock.Flock, error) {
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	at, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	lock := flock.New(file + lockInfix + rand.Text())
	locked, err := lock.TryLock()
	if err == nil && !locked {
		err = fmt.Errorf("%s is locked by another process", lock.Path())
	}
	if err == nil {
		err = os.Chmod(lock.Path(), at.Mode().Perm())
	}
	if err != nil {
		return nil, errors.Join(err, drop(lock))
	}
	return lock, nil
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
	return errors.Join(lock.Close(), remove(lock.Path()))
}

func remove(lock string) error {
	if err := os.Remove(lock); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// AbortDead ends the executions whose process died, as opening does; a process that lives
// long calls it again and again. What cannot be written, because nothing may be or the disk
// is full, is told by Execution and Executions all the same, and left to the next writer.
func (s *Store) AbortDead(ctx context.Context) error {
	if s.path == memory {
		return nil
	}
	processes, err := collect(ctx, s, scanText, `SELECT DISTINCT process FROM executions WHERE status = 'RUNNING'`)
	if err != nil {
		return err
	}
	file, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return unusable(s.path, err)
	}
	found := fates{dead: []string{}, unknown: []string{}}
	writes := s.writer != s.reader
	for _, p := range processes {
		lock, fate := probe(file, p)
		switch {
		case fate == lives:
		case fate == unknown:
			found.unknown = append(found.unknown, p)
		case !writes || s.abort(ctx, p, lock) != nil:
			found.dead = append(found.dead, p)
			writes = false // who waited for another writer once does not wait again
		}
	}
	s.fates.Store(&found)
	return ctx.Err()
}

// lastEvent is the time of the last event that is stored of an execution; its process may
// have gone on a little longer.
const lastEvent = `coalesce((SELECT max(e.time) FROM events e WHERE e.execution = executions.id), started)`

// abort ends the executions of a process that died, and removes its file, if it has one.
func (s *Store) abort(ctx context.Context, process, lock string) error {
	err := s.exec(ctx, `UPDATE executions SET status = ?, error = ?, cause = ?, stopped = `+lastEvent+` WHERE status = ? AND process = ?`,
		statusAborted, DiedError, diedCause, statusRunning, process)
	if err == nil && lock != "" {
		err = remove(lock)
	}
	return err
}

// fate is what is known of a process.
type fate int

const (
	dead fate = iota
	lives
	unknown // its file cannot be looked at
)

// fates are the processes that do not live as far as anybody knows, and have executions
// that are stored as running.
type fates struct{ dead, unknown []string }

// probe tells the fate of a process that has a file beside the database file; lock is the
// path of it, "" where there is none. The lock is shared, so that two who look do not take
// each other for the process.
func probe(file, process string) (lock string, _ fate) {
	if process != filepath.Base(process) || !strings.HasPrefix(process, filepath.Base(file)+lockInfix) {
		return "", dead // written by hand, or the database was renamed
	}
	path := filepath.Join(filepath.Dir(file), process)
	// Without os.O_CREATE: a file that is gone was removed by its own process.
	shared := flock.New(path, flock.SetFlag(os.O_RDONLY))
	locked, err := shared.TryRLock()
	if locked {
		err = shared.Close()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", dead
	case err != nil:
		return "", unknown
	case !locked:
		return "", lives
	}
	return path, dead
}
