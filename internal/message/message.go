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

// Start is what Select gets: the execution's name, start and input, and which
// machine and execution it is.
type Start struct {
	Run       string          `json:"run"`
	StartedAt time.Time       `json:"started_at"`
	Input     json.RawMessage `json:"input"`
	Machine   string          `json:"machine"`   // ARN
	Execution string          `json:"execution"` // ARN
}

// Input is the input of an execution; every field may be left out. Days are
// YYYY-MM-DD, `today` or `-400d`.
type Input struct {
	From   string   `json:"from,omitempty"`
	To     string   `json:"to,omitempty"`
	Series []string `json:"series,omitempty"` // keys or patterns with * and ?
	Only   string   `json:"only,omitempty"`
	DryRun bool     `json:"dry_run,omitempty"`
	Shard  *Shard   `json:"shard,omitempty"` // of a run that divided itself; people leave it out
	// Parent is what AWS asks an execution that starts another to send.
	Parent string `json:"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID,omitempty"`
}

// Shard is the part of a run that an execution of its own does: the series whose
// keys are from First to Last, at the time of the whole.
type Shard struct {
	Name  string    `json:"name"` // of the execution
	First string    `json:"first"`
	Last  string    `json:"last"`
	Of    string    `json:"of,omitempty"` // the whole run; with AsOf in the input of a shard alone
	AsOf  time.Time `json:"as_of,omitzero"`
}

// MaxMessages bounds the messages to scrapers of an execution, over all its
// sources: each writes up to 34 events into a history of 25,000.
const MaxMessages = 250

// Few is up to how many series of a source in an execution each is a batch of its own, and
// up to how many streams each has a message: as people like to see them in the console.
const Few = 25

// Selection is Select's output: the clock and every default are fixed in it. It
// has shards or sources, the other is empty.
type Selection struct {
	Run     string            `json:"run"`
	AsOf    time.Time         `json:"as_of"`
	Only    row.Only          `json:"only"`
	DryRun  bool              `json:"dry_run"`
	Input   Input             `json:"input"` // as meant: to be pasted into the next execution
	Scope   Scope             `json:"scope"`
	Machine string            `json:"machine,omitempty"` // that does the shards: the version that runs
	Shards  []Shard           `json:"shards"`
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
	Source      string  `json:"source"`
	QueueURL    string  `json:"queue_url"`
	MaxMessages int     `json:"max_messages"`
	MaxGaps     int     `json:"max_gaps"` // of each series
	Batches     []Batch `json:"batches"`
}

// Series returns the ranges of all batches, in their order.
func (s SourceSelection) Series() []SeriesRange {
	var all []SeriesRange
	for _, b := range s.Batches {
		all = append(all, b.Series...)
	}
	return all
}

// Batch is the series that one Query and one Detect look at.
type Batch struct {
	Series []SeriesRange `json:"series"`
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
	Batch
	AsOf    time.Time `json:"as_of"`
	Only    row.Only  `json:"only"`
	Attempt int       `json:"attempt"` // retries before this one: 0 at first
}

// Covered is Query's output, in the order of its batch.
type Covered struct {
	Series []Coverage `json:"series"`
}

// Detect is what the Detect state gets.
type Detect struct {
	Run     string     `json:"run"` // for the log
	Series  []Coverage `json:"series"`
	AsOf    time.Time  `json:"as_of"`
	Only    row.Only   `json:"only"`
	MaxGaps int        `json:"max_gaps"`
}

// Found is Detect's output, in the order of its batch. Of a batch that failed as a
// whole the state SeriesFailed leaves the keys of Series, and Error.
type Found struct {
	Series []Detected `json:"series"`
	Error  string     `json:"error,omitempty"`
}

