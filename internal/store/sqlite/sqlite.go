// Package sqlite keeps rows, runs and the histories of executions in one SQLite
// file: the store of the local target. People read and edit the file with any
// SQLite tool. Nothing here decides what a row becomes or when a day is due.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"

	"lacuna/internal/fault"
	"lacuna/internal/store"

	"github.com/gofrs/flock"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// Mode is what a database was born with and keeps: data of the publishers, or
// of their built-in imitation. The two never mix.
type Mode string

const (
	Live    Mode = "live"
	Offline Mode = "offline"
)

// WrongModeError says that a database was born in another mode.
type WrongModeError struct {
	Path string
	Born Mode
}

func (e *WrongModeError) Error() string {
	return fmt.Sprintf("database %s holds %s data only: name another file with --db", e.Path, e.Born)
}

const (
	busyTimeoutMS = 10_000
	readers       = 4 // connections, each with a page cache of 2 MB
)

// Store is a database file. Use Open; it is safe for use by many goroutines,
// and the file by many processes.
type Store struct {
	path    string
	writer  *sql.DB // one connection: its pool is the queue of the writers
	reader  *sql.DB
	insert  statements
	reads   *ForeignError // why nothing is written; nil: all may be
	version int           // of the schema
	frozen  fs.FileInfo   // the file when it was opened as one that nobody changes; nil: it was not
	reading []string      // parameters of connections that write nothing
	origin  origin
	log     atomic.Pointer[fs.FileInfo] // the write-ahead log when the store was last found current

	fates atomic.Pointer[fates] // what AbortDead could not write; nil: it found nothing yet

	preparing sync.Mutex
	queries   map[string]*sql.Stmt // see prepared

	mu      sync.Mutex
	watch   *sql.DB         // of Written; nil before it
	running map[string]bool // executions that this Store started and did not end
	alive   *flock.Flock    // held while running is not empty
}

var _ store.Store = (*Store)(nil)

// memory is the path of a database that is gone when it is closed.
const memory = ":memory:"

// Open opens the database at path, and makes it when there is no file or an
// empty one. Executions whose process died become ABORTED.
//
// The error is a *WrongModeError when the database was born in another mode, a
// *ForeignError when it has what lacuna did not make, and named
// fault.StoreUnusable when the file cannot be opened or written.
func Open(path string, mode Mode) (*Store, error) {
	if _, err := Exists(path); err != nil {
		return nil, err
	}
	from := originOf(path)
	s, err := open(path, mode)
	if err == nil && s.reads != nil {
		return nil, errors.Join(s.reads, s.Close())
	}
	if err == nil {
		s.opened(from)
	}
	return s, err
}

func newStore(path string) *Store {
	return &Store{path: path, running: map[string]bool{}, queries: map[string]*sql.Stmt{}, reading: []string{"_pragma=query_only(1)"}}
}

