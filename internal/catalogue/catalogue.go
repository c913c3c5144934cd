// Package catalogue reads series.yaml: which series there are, where each
// comes from, which days it has and when they are due. Nothing here does I/O;
// the caller reads the file.
package catalogue

import (
	"time"

	"lacuna/internal/span"
)

// Catalogue is a checked series.yaml. It never changes.
type Catalogue struct {
	Sources []Source // by name
	Series  []Series // in the file's order
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
	Cadence     string   // daily, weekly, monthly or quarterly
	Since       span.Day // weeks are counted from here
	Until       span.Day // zero: goes on
	OnEmpty     string   // recheck or learn
	KnownAbsent []KnownAbsent
	Lookback    int // newest expected days fetched again and compared
}

// KnownAbsent is a range that the publisher never had.
type KnownAbsent struct {
	Span   span.Span
	Reason string
}
