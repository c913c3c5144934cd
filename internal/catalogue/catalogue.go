// Package catalogue reads series.yaml: which series there are, where each
// comes from, which days it has, when they are due and which values are
// believed. Nothing here does I/O or reads a clock; the caller reads the file.
package catalogue

import (
	"errors"
	"time"

	"lacuna/internal/calendar"
	"lacuna/internal/fault"
	"lacuna/internal/span"
)

// Catalogue is a checked series.yaml. It never changes.
type Catalogue struct {
	Sources []Source // by name
	Series  []Series // in the file's order, shipped ones first

	byName map[string]int // keys and aliases to the index in Series
}

// Source is how a publisher's service is asked.
type Source struct {
	Name            string
	MaxDays         int           // longest range of a request, in days
	MaxSeries       int           // most series of a request
	RequestCostDays int           // a request weighs as much as this many days of range
	Concurrency     int           // requests at once, over all runs
	RatePerS        int           // requests a second, at most, all workers together
	Timeout         time.Duration // of one request
}

// Series is one time series.
type Series struct {
	Key         string
	Aliases     []string
	Title       string
	Unit        string
	Source      string
	Code        string
	Fields      []string
	Calendar    *calendar.Calendar
	Cadence     string   // daily, weekly, monthly or quarterly
	Since       span.Day // weeks are counted from here
	Until       span.Day // zero: goes on
	Ready       Ready
	OnEmpty     string // recheck or learn
	KnownAbsent []KnownAbsent
	Lookback    int // newest expected days fetched again and compared
	Checks      []Check
}

// The cadences, and what an empty answer means for a series.
const (
	Daily     = "daily"
	Weekly    = "weekly"
	Monthly   = "monthly"
	Quarterly = "quarterly"

	Recheck = "recheck" // ask again, up to six answers
	Learn   = "learn"   // an empty day between observed ones is a holiday nobody declared
)

// Ready is when a day is due: at a time of day in a zone, Lag publication days
// after it (0: on the day itself), or After calendar days after the last day of its
// period, when that is not 0. The period of a daily series is the day.
type Ready struct {
	Hour, Minute int
	Zone         *time.Location
	Lag          int
	After        int
}

// MaxAfter is the most that Ready.After may be.
const MaxAfter = 366

// KnownAbsent is a range that the publisher never had.
type KnownAbsent struct {
	Span   span.Span
	Reason string
}

// Check says which values of a field are believed. Bounds are decimal texts,
// both included; empty means no bound.
type Check struct {
	Field     string
	Min, Max  string
	MaxChange string // from one expected day to the next, in percent
	NotBelow  string // another field, whose value this one is not below
}

// shippedName stands for the embedded file in problems.
const shippedName = "shipped series.yaml"

// Parse reads a series.yaml whose path is name; shipped is the embedded one,
// which the file may include. The entries of the file replace shipped calendars,
// sources and series of the same name; a series without a source changes, of the
// shipped one, the fields that it has. The error has the first problems of the
// file, one a line, as "name:line: field: what", and how many more there are. What
// is too long, too deep or too much is refused before it costs memory or time.
func Parse(name string, text, shipped []byte) (*Catalogue, error) {
	doc, base := newDocument(name), newDocument(shippedName)
	none := func() declarations { return declarations{} }
	own := doc.declarations(text, func() declarations { return base.declarations(shipped, none) })
	c := own.resolve()
	if err := errors.Join(base.err(), doc.err()); err != nil {
		return nil, err
	}
	return c, nil
}

// Lookup returns the series called key, which may be an alias.
func (c *Catalogue) Lookup(key string) (*Series, bool) {
	i, ok := c.byName[key]
	if !ok {
		return nil, false
	}
	return &c.Series[i], true
}

// Find is Lookup with an error, named Input.Invalid, where there is no such series.
func (c *Catalogue) Find(key string) (*Series, error) {
	s, ok := c.Lookup(key)
	if !ok {
		return nil, fault.New(fault.InputInvalid, "series %q is not in the catalogue", key)
	}
	return s, nil
}

// Source returns the source called name.
func (c *Catalogue) Source(name string) (*Source, bool) {
	for i := range c.Sources {
		if c.Sources[i].Name == name {
			return &c.Sources[i], true
		}
	}
	return nil, false
}
