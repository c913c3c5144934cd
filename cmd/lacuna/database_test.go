package main

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Every verb that has to do with the database fails for one that cannot be there,
// and names path and flag; none makes a file.
func TestADatabaseThatCannotBeThere(t *testing.T) {
	dir := t.TempDir()
	const unwritable = "/proc/lacuna.db"
	paths := map[string]string{
		"a missing folder":                     filepath.Join(dir, "none", "lacuna.db"),
		"below a file":                         filepath.Join(dir, "file", "lacuna.db"),
		"a folder":                             dir,
		"a link to a file in a missing folder": filepath.Join(dir, "link.db"),
	}
	if runtime.GOOS == "linux" {
		paths["a folder that nobody can write to"] = unwritable
		paths["a device"] = "/dev/full"
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("none", "lacuna.db"), paths["a link to a file in a missing folder"]); err != nil {
		t.Fatal(err)
	}
	few := []string{"--series", "ECB#USD", "--from", "2026-06-30", "--to", "2026-06-30"}
	reason := append([]string{"--reason", "r", "--by", "ana"}, few...)
	verbs := [][]string{
		append([]string{"plan"}, few...), append([]string{"backfill"}, few...), {"status"}, {"why", "ECB#USD", "2026-06-30"}, {"runs"}, {"runs", "x"},
		append([]string{"export"}, few...), {"quarantine", "list"}, append([]string{"quarantine", "release"}, reason...),
		append([]string{"quarantine", "accept"}, reason...), append([]string{"mark", "absent"}, reason...), append([]string{"mark", "missing"}, reason...), {"doctor"},
	}
	b := newBench(t)
	b.env = append(b.env, "LACUNA_CATALOGUE="+smallCatalogue(t))
	for name, path := range paths {
		for _, verb := range verbs {
			b.db = path
			code, stdout, stderr := b.run(verb...)
			said := stderr
			if verb[0] == "doctor" {
				said = stdout
			}
			want := "database " + path + ": "
			if path == unwritable && verb[0] != "backfill" && verb[0] != "doctor" { // which make none
				want, code = "there is no database "+path, 1
			}
			if code != 1 || !strings.Contains(said, want) || !strings.Contains(said, "--db") {
				t.Errorf("%s, lacuna %s: exit code %d\n%s%s", name, strings.Join(verb, " "), code, stdout, stderr)
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("files made: %v, %v", left, err)
	}
}

// A damaged database ends a run at once, before anybody is asked, and doctor says what is
// left to do.
func TestADamagedDatabase(t *testing.T) {
	b := newBench(t)
	b.env = append(b.env, "LACUNA_CATALOGUE="+smallCatalogue(t))
	if code, _, stderr := b.run("backfill", "--from", "2026-06-01"); code != 0 {
		t.Fatal(stderr)
	}
	damage(t, b.db, "rows")
	asked := len(b.Requests("ecb"))
	code, stdout, stderr := b.run("backfill", "--only", "all", "--from", "2026-06-01")
	if code != 1 || len(b.Requests("ecb")) != asked || !strings.Contains(stdout, "Failed. What it had stored stays.\n") ||
		!strings.Contains(stderr, "failed: Store.Unusable: coverage of ECB#USD: Store.Unusable: database "+b.db+" is damaged: ") ||
		strings.Count(stderr, "damaged") != 1 || strings.Contains(stderr, "errorMessage") || strings.Contains(stderr, "attempt") {
		t.Errorf("backfill: exit code %d, %d requests more\n%s%s", code, len(b.Requests("ecb"))-asked, stdout, stderr)
	}
	code, stdout, _ = b.run("doctor")
	if code != 1 || !strings.Contains(stdout, "database: database "+b.db+" is damaged: ") || !strings.Contains(stdout, "mend: a copy of before") {
		t.Errorf("doctor: exit code %d\n%s", code, stdout)
	}
}

// damage overwrites the first page of a table.
func damage(t *testing.T, file, table string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	err = errors.Join(db.QueryRow(`SELECT rootpage FROM sqlite_schema WHERE name = ?`, table).Scan(&page), db.QueryRow(`PRAGMA page_size`).Scan(&size), db.Close())
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, int(size)), (page-1)*size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// smallCatalogue is one of a single series, of which doctor is done soon.
func smallCatalogue(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "series.yaml")
	text := `version: 1
sources:
  ecb: {max_days: 3650, max_series: 40, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: ECB#USD, title: dollar, unit: USD, source: ecb, code: USD, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
