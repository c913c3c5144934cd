package cost

import "lacuna/internal/message"

// What is assumed. docs/costs.md says so too, and a test compares what DynamoDB counts.
const (
	BytesOfRow      = 160
	BytesLogged     = 2000 // an invocation
	msOfTask        = 150  // billed, start included
	msOf25Years     = 350  // more, for a query of as many rows
	rowsOf25Years   = 6300
	msOfScrape      = 3000
	mbOfTask        = 256
	mbOfFanOut      = 512
	bytesOfUnitRead = 4096
	bytesOfUnit     = 1024 // written
	bytesOfStream   = 300  // what a stream did, and more for each of its series
	bytesOfSummary  = 300
	bytesOfSeries   = 150 // in both
	metricsOfRun    = 5
	metricsOfWhole  = 9 // a run over all series, up to now; a shard's are those of the whole run
	requestsOfQueue = 3 // send, receive, delete
)

// Run is what a run does, as far as its cost depends on it.
type Run struct {
	Sources  int
	Asked    int      // sources that are asked for something
	Batches  int      // of series
	Series   []int    // rows stored in the range of each, before
	Messages int      // to scrapers
	Streams  []Stream // of all sources, in messages
	Shards   []int    // series of each, of a run that divides itself and does nothing else
	Part     bool     // it is a shard
	Rows     int      // written
	Revised  int      // of Rows: the old ones are kept
	Whole    bool     // it sees every series, up to now
	Reported bool     // it has, or will have, a summary and metrics
}

// Stream is one request's share of a run: the rows that are stored in its range, before, of
// each of its series.
type Stream []int

// NewRun returns the run of sel in which FanOut gives found, in any order. Rows, and how
// many series the shards have, is left to the caller.
func NewRun(sel message.Selection, found []message.Streams) Run {
	r := Run{Sources: len(sel.Sources), Whole: sel.Scope.Stack, Reported: !sel.DryRun, Part: sel.Input.Shard != nil}
	if n := len(sel.Shards); n > 0 {
		r.Shards = make([]int, n)
	}
	days := map[string]int{} // of the range of a series
	for _, source := range sel.Sources {
		r.Batches += len(source.Batches)
		for _, s := range source.Series() {
			days[s.Key] = s.Span().Days()
		}
	}
	for _, f := range found {
		expected := map[string]int{}
		for _, d := range f.Series {
			expected[d.Key] = within(d.Expected, days[d.Key])
			r.Series = append(r.Series, within(expected[d.Key]-within(d.Missing, maxCount)-within(d.NotDue, maxCount), days[d.Key]))
		}
		if sel.DryRun {
			continue
		}
		if len(f.Bundles) > 0 {
			r.Asked++
		}
		r.Messages += len(f.Bundles)
		for _, st := range f.All() { // as if the days of a series lay evenly, and the missing ones too
			stream, all := make(Stream, len(st.Series)), 0
			for i, key := range st.Series {
				if days[key] > 0 {
					stream[i] = expected[key] * within(st.Span().Days(), days[key]) / days[key]
					all += stream[i]
				}
			}
			for i, n := range stream {
				stream[i] = n * within(all-within(st.Days, maxCount), all) / max(1, all)
			}
			r.Streams = append(r.Streams, stream)
		}
	}
	return r
}

// Counts is what a history tells of a run.
type Counts struct {
	Transitions int // states entered, retries, start and end
	Tasks       int // invocations of functions other than scrapers
	FanOuts     int // of Tasks: they have more memory
	Scrapes     int // messages to queues, each an invocation of a scraper
}

// Expected is what the history of r tells when nothing fails: Select, Divided?, EachSource,
// Report, Complete? and Done, start and end; of a source EachSeries, FanOut, AnyStreams? and
// SourceDone, and EachStream when it is asked; of a batch Query and Detect; of a message
// Scrape. One that divides itself has EachShard for EachSource, and Shard.
func (r Run) Expected() Counts {
	return Counts{
		Transitions: 8 + 4*r.Sources + r.Asked + 2*r.Batches + r.Messages + len(r.Shards),
		Tasks:       2 + r.Sources + 2*r.Batches,
		FanOuts:     r.Sources,
		Scrapes:     r.Messages,
	}
}

// Usage returns what r uses when its history tells c.
func (r Run) Usage(c Counts) Usage {
	u := Usage{
		Transitions: c.Transitions,
		Invocations: c.Tasks + c.Scrapes,
		Messages:    requestsOfQueue * c.Scrapes,
		LogBytes:    BytesLogged * (c.Tasks + c.Scrapes),
		WriteUnits:  within(r.Rows, maxCount) + 3*within(r.Revised, maxCount), // a revision is two items in a transaction
	}
	again := max(0, c.Scrapes-r.Messages) // messages that are sent once more
	u.MBMilliseconds = mbOfTask*(msOfTask*(c.Tasks-c.FanOuts)+msOfScrape*(len(r.Streams)+again)) + mbOfFanOut*msOfTask*c.FanOuts
	for _, stored := range r.Series { // Query
		u.HalfReads += unitsRead(stored)
		u.MBMilliseconds += mbOfTask * msOf25Years * stored / rowsOf25Years
	}
	streamItems := 0
	for _, stream := range r.Streams { // Scrape: coverage and Insert's look, consistent; the breaker; what it did
		for _, stored := range stream {
			u.HalfReads += 2 * 2 * unitsRead(stored)
		}
		u.HalfReads += 2
		item := bytesOfStream + bytesOfSeries*len(stream)
		u.WriteUnits += unitsOf(item, bytesOfUnit)
		streamItems += item
	}
	u.HalfReads += 4 * again // a retry reads and notes once more
	u.WriteUnits += again
	for _, series := range r.Shards { // their summaries
		u.HalfReads += 2 * unitsOf(bytesOfSummary+bytesOfSeries*series, bytesOfUnitRead)
	}
	if r.Reported { // Report: what the streams did, the month, the summary
		u.HalfReads += 2 * unitsOf(streamItems, bytesOfUnitRead)
		u.WriteUnits += 1 + unitsOf(bytesOfSummary+bytesOfSeries*len(r.Series), bytesOfUnit)
		switch {
		case r.Part:
		case r.Whole:
			u.MetricHours = metricsOfWhole
		default:
			u.MetricHours = metricsOfRun
		}
	}
	return u
}

// maxCount is more than any run has of anything: a history may say what it likes.
const maxCount = 1_000_000_000

// within returns n, or the nearest number from 0 to most.
func within(n, most int) int { return max(0, min(n, most)) }

// unitsRead are the units of a query that finds so many rows, if it is consistent, and half
// units if not.
func unitsRead(rows int) int { return unitsOf(rows*BytesOfRow, bytesOfUnitRead) }

// unitsOf returns how many units so many bytes are, at least one.
func unitsOf(bytes, unit int) int { return max(1, (bytes+unit-1)/unit) }
