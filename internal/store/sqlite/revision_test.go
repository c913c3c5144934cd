package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"

	"github.com/google/go-cmp/cmp"
)

// revise stores the first row of series A and another value for its day.
func revise(t *testing.T, path string, edits ...string) (before row.Row, err error) {
	t.Helper()
	s := open(t, path)
	edit(t, path, edits...) // what is there when a database is opened, it is not written with
	before = series("A", 1)[0]
	if err := s.Insert(t.Context(), []row.Row{before}); err != nil {
		t.Fatal(err)
	}
	answer := row.Answer{Fields: row.Fields{{Name: "buy", Value: "9.90"}}, Source: "ecb"}
	next, _ := row.Next(before, answer, row.Asking{At: before.FetchedAt.Add(24 * time.Hour), Run: "run-2"})
	return before, s.Change(t.Context(), before, next)
}

// The revision is written first; when the row then cannot be, it goes again.
func TestRevisionAndRowAreWrittenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	before, err := revise(t, path, `CREATE TRIGGER frozen BEFORE UPDATE ON rows BEGIN SELECT raise(ABORT, 'frozen'); END`)
	if err == nil || !strings.Contains(err.Error(), "frozen") {
		t.Fatalf("Change: error %v, want that of the trigger", err)
	}
	edit(t, path, `DROP TRIGGER frozen`)
	s := open(t, path)
	wantSeries(t, s, "A", []row.Row{before})
	if revisions, err := s.Revisions(t.Context(), "A", y2000); err != nil || len(revisions) > 0 {
		t.Errorf("Revisions = %+v, %v; want none", revisions, err)
	}
}

func TestRevisionsAsPeopleSeeThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	before, err := revise(t, path)
	if err != nil {
		t.Fatal(err)
	}
	// Somebody adds what was there still earlier.
	edit(t, path, `INSERT INTO revisions SELECT info_type, date, status, '{"buy":7.5}', NULL, source, fetched_at, run, attempts, retry_at, reason, trail, raw,
		'2026-06-30T00:00:00Z', 'ana', 0 FROM revisions`)
	older := before
	older.Fields = row.Fields{{Name: "buy", Value: "7.5"}}
	want := []row.Revision{
		{Row: older, ReplacedAt: before.FetchedAt.AddDate(0, 0, -1), ReplacedBy: "ana"},
		{Row: before, ReplacedAt: before.FetchedAt.AddDate(0, 0, 1), ReplacedBy: "run-2"},
	}
	s := open(t, path)
	got, err := s.Revisions(t.Context(), "A", y2000)
	wantSame(t, "Revisions", want, got, err)

	for set, want := range map[string]string{
		`replaced_at = 'soon'`: `revision A 2000-01-03: replaced_at: time "soon": want RFC 3339`,
		`fields = 'buy=1'`:     `revision A 2000-01-03: fields buy=1: want a JSON object of numbers`,
	} {
		edit(t, path, `UPDATE revisions SET `+set+` WHERE seq = 1`)
		_, err := s.Revisions(t.Context(), "A", y2000)
		if err == nil {
			t.Errorf("%s: Revisions says nothing, want %s", set, want)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s: error mismatch (-want +got):\n%s", set, diff)
		}
		edit(t, path, `UPDATE revisions SET replaced_at = '2026-07-02T00:00:00Z', fields = '{}' WHERE seq = 1`)
	}
}
