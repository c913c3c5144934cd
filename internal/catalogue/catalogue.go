// Package catalogue reads series.yaml: which series there are, where each
// comes from, which days it has, when they are due and which values are
// believed. Nothing here does I/O or reads a clock; the caller reads the file.
package catalogue

import (
	"errors"
	"slices"
	"strings"
	"time"

	"lacuna/internal/calendar"
	"lacuna/internal/fault"
	"lacuna/internal/span"
)

// Catalogue is a checked series.yaml. It never changes, and many goroutines may use
// it at once. A compiled one reads a series when it is asked for.
type Catalogue struct {
	Sources []Source // by name

	calendars []declaredCalendar
	series    shelf
}

// shelf is where series are. The same one is the same pointer each time.
type shelf interface {
	all() ([]*Series, error)                       // in order
	between(first, last string) ([]*Series, error) // in the order of keys
	find(name string) (*Series, error)             // nil: none
}

// whole is a shelf of what is there.
type whole struct {
	list   []*Series
	byName map[string]*Series // by key and alias
}

func (w *whole) all() ([]*Series, error) { return w.list, nil }

func (w *whole) between(first, last string) ([]*Series, error) {
	var list []*Series
	for _, s := range w.list {
		if s.Key >= first && s.Key <= last {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *Series) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

func (w *whole) find(name string) (*Series, error) { return w.byName[name], nil }

// Source is how a publisher's service is asked.
type Source struct {
	Name            string
	MaxDays         int           // longest range of a request, in days
	MaxSeries       int           // most series of a request
	RequestCostDays int           // a request weighs as much as this many days of range
	Concurrency     int           // requests at once, over all runs
	RatePerS        int           // requests a second, at most, all workers together
	Timeout         time.Duration // of one request
	KeepsBodies     bool          // so that they can be read again
	Declared        *Declared     // nil: a client of its own, by its name
}

// Series is one time series. The tags are those of Compile.
type Series struct {
	Key         string             `json:"key"` // the first one: Open looks for it
	Aliases     []string           `json:"aliases,omitzero"`
	Title       string             `json:"title,omitzero"`
	Unit        string             `json:"unit,omitzero"`
	Source      string             `json:"source,omitzero"`
	Code        string             `json:"code,omitzero"`
	Fields      []string           `json:"fields,omitzero"`
	Calendar    *calendar.Calendar `json:"-"`
	Cadence     string             `json:"cadence,omitzero"` // daily, weekly, monthly or quarterly
	Since       span.Day           `json:"since,omitzero"`   // weeks are counted from here
	Until       span.Day           `json:"until,omitzero"`   // zero: goes on
	Ready       Ready              `json:"-"`
	OnEmpty     string             `json:"on_empty,omitzero"` // recheck or learn
	KnownAbsent []KnownAbsent      `json:"known_absent,omitzero"`
	Lookback    int                `json:"lookback,omitzero"` // newest expected days fetched again and compared
	Checks      []Check            `json:"checks,omitzero"`
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
	Span   span.Span `json:"days"`
	Reason string    `json:"reason"`
}

// Check says which values of a field are believed. Bounds are decimal texts,
// both included; empty means no bound.
type Check struct {
	Field     string `json:"field"`
	Min       string `json:"min,omitzero"`
	Max       string `json:"max,omitzero"`
	MaxChange string `json:"max_change,omitzero"` // from one expected day to the next, in percent
	NotBelow  string `json:"not_below,omitzero"`  // another field, whose value this one is not below
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
	return ParseBeside(name, text, shipped, nil)
}

// ParseBeside is Parse for a file whose families may have their lists in files beside
// it, which files reads by their names.
func ParseBeside(name string, text, shipped []byte, files func(name string) ([]byte, error)) (*Catalogue, error) {
	doc, base := newDocument(name), newDocument(shippedName)
	doc.files = files
	none := func() declarations { return declarations{} }
	own := doc.declarations(text, func() declarations { return base.declarations(shipped, none) })
	c := own.resolve()
	if err := errors.Join(base.err(), doc.err()); err != nil {
		return nil, err
	}
	return c, nil
}

// All returns all series in the file's order, shipped ones first. The slice is the
// catalogue's own. Like Lookup it panics where it comes upon a damaged line of a
// compiled catalogue, which Verify tells before, and Find and Match as an error.
func (c *Catalogue) All() []*Series {
	all, err := c.shelf().all()
	if err != nil {
		panic(err)
	}
	return all
}

// shelf is an empty one in the zero Catalogue.
func (c *Catalogue) shelf() shelf {
	if c.series == nil {
		return &whole{}
	}
	return c.series
}

// Lookup returns the series called key, which may be an alias.
func (c *Catalogue) Lookup(key string) (*Series, bool) {
	s, err := c.shelf().find(key)
	if err != nil {
		panic(err)
	}
	return s, s != nil
}

// Find is Lookup with an error, named Input.Invalid, where there is no such series.
func (c *Catalogue) Find(key string) (*Series, error) {
	s, err := c.shelf().find(key)
	if err != nil {
		return nil, err
	}
	if s == nil {
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
