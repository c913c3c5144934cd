package sqlite_test

import (
	"database/sql"
	_ "embed"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

//go:embed testdata/version1.sql
var version1 string

//go:embed testdata/version3.sql
var version3 string

// wantVersion3 reads what version3 has, and what it has not.
func wantVersion3(t *testing.T, s *sqlite.Store) {
	t.Helper()
	rows := series("A", 1)
	wantSeries(t, s, "A", rows)
	events, err := s.Events(t.Context(), "run-1", 1)
	if err != nil || len(events) != 1 || events[0].ID != 2 {
		t.Errorf("Events behind 1 = %v, %v", events, err)
	}
	if text, err := s.Definition(t.Context(), "run-1"); text != nil || err != nil {
		t.Errorf("Definition = %s, %v; want none", text, err)
	}
	if keys, now, err := s.Touched(t.Context(), 0); keys != nil || now != 0 || err != nil {
		t.Errorf("Touched = %v, %d, %v; want nothing", keys, now, err)
	}
}

func TestDatabaseOfVersion3(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	edit(t, path, version3)
	s := open(t, path)
	wantVersion3(t, s)
	if err := s.StartExecution(t.Context(), store.Execution{Name: "run-2", Definition: []byte(`{"StartAt":"A"}`)}); err != nil {
		t.Fatal(err)
	}
	text, err := s.Definition(t.Context(), "run-2")
	wantSame(t, "Definition", `{"StartAt":"A"}`, string(text), err)

	foreign := filepath.Join(t.TempDir(), "foreign.db")
	edit(t, foreign, version3, `CREATE TABLE theirs(x)`)
	read, err := sqlite.OpenToRead(foreign, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, read)
	wantVersion3(t, read)
}

func TestOlderDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	edit(t, path, version1)
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	rows := append(series("A", 2), row.Row{
		Series: "A", Day: span.Date(2000, 1, 5), Status: row.Absent, Source: "ecb", FetchedAt: at, Run: "run-1", Attempts: 1, RetryAt: span.Date(2026, 7, 2),
		Reason: "no value published", Raw: "sha256:ab",
		Trail: []row.Step{{At: at, Run: "run-1", Answer: "absent", Reason: "no value published"}},
	})
	stream := store.Stream{
		Run: "run-1", ID: "ecb-001", Source: "ecb", Span: span.Span{From: rows[0].Day, To: rows[2].Day}, Requests: 1, Attempt: 1,
		Series: []store.SeriesCount{{Key: "A", Count: row.Count{Observed: 2, Absent: 1}, Pending: 1, Latest: rows[1].Day}},
	}
	for range 2 { // it is migrated once
		s := mustOpen(t, path)
		wantSeries(t, s, "A", rows)
		streams, err := s.Streams(t.Context(), "run-1")
		wantSame(t, "Streams", []store.Stream{stream}, streams, err)
		runs, err := s.Runs(t.Context(), 9)
		wantSame(t, "Runs", []store.Run{{ID: "run-1", AsOf: at, Status: "pending", Summary: json.RawMessage(`{"requests":1}`)}}, runs, err)
		breaker, err := s.Breaker(t.Context(), "ecb")
		wantSame(t, "Breaker", store.Breaker{Run: "run-1", DownUntil: at.Add(15 * time.Minute)}, breaker, err)
		execution, err := s.Execution(t.Context(), "run-1") // whose process is gone
		wantSame(t, "status of the execution", "ABORTED", execution.Status, err)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}

	s := open(t, path)
	next, _ := row.Next(rows[0], row.Answer{Fields: row.Fields{{Name: "buy", Value: "9.90"}}}, row.Asking{At: at.AddDate(0, 0, 1), Run: "run-2"})
	if err := s.Change(t.Context(), rows[0], next); err != nil {
		t.Fatal(err)
	}
	revisions, err := s.Revisions(t.Context(), "A", y2000)
	wantSame(t, "Revisions", []row.Revision{{Row: rows[0], ReplacedAt: at.AddDate(0, 0, 1), ReplacedBy: "run-2"}}, revisions, err)
}

// A step that was shipped is not edited: an older file and a new one end alike.
func TestOlderDatabaseBecomesLikeANewOne(t *testing.T) {
	young := filepath.Join(t.TempDir(), "young.db")
	open(t, young)
	for _, version := range []string{version1, version3} {
		older := filepath.Join(t.TempDir(), "older.db")
		edit(t, older, version)
		open(t, older)
		if diff := cmp.Diff(schemaOf(t, young), schemaOf(t, older)); diff != "" {
			t.Errorf("schema mismatch (-new +migrated):\n%s", diff)
		}
	}
}

// schemaOf returns the statements that make what is in a database, by name.
func schemaOf(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name, coalesce(sql, '') FROM sqlite_schema UNION ALL SELECT 'version', user_version FROM pragma_user_version`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	schema := map[string]string{}
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			t.Fatal(err)
		}
		schema[name] = statement
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestManyOpenAnOlderFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	edit(t, path, version1)
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

func wantSame(t *testing.T, what string, want, got any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", what, diff)
	}
}
