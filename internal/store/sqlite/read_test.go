package sqlite_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// copied copies a database and the files beside it that end so into a folder of
// their own, which nobody may write to afterwards.
func copied(t *testing.T, path string, ends ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, end := range append([]string{""}, ends...) {
		text, err := os.ReadFile(path + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "copy.db"+end), text, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	chmod(t, dir, 0o555)
	return filepath.Join(dir, "copy.db")
}

func chmod(t *testing.T, dir string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
}

func TestReadWithoutTheRightToWrite(t *testing.T) {
	if os.Getuid() == 0 { // who may write everywhere
		asNobody(t)
		return
	}
	want := series("A", 3)
	path := filepath.Join(t.TempDir(), "days.db")
	s := open(t, path)
	if err := s.Insert(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	died := store.Execution{Name: "died", Machine: "m", Status: "RUNNING", Input: []byte("{}"), Started: time.Now()}
	if err := s.StartExecution(t.Context(), died); err != nil {
		t.Fatal(err)
	}
	reads := func(name, path, status string) {
		t.Helper()
		read, err := sqlite.OpenToRead(path, sqlite.Live)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		wantSeries(t, read, "A", want)
		if x, err := read.Execution(t.Context(), "died"); err != nil || x.Status != status {
			t.Errorf("%s: execution %+v, %v; want it %s", name, x, err, status)
		}
		if err := read.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	reads("what a killed process left", copied(t, path, "-wal", "-shm"), "ABORTED")
	chmod(t, path, 0o444)
	chmod(t, filepath.Dir(path), 0o555)
	reads("beside a process that writes", path, "RUNNING")
	chmod(t, filepath.Dir(path), 0o755)
	alone := filepath.Join(t.TempDir(), "alone.db")
	edit(t, path, `VACUUM INTO '`+alone+`'`)
	edit(t, alone, `PRAGMA journal_mode = WAL`)
	chmod(t, filepath.Dir(alone), 0o555)
	reads("a database that nobody has open", alone, "ABORTED")

	// The log has the newest rows, and without its index it takes the right to write.
	logged := copied(t, path, "-wal")
	_, err := sqlite.OpenToRead(logged, sqlite.Live)
	if fault.NameOf(err) != fault.StoreUnusable || !strings.Contains(err.Error(), "there is copy.db-wal") {
		t.Errorf("OpenToRead of a database with a log alone: error %v, want Store.Unusable that names the log", err)
	}
}

// Who may only read finds out whether the process of a run lives, where they may look.
func TestReadersSeeWhoLives(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	path := filepath.Join(t.TempDir(), "days.db")
	victim := start(t, "runner", path, "victim")
	victim.read(t)
	locks, err := filepath.Glob(path + "-run-*")
	if err != nil || len(locks) != 1 {
		t.Fatalf("locks %q, %v; want one", locks, err)
	}
	chmod(t, path, 0o444)
	chmod(t, filepath.Dir(path), 0o555)
	wants := func(name, status string) {
		t.Helper()
		read, err := sqlite.OpenToRead(path, sqlite.Live)
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, read)
		x, err := read.Execution(t.Context(), "victim")
		wantValue(t, "Status "+name, status, x.Status, err)
	}
	wants("while it lives", "RUNNING")
	chmod(t, locks[0], 0)
	wants("when nobody may look", "UNKNOWN")
	chmod(t, locks[0], 0o444)
	victim.kill(t, "")
	wants("when it is dead", "ABORTED")
	wants("once more, beside another reader", "ABORTED")
}

// The file that tells whether a process lives may be read by who may read the database.
func TestLocksHaveTheModeOfTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o664} {
		s := mustOpen(t, path)
		chmod(t, path, mode)
		if err := s.StartExecution(t.Context(), store.Execution{Name: mode.String(), Started: time.Now()}); err != nil {
			t.Fatal(err)
		}
		locks, err := filepath.Glob(path + "-run-*")
		if err != nil || len(locks) != 1 {
			t.Fatalf("locks %q, %v; want one", locks, err)
		}
		at, err := os.Stat(locks[0])
		wantValue(t, "mode of the lock", mode, at.Mode(), err)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Nothing is locked while a file is read that cannot be written: a process that may
// write can come.
func TestReadWhileSomebodyWrites(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	path := filepath.Join(t.TempDir(), "days.db")
	s := mustOpen(t, path)
	if err := s.Insert(t.Context(), series("A", 3)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	chmod(t, filepath.Dir(path), 0o555)
	read, err := sqlite.OpenToRead(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	wantSeries(t, read, "A", series("A", 3))
	chmod(t, filepath.Dir(path), 0o755)
	edit(t, path, `DELETE FROM rows`)
	if err := read.Close(); err == nil || !strings.Contains(err.Error(), "was written while it was read") {
		t.Errorf("Close after somebody wrote: error %v, want one that says so", err)
	}
}

func TestReadOfAnOlderVersionWithoutTheRightToWrite(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	path := filepath.Join(t.TempDir(), "days.db")
	edit(t, path, version1)
	_, err := sqlite.OpenToRead(copied(t, path), sqlite.Live)
	if err == nil || !strings.Contains(err.Error(), "has version 1 and this program reads 3 and newer") {
		t.Errorf("OpenToRead: error %v, want one that names the versions", err)
	}

	path = filepath.Join(t.TempDir(), "days.db")
	edit(t, path, version3)
	read, err := sqlite.OpenToRead(copied(t, path), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, read)
	wantVersion3(t, read)
	if err := read.AbortDead(t.Context()); err != nil {
		t.Errorf("AbortDead where nothing may be written: %v", err)
	}
}

func TestThereIsNoFileInAFolderThatCannotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	dir := t.TempDir()
	chmod(t, dir, 0o555)
	path := filepath.Join(dir, "days.db")
	if there, err := sqlite.There(path); there || err != nil {
		t.Errorf("There = %v, %v; want no file and no error", there, err)
	}
	s, err := sqlite.OpenToRead(path, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, s)
	if keys, err := s.SeriesKeys(t.Context()); err != nil || len(keys) > 0 {
		t.Errorf("SeriesKeys = %v, %v; want none", keys, err)
	}
	if _, err := sqlite.Exists(path); err == nil {
		t.Error("Exists: no error, and no file can be made")
	}
}
