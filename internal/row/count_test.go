package row_test

import (
	"reflect"
	"testing"

	"lacuna/internal/row"

	"github.com/google/go-cmp/cmp"
)

func TestCountAddsEachNumber(t *testing.T) {
	var a, b, want row.Count
	for i := range reflect.TypeFor[row.Count]().NumField() {
		for c, n := range map[*row.Count]int{&a: 1 << i, &b: 1000 + i, &want: 1<<i + 1000 + i} {
			reflect.ValueOf(c).Elem().Field(i).SetInt(int64(n))
		}
	}
	a.Add(b)
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("Add mismatch (-want +got):\n%s", diff)
	}
}

// What is revised or suspicious is observed or absent too, and what is withdrawn
// has its row by an earlier run.
func TestCountDays(t *testing.T) {
	c := row.Count{Observed: 1, Absent: 2, Incomplete: 4, Quarantined: 8, Revised: 1, Contradicted: 1, Withdrawn: 16, Suspicious: 2}
	if got := c.Days(); got != 15 {
		t.Errorf("Days() = %d, want 15", got)
	}
}
