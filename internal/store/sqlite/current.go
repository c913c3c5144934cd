package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lacuna/internal/fault"
)

const logSuffix = "-wal"

// origin is where a store was opened: a process that lasts has to know whether the path
// leads elsewhere by now.
type origin struct {
	path string
	file fs.FileInfo // nil: there was none
	log  string      // the path of its write-ahead log
}

// originOf returns what is at path before it is opened. What takes its place meanwhile is
// then found to be another file.
func originOf(path string) origin {
	o := origin{path: path}
	if at, err := os.Stat(path); err == nil {
		o.file = at
	}
	return o
}

// opened has s remember where it was opened.
func (s *Store) opened(o origin) {
	if o.file == nil && s.path != memory { // it has just been made
		o = originOf(o.path)
	}
	if file, err := filepath.EvalSymlinks(o.path); err == nil {
		o.log = file + logSuffix
	}
	s.origin = o
	s.noteLog()
}

// noteLog remembers the write-ahead log as it is.
func (s *Store) noteLog() {
	if at, err := os.Stat(s.origin.log); err == nil {
		s.log.Store(&at)
	}
}

// Current reports whether the path that s was opened by leads to what s reads: to the same
// file, or still to none. A file that was opened as one that nobody changes must not have
// changed either. A store that is not current is to be left, and opened anew.
func (s *Store) Current() bool {
	now, err := os.Stat(s.origin.path)
	switch {
	case err != nil:
		return s.origin.file == nil && errors.Is(err, fs.ErrNotExist)
	case s.origin.file == nil || !os.SameFile(now, s.origin.file):
		return false
	case s.path == memory: // there was an empty file
		return now.Size() == 0
	case s.frozen != nil:
		_, err := aloneOnDisk(s.path)
		return err == nil && s.thawed() == nil
	}
	s.noteLog()
	return true
}

// Leave closes a store that is not Current; after an error it is open. The write-ahead log
// goes by the path, and would be taken for that of the file which is there now, whose pages
// it would replace: first it is copied into the file that it belongs to.
func (s *Store) Leave() error {
	if err := s.emptyLog(); err != nil {
		return err
	}
	return s.close()
}

func (s *Store) emptyLog() error {
	at, err := os.Stat(s.origin.log)
	was := s.log.Load()
	if s.path == memory || s.frozen != nil || err != nil || at.Size() == 0 || was == nil || !os.SameFile(at, *was) {
		return nil // there is none, or it belongs to the other file
	}
	there, err := os.Stat(strings.TrimSuffix(s.origin.log, logSuffix))
	if err == nil && os.SameFile(there, s.origin.file) {
		return nil // the path is a link, and leads elsewhere
	}
	if err != nil || unchanged(at, *was) { // else another process may have written to the other file
		var busy, pages, copied int
		_, err := s.writer.Exec(`PRAGMA busy_timeout = 0`)
		if err == nil {
			err = s.writer.QueryRow(`PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &copied)
		}
		if err == nil && busy == 0 {
			return nil
		}
	}
	return fault.New(fault.StoreUnusable, "database %s was replaced while it was open, and %s is of the file before: end what has it open, and move that away and the -shm beside it",
		s.origin.path, s.origin.log)
}

// unchanged reports whether a file is as it was.
func unchanged(now, was fs.FileInfo) bool {
	return os.SameFile(now, was) && now.Size() == was.Size() && now.ModTime().Equal(was.ModTime())
}
