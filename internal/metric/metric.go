// Package metric has the numbers of a run that are watched over time, by the
// names they have everywhere. Nothing here sends them.
package metric

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// Name is a metric's name.
type Name string

// What a run did, to be read as sums over time. Days and requests are counted
// by the run that stored or made them.
const (
	FilledDays Name = "FilledDays" // days that became observed
	AbsentDays Name = "AbsentDays" // days that the publisher has no value for
	// WithdrawnDays are observed days that the publisher no longer has, as the run
	// found out: sent by a run that found any.
	WithdrawnDays Name = "WithdrawnDays"
	Requests      Name = "Requests" // to publishers
	Retries       Name = "Retries"  // of streams
	Failures      Name = "Failures" // streams, series and sources that failed for good
)

// How the run left things, up to now: sent of the stack, a source or a series by a
// run that saw all of it. Several runs may reach differently far back: over time
// read their maximum.
const (
	MissingDays     Name = "MissingDays"     // due, asked for or deferred, and still without a row
	QuarantinedDays Name = "QuarantinedDays" // that wait for a person
	// OldestGapDays is the age of the oldest missing day, 0 without one. That of the
	// stack also knows what runs that reached further back left.
	OldestGapDays Name = "OldestGapDays"
	// FreshnessDays is by how many days the newest observed day is behind the
	// newest day that was due: 0 is up to date, for a quarterly series too.
	FreshnessDays Name = "FreshnessDays"
)

// IsStanding reports whether n says how a run left things.
func (n Name) IsStanding() bool {
	return n == MissingDays || n == QuarantinedDays || n == OldestGapDays || n == FreshnessDays
}

// Value is one number: of the whole fleet, of a source, or of a series of it.
type Value struct {
	Name   Name
	Source string // "": of the fleet
	Series string // "": of the source
	Number int
}

// Level is how far numbers are split up.
type Level int

// The levels; each has the values of those before it too.
const (
	Off Level = iota
	Fleet
	Source
	Series
)

// ParseLevel reads off, fleet, source or series.
func ParseLevel(text string) (Level, error) {
	names := []string{"off", "fleet", "source", "series"}
	if i := slices.Index(names, text); i >= 0 {
		return Level(i), nil
	}
	return Off, fmt.Errorf("metrics %q: want off, fleet, source or series", text)
}

// Level returns the coarsest level that has v.
func (v Value) Level() Level {
	switch {
	case v.Series != "":
		return Series
	case v.Source != "":
		return Source
	}
	return Fleet
}

// Tally sums numbers up, from series to source to fleet; of ages it keeps the
// greatest. The zero Tally is empty.
type Tally struct{ numbers map[Value]int } // by values without a number

// Add adds n to the number called name of series, of its source and of the
// fleet. Without series, or without both, it adds to the others alone.
func (t *Tally) Add(name Name, source, series string, n int) {
	if t.numbers == nil {
		t.numbers = map[Value]int{}
	}
	for _, at := range slices.Compact([]Value{{Name: name}, {Name: name, Source: source}, {Name: name, Source: source, Series: series}}) {
		switch name {
		case OldestGapDays, FreshnessDays:
			t.numbers[at] = max(t.numbers[at], n)
		default:
			t.numbers[at] += n
		}
	}
}

// Values returns the numbers: the fleet's first, then by source, series and name.
func (t *Tally) Values() []Value {
	values := slices.Collect(maps.Keys(t.numbers))
	for i, v := range values {
		values[i].Number = t.numbers[v]
	}
	slices.SortFunc(values, func(a, b Value) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Series, b.Series), cmp.Compare(a.Name, b.Name))
	})
	return values
}

// Discard takes values and does nothing with them.
type Discard struct{}

// Put returns nil.
func (Discard) Put(context.Context, []Value) error { return nil }
