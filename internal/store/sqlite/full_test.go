package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// SQLite answers a limit of pages as it answers a full disk.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s, err := Open(path, Live)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows := make([]row.Row, 10_000)
	for i := range rows {
		rows[i] = row.Row{Series: "A", Day: span.Day(i), Status: row.Observed, Fields: row.Fields{{Name: "value", Value: "1"}}}
	}
	if err := s.Insert(t.Context(), rows[:100]); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) {
		if _, err := s.writer.Exec(`PRAGMA max_page_count = ` + pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("40")
	err = s.Insert(t.Context(), rows[100:])
	if fault.NameOf(err) != fault.StoreUnavailable || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "full") {
		t.Errorf("Insert into a full database: error %v, want Store.Unavailable that names %s", err, path)
	}
	stored, err := s.Marks(t.Context(), "A", span.Span{From: 0, To: 10_000})
	if err != nil || len(stored) < 100 {
		t.Errorf("after that %d marks, %v; want those stored before", len(stored), err)
	}
	limit("10000") // as when somebody made room
	if err := s.Insert(t.Context(), rows); err != nil {
		t.Errorf("Insert with room again: %v", err)
	}
	stored, err = s.Marks(t.Context(), "A", span.Span{From: 0, To: 10_000})
	if err != nil || len(stored) != len(rows) {
		t.Errorf("%d marks, %v; want %d", len(stored), err, len(rows))
	}
}
