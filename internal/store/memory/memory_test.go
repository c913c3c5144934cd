package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
	"lacuna/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memory.New() })
}

// A bubble ends only when no goroutine is left, and its clock goes on only when
// all of them wait.
func TestInsideABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		var rows []row.Row
		for i := range 50 {
			r := row.Row{Series: "A", Day: span.Date(2024, 1, 1) + span.Day(i), Status: row.Observed, FetchedAt: time.Now().UTC().AddDate(0, 0, 50-i)}
			rows = append(rows, r)
			go func() {
				<-time.After(time.Until(r.FetchedAt))
				if err := s.Insert(t.Context(), []row.Row{r}); err != nil {
					t.Error(err)
				}
			}()
		}
		time.Sleep(51 * 24 * time.Hour)
		got, err := s.Rows(t.Context(), "A", span.Span{From: rows[0].Day, To: rows[49].Day})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Errorf("Rows mismatch (-want +got):\n%s", diff)
		}
	})
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
