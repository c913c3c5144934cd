package source

import (
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Collector turns the rows of a body, in any order, into an Answer.
type Collector struct {
	Span span.Span // the days asked for
	rows []Damage  // all rows; a good one has no reason
	cell []row.Field
}

// NewCollector expects about size rows with one number each.
func NewCollector(s span.Span, size int) *Collector {
	return &Collector{Span: s, rows: make([]Damage, 0, size), cell: make([]row.Field, 0, size)}
}

// Add takes one row with the values of fields, in their order; "" is no value.
// reason says why the row cannot be right; "" when it can. A row without any
// value is a day without a value.
func (c *Collector) Add(key string, day span.Day, fields, values []string, reason string) {
	if cap(c.cell)-len(c.cell) < len(fields) { // a new block: the old one is in use
		c.cell = make([]row.Field, 0, max(256, len(fields)))
	}
	first := len(c.cell)
	for i, value := range values {
		if value != "" {
			c.cell = append(c.cell, row.Field{Name: fields[i], Value: value})
		}
	}
	if len(c.cell) == first {
		return
	}
	if reason == "" && !c.Span.Contains(day) {
		reason = fmt.Sprintf("%s is outside the range asked for, %s", day, c.Span)
	}
	o := Observation{Key: key, Day: day, Fields: c.cell[first:len(c.cell):len(c.cell)]}
	c.rows = append(c.rows, Damage{Observation: o, Reason: reason})
}

// Answer returns the rows by key and day. Equal rows are one; a day with
// different rows is one Damage with the first one's values.
func (c *Collector) Answer() (observations []Observation, damaged []Damage) {
	if !slices.IsSortedFunc(c.rows, byKeyAndDay) {
		slices.SortStableFunc(c.rows, byKeyAndDay)
	}
	observations = make([]Observation, 0, len(c.rows))
	for i := 0; i < len(c.rows); {
		r := c.rows[i]
		for i++; i < len(c.rows) && byKeyAndDay(c.rows[i], r) == 0; i++ {
			other := c.rows[i]
			if r.Reason == "" && !slices.Equal(r.Fields, other.Fields) {
				r.Reason = fmt.Sprintf("%s has different values: %v and %v", r.Day, r.Fields, other.Fields)
			}
		}
		if r.Reason == "" {
			observations = append(observations, r.Observation)
		} else {
			damaged = append(damaged, r)
		}
	}
	return observations, damaged
}

func byKeyAndDay(a, b Damage) int {
	if a.Key != b.Key {
		return strings.Compare(a.Key, b.Key)
	}
	return int(a.Day) - int(b.Day)
}
