package sqlite

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"

	codes "modernc.org/sqlite/lib"
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
	if fault.NameOf(err) != fault.StoreUnusable || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "full") {
		t.Errorf("Insert into a full database: error %v, want Store.Unusable that names %s", err, path)
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

// An error is Unusable when a second look cannot help, and Unavailable when it may.
func TestNamesOfErrors(t *testing.T) {
	tests := map[int]fault.Name{
		codes.SQLITE_FULL: fault.StoreUnusable, codes.SQLITE_CORRUPT: fault.StoreUnusable, codes.SQLITE_CORRUPT_INDEX: fault.StoreUnusable,
		codes.SQLITE_NOTADB: fault.StoreUnusable, codes.SQLITE_IOERR_WRITE: fault.StoreUnusable, codes.SQLITE_READONLY_DBMOVED: fault.StoreUnusable,
		codes.SQLITE_CANTOPEN: fault.StoreUnusable, codes.SQLITE_PERM: fault.StoreUnusable, codes.SQLITE_BUSY_SNAPSHOT: fault.StoreUnavailable, codes.SQLITE_NOMEM: fault.StoreUnavailable,
		codes.SQLITE_PROTOCOL: fault.StoreUnavailable, codes.SQLITE_TOOBIG: fault.Internal,
	}
	for code, want := range tests {
		err := newStore("days.db").named(code&0xff, errors.New("why"))
		if fault.NameOf(err) != want || !strings.Contains(err.Error(), "days.db") || IsDamaged(err) != (code&0xff == codes.SQLITE_CORRUPT) {
			t.Errorf("error %d is %v, want %s that names the file", code, err, want)
		}
	}
}

// An execution whose process died is told as such where that cannot be written.
func TestDeadRunsAreToldWhereNothingCanBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	s, err := Open(path, Live)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	started := time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)
	last := started.Add(time.Minute)
	err = errors.Join(
		s.StartExecution(t.Context(), store.Execution{Name: "died", Input: []byte("{}"), Started: started}),
		s.AppendEvents(t.Context(), "died", []store.Event{{ID: 1, Time: last, Type: "ExecutionStarted"}}),
		s.StartExecution(t.Context(), store.Execution{Name: "never", Input: []byte("{}"), Started: started}),
		s.exec(t.Context(), `UPDATE executions SET process = 'days.db-run-gone'`), // the name of no file
		s.exec(t.Context(), `PRAGMA query_only = 1`),
		s.AbortDead(t.Context()),
	)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Executions(t.Context(), 10)
	if err != nil || len(list) != 2 || !list[0].Stopped.Equal(started) || !list[1].Stopped.Equal(last) {
		t.Fatalf("%+v, %v; want two, that ended with their last events", list, err)
	}
	for _, x := range list {
		if one, err := s.Execution(t.Context(), x.Name); err != nil || x.Status != "ABORTED" || x.Error != DiedError || x.Cause != diedCause || !reflect.DeepEqual(x, one) {
			t.Errorf("%+v, %+v, %v; want it ABORTED", x, one, err)
		}
	}
	// The next one who may write writes it down.
	if err := errors.Join(s.exec(t.Context(), `PRAGMA query_only = 0`), s.AbortDead(t.Context())); err != nil {
		t.Fatal(err)
	}
	if n, err := collect(t.Context(), s, scanText, `SELECT name FROM executions WHERE status = 'ABORTED' AND stopped > ''`); err != nil || len(n) != 2 {
		t.Errorf("written: %v, %v; want both", n, err)
	}
}
