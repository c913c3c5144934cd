package sqlite_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// What lacuna did not make keeps it from writing, and not from reading.
func TestForeignObjectsAreNotWrittenWith(t *testing.T) {
	tests := []struct{ name, make, what string }{
		{"a trigger", `CREATE TRIGGER t AFTER INSERT ON rows BEGIN DELETE FROM revisions; END`, `trigger "t"`},
		{"a trigger of a view", `CREATE TRIGGER t INSTEAD OF INSERT ON observations BEGIN DELETE FROM rows; END`, `trigger "t"`},
		{"a view", `CREATE VIEW v AS SELECT 1`, `view "v"`},
		{"a view in the place of ours", `DROP VIEW observations; CREATE VIEW observations AS SELECT 1`, `view "observations"`},
		{"a table", `CREATE TABLE "a` + "\n\x1b[2J" + `b"(x)`, `table "a\n\x1b[2Jb"`},
		{"a virtual table", `CREATE VIRTUAL TABLE f USING fts5(x)`, `table "f"`},
		{"a table named as a pragma", `CREATE TABLE pragma_user_version(user_version)`, `table "pragma_user_version"`},
		{"a long name", `CREATE TABLE "` + strings.Repeat("n", 10_000) + `"(x)`, `table "` + strings.Repeat("n", 200)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "days.db")
			s := mustOpen(t, path)
			if err := errors.Join(s.Insert(t.Context(), series("A", 2)), s.Close()); err != nil {
				t.Fatal(err)
			}
			edit(t, path, tt.make)
			var foreign *sqlite.ForeignError
			if _, err := sqlite.Open(path, sqlite.Live); !errors.As(err, &foreign) || !strings.Contains(err.Error(), tt.what) || len(err.Error()) > 1000 {
				t.Errorf("Open: error %.1000v, want one with %s", err, tt.what)
			}
			s, err := sqlite.OpenToRead(path, sqlite.Live)
			if err != nil {
				t.Fatal(err)
			}
			closeAtEnd(t, s)
			if s.Foreign() == nil || !strings.Contains(s.Foreign().What, tt.what) {
				t.Errorf("Foreign = %v, want %s", s.Foreign(), tt.what)
			}
			wantSeries(t, s, "A", series("A", 2))
			if err := s.SetBreaker(t.Context(), "ecb", store.Breaker{Run: "r"}); err == nil {
				t.Error("it was written to")
			}
		})
	}
}

// A table of ours that is another's is not read either: reading may run what it is.
func TestChangedTablesAreRefused(t *testing.T) {
	tests := []struct {
		name, want string
		edits      []string
	}{
		{"a view named as our table", "rows", []string{`ALTER TABLE rows RENAME TO other`, `CREATE VIEW rows AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n AS info_type FROM r`}},
		{"a generated column", "runs", []string{`ALTER TABLE runs ADD COLUMN more AS (zeroblob(1000000000))`}},
		{"a check", "runs", []string{`DROP TABLE runs`, `CREATE TABLE runs(run TEXT PRIMARY KEY, as_of TEXT, status TEXT, cause TEXT, summary TEXT CHECK (length(summary) > 0))`}},
		{"other types", "breakers", []string{`DROP TABLE breakers`, `CREATE TABLE breakers(source BLOB, run BLOB, down_until BLOB)`}},
		{"a table that is gone", "events", []string{`DROP TABLE events`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "days.db")
			mustOpen(t, path).Close()
			edit(t, path, tt.edits...)
			for _, open := range []func(string, sqlite.Mode) (*sqlite.Store, error){sqlite.Open, sqlite.OpenToRead} {
				if _, err := open(path, sqlite.Live); err == nil || !strings.Contains(err.Error(), `"`+tt.want+`"`) || !strings.Contains(err.Error(), "lacuna makes it") {
					t.Errorf("open: error %v, want one that names %s", err, tt.want)
				}
			}
		})
	}
}

// What people and SQLite's own tools add for speed changes nothing.
func TestIndexesAndStatisticsAreFine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	mustOpen(t, path).Close()
	edit(t, path, `CREATE INDEX mine ON rows(status)`, `ANALYZE`, `VACUUM`)
	if s := open(t, path); s.Foreign() != nil {
		t.Errorf("Foreign = %v", s.Foreign())
	}
}

// A text too long is not read, and an error does not tell all of it.
func TestLongTexts(t *testing.T) {
	tests := []struct{ set, want string }{
		{`reason = printf('%.*c', 5000000, 'x')`, "a text or a row of more than 4194304 bytes"},
		{`fields = '{"buy":' || printf('%.*c', 3000000, '7') || '}'`, "a number of 3000000 bytes: want at most 512"},
		{`fields = '{' || printf('%.*c', 3000000, 'x')`, "want a JSON object of numbers"},
		{`fields = '{"a":1' || replace(hex(zeroblob(1000)), '00', ',"a":1') || '}'`, "more than 300 fields"},
		{`status = printf('%.*c', 3000000, 'x')`, "want observed, absent, incomplete or quarantined"},
		{`attempts = printf('%.*c', 3000000, 'x')`, `name "attempts"`},
		{`attempts = 9223372036854775808`, `name "attempts"`},
		{`fetched_at = printf('%.*c', 3000000, 'x')`, "want RFC 3339"},
		{`trail = '[' || replace(hex(zeroblob(200000)), '00', '{},') || '{}]'`, "trail: more than 100000 values"},
		{`trail = replace(hex(zeroblob(200000)), '00', '[')`, "trail: nested more than 100 deep"},
		{`retry_at = x'ff00'`, "retry_at: day"},
	}
	for _, tt := range tests {
		t.Run(tt.set, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "days.db")
			s := open(t, path)
			if err := s.Insert(t.Context(), series("A", 1)); err != nil {
				t.Fatal(err)
			}
			edit(t, path, `UPDATE rows SET `+tt.set)
			_, err := s.Rows(t.Context(), "A", y2000)
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 1500 {
				t.Errorf("Rows: error %.1500v, want a short one with %s", err, tt.want)
			}
		})
	}
}

// One call holds no more than it may, however much there is.
func TestManyRowsAreNotHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s := open(t, path)
	edit(t, path, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
		INSERT INTO rows(info_type, date, status, reason) SELECT 'A', date('2000-01-01', i || ' days'), 'absent', printf('%.*c', 2000000, 'x') FROM n`)
	if _, err := s.Rows(t.Context(), "A", y2000); err == nil || !strings.Contains(err.Error(), "more than 32 MB at once: ask for less") {
		t.Errorf("Rows: error %.300v, want that it is too much", err)
	}
}
