package sqlite_test

import (
	"path/filepath"
	"testing"

	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
	"lacuna/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, filepath.Join(t.TempDir(), "days.db")) })
}

// The store of OpenToRead has one connection for all.
func TestStoreInMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := sqlite.OpenToRead(filepath.Join(t.TempDir(), "none.db"), sqlite.Live)
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, s)
		return s
	})
}

// open opens a live database until the test ends.
func open(tb testing.TB, path string) *sqlite.Store {
	tb.Helper()
	s := mustOpen(tb, path)
	closeAtEnd(tb, s)
	return s
}

func closeAtEnd(tb testing.TB, s *sqlite.Store) {
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
}