// Detected is what Detect finds of one series: its gaps, and its days counted.
// It is also an entry of FanOut's output, then without gaps and with Requested.
// A series that failed has Key and Error alone.
type Detected struct {
	Key         string      `json:"key"`
	Error       string      `json:"error,omitempty"`
	Expected    int         `json:"expected"`
	Missing     int         `json:"missing"` // days in gaps, deferred ones included
	NotDue      int         `json:"not_due,omitempty"`
	Waiting     int         `json:"waiting,omitempty"`
	Quarantined int         `json:"quarantined,omitempty"`
	Oldest      span.Day    `json:"oldest,omitzero"` // missing day
	Newest      span.Day    `json:"newest,omitzero"`
	Due         span.Day    `json:"due,omitzero"`    // newest due day of the series, when the range has it
	Latest      span.Day    `json:"latest,omitzero"` // newest observed day in the range, before the run
	Gaps        []span.Span `json:"gaps,omitempty"`
	Requested   int         `json:"requested,omitempty"` // days in streams
	Deferred    int         `json:"deferred,omitempty"`  // days left for the next run
}

// FanOut is what the FanOut state gets.
type FanOut struct {
	Run         string  `json:"run"` // for the log
	Source      string  `json:"source"`
	MaxMessages int     `json:"max_messages"`
	Batches     []Found `json:"batches"`
}

// Streams is FanOut's output.
type Streams struct {
	Series   []Detected `json:"series"`
	Bundles  []Bundle   `json:"bundles"` // newest day first
	Planned  int        `json:"planned"` // streams, those left out included
	Deferred int        `json:"deferred"`
}

// Bundle is what one message asks a scraper to do, one stream after the other.
type Bundle struct {
	Streams []Stream `json:"streams"`
}

// String names a bundle by its first and its last stream.
func (b Bundle) String() string {
	switch n := len(b.Streams); n {
	case 0:
		return ""
	case 1:
		return b.Streams[0].ID
	default:
		return b.Streams[0].ID + " to " + b.Streams[n-1].ID
	}
}

// Span returns the range from the first to the last day of b's streams.
func (b Bundle) Span() span.Span {
	all := b.Streams[0].Span()
	for _, s := range b.Streams {
		all = span.Span{From: min(all.From, s.From), To: max(all.To, s.To)}
	}
	return all
}

// All returns the streams of all bundles.
func (s Streams) All() []Stream {
	var all []Stream
	for _, b := range s.Bundles {
		all = append(all, b.Streams...)
	}
	return all
}

// Stream is what one request, or a few, downloads.
type Stream struct {
	ID     string   `json:"id"` // bcb-ptax-001
	Series []string `json:"series"`
	From   span.Day `json:"from"`
	To     span.Day `json:"to"`
	Days   int      `json:"days"` // missing days, over all series
}

// Span returns the range of s.
func (s Stream) Span() span.Span { return span.Span{From: s.From, To: s.To} }

// ScrapeVersion is the V that this code writes. It reads version 1 too, which has
// one Stream: such messages may be in a queue when functions are replaced.
const ScrapeVersion = 2

// Scrape is the body of a scraper's SQS message.
type Scrape struct {
	V       int       `json:"v"`
	Run     string    `json:"run"`
	AsOf    time.Time `json:"as_of"`
	Only    row.Only  `json:"only"`
	Source  string    `json:"source"`
	Stream  *Stream   `json:"stream,omitempty"` // of version 1
	Streams []Stream  `json:"streams"`
	Token   string    `json:"token"`
	Attempt int       `json:"attempt"` // retries before this one: 0 at first
}

// Scraped is what a scraper answers: at most 200 bytes. Of a message that failed,
// the state StreamFailed leaves Stream, IDs, OK and Error alone.
type Scraped struct {
	Stream     string   `json:"stream"`        // the first
	IDs        []string `json:"ids,omitempty"` // of all streams, when they failed
	OK         bool     `json:"ok"`
	Error      string   `json:"error,omitempty"`
	Requests   int      `json:"requests"`
	Rows       int      `json:"rows"` // observed
	Absent     int      `json:"absent"`
	Incomplete int      `json:"incomplete"`
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
	Shards  []ShardDone  `json:"shards,omitempty"`
}

