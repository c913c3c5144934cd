// Package message has what travels between the states of the pipeline, as
// JSON: keys, ranges and counts, never values. Each state's input and output
// is one type here, in the order in which the data passes them.
package message

import (
	"encoding/json"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Start is what Select gets: the execution's name, start and input.
type Start struct {
	Run       string          `json:"run"`
	StartedAt time.Time       `json:"started_at"`
	Input     json.RawMessage `json:"input"`
}

// Input is the input of an execution; every field may be left out. Days are
// YYYY-MM-DD, `today` or `-400d`.
type Input struct {
	From   string   `json:"from,omitempty"`
	To     string   `json:"to,omitempty"`
	Series []string `json:"series,omitempty"` // keys or patterns with * and ?
	Only   string   `json:"only,omitempty"`
	DryRun bool     `json:"dry_run,omitempty"`
}

// MaxStreams bounds the streams of a run, over all its sources: each writes up to
// 34 events into a history of 25,000.
const MaxStreams = 250

// MaxSeries bounds the series of a run, and so those of a catalogue that is
// deployed, until runs divide themselves: all of a run is written into one
// history. Terraform has the number too.
const MaxSeries = 300

// Selection is Select's output: the clock and every default are fixed in it.
type Selection struct {
	Run     string            `json:"run"`
	AsOf    time.Time         `json:"as_of"`
	Only    row.Only          `json:"only"`
	DryRun  bool              `json:"dry_run"`
	Input   Input             `json:"input"` // as meant: to be pasted into the next execution
	Scope   Scope             `json:"scope"`
	Sources []SourceSelection `json:"sources"`
}

// Scope is what a run sees all of, up to now, and so may speak for.
type Scope struct {
	Stack   bool     `json:"stack,omitempty"`   // every series of the catalogue
	Sources []string `json:"sources,omitempty"` // those of which it sees every series
	// From is where the run begins to look when some series is older, zero when
	// it sees each from its beginning.
	From span.Day `json:"from,omitzero"`
}

// SourceSelection is what a run does with one source.
type SourceSelection struct {
	Source     string        `json:"source"`
	QueueURL   string        `json:"queue_url"`
	MaxStreams int           `json:"max_streams"`
	MaxGaps    int           `json:"max_gaps"` // of each series
	Series     []SeriesRange `json:"series"`
}

// SeriesRange is the range of one series that a run looks at, both ends included.
type SeriesRange struct {
	Key  string   `json:"key"`
	From span.Day `json:"from"`
	To   span.Day `json:"to"`
}

// Span returns the range of r.
func (r SeriesRange) Span() span.Span { return span.Span{From: r.From, To: r.To} }

// Query is what the Query state gets.
type Query struct {
	Run string `json:"run"` // for the log
	SeriesRange
	AsOf time.Time `json:"as_of"`
	Only row.Only  `json:"only"`
}

// Coverage is Query's output: which days of a series have a row, by what the
// run does about them. A range may hold days that the series does not have.
type Coverage struct {
	SeriesRange
	Settled     span.Runs `json:"settled"`         // not asked for
	Recheck     span.Runs `json:"recheck"`         // have a row and are asked for again
	Waiting     span.Runs `json:"waiting"`         // on the ladder, retry_at still to come
	Quarantined span.Runs `json:"quarantined"`     // for a person
	Latest      span.Day  `json:"latest,omitzero"` // newest observed day
}

// Detect is what the Detect state gets.
type Detect struct {
	Run      string    `json:"run"` // for the log
	Coverage Coverage  `json:"coverage"`
	AsOf     time.Time `json:"as_of"`
	Only     row.Only  `json:"only"`
	MaxGaps  int       `json:"max_gaps"`
}

// Detected is Detect's output: the gaps of one series, and its days counted.
// It is also an entry of FanOut's output, then without gaps and with Requested.
// A series that failed has Key and Error alone.
type Detected struct {
	Key         string      `json:"key"`
	Error       string      `json:"error,omitempty"`
	Expected    int         `json:"expected"`
	Missing     int         `json:"missing"` // days in gaps, deferred ones included
	NotDue      int         `json:"not_due"`
	Waiting     int         `json:"waiting"`
	Quarantined int         `json:"quarantined"`
	Oldest      span.Day    `json:"oldest,omitzero"` // missing day
	Newest      span.Day    `json:"newest,omitzero"`
	Due         span.Day    `json:"due,omitzero"`    // newest due day of the series, when the range has it
	Latest      span.Day    `json:"latest,omitzero"` // newest observed day in the range, before the run
	Gaps        []span.Span `json:"gaps,omitempty"`
	Requested   int         `json:"requested"` // days in streams
	Deferred    int         `json:"deferred"`  // days left for the next run
}

// FanOut is what the FanOut state gets.
type FanOut struct {
	Run        string     `json:"run"` // for the log
	Source     string     `json:"source"`
	MaxStreams int        `json:"max_streams"`
	Series     []Detected `json:"series"`
}

// Streams is FanOut's output.
type Streams struct {
	Series   []Detected `json:"series"`
	Streams  []Stream   `json:"streams"`  // newest day first
	Planned  int        `json:"planned"`  // streams, those left out included
	Deferred int        `json:"deferred"` // days
}

// Stream is what one scraper message downloads.
type Stream struct {
	ID     string   `json:"id"` // bcb-ptax-001
	Series []string `json:"series"`
	From   span.Day `json:"from"`
	To     span.Day `json:"to"`
	Days   int      `json:"days"` // missing days, over all series
}

// Span returns the range of s.
func (s Stream) Span() span.Span { return span.Span{From: s.From, To: s.To} }

// ScrapeVersion is the V that this code writes and reads.
const ScrapeVersion = 1

// Scrape is the body of a scraper's SQS message.
type Scrape struct {
	V       int       `json:"v"`
	Run     string    `json:"run"`
	AsOf    time.Time `json:"as_of"`
	Only    row.Only  `json:"only"`
	Source  string    `json:"source"`
	Stream  Stream    `json:"stream"`
	Token   string    `json:"token"`
	Attempt int       `json:"attempt"` // retries before this one: 0 at first
}

// Scraped is what a scraper answers: at most 200 bytes. A stream that failed
// has Stream, OK and Error alone.
type Scraped struct {
	Stream     string `json:"stream"`
	OK         bool   `json:"ok"`
	Error      string `json:"error,omitempty"`
	Requests   int    `json:"requests"`
	Rows       int    `json:"rows"` // observed
	Absent     int    `json:"absent"`
	Incomplete int    `json:"incomplete"`
}

// ProbeVersion is the Probe that this code writes and reads.
const ProbeVersion = 1

// Probe asks a scraper's function to try its publisher, by an invocation of its
// own and not through the queue: it has no token, and nothing is stored.
type Probe struct {
	Probe  int       `json:"probe"` // ProbeVersion
	AsOf   time.Time `json:"as_of"`
	Source string    `json:"source"`
	Days   int       `json:"days"` // the newest due days of one series
}

// Probed is what a publisher answered to a Probe.
type Probed struct {
	Source   string    `json:"source"`
	Key      string    `json:"key"`
	Span     span.Span `json:"span"`              // asked for
	Values   int       `json:"values"`            // days that came
	Damaged  int       `json:"damaged,omitempty"` // days that came and cannot be right
	Requests int       `json:"requests"`
	Status   int       `json:"status"` // of the last HTTP answer, 0 for none
	Bytes    int       `json:"bytes"`  // of all bodies
	TookMS   int64     `json:"took_ms"`
	Error    string    `json:"error,omitempty"` // its name; empty: the publisher could be asked
	Message  string    `json:"message,omitempty"`
}

// Report is what the Report state gets.
type Report struct {
	Run     string       `json:"run"`
	AsOf    time.Time    `json:"as_of"`
	DryRun  bool         `json:"dry_run"`
	Input   Input        `json:"input"`
	Scope   Scope        `json:"scope,omitzero"` // none in a run of an older definition
	Sources []SourceDone `json:"sources"`
}

// SourceDone is what is left of a source's iteration. A source that failed has
// Source and Error alone.
type SourceDone struct {
	Source string `json:"source"`
	Error  string `json:"error,omitempty"`
	Work   struct {
		Series   []Detected `json:"series"`
		Streams  []Scraped  `json:"streams"` // of a dry run: Stream objects, not read
		Planned  int        `json:"planned"`
		Deferred int        `json:"deferred"`
	} `json:"work"`
}

// The status of a run.
const (
	Complete   = "complete"   // all that was missing is there
	Pending    = "pending"    // nothing failed, but days are on their ladder or deferred
	Incomplete = "incomplete" // streams, series or sources failed, or days were quarantined
)

// Summary is Report's output, and what is kept of a run.
type Summary struct {
	Run      string         `json:"run"`
	Status   string         `json:"status"`
	Cause    string         `json:"cause,omitempty"`
	Streams  int            `json:"streams"`
	Requests int            `json:"requests"`
	Retries  int            `json:"retries"`
	Deferred int            `json:"deferred"` // days
	Series   []SeriesResult `json:"series"`
	Failures []Failure      `json:"failures,omitempty"`
	Warnings []string       `json:"warnings,omitempty"` // what a person should look at
	// Stack is how the run left the whole stack, nil when it did not see all of it.
	Stack *Standing `json:"stack,omitempty"`
}

// Standing is how a run left a stack.
type Standing struct {
	Oldest span.Day `json:"oldest,omitzero"` // missing day that is known, of before the run's range too; zero: none
}

// SeriesResult is what a run did for one series, in days.
type SeriesResult struct {
	Key       string `json:"key"`
	Missing   int    `json:"missing"`
	Requested int    `json:"requested"`
	row.Count
	Failed     int    `json:"failed"`
	Waiting    int    `json:"waiting"`              // absent or incomplete before this run, and to be asked for again
	Quarantine int    `json:"quarantine,omitempty"` // in quarantine after this run, whoever put them there
	Deferred   int    `json:"deferred"`
	Error      string `json:"error,omitempty"`
}

// Failure is a stream, series or source that failed for good. Which one it is
// shows in the first of Stream, Series (one) and Source that is set.
type Failure struct {
	Source   string    `json:"source,omitempty"`
	Stream   string    `json:"stream,omitempty"`
	Series   []string  `json:"series,omitempty"`
	Span     span.Span `json:"span,omitzero"`
	Error    string    `json:"error"`
	Message  string    `json:"message,omitempty"`
	Attempts int       `json:"attempts,omitempty"`
}
