// Package calendar says on which days publishers have values: weekdays without
// the holidays of their banks, and what a catalogue declares on top. It never
// says when a value is due, and nothing here does I/O or reads a clock.
package calendar

import (
	"sync"

	"lacuna/internal/span"
)

// Calendar is a set of open days. Many goroutines may use it at once; it
// remembers the years it was asked for, so one is worth keeping.
type Calendar struct {
	name  string
	build func(y int) year

	mu    sync.Mutex
	years map[int]year
}

// year is what a calendar says of one year.
type year struct {
	open   span.Runs
	closed map[span.Day]string // why: holidays and declared days; weekends are left out
}

func newCalendar(name string, build func(y int) year) *Calendar {
	return &Calendar{name: name, build: build, years: map[int]year{}}
}

// Name returns the calendar's name in the catalogue.
func (c *Calendar) Name() string { return c.name }

// Open returns the open days in s.
func (c *Calendar) Open(s span.Span) span.Runs {
	if s.From > s.To {
		return nil
	}
	first, _, _ := s.From.Date()
	last, _, _ := s.To.Date()
	open := make(span.Runs, 0, 1+s.Days()/6) // a run a week, and a few holidays
	for y := first; y <= last; y++ {
		for _, r := range c.year(y).open {
			if both, ok := r.Intersect(s); ok {
				open = open.AppendSpan(both)
			}
		}
	}
	return open
}

// Closed reports whether d is closed and why: the declared reason, the name of
// the holiday in its country's language, or the name of the weekday.
func (c *Calendar) Closed(d span.Day) (reason string, closed bool) {
	y, _, _ := d.Date()
	of := c.year(y)
	if of.open.Contains(d) {
		return "", false
	}
	if reason, ok := of.closed[d]; ok {
		return reason, true
	}
	return d.Weekday().String(), true
}

func (c *Calendar) year(y int) year {
	c.mu.Lock()
	defer c.mu.Unlock()
	of, ok := c.years[y]
	if !ok {
		of = c.build(y)
		c.years[y] = of
	}
	return of
}
