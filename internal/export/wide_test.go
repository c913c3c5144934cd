package export

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/catalogue"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

// watched reads rows, and remembers the most days of a series asked for at a time, but
// for those asked for its fields.
type watched struct {
	*sqlite.Store
	all  span.Span
	days int
}

func (w *watched) Rows(ctx context.Context, key string, s span.Span) ([]row.Row, error) {
	if s != w.all {
		w.days = max(w.days, int(s.To-s.From)+1)
	}
	return w.Store.Rows(ctx, key, s)
}

// However few cells are held at a time, the lines are those of all rows turned round.
func TestWideIsTheRowsTurnedRound(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	c := &catalogue.Catalogue{}
	for range 20 {
		s, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"), sqlite.Live)
		if err != nil {
			t.Fatal(err)
		}
		keys := []string{"A", "B", "C"}
		byDay := map[span.Day]map[string]string{}
		for _, key := range keys {
			from := span.Date(1999+random.IntN(20), 12, 20)
			for day := from; day < from+40; day++ {
				r := row.Row{Series: key, Day: day, Status: row.Observed, Fields: row.Fields{{Name: "buy", Value: fmt.Sprint(int(day), ".0")}, {Name: "sell", Value: "1"}}}
				if key == "A" {
					r.Fields = r.Fields[:1]
				}
				switch random.IntN(3) {
				case 0:
					continue
				case 1:
					r.Status = row.Quarantined
				default:
					if byDay[day] == nil {
						byDay[day] = map[string]string{}
					}
					for _, f := range r.Fields {
						byDay[day][key+f.Name] = f.Value
					}
				}
				if err := s.Change(t.Context(), row.Row{}, r); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := "day,A,B.buy,B.sell,C.buy,C.sell\n"
		for _, day := range slices.Sorted(maps.Keys(byDay)) {
			want += day.String()
			for _, name := range []string{"Abuy", "Bbuy", "Bsell", "Cbuy", "Csell"} {
				want += "," + byDay[day][name]
			}
			want += "\n"
		}
		cells := 1 + random.IntN(2000)
		w := &watched{Store: s, all: span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)}}
		e := Exporter{Rows: w, Days: w.all, Catalogue: c}
		var out bytes.Buffer
		if err := e.wide(t.Context(), output.NewScreen(&out).CSV(), keys, cells); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(out.String(), "\n")); diff != "" {
			t.Fatalf("%d cells (-want +got):\n%s", cells, diff)
		}
		if w.days > max(1, cells/5) {
			t.Fatalf("%d days of 5 columns at a time, want at most %d cells", w.days, cells)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
