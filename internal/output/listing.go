package output

import (
	"fmt"
	"slices"
)

// MaxListed is how many of a list people are shown, when it tells of more series.
const MaxListed = 40

// Listing says of how many series a list tells, whether all of it is wanted, and what has
// all of it, such as "-o json". A list of few series is always whole, however many days or
// streams they have.
type Listing struct {
	Series int
	All    bool
	Has    string
}

// Long reports whether people are shown a part of a list with more than MaxListed lines.
func (l Listing) Long() bool { return !l.All && l.Series > MaxListed }

// Part returns what people are shown of list, and what to say below it, "" when that is
// all of it: MaxListed of a long list, which are its first, or its worst where worse, as a
// function for slices.SortFunc, says that one comes before another. list stays as it is.
func Part[T any](l Listing, list []T, thing string, worse func(a, b T) int) (shown []T, rest string) {
	more := len(list) - MaxListed
	if !l.Long() || more <= 0 {
		return list, ""
	}
	which := "first"
	if worse != nil && slices.ContainsFunc(list, func(v T) bool { return worse(v, list[0]) != 0 }) {
		which = "worst"
		list = slices.Clone(list)
		slices.SortStableFunc(list, worse)
	}
	return list[:MaxListed], fmt.Sprintf("The %s %d of %s: %s has the other %d.", which, MaxListed, Count(len(list), thing), l.Has, more)
}