// SourceDone is what is left of a source's iteration. A source that failed has
// Source and Error alone.
type SourceDone struct {
	Source string `json:"source"`
	Error  string `json:"error,omitempty"`
	Work   struct {
		Series   []Detected `json:"series"`
		Messages []Scraped  `json:"bundles"` // of a dry run: Bundle objects, not read
		Planned  int        `json:"planned"`
		Deferred int        `json:"deferred"`
	} `json:"work"`
}

// ShardDone is what is left of a shard's iteration. What the shard did stands in
// its own summary; one that failed has Error too.
type ShardDone struct {
	Shard string `json:"shard"` // the name of its execution
	Error string `json:"error,omitempty"`
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
	// Omitted is how many failures more there are than Failures has.
	Omitted int `json:"failures_omitted,omitempty"`
	// WarningsOmitted is how many warnings more there are than Warnings has.
	WarningsOmitted int `json:"warnings_omitted,omitempty"`
	// Stack is how the run left the whole stack, nil when it did not see all of it.
	Stack *Standing `json:"stack,omitempty"`
	// Shard is what a shard tells the whole run, nil of any other.
	Shard *ShardStanding `json:"shard,omitempty"`
	// Shards are those of a run that divided itself. Series has then only those series
	// that a person should look at first, and Total sums all.
	Shards []ShardResult `json:"shards,omitempty"`
	Total  *Total        `json:"total,omitempty"`
}

// Total sums the series of a run.
type Total struct {
	Number int `json:"number"` // of series
	SeriesResult
}

// Sum adds the series of o.
func (t *Total) Sum(o Total) {
	t.Add(o.SeriesResult)
	t.Number += o.Number - 1
}

// Add adds the series s.
func (t *Total) Add(s SeriesResult) {
	t.Number++
	t.Missing += s.Missing
	t.Requested += s.Requested
	t.Count.Add(s.Count)
	t.Failed += s.Failed
	t.Waiting += s.Waiting
	t.Quarantine += s.Quarantine
	t.Deferred += s.Deferred
}

// All returns the sum of all series of the run.
func (s *Summary) All() Total {
	if s.Total != nil {
		return *s.Total
	}
	var t Total
	for _, one := range s.Series {
		t.Add(one)
	}
	return t
}

// ShardResult is how a shard ended.
type ShardResult struct {
	Run    string `json:"run"`    // of its own
	Status string `json:"status"` // empty: it was not reported
}

// ShardStanding is how a shard left its series.
type ShardStanding struct {
	Of      string    `json:"of"`                // the whole run
	Unknown []string  `json:"unknown,omitempty"` // sources of which not every series was looked at
	Oldest  span.Day  `json:"oldest,omitzero"`   // missing day; zero: none
	Left    []Measure `json:"left,omitempty"`    // of each source
}

// Measure is a number by which something is watched.
type Measure struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Number int    `json:"number"`
}

// Standing is how a run left a stack.
type Standing struct {
	Oldest span.Day `json:"oldest,omitzero"` // missing day that is known, of before the run's range too; zero: none
}

// SeriesResult is what a run did for one series, in days.
type SeriesResult struct {
	Key       string `json:"key,omitempty"` // none of a sum
	Missing   int    `json:"missing"`
	Requested int    `json:"requested"`
	row.Count
	Failed     int    `json:"failed"`
	Waiting    int    `json:"waiting"`              // absent or incomplete before this run, and to be asked for again
	Quarantine int    `json:"quarantine,omitempty"` // in quarantine after this run, whoever put them there
	Deferred   int    `json:"deferred"`
	Error      string `json:"error,omitempty"`
}

// Failure is a stream, series, source or shard that failed for good. Which one it is
// shows in the first of Shard, Stream, Series (one) and Source that is set.
type Failure struct {
	Shard    string    `json:"shard,omitempty"`
	Source   string    `json:"source,omitempty"`
	Stream   string    `json:"stream,omitempty"`
	Series   []string  `json:"series,omitempty"`
	More     int       `json:"more_series,omitempty"` // than Series has
	Span     span.Span `json:"span,omitzero"`
	Error    string    `json:"error"`
	Message  string    `json:"message,omitempty"`
	Attempts int       `json:"attempts,omitempty"`
}
