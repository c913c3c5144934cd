package catalogue

import (
	"slices"
	"strings"
)

// DidYouMean returns ": did you mean x?" for the nearest of names, or nothing
// when none is near.
func DidYouMean(word string, names []string) string {
	if near := nearest(word, names, 1); len(near) > 0 {
		return ": did you mean " + near[0] + "?"
	}
	return ""
}

// longestWord is how long a word may be that is misspelt; a key has 64 letters.
const longestWord = 64

// nearest returns up to n of names that are a few letters away from word, the
// nearest first.
func nearest(word string, names []string, n int) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, name := range names {
		if most := min(len(word), len(name)) / 3; len(word) > longestWord || max(len(word), len(name))-min(len(word), len(name)) > max(1, most) {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(name))
		if name != word && d <= max(1, min(len(word), len(name))/3) {
			near = append(near, candidate{name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
	out := make([]string, 0, n)
	for _, c := range near[:min(n, len(near))] {
		if c.distance <= near[0].distance+1 {
			out = append(out, c.name)
		}
	}
	return out
}

// distance is the least number of bytes to insert, remove, replace or swap with
// the next one that makes b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
