package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/span"
)

// A write whose context ends leaves nothing, and says why, though its statements are not
// told: that the transaction is gone is no fault of the store.
func TestAWriteEndsWithItsContext(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "days.db"), Live)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	why := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := s.touch(context.WithoutCancel(ctx), tx, "USD"); err != nil {
			return err
		}
		cancel(why)
		for { // database/sql rolls back a moment later
			if _, err := tx.ExecContext(context.WithoutCancel(ctx), `SELECT 1`); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, why) || fault.NameOf(err) == fault.StoreUnavailable {
		t.Errorf("write: %v, want %v", err, why)
	}
	if keys, _, err := s.Touched(t.Context(), 0); len(keys) > 0 || err != nil {
		t.Errorf("touched are %v, %v; want none", keys, err)
	}
}

// Of each query there is one statement, also after it failed once.
func TestQueriesArePreparedOnce(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "days.db"), Live)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.prepared(ended, s.reader, selectRows); !errors.Is(err, context.Canceled) {
		t.Fatalf("prepared: %v, want that it was canceled", err)
	}
	days := span.Span{From: 1, To: 2}
	for range 3 {
		if _, err := s.Rows(t.Context(), "USD", days); err != nil {
			t.Fatal(err)
		}
	}
	one, err := s.prepared(t.Context(), s.reader, selectRows)
	if err != nil || one != s.queries[selectRows] {
		t.Errorf("%v, %v: want the statement that is there", one, err)
	}
}
