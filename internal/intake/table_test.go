package intake_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"lacuna/internal/intake"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"

	"github.com/google/go-cmp/cmp"
)

// items is a table of one partition.
type items []store.Item

func (items) Partitions(context.Context, store.Layout) ([]string, error) {
	return []string{"FX#USD"}, nil
}

func (items) Revisions(context.Context, string, span.Span) ([]row.Revision, error) { return nil, nil }

func (list items) Items(context.Context, store.Layout, string) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for _, it := range list {
			if !yield(it, nil) {
				return
			}
		}
	}
}

// What has a value and cannot be read is named, and keeps nothing else from being stored.
func TestItems(t *testing.T) {
	item := func(sort string, texts ...string) store.Item {
		it := store.Item{Sort: sort}
		for i := 0; i < len(texts); i += 2 {
			it.Texts = append(it.Texts, row.Field{Name: texts[i], Value: texts[i+1]})
		}
		return it
	}
	good := item("2026-06-01", "buy", "5.1", "sell", "5.2")
	const stored = "FX#USD 2026-06-01 observed buy 5.1, sell 5.2"
	tests := []struct {
		name        string
		item        store.Item
		unread, and string // why, and what is stored besides
	}{
		{"no value", item("META", "note", "x"), "", ""},
		{"a time", item("2026-06-02T00:00:00Z", "buy", "5.1", "sell", "5.2"), `day "2026-06-02T00:00:00Z": want YYYY-MM-DD`, ""},
		{"a number", item("20260602", "buy", "5.1", "sell", "5.2"), `day "20260602": want YYYY-MM-DD`, ""},
		{"a decimal comma", item("2026-06-02", "buy", "5.1", "sell", "5,1"), `sell: "5,1" is not a decimal number`, ""},
		{"another type", item("2026-06-02", "buy", "(BOOL)"), `buy: "(BOOL)" is not a decimal number`, ""},
		{"two values", item("2026-06-02", "buy", "5.1", "sell", "5.2", "buy", "5.11"), "buy is 5.1 and 5.11", ""},
		{"the same value twice", item("2026-06-02", "buy", "5.1", "sell", "5.20", "sell", "5.2"), "", "FX#USD 2026-06-02 observed buy 5.1, sell 5.20"},
		{"numbers in other forms", item("2026-06-02", "buy", "+5.10", "sell", "1E-7"), "", "FX#USD 2026-06-02 observed buy 5.1, sell 0.0000001"},
		{"without a zero", item("2026-06-02", "buy", "5", "sell", ".5"), "", "FX#USD 2026-06-02 observed buy 5, sell 0.5"},
		{"too many digits", item("2026-06-02", "buy", "5", "sell", "1E-99"), `sell: "1E-99" is not a decimal number`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := memory.New()
			im := intake.Importer{Catalogue: parsed(t), Store: s, Now: now}
			r := intake.Reader{Catalogue: im.Catalogue}
			if err := im.Take(t.Context(), r.Table(t.Context(), "old", items{good, tt.item}, "")); err != nil {
				t.Fatal(err)
			}
			report := im.Report()
			want := []intake.Unread{}
			if tt.unread != "" {
				want = append(want, intake.Unread{Place: "old FX#USD " + tt.item.Sort, Why: tt.unread})
			}
			c := report.Series[0]
			if diff := cmp.Diff(want, c.Places); diff != "" || c.Unread != len(want) || report.Left() != (len(want) > 0) {
				t.Errorf("%+v, left %t (-want +got):\n%s", c, report.Left(), diff)
			}
			if got := storedIn(t, s); got != strings.TrimSuffix(stored+"\n"+tt.and, "\n") {
				t.Errorf("stored %q", got)
			}
		})
	}
}

// Of many that cannot be read the first are named.
func TestManyItems(t *testing.T) {
	var list items
	for i := range 1000 {
		list = append(list, store.Item{Sort: fmt.Sprint(i), Texts: row.Fields{{Name: "buy", Value: strings.Repeat("x", 999)}}})
	}
	im := intake.Importer{Catalogue: parsed(t), Store: memory.New(), Now: now}
	r := intake.Reader{Catalogue: im.Catalogue}
	err := im.Take(t.Context(), r.Table(t.Context(), "old", list, ""))
	if c := im.Report().Series[0]; err != nil || c.Unread != 1000 || len(c.Places) != 5 || len(c.Places[4].Why) > 300 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestATableWithAnotherSortKey(t *testing.T) {
	im := intake.Importer{Catalogue: parsed(t), Store: memory.New(), Now: now}
	r := intake.Reader{Catalogue: im.Catalogue}
	err := im.Take(t.Context(), r.Table(t.Context(), "old", items{{Texts: row.Fields{{Name: "buy", Value: "5"}}}}, ""))
	if want := "old FX#USD: an item has no sort key called date: --map NAME=date says which it is"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
