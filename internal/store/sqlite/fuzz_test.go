package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/store"
)

// Any texts in the columns of a row are a row or an error that is short.
func FuzzTrail(f *testing.F) {
	f.Add("2000-01-03", "observed", "", "2026-07-01T00:00:00Z", `{"buy":1}`, `{"buy":"1.0"}`, `[{"at":"2026-07-01T00:00:00Z","answer":"observed"}]`)
	f.Add("2000-01-03", "absent", "2000-02-01", "", "{}", "", "[[[[")
	f.Add("", "", "", "", "", "", `[{"at":5}]`)
	f.Fuzz(func(t *testing.T, date, status, retryAt, fetchedAt, fields, digits, trail string) {
		var r row.Row
		text := markText{date, status, retryAt, fetchedAt}
		err := text.decode(&r, &clock{})
		if err == nil {
			r.Fields, err = decodeFields(fields, digits)
		}
		if err == nil && trail != "" {
			err = decodeJSON(trail, &r.Trail)
		}
		if err == nil {
			_, err = rowArgs(&r) // fails for a name that comes twice
			row.AsOf(r, nil, r.FetchedAt)
		}
		if err != nil && len(err.Error()) > 2000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

// Any event is read as it is stored, or its time is refused.
func FuzzEvents(f *testing.F) {
	s, err := open(filepath.Join(f.TempDir(), "days.db"), Live)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	if err := s.StartExecution(f.Context(), store.Execution{Name: "x"}); err != nil {
		f.Fatal(err)
	}
	f.Add(int64(0), "2026-07-01T00:00:00Z", "TaskScheduled", `{"name":"A"}`)
	f.Add(int64(1<<62), "", "", "")
	f.Add(int64(2), "now", "\x1b[2J", strings.Repeat("[", 100))
	f.Fuzz(func(t *testing.T, previous int64, at, kind, details string) {
		if err := s.exec(t.Context(), `INSERT OR REPLACE INTO events(execution, id, previous_id, time, type, details) VALUES (1, 1, ?, ?, ?, ?)`,
			previous, at, kind, details); err != nil {
			t.Fatal(err)
		}
		_, want := decodeTime(at)
		events, err := s.Events(t.Context(), "x", 0)
		if (err == nil) != (want == nil) {
			t.Fatalf("Events: %v, the time is %v", err, want)
		}
		if err == nil && (len(events) != 1 || events[0].Type != kind || string(events[0].Details) != details) {
			t.Errorf("event %+v, want type %q and details %q", events, kind, details)
		}
	})
}
