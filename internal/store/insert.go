package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/row"
)

// ForInsert returns what Insert stores of rows: the last of each day, by series and
// day. It leaves rows as it is. The error says which row is not observed.
func ForInsert(rows []row.Row) ([]row.Row, error) {
	inOrder := true
	for i := range rows {
		if r := &rows[i]; r.Status != row.Observed {
			return nil, fmt.Errorf("insert %s %s: status %s: want observed", r.Series, r.Day, r.Status)
		}
		inOrder = inOrder && (i == 0 || compareKeys(&rows[i-1], &rows[i]) < 0)
	}
	if inOrder {
		return rows, nil
	}
	sorted := slices.Clone(rows)
	slices.Reverse(sorted) // now the last row of a key comes first, and a stable sort keeps it there
	slices.SortStableFunc(sorted, func(a, b row.Row) int { return compareKeys(&a, &b) })
	return slices.CompactFunc(sorted, func(a, b row.Row) bool { return compareKeys(&a, &b) == 0 }), nil
}

func compareKeys(a, b *row.Row) int {
	return cmp.Or(strings.Compare(a.Series, b.Series), cmp.Compare(a.Day, b.Day))
}
