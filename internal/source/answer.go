package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Collector turns the rows of a body, in any order, into an Answer.
type Collector struct {
	Span   span.Span // the days asked for
	rows   []Damage  // all rows; a good one has no reason, one of a day without a value no fields
	cell   []row.Field
	count  int      // of all rows
	first  span.Day // of the first one
	inside int      // rows of days asked for

	window span.Span      // what the body at hand was asked for
	read   map[string]int // rows with values, by key
	unreadable
	before unreadable // the body at hand
}

// unreadable are the rows with a value that cannot be read.
type unreadable struct {
	all     unread
	byKey   map[string]unread
	damaged []Damage // those that are not passed over
}

// unread is how many of them there are, and why of the first one.
type unread struct {
	rows int
	why  string
}

// maxOutside bounds the rows of days that were not asked for which are kept, as
// damaged ones: they show nothing of the days asked for. A publisher that forgets
// the range has about so many of one series.
const maxOutside = 10_000

// maxReasons bounds the unreadable rows of an answer that have a text of their own.
const maxReasons = 1000

// NewCollector expects about size rows with one number each.
func NewCollector(s span.Span, size int) *Collector {
	return &Collector{Span: s, window: s, read: map[string]int{}, rows: make([]Damage, 0, size), cell: make([]row.Field, 0, size)}
}

// Begin begins a body that window was asked for: rows of it beside Span are right, and
// passed over. A client whose bodies are asked for Span need not say so.
func (c *Collector) Begin(window span.Span) {
	c.window, c.before = window, c.unreadable
	c.before.byKey = maps.Clone(c.byKey)
}

// Forget forgets what of the body at hand could not be read.
func (c *Collector) Forget() { c.unreadable = c.before }

// Unreadable takes one row that has something where a value is, which cannot be read as one
// for why, which names the row. Its day is damaged, unless it shows with others that values
// are written in another way than they are read: see Answer.
func (c *Collector) Unreadable(key string, day span.Day, why error) {
	if c.all.rows++; c.all.rows == 1 {
		c.all.why = fault.Message(why)
	}
	of := c.byKey[key]
	if of.rows++; of.rows == 1 {
		of.why = fault.Message(why)
	}
	if c.byKey == nil {
		c.byKey = map[string]unread{}
	}
	c.byKey[key] = of
	if c.passes(day) || c.Full() != nil {
		return
	}
	reason := "a value that cannot be read, as many of this answer"
	if len(c.damaged) < maxReasons {
		reason = fault.Message(why)
	}
	c.damaged = append(c.damaged, Damage{Observation: Observation{Key: key, Day: day}, Reason: reason})
}

// passes reports whether a row of day is passed over.
func (c *Collector) passes(day span.Day) bool { return c.window.Contains(day) && !c.Span.Contains(day) }

// Add takes one row with the values of fields, in their order; "" is no value. Of
// the rows of days that were not asked for it keeps the first 10,000.
// reason says why the row cannot be right; "" when it can. A row without any
// value and without a reason shows that the day has none.
func (c *Collector) Add(key string, day span.Day, fields, values []string, reason string) {
	if slices.ContainsFunc(values, func(value string) bool { return value != "" }) {
		c.read[key]++
	}
	if c.passes(day) {
		return
	}
	if c.count++; c.count == 1 {
		c.first = day
	}
	inside := c.Span.Contains(day)
	if inside {
		c.inside++
	} else if reason == "" {
		reason = fmt.Sprintf("%s is outside the range asked for, %s", day, c.Span)
	}
	if c.inside > maxRows || !inside && c.count-c.inside > maxOutside {
		return
	}
	if cap(c.cell)-len(c.cell) < len(fields) { // a new block: the old one is in use
		c.cell = make([]row.Field, 0, max(256, len(fields)))
	}
	first := len(c.cell)
	for i, value := range values {
		if value != "" {
			c.cell = append(c.cell, row.Field{Name: fields[i], Value: value})
		}
	}
	o := Observation{Key: key, Day: day}
	if len(c.cell) > first {
		o.Fields = c.cell[first:len(c.cell):len(c.cell)]
	}
	c.rows = append(c.rows, Damage{Observation: o, Reason: reason})
}

// Full returns an error, named Malformed, once there are more rows than any answer
// may have.
func (c *Collector) Full() error {
	if c.inside+len(c.damaged) > maxRows {
		return fault.New(fault.Malformed, "more than %d rows of %s", maxRows, c.Span)
	}
	return nil
}

