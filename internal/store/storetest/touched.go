package storetest

import (
	"context"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/store"
)

// toucher is a store that knows which series were written.
type toucher interface {
	Touched(ctx context.Context, since int64) (keys []string, now int64, err error)
}

var touchedCases = []testCase{
	{"a reader is told once which series were written", func(t *testing.T, s store.Store) {
		of, is := s.(toucher)
		if !is {
			t.Skip("it does not know")
		}
		var last int64
		want := func(what string, keys ...string) {
			t.Helper()
			got, now, err := of.Touched(t.Context(), last)
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "Touched after "+what, keys, got)
			last = now
		}
		want("nothing")
		insert(t, s, append(series("A", 5000), series("B", 20)...)...)
		want("an insert", "A", "B")
		want("nothing")
		insert(t, s, series("A", 5000)...)
		want("the same again")
		insert(t, s, observed("B", day1, "9.9999"))
		want("a revision", "B")
		absent := row.Row{Series: "C", Day: day1, Status: row.Absent, FetchedAt: asOf, Run: "run-1", Attempts: 1}
		change(t, s, row.Row{}, absent)
		insert(t, s, observed("A", day1+6000, "1"))
		want("a change and an insert", "C", "A")
		if err := s.Change(t.Context(), row.Row{}, absent); err == nil {
			t.Error("a change of what is another is no error")
		}
		want("a conflict")
		last = 1 << 40 // of another file
		want("a larger number than there is", "B", "C", "A")
	}},
}
