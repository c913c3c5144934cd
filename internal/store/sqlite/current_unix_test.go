//go:build unix

package sqlite_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/store/sqlite"
)

// keysIn returns the series that a database has.
func keysIn(t *testing.T, path string) []string {
	t.Helper()
	s, err := sqlite.OpenToRead(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, s)
	keys, err := s.SeriesKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// A database that is replaced while it is open is left, and what was written to it neither
// is lost nor comes into the file that is there now.
func TestReplacedFileIsLeft(t *testing.T) {
	for name, tt := range map[string]struct {
		away  func(path string) error // of the file that is open
		other bool                    // another one takes its place
	}{
		"replaced by another": {func(path string) error { return os.Rename(path, path+".before") }, true},
		"moved away":          {func(path string) error { return os.Rename(path, path+".before") }, false},
		"removed":             {os.Remove, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "days.db")
			other := path + ".other"
			s := mustOpen(t, other)
			if err := errors.Join(s.Insert(t.Context(), series("NEW", 1)), s.Close()); err != nil {
				t.Fatal(err)
			}
			s = mustOpen(t, path)
			if err := s.Insert(t.Context(), series("OLD", 1)); err != nil {
				t.Fatal(err)
			}
			read, err := sqlite.OpenToRead(path, sqlite.Live)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Current() || !read.Current() {
				t.Fatal("a file that nobody replaced is not current")
			}
			if err := tt.away(path); err != nil {
				t.Fatal(err)
			}
			want := []string(nil)
			if tt.other {
				want = []string{"NEW"}
				if err := os.Rename(other, path); err != nil {
					t.Fatal(err)
				}
			}
			if s.Current() || read.Current() {
				t.Error("the path leads elsewhere, and the store is current")
			}
			if err := errors.Join(read.Leave(), s.Leave()); err != nil {
				t.Fatal(err)
			}
			if keys := keysIn(t, path); !slices.Equal(keys, want) {
				t.Errorf("the file has %q now, want %q", keys, want)
			}
			if _, err := os.Stat(path + ".before"); err == nil {
				if keys := keysIn(t, path+".before"); !slices.Equal(keys, []string{"OLD"}) {
					t.Errorf("the file before has %q now", keys)
				}
			}
		})
	}
}

// A log that somebody has written to since is neither emptied nor taken for that of the
// other file.
func TestLogOfAReplacedFileIsNotGuessedAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s := mustOpen(t, path)
	if err := s.Insert(t.Context(), series("OLD", 1)); err != nil || !s.Current() {
		t.Fatal(err)
	}
	late := mustOpen(t, path)
	if err := late.Insert(t.Context(), series("LATE", 1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path+"-wal", time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(path, path+".before"), copyFile(path+".before", path)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Leave(); fault.NameOf(err) != fault.StoreUnusable || !strings.Contains(err.Error(), "days.db-wal is of the file before") {
			t.Fatalf("Leave: %v", err)
		}
	}
	if err := os.Rename(path+"-wal", path+".before-wal"); err != nil {
		t.Fatal(err)
	}
	if err := s.Leave(); err != nil {
		t.Errorf("Leave without the log: %v", err)
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// A link that leads elsewhere leaves the log to the file that it belongs to.
func TestLinkLeadsElsewhere(t *testing.T) {
	dir := t.TempDir()
	one, other, link := filepath.Join(dir, "one.db"), filepath.Join(dir, "other.db"), filepath.Join(dir, "days.db")
	if err := os.Symlink(one, link); err != nil {
		t.Fatal(err)
	}
	s, late := mustOpen(t, link), mustOpen(t, one)
	if err := errors.Join(s.Insert(t.Context(), series("ONE", 1)), late.Insert(t.Context(), series("LATE", 1)), mustOpen(t, other).Close(),
		os.Remove(link), os.Symlink(other, link)); err != nil {
		t.Fatal(err)
	}
	if s.Current() {
		t.Error("the link leads elsewhere, and the store is current")
	}
	if err := s.Leave(); err != nil {
		t.Error(err)
	}
	if keys := keysIn(t, one); len(keys) != 2 {
		t.Errorf("the file has %q", keys)
	}
}

// Who may not write is told of changes: by the log, or because the file has thawed.
func TestReadersAreToldOfChanges(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	path := filepath.Join(t.TempDir(), "days.db")
	allow := func(file, dir os.FileMode) {
		chmod(t, filepath.Dir(path), 0o755)
		chmod(t, path, file)
		chmod(t, filepath.Dir(path), dir)
	}
	writer := mustOpen(t, path)
	allow(0o444, 0o555)
	beside, err := sqlite.OpenToRead(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	before, err := beside.Written(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Insert(t.Context(), series("A", 1)); err != nil {
		t.Fatal(err)
	}
	after, err := beside.Written(t.Context())
	if keys, _, _ := beside.Touched(t.Context(), 0); err != nil || after == before || !slices.Equal(keys, []string{"A"}) || !beside.Current() {
		t.Errorf("beside a writer: %d, then %d, %q, %v", before, after, keys, err)
	}
	allow(0o644, 0o755)
	if err := errors.Join(beside.Close(), writer.Close()); err != nil {
		t.Fatal(err)
	}
	allow(0o444, 0o555)
	frozen, err := sqlite.OpenToRead(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := frozen.Written(t.Context()); err != nil || !frozen.Current() {
		t.Errorf("nobody has changed it: %v, %t", err, frozen.Current())
	}
	allow(0o644, 0o755)
	writer = mustOpen(t, path)
	if err := writer.Insert(t.Context(), series("B", 1)); err != nil {
		t.Fatal(err)
	}
	if frozen.Current() {
		t.Error("somebody writes, and it is current")
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if frozen.Current() {
		t.Error("it was written, and is current")
	}
	if err := frozen.Leave(); err != nil {
		t.Error(err)
	}
}

// Where there was nothing to read, there is something once somebody has written.
func TestNothingIsCurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	none, err := sqlite.OpenToRead(path, sqlite.Live)
	if err != nil || !none.Current() {
		t.Fatal(none, err)
	}
	mustOpen(t, path)
	if none.Current() {
		t.Error("there is a file, and none is current")
	}
	if err := none.Leave(); err != nil {
		t.Error(err)
	}
}