// Answer returns the rows by key and day. Equal rows are one, and a row with
// values counts more than one without. Of equal numbers with other digits (1.6 and 1.60)
// the first one's stay; a day with different values is one Damage with the first ones.
//
// An error is named Malformed. Rows of which none is of a day asked for are an answer to
// something else, and more than 300,000 of those days too many. Where no more rows have values
// than have one that cannot be read, it is not the rows that are wrong, but how they are read:
// of all series that is such an error, and of one it is in Failed.
func (c *Collector) Answer() (Answer, error) {
	read := 0
	for _, rows := range c.read {
		read += rows
	}
	if c.all.rows > 0 && c.all.rows >= read {
		return Answer{}, fault.New(fault.Malformed, "%s", c.all.why)
	}
	misread := map[string]error{}
	for key, of := range c.byKey {
		if of.rows >= c.read[key] {
			misread[key] = fault.New(fault.Malformed, "%s", of.why)
		}
	}
	for _, d := range c.damaged {
		c.Add(d.Key, d.Day, nil, nil, d.Reason)
	}
	c.damaged = nil
	switch {
	case c.count > 0 && c.inside == 0:
		return Answer{}, fault.New(fault.Malformed, "%d rows, none of them of %s, the first of %s", c.count, c.Span, c.first)
	case c.Full() != nil:
		return Answer{}, c.Full()
	}
	if !slices.IsSortedFunc(c.rows, byKeyAndDay) {
		slices.SortStableFunc(c.rows, byKeyAndDay)
	}
	a := Answer{Observations: make([]Observation, 0, len(c.rows))}
	for rest := c.rows; len(rest) > 0; {
		n := 1
		for n < len(rest) && byKeyAndDay(rest[n], rest[0]) == 0 {
			n++
		}
		a.add(oneOf(rest[:n]))
		rest = rest[n:]
	}
	if outside := c.count - c.inside; outside > maxOutside {
		a.Warn("%d rows outside the range asked for, %s, of which %d are kept", outside, c.Span, maxOutside)
	}
	a.Fail(misread)
	return a, nil
}

// oneOf makes one row of those of a day.
func oneOf(rows []Damage) Damage {
	r := rows[0]
	for _, other := range rows[1:] {
		switch {
		case r.Reason != "":
		case r.Fields == nil, other.Reason != "":
			r = other
		case other.Fields != nil && !row.Equal(r.Fields, other.Fields):
			r.Reason = fmt.Sprintf("%s has different values: %v and %v", r.Day, r.Fields, other.Fields)
		}
	}
	return r
}

func (a *Answer) add(r Damage) {
	switch {
	case r.Reason != "":
		a.Damaged = append(a.Damaged, r)
	case r.Fields != nil:
		a.Observations = append(a.Observations, r.Observation)
	default:
		if a.Empty == nil {
			a.Empty = map[string]span.Runs{}
		}
		a.Empty[r.Key] = a.Empty[r.Key].Append(r.Day)
	}
}

func byKeyAndDay(a, b Damage) int {
	if a.Key != b.Key {
		return strings.Compare(a.Key, b.Key)
	}
	return int(a.Day) - int(b.Day)
}

// maxWarnings bounds the warnings of an answer.
const maxWarnings = 20

// Warn adds a warning; format and args are those of fmt.Errorf. It is cut to 300
// bytes, and the twentieth and last one says that there are more.
func (a *Answer) Warn(format string, args ...any) {
	switch len(a.Warnings) {
	case maxWarnings:
	case maxWarnings - 1:
		a.Warnings = append(a.Warnings, "there are more warnings of this answer")
	default:
		a.Warnings = append(a.Warnings, fault.Message(fmt.Errorf(format, args...)))
	}
}

// WarnOfMissing warns of those of series that did not fail and that the answer has no row of
// in asked, when it has rows of others: a publisher may have given them another name.
func (a *Answer) WarnOfMissing(series []Series, asked span.Span) {
	shown := map[string]bool{}
	for _, d := range a.Damaged {
		if asked.Contains(d.Day) {
			shown[d.Key] = true
		}
	}
	for _, o := range a.Observations {
		shown[o.Key] = true
	}
	for key := range a.Empty {
		shown[key] = true
	}
	for _, s := range series {
		if len(shown) > 0 && !shown[s.Key] && a.Failed[s.Key] == nil {
			a.Warn("%s: no row of %q in an answer that has others", s.Key, s.Code)
		}
	}
}

// Fail notes why some more series could not be had, by key, and takes what the answer
// has of any such out of it.
func (a *Answer) Fail(why map[string]error) {
	if len(a.Failed)+len(why) == 0 {
		return
	}
	if a.Failed == nil {
		a.Failed = map[string]error{}
	}
	maps.Copy(a.Failed, why)
	a.Observations = slices.DeleteFunc(a.Observations, func(o Observation) bool { return a.Failed[o.Key] != nil })
	a.Damaged = slices.DeleteFunc(a.Damaged, func(d Damage) bool { return a.Failed[d.Key] != nil })
	for key := range a.Failed {
		delete(a.Empty, key)
		delete(a.Silent, key)
	}
}

// Foremost returns the one of errs that says what is to be done about them all:
// the first that is worth most attempts.
func Foremost(errs []error) error {
	for _, name := range []fault.Name{fault.Throttled, fault.Unavailable, fault.Malformed} {
		for _, err := range errs {
			if fault.NameOf(err) == name {
				return err
			}
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}
