package intake

import (
	"maps"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// What is named of each kind; the rest is counted.
const (
	maxNamed   = 5     // days of a series
	maxUnknown = 20    // series
	maxKept    = 1_000 // keys of unknown series that are counted one by one
)

// Report is what was stored, or in a dry run what would be.
type Report struct {
	SchemaVersion int       `json:"schema_version"`
	DryRun        bool      `json:"dry_run"`
	Series        []*Count  `json:"series"`  // in the order of their keys
	Unknown       []Unknown `json:"unknown"` // the first ones
	UnknownLines  int       `json:"unknown_lines"`
	Unmet         []string  `json:"unmet"` // names that nothing had: Reader.Unmet

	counts map[string]*Count
	keys   map[string]int // lines of unknown series
}

// Count counts the lines of a series.
type Count struct {
	Key       string       `json:"key"`
	New       int          `json:"new"`       // stored, where there was nothing or no value
	Equal     int          `json:"equal"`     // stored already
	Different int          `json:"different"` // another value, or a person's word, is stored and stays
	Revised   int          `json:"revised"`   // that gave way: a value that counted is kept as a revision
	Suspect   int          `json:"suspect"`   // of New: with a value that fails a check, which counts as incomplete
	Empty     int          `json:"empty"`     // without a value that counts: left out
	Unread    int          `json:"unread"`    // with what is not known to be a day and values: left out
	Outside   int          `json:"outside"`   // of days that the calendar does not expect
	Values    []Difference `json:"values"`    // the first of Different and Revised
	Doubts    []Doubt      `json:"doubts"`    // the first of Suspect
	Days      []Closed     `json:"days"`      // the first of Outside
	Places    []Unread     `json:"places"`    // the first of Unread
}

// Difference is a day of which a file says something else than the store.
type Difference struct {
	Place      string     `json:"place"`
	Day        span.Day   `json:"date"`
	Status     row.Status `json:"status"` // of what is stored
	Stored     row.Fields `json:"stored"`
	Here       row.Fields `json:"here"`
	HereStatus row.Status `json:"here_status,omitempty"` // as a line of all that was stored says
	Reason     string     `json:"reason,omitempty"`      // what a person has said of the day
}

// Doubt is a value that fails a check.
type Doubt struct {
	Place  string   `json:"place"`
	Day    span.Day `json:"date"`
	Reason string   `json:"reason"`
}

// Closed is a day that is not expected.
type Closed struct {
	Day span.Day `json:"date"`
	Why string   `json:"why"`
}

// Unread is an item of a table of which it is not known what it says.
type Unread struct {
	Place string `json:"place"`
	Why   string `json:"why"`
}

// Unknown is a series that the catalogue does not have.
type Unknown struct {
	Key   string   `json:"key"`
	Place string   `json:"place"` // the first one
	Lines int      `json:"lines"`
	Near  []string `json:"near"` // keys that may be meant
}

// Report returns what was done so far.
func (im *Importer) Report() Report {
	r := im.report
	r.SchemaVersion, r.DryRun = output.SchemaVersion, im.DryRun
	r.Series = slices.AppendSeq([]*Count{}, maps.Values(r.counts))
	slices.SortFunc(r.Series, func(a, b *Count) int { return strings.Compare(a.Key, b.Key) })
	r.Unknown, r.Unmet = append([]Unknown{}, r.Unknown...), []string{}
	for i := range r.Unknown {
		r.Unknown[i].Lines = r.keys[r.Unknown[i].Key]
	}
	return r
}

// Stored counts the days that were stored, or would be.
func (r *Report) Stored() (n int) {
	for _, c := range r.Series {
		n += c.New + c.Revised
	}
	return n
}

// Differs reports whether another value was left as it is.
func (r *Report) Differs() bool {
	return slices.ContainsFunc(r.Series, func(c *Count) bool { return c.Different > 0 })
}

// Left reports whether something was left out that a person may want: another value, one
// that cannot be read, a series that is not known, or what has another name than was said.
func (r *Report) Left() bool {
	return r.UnknownLines > 0 || len(r.Unmet) > 0 || r.Differs() ||
		slices.ContainsFunc(r.Series, func(c *Count) bool { return c.Unread > 0 })
}

func (r *Report) of(key string) *Count {
	c := r.counts[key]
	if c == nil {
		if r.counts == nil {
			r.counts = map[string]*Count{}
		}
		c = &Count{Key: key, Values: []Difference{}, Doubts: []Doubt{}, Days: []Closed{}, Places: []Unread{}}
		r.counts[key] = c
	}
	return c
}

func (r *Report) unknown(l *Line, c *catalogue.Catalogue) {
	r.UnknownLines++
	if r.keys == nil {
		r.keys = map[string]int{}
	}
	if r.keys[l.Series] == 0 && len(r.Unknown) < maxUnknown {
		r.Unknown = append(r.Unknown, Unknown{Key: l.Series, Place: l.Place(), Near: append([]string{}, c.Near(l.Series)...)})
	}
	if r.keys[l.Series] > 0 || len(r.keys) < maxKept {
		r.keys[l.Series]++
	}
}

func (c *Count) unread(l *Line) {
	c.Unread++
	if len(c.Places) < maxNamed {
		c.Places = append(c.Places, Unread{l.Place(), fault.Message(l.unread)})
	}
}

func (c *Count) outside(of *catalogue.Series, day span.Day) {
	c.Outside++
	if len(c.Days) < maxNamed {
		_, why := of.Explain(day)
		c.Days = append(c.Days, Closed{day, why})
	}
}

// add counts what a line comes to, where old is stored.
func (c *Count) add(s *step, old *row.Row, l *Line) {
	switch s.kind {
	case equal:
		c.Equal++
		return
	case fresh:
		c.New++
		if s.next.Status == row.Incomplete && !s.restores {
			c.Suspect++
			if len(c.Doubts) < maxNamed {
				c.Doubts = append(c.Doubts, Doubt{l.Place(), l.Day, s.next.Reason})
			}
		}
		return
	case different:
		c.Different++
	case revised:
		c.Revised++
	}
	if len(c.Values) < maxNamed {
		d := Difference{Place: l.Place(), Day: l.Day, Status: old.Status, Stored: old.Fields, Here: l.Cells, Reason: s.reason}
		if l.Whole != nil {
			d.Here, d.HereStatus = l.Whole.Fields, l.Whole.Status
		}
		c.Values = append(c.Values, d)
	}
}
