package output

import (
	"cmp"
	"slices"
	"testing"
)

func TestPart(t *testing.T) {
	numbers := func(n int) (list []int) {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	// Two of ten are worse than the others, whose order stays.
	nines := func(a, b int) int { return cmp.Compare(b%10/9, a%10/9) }
	tests := []struct {
		name  string
		of    Listing
		list  []int
		worse func(a, b int) int
		want  []int
		rest  string
	}{
		{"as many as are shown", Listing{Series: 40}, numbers(40), nines, numbers(40), ""},
		{"one more", Listing{Series: 41, Has: "-o json"}, numbers(41), nil, numbers(40), "The first 40 of 41 days: -o json has the other 1."},
		{"the worst", Listing{Series: 1000, Has: "--all"}, numbers(45), nines,
			append([]int{9, 19, 29, 39}, slices.DeleteFunc(numbers(40), func(n int) bool { return n%10 == 9 })...), "The worst 40 of 45 days: --all has the other 5."},
		{"none worse than another", Listing{Series: 41, Has: "--all"}, numbers(41), func(a, b int) int { return 0 }, numbers(40), "The first 40 of 41 days: --all has the other 1."},
		{"all of it", Listing{Series: 1000, All: true}, numbers(1000), nines, numbers(1000), ""},
		{"many days of few series", Listing{Series: 19}, numbers(1000), nines, numbers(1000), ""},
		{"few days of many series", Listing{Series: 1000}, numbers(3), nines, numbers(3), ""},
		{"nothing", Listing{Series: 1000}, nil, nines, nil, ""},
	}
	for _, tt := range tests {
		before := slices.Clone(tt.list)
		got, rest := Part(tt.of, tt.list, "day", tt.worse)
		if !slices.Equal(got, tt.want) || rest != tt.rest {
			t.Errorf("%s: %v, %q; want %v, %q", tt.name, got, rest, tt.want, tt.rest)
		}
		if !slices.Equal(before, tt.list) {
			t.Errorf("%s: the list itself has another order", tt.name)
		}
	}
}

func TestTheRestStandsBelowATable(t *testing.T) {
	rows := NewTable("key", "not_due").Rest("And more.")
	rows.Add("A", 7)
	if got, want := printed(t, func(to *Screen) error { return WriteList[int](to, "table", rows, nil, nil) }), "KEY  NOT DUE\nA          7\nAnd more.\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got, want := printed(t, rows.writeCSV), "key,not_due\nA,7\n"; got != want {
		t.Errorf("CSV: got\n%swant\n%s", got, want)
	}
}
