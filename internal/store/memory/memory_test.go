package memory_test

import (
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
	"lacuna/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memory.New() })
}

// What a caller does with a row after it was stored, or read, is its own affair.
func TestNothingIsShared(t *testing.T) {
	s := memory.New()
	day := span.Date(2024, 1, 2)
	given := row.Row{Series: "A", Day: day, Status: row.Observed, Fields: row.Fields{{Name: "buy", Value: "1"}}, Trail: []row.Step{{Answer: "absent"}}}
	if err := s.Insert(t.Context(), []row.Row{given}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		given.Fields[0].Value, given.Trail[0].Answer = "2", "other"
		rows, err := s.Rows(t.Context(), "A", span.Span{From: day, To: day})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].Fields[0].Value != "1" || rows[0].Trail[0].Answer != "absent" {
			t.Fatalf("Rows = %+v, want what was stored", rows)
		}
		given = rows[0]
	}
}
