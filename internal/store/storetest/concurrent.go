package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var concurrentCases = []testCase{
	{"two runs at once store every day once", func(t *testing.T, s store.Store) {
		const days = 300
		all := series(usd, days)
		together(2, func(run int) {
			for part := range slices.Chunk(all, 50) {
				var mine []row.Row
				for _, r := range part {
					mine = append(mine, with(r, func(r *row.Row) { r.Run = fmt.Sprintf("run-%d", run) }))
				}
				if err := s.Insert(t.Context(), mine); err != nil {
					t.Errorf("Insert of run %d: %v", run, err)
				}
			}
		})
		got := readRows(t, s, usd, ever)
		for i := range got {
			got[i].Run = "run-1" // either may have been first
		}
		diff(t, "Rows", all, got)
	}},
	{"of many changes of one row one wins", func(t *testing.T, s store.Store) {
		old := row.Row{Series: usd, Day: day1}
		for round := range 10 {
			var won atomic.Int32
			together(8, func(i int) {
				next := observed(usd, day1, fmt.Sprint(i))
				next.Run = fmt.Sprintf("round %d, run %d", round, i)
				switch err := s.Change(t.Context(), old, next); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, store.ErrConflict):
					t.Errorf("Change: %v", err)
				}
			})
			if n := won.Load(); n != 1 {
				t.Fatalf("round %d: %d changes of the same row won, want 1", round, n)
			}
			old = readRows(t, s, usd, ever)[0]
		}
	}},
	{"requests of a stream saved at once are all counted", func(t *testing.T, s store.Store) {
		st := store.Stream{Run: "run-1", ID: "ecb-001", Source: "ecb", Span: span.Span{From: day1, To: day1}, Requests: 1, Attempt: 1}
		together(8, func(int) {
			for range 5 {
				if err := s.SaveStream(t.Context(), st); err != nil {
					t.Errorf("SaveStream: %v", err)
				}
			}
		})
		st.Requests = 40
		wantStreams(t, s, "run-1", st)
	}},
	{"readers see whole rows while writers write", func(t *testing.T, s store.Store) {
		const days = 200
		var writing atomic.Int32
		writing.Store(4)
		together(6, func(i int) {
			key := fmt.Sprintf("SERIES#%d", i%2)
			if i >= 4 {
				for writing.Load() > 0 {
					readPairs(t, s, key)
				}
				return
			}
			defer writing.Add(-1)
			for n := range days {
				value := fmt.Sprint(i*days + n)
				r := observed(key, day1+span.Day(n%50), value)
				r.Fields[1].Value = value
				if err := s.Insert(t.Context(), []row.Row{r}); err != nil {
					t.Errorf("Insert: %v", err)
				}
			}
		})
		readPairs(t, s, "SERIES#0")
		readPairs(t, s, "SERIES#1")
	}},
	{"any sequence of writes leaves what a map would hold", func(t *testing.T, s store.Store) {
		key := 0
		rapid.Check(t, func(rt *rapid.T) {
			key++
			againstMap(rt, s, fmt.Sprintf("RAPID#%d", key))
		})
	}},
}

// readPairs reads rows whose two fields were written equal.
func readPairs(t *testing.T, s store.Store, key string) {
	rows, err := s.Rows(t.Context(), key, ever)
	if err != nil {
		t.Errorf("Rows of %s: %v", key, err)
	}
	for _, r := range rows {
		if r.Fields[0].Value != r.Fields[1].Value {
			t.Errorf("row %s %s is of two writers: %v", r.Series, r.Day, r.Fields)
		}
	}
}

func together(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

// againstMap applies random inserts and changes to s and to a map.
func againstMap(rt *rapid.T, s store.Store, key string) {
	held := map[span.Day]row.Row{}
	gone := map[span.Day][]row.Revision{}
	draw := func() row.Row {
		r := observed(key, day1+span.Day(rapid.IntRange(0, 30).Draw(rt, "day")), rapid.SampledFrom([]string{"1", "1.0", "2"}).Draw(rt, "value"))
		r.Run = rapid.SampledFrom([]string{"run-1", "run-2"}).Draw(rt, "run")
		return r
	}
	for range rapid.IntRange(1, 8).Draw(rt, "writes") {
		if rapid.Bool().Draw(rt, "insert") {
			var rows []row.Row
			for range rapid.IntRange(0, 40).Draw(rt, "rows") {
				rows = append(rows, draw())
			}
			if err := s.Insert(rt.Context(), rows); err != nil {
				rt.Fatalf("Insert: %v", err)
			}
			insertIntoMap(held, gone, rows)
			continue
		}
		next := draw()
		next.Status = rapid.SampledFrom([]row.Status{row.Absent, row.Incomplete, row.Quarantined, row.Observed}).Draw(rt, "status")
		old := held[next.Day]
		if rapid.Bool().Draw(rt, "stale") {
			old = with(next, func(r *row.Row) { r.Attempts = 1 }) // none of them has been tried
			if err := s.Change(rt.Context(), old, next); !errors.Is(err, store.ErrConflict) {
				rt.Fatalf("Change of a stale row: %v, want ErrConflict", err)
			}
			continue
		}
		if err := s.Change(rt.Context(), old, next); err != nil {
			rt.Fatalf("Change: %v", err)
		}
		if row.IsRevision(old, next) {
			gone[next.Day] = append(gone[next.Day], row.RevisionOf(old, next))
		}
		held[next.Day] = next
	}
	var want []row.Row
	var wantGone []row.Revision
	for day := day1; day <= day1+30; day++ {
		if r, ok := held[day]; ok {
			want = append(want, r)
		}
		wantGone = append(wantGone, gone[day]...)
	}
	revisions, err := s.Revisions(rt.Context(), key, ever)
	if err != nil {
		rt.Fatalf("Revisions: %v", err)
	}
	if d := cmp.Diff(wantGone, revisions, cmpopts.EquateEmpty()); d != "" {
		rt.Errorf("Revisions mismatch (-want +got):\n%s", d)
	}
	got, err := s.Rows(rt.Context(), key, ever)
	if err != nil {
		rt.Fatalf("Rows: %v", err)
	}
	if len(got) != len(want) {
		rt.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Day != want[i].Day || got[i].Status != want[i].Status || got[i].Run != want[i].Run || got[i].Fields[0] != want[i].Fields[0] {
			rt.Errorf("row %s = %+v, want %+v", want[i].Day, got[i], want[i])
		}
	}
}

// insertIntoMap is Insert's contract, one row after the other. Of two rows for
// a day the last counts, before it is compared with the stored one.
func insertIntoMap(held map[span.Day]row.Row, gone map[span.Day][]row.Revision, rows []row.Row) {
	last := map[span.Day]row.Row{}
	for _, r := range rows {
		last[r.Day] = r
	}
	for day, r := range last {
		if old, ok := held[day]; !ok || old.Status != row.Observed || !row.Equal(old.Fields, r.Fields) {
			if row.IsRevision(old, r) {
				gone[day] = append(gone[day], row.RevisionOf(old, r))
			}
			held[day] = r
		}
	}
}
