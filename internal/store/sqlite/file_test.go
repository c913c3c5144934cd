package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

// edit changes a database as a person with a SQLite tool does.
func edit(tb testing.TB, path string, statements ...string) {
	tb.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}

func TestOpenRefusesWhatIsNotItsOwn(t *testing.T) {
	random := strings.Repeat("not a database ", 1000)
	tests := []struct {
		name string
		make func(path string)
		want string
	}{
		{"short text", func(p string) { write(t, p, "hello") }, "Store.Unusable: PATH is not a SQLite database: name another file with --db"},
		{"long text", func(p string) { write(t, p, random) }, "Store.Unusable: PATH is not a SQLite database: name another file with --db"},
		{"a database of another program", func(p string) { edit(t, p, `CREATE TABLE t(x)`) }, "PATH is a database of another program: name another file with --db"},
		{"an empty database of another program", func(p string) { edit(t, p, `PRAGMA application_id = 7`) }, "PATH is a database of another program: name another file with --db"},
		{"a newer version", func(p string) { mustOpen(t, p).Close(); edit(t, p, `PRAGMA user_version = 99`) }, "database PATH has version 99 and this program knows 4: use a newer lacuna"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "days.db")
			tt.make(path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, open := range []func(string, sqlite.Mode) (*sqlite.Store, error){sqlite.Open, sqlite.OpenToRead} {
				_, err := open(path, sqlite.Live)
				if err == nil || strings.ReplaceAll(err.Error(), path, "PATH") != tt.want {
					t.Errorf("open: error %v, want %s", err, tt.want)
				}
			}
			after, err := os.ReadFile(path)
			if err != nil || string(after) != string(before) {
				t.Errorf("the file changed: error %v, %d bytes before, %d after", err, len(before), len(after))
			}
		})
	}
}

func TestOpenNamesTheFileThatItCannotHave(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	paths := []string{filepath.Join(dir, "none", "days.db"), filepath.Join(dir, "file", "days.db"), dir}
	if runtime.GOOS == "linux" {
		paths = append(paths, "/proc/days.db") // a folder that nobody can write to
	}
	for _, path := range paths {
		_, err := sqlite.Open(path, sqlite.Live)
		if fault.NameOf(err) != fault.StoreUnusable || !strings.Contains(err.Error(), "database "+path+": want a file in a folder that exists") {
			t.Errorf("Open(%s): error %v, want Store.Unusable that names the path", path, err)
		}
	}
	if _, err := sqlite.Open("", sqlite.Live); err == nil {
		t.Error("Open took an empty path")
	}
}

func TestFileThatCannotBeWritten(t *testing.T) {
	if os.Getuid() == 0 { // who may write everywhere
		asNobody(t)
		return
	}
	path := filepath.Join(t.TempDir(), "days.db")
	mustOpen(t, path).Close()
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	err := s.Insert(t.Context(), series("A", 1))
	if fault.NameOf(err) != fault.StoreUnusable || !strings.Contains(err.Error(), path) {
		t.Errorf("Insert into a read-only file: error %v, want Store.Unusable that names %s", err, path)
	}
}

func TestModesDoNotMix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	born, err := sqlite.Open(path, sqlite.Offline)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, born)
	for range 2 {
		_, err = sqlite.Open(path, sqlite.Live)
		var wrong *sqlite.WrongModeError
		if !errors.As(err, &wrong) || *wrong != (sqlite.WrongModeError{Path: path, Born: sqlite.Offline}) {
			t.Fatalf("Open(Live) of an offline database: error %#v, want a WrongModeError", err)
		}
		if want := "database " + path + " holds offline data only: name another file with --db"; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	}
	again, err := sqlite.Open(path, sqlite.Offline)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, again)
}

func TestOpenToReadMakesNoFile(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.OpenToRead(filepath.Join(dir, "days.db"), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, s)
	if keys, err := s.SeriesKeys(t.Context()); err != nil || len(keys) > 0 {
		t.Errorf("SeriesKeys = %v, %v; want none", keys, err)
	}
	wantFiles(t, dir)
}

func TestOpenToReadSeesWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	want := series("A", 3)
	if err := open(t, path).Insert(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.OpenToRead(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, s)
	wantSeries(t, s, "A", want)
}

// The characters mean something in a URI, or to a shell.
func TestOddPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "a?mode=memory.db", "a#b.db", "a%41.db", "a&_pragma=x.db", "ação.db", ":memory:x", "'quote\".db"} {
		path := filepath.Join(dir, name)
		s := mustOpen(t, path)
		if err := s.Insert(t.Context(), series(name, 1)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("no file of that name: %v", err)
		}
		wantSeries(t, open(t, path), name, series(name, 1))
	}
}

func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	s := mustOpen(t, "days.db")
	if err := s.StartExecution(t.Context(), store.Execution{Name: "x"}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantFiles(t, ".", "days.db")
}

func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	results := make(chan error)
	const n = 8
	for range n {
		go func() {
			s, err := sqlite.Open(path, sqlite.Live)
			if err == nil {
				err = s.Close()
			}
			results <- err
		}()
	}
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// wantFiles compares the names of the files in dir.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files in %s mismatch (-want +got):\n%s", dir, diff)
	}
}

func wantSeries(t *testing.T, s *sqlite.Store, key string, want []row.Row) {
	t.Helper()
	got, err := s.Rows(t.Context(), key, span.Span{From: span.Date(1900, 1, 1), To: span.Date(2100, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Rows of %s mismatch (-want +got):\n%s", key, diff)
	}
}
