package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lacuna/internal/exit"
)

// writeFile writes the file of that name, all of it or nothing. What is there
// already is replaced when isOurs says of its name that it is a file of this kind,
// or it is empty; anything else stays, and so does what a link leads to. Permissions
// stay too.
func (a *app) writeFile(name string, text []byte, isOurs func(name string) error) error {
	return a.writeFileBy(name, isOurs, func(to io.Writer) error {
		_, err := to.Write(text)
		return err
	})
}

// writeFileBy is writeFile with what write writes.
func (a *app) writeFileBy(name string, isOurs func(name string) error, write func(io.Writer) error) error {
	if err := a.mayWrite(name, isOurs); err != nil {
		return err
	}
	// As os.CreateTemp, but with the permissions that the user's mask allows.
	f, err := os.OpenFile(filepath.Join(filepath.Dir(name), ".lacuna-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return inFolder(name, err)
	}
	if there, statErr := os.Stat(name); statErr == nil {
		err = f.Chmod(there.Mode().Perm())
	}
	if err == nil {
		err = write(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// inFolder names the folder of name instead of a file that nobody has asked for.
func inFolder(name string, err error) error {
	if of := (*fs.PathError)(nil); errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("no such folder")
	}
	return fmt.Errorf("folder %s: %w", filepath.Dir(name), err)
}

// mayWrite returns an error when writeFile would not write the file of that name: what is
// there stays, or there is no such folder.
func (a *app) mayWrite(name string, isOurs func(name string) error) error {
	if err := a.mayReplace(name, isOurs); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Dir(name)); err != nil {
		return inFolder(name, err)
	}
	return nil
}

func (a *app) mayReplace(name string, isOurs func(name string) error) error {
	if a.isDatabase(name) {
		return fmt.Errorf("%s is the database or a file beside it: name another file", name)
	}
	there, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !there.Mode().IsRegular():
		return fmt.Errorf("%s is there and is no regular file: name another file", name)
	case there.Size() == 0:
		return nil
	}
	if err := isOurs(name); err != nil {
		return fmt.Errorf("%s is there and is not replaced: %w", name, err)
	}
	return nil
}

// besideDatabase are the endings of the files that SQLite and the runs have beside
// a database.
var besideDatabase = []string{"", "-wal", "-shm", "-journal", "-run-"}

// isDatabase reports whether name is, or would be, the database of this call or a
// file beside it, whichever way a name leads there.
func (a *app) isDatabase(name string) bool {
	if a.target == targetAWS {
		return false
	}
	path, db := followed(name), followed(a.db)
	for _, end := range besideDatabase {
		if path == db+end || end == "-run-" && strings.HasPrefix(path, db+end) || sameFile(name, a.db+end) {
			return true
		}
	}
	return false
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// followed returns where name leads: an absolute path without links, of which the
// last element need not be there.
func followed(name string) string {
	path, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// checkStdout refuses to write what is shown into the database: a shell that
// appends to it has emptied nothing yet.
func (a *app) checkStdout() error {
	out := a.stdout.File()
	if out == nil || a.target == targetAWS {
		return nil
	}
	to, err := out.Stat()
	if err != nil {
		return nil //nolint:nilerr // closed: whoever writes to it says so
	}
	for _, end := range besideDatabase {
		if is, err := os.Stat(a.db + end); err == nil && os.SameFile(to, is) {
			return exit.Usage("stdout is the database %s: send it to another file", a.db+end)
		}
	}
	return nil
}
