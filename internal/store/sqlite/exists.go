package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"lacuna/internal/fault"
)

// Exists reports whether there is a file at path. It is the one rule about where a
// database may be: where there is none yet, one can be made. The error is named
// fault.StoreUnusable and says what is in the way: a folder or a device of that
// name, or the folder, which is missing or cannot be written.
func Exists(path string) (bool, error) {
	there, err := There(path)
	if err != nil || there || path == memory {
		return there, err
	}
	if err := canMake(path); err != nil {
		return false, unusable(path, err)
	}
	return false, nil
}

// There is Exists for those who only read: a folder in which no file can be made is
// as good as another.
func There(path string) (bool, error) {
	there, err := isThere(path)
	if err != nil {
		return false, unusable(path, err)
	}
	return there, nil
}

// unusable says what path has to be, and by err why it is not.
func unusable(path string, err error) error {
	return fault.New(fault.StoreUnusable, "database %s: want a file in a folder that exists and can be written, named by --db: %w", path, err)
}

// isThere reports whether there is a file at path; its folder must be there.
func isThere(path string) (bool, error) {
	if path == "" {
		return false, errors.New("it has no name")
	}
	if path == memory {
		return false, nil
	}
	switch at, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		_, err := os.Stat(folderOf(path))
		return false, err
	case err != nil:
		return false, err
	case !at.Mode().IsRegular():
		return false, &fs.PathError{Op: "open", Path: path, Err: errors.New("is no regular file")}
	}
	return true, nil
}

// canMake returns why no file can be made at path. Only a file that is made tells:
// not every folder that refuses one says so in its permissions.
func canMake(path string) error {
	f, err := os.CreateTemp(folderOf(path), ".lacuna-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// folderOf is where a file at path would be made.
func folderOf(path string) string {
	if target, err := os.Readlink(path); err == nil { // a link to a file that is not there yet
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return filepath.Dir(path)
}
