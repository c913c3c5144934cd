package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"lacuna/internal/fault"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// OpenToRead is Open for callers that only read: where there is no file, none
// is made, and the store is empty. A database that has what lacuna did not make
// is read, and Foreign says so.
//
// Who may not write the file or its folder, or has no room on its disk, reads it all the
// same, beside a process that writes too. Then a database of a version before 3 is an error.
func OpenToRead(path string, mode Mode) (*Store, error) {
	from := originOf(path)
	s, err := openToRead(path, mode)
	if err == nil {
		s.opened(from)
	}
	return s, err
}

func openToRead(path string, mode Mode) (*Store, error) {
	there, err := There(path)
	if err != nil {
		return nil, err
	}
	if !there {
		return open(memory, mode)
	}
	s, err := open(path, mode)
	if !mayNotWrite(err) {
		return s, err
	}
	if at, statErr := os.Stat(path); statErr == nil && at.Size() == 0 {
		return open(memory, mode)
	}
	s, err = openReadOnly(path, mode, nil)
	if !mayNotWrite(err) {
		return s, err
	}
	// SQLite has to make the files of its log beside a database, even to read it.
	frozen, err := aloneOnDisk(path)
	if err != nil {
		return nil, err
	}
	return openReadOnly(path, mode, frozen)
}

// mayNotWrite reports whether err comes of a file or a folder that this process may
// not write, or of a full disk.
func mayNotWrite(err error) bool {
	if sqlErr := (*driver.Error)(nil); errors.As(err, &sqlErr) {
		code := sqlErr.Code() & 0xff
		return code == codes.SQLITE_READONLY || code == codes.SQLITE_CANTOPEN || code == codes.SQLITE_FULL
	}
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// openReadOnly opens a database with connections that write nothing; with frozen,
// what the file is now, with some that lock nothing either.
func openReadOnly(path string, mode Mode, frozen fs.FileInfo) (*Store, error) {
	s := newStore(path)
	s.frozen = frozen
	if err := s.openReadOnly(context.Background(), mode); err != nil {
		return nil, errors.Join(s.fail(err), s.Close())
	}
	return s, nil
}

func (s *Store) openReadOnly(ctx context.Context, mode Mode) (err error) {
	if s.reading = []string{"mode=ro"}; s.frozen != nil {
		s.reading = append(s.reading, "immutable=1")
	}
	if s.reader, err = connect(s.path, readers, s.reading...); err != nil {
		return err
	}
	s.writer = s.reader
	version, _, err := s.check(ctx)
	if err != nil {
		return err
	}
	if version < oldestRead {
		return fmt.Errorf("database %s has version %d and this program reads %d and newer: call lacuna once as somebody who may write it", s.path, version, oldestRead)
	}
	s.version = version
	if err := s.checkMode(ctx, mode); err != nil {
		return err
	}
	return s.AbortDead(ctx)
}

// aloneOnDisk returns what is known of a file that no process has open to write, or
// an error: such a process has files beside it, and they may have what is newer.
func aloneOnDisk(path string) (fs.FileInfo, error) {
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, unusable(path, err)
	}
	for _, end := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Lstat(file + end); !errors.Is(err, fs.ErrNotExist) {
			return nil, fault.New(fault.StoreUnusable,
				"database %s: there is %s, which only somebody who may write in its folder can read: call lacuna as one, or copy the database with its -wal", path, filepath.Base(file+end))
		}
	}
	return os.Stat(file)
}

// Check reads the whole file and returns what is wrong with it, if anything is: an error of
// which IsDamaged is true.
func (s *Store) Check(ctx context.Context) error {
	found, err := collect(ctx, s, scanText, `PRAGMA quick_check(1)`)
	if err != nil || len(found) == 1 && found[0] == "ok" {
		return err
	}
	return s.named(codes.SQLITE_CORRUPT, fmt.Errorf("%.300s", strings.Join(found, " ")))
}

// thawed returns an error when the file has changed since it was opened as one that
// nobody changes.
func (s *Store) thawed() error {
	if s.frozen == nil {
		return nil
	}
	now, err := os.Stat(s.path)
	if err != nil {
		return unusable(s.path, err)
	}
	if !unchanged(now, s.frozen) {
		return fault.New(fault.StoreUnavailable, "database %s was written while it was read: run it again", s.path)
	}
	return nil
}