func open(path string, mode Mode) (*Store, error) {
	s := newStore(path)
	if err := s.open(context.Background(), mode); err != nil {
		return nil, errors.Join(s.fail(err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, mode Mode) (err error) {
	if s.writer, err = connect(s.path, 1); err != nil {
		return err
	}
	s.reader = s.writer
	if s.path != memory { // where each connection would have a database of its own
		if s.reader, err = connect(s.path, readers); err != nil {
			return err
		}
	}
	if err := s.prepare(ctx, mode); err != nil {
		return err
	}
	if s.reads != nil {
		err = s.readOnly(ctx)
	} else {
		s.insert, err = prepareInsert(ctx, s.writer)
	}
	if err != nil {
		return err
	}
	return s.AbortDead(ctx)
}

// readOnly makes the connections those that write nothing.
func (s *Store) readOnly(ctx context.Context) (err error) {
	if err := errors.Join(s.writer.Close(), s.reader.Close()); err != nil {
		return err
	}
	if s.reader, err = connect(s.path, readers, s.reading...); err != nil {
		return err
	}
	s.writer = s.reader
	return s.reader.PingContext(ctx)
}

// connect returns a pool that has no connection yet. A transaction takes the write
// lock when it begins: one that took it only after it had read would fail at once,
// without waiting, when another has written meanwhile. A commit does not wait for
// the disk: a power cut may take the last ones, whose days are asked for again. The log is
// copied back at 16 MB rather than 4, as each time waits for the disk twice or more: 30
// currencies of 18 years 5 times in place of 21.
// What a schema computes may
// not call functions that reach beyond the database, no statement may write to
// the schema, and pages are checked as they are read: the file may be another's.
// More parameters are those of SQLite's URIs and of the driver.
func connect(path string, connections int, parameters ...string) (*sql.DB, error) {
	name := url.URL{Path: filepath.ToSlash(path)}
	query := fmt.Sprintf("file:%s?_error_rc=1&_txlock=immediate&_busy_timeout=%d&_synchronous=NORMAL&_defensive=1", name.EscapedPath(), busyTimeoutMS)
	for _, p := range append([]string{"_pragma=trusted_schema(0)", "_pragma=cell_size_check(1)", "_pragma=wal_autocheckpoint(4000)"}, parameters...) {
		query += "&" + p
	}
	c, err := driver.NewConnector(query)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	db := sql.OpenDB(bounded{c})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close ends the store. Executions that it started and did not end become
// ABORTED at the next Open. The error says too when what was read may be no one
// state of the file.
func (s *Store) Close() error { return errors.Join(s.close(), s.thawed()) }

func (s *Store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.running)
	err := s.release()
	for _, db := range []*sql.DB{s.writer, s.reader, s.watch} {
		if db != nil { // else it was not opened
			err = errors.Join(err, s.fail(db.Close()))
		}
	}
	return err
}

// fail adds the path of the database to an error of SQLite, and its name.
func (s *Store) fail(err error) error {
	var named *fault.Error
	var sqlErr *driver.Error
	if errors.As(err, &named) || !errors.As(err, &sqlErr) {
		return err
	}
	return s.named(sqlErr.Code()&0xff, err)
}

// named gives an error with a code of SQLite its name: Unusable when a second look cannot help.
func (s *Store) named(code int, err error) error {
	switch code {
	case codes.SQLITE_NOTADB:
		return fault.New(fault.StoreUnusable, "%s is not a SQLite database: name another file with --db", s.path)
	case codes.SQLITE_CORRUPT:
		return fault.New(fault.StoreUnusable, "database %s is damaged: %w", s.path, damaged{err})
	case codes.SQLITE_FULL:
		return fault.New(fault.StoreUnusable, "database %s: no room is left on its disk: %w", s.path, err)
	case codes.SQLITE_IOERR:
		return fault.New(fault.StoreUnusable, "database %s: its disk fails, or a quota is used up: %w", s.path, err)
	case codes.SQLITE_TOOBIG:
		return fmt.Errorf("database %s has a text or a row of more than %d bytes", s.path, maxLength)
	case codes.SQLITE_BUSY:
		return fault.New(fault.StoreUnavailable, "database %s: another process has been writing for %d s: %w", s.path, busyTimeoutMS/1000, err)
	case codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return unusable(s.path, err)
	}
	return fault.New(fault.StoreUnavailable, "database %s: %w", s.path, err)
}

// damaged is the error of a file that is no sound database any more.
type damaged struct{ error }

func (d damaged) Unwrap() error { return d.error }

// IsDamaged reports whether err comes of a file that is no sound database any more.
func IsDamaged(err error) bool { return errors.As(err, new(damaged)) }

// write runs do in one transaction; it waits for other writers first.
func (s *Store) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return s.fail(err)
	}
	if err := do(tx); err != nil {
		// After a full disk SQLite has rolled back by itself and says so here;
		// what went wrong first is what counts.
		_ = tx.Rollback()
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // database/sql has rolled it back as ctx ended
			return context.Cause(ctx)
		}
		return s.fail(err)
	}
	return s.fail(tx.Commit())
}
