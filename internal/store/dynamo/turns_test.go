package dynamo

import (
	"fmt"
	"slices"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Of each key the last row is left; a series only follows itself when no other
// has rows left; and nothing is lost.
func TestRowsByTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row.Row {
			return row.Row{Series: rapid.SampledFrom([]string{"A", "B", "C", "a"}).Draw(t, "series"), Day: span.Day(rapid.IntRange(0, 9).Draw(t, "day")), Status: row.Observed}
		}), 0, 60).Draw(t, "rows")
		type key struct {
			series string
			day    span.Day
		}
		want, left := map[key]string{}, map[string]int{}
		for i := range rows {
			rows[i].Run = fmt.Sprint(i)
			k := key{rows[i].Series, rows[i].Day}
			if want[k] == "" {
				left[k.series]++
			}
			want[k] = rows[i].Run
		}
		given := slices.Clone(rows)
		last, err := store.ForInsert(rows)
		if err != nil {
			t.Fatal(err)
		}
		turns := byTurns(bySeries(last))
		if diff := cmp.Diff(given, rows); diff != "" {
			t.Errorf("the caller's rows changed (-want +got):\n%s", diff)
		}
		got := map[key]string{}
		for i, r := range turns {
			got[key{r.Series, r.Day}] = r.Run
			left[r.Series]--
			for other, n := range left {
				if i > 0 && r.Series == turns[i-1].Series && other != r.Series && n > 0 {
					t.Errorf("row %d is of %s again while %s has %d left", i, r.Series, other, n)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(turns) != len(want) {
			t.Errorf("%d rows for %d keys (-want +got):\n%s", len(turns), len(want), diff)
		}
	})
}
