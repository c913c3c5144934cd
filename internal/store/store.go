// Package store says what lacuna keeps between runs and how an adapter of a
// database behaves. The adapters are the folders below; storetest holds the
// cases that each of them passes. Nothing here knows a database.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// ErrConflict is returned by Change when the row is not what the caller read.
var ErrConflict = errors.New("row changed meanwhile")

// MaxAtOnce is how many revisions a store keeps in one go together with their row.
const MaxAtOnce = 99

// Store keeps rows, what streams did, run summaries and breakers. All methods
// may be called from many goroutines and processes at once. Times come back in
// UTC, and the fields of a row sorted by name.
//
// Errors are named fault.StoreThrottled or fault.StoreUnavailable, when trying again may
// help, or fault.StoreUnusable, when it does not, whatever is read or written; apart from
// ErrConflict, the context's own, and those of a row that cannot be stored (a
// value that is no decimal) or read (edited by hand), which name series and day.
type Store interface {
	// Marks returns the marks of the rows of series in s, oldest first. It may
	// miss what was written in the last second.
	Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error)
	// Rows returns the rows of series in s as they are now, oldest first.
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	// Revisions returns the observed rows of series in s that gave way, by day,
	// and of a day the one first that was replaced first.
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
	// Insert stores any number of observed rows for days that had no row when
	// the caller looked. It is not atomic: after an error any part of the rows
	// may be stored, and inserting them again is safe. A row that appeared
	// meanwhile is replaced unless it is observed with the same fields; one that is
	// observed with others is kept as a revision. Of two rows for a day the last
	// counts.
	Insert(ctx context.Context, rows []row.Row) error
	// Change replaces the row old by next (old.Status is empty: there must be
	// none yet), or returns ErrConflict when status, attempts, the day to ask
	// again, fetched time, run or fields of the stored row are not old's. It keeps
	// old as row.RevisionOf(old, next) when row.IsRevision says so: both are done
	// or neither.
	Change(ctx context.Context, old, next row.Row) error
	// Restore stores a row of a day that has none, whatever its status, and behind the
	// revisions that the day has already those that it had elsewhere, in their order; a
	// row without a status is not stored. Where the day has a row it is ErrConflict. Up
	// to MaxAtOnce revisions are stored with the row or not at all; of more, after an
	// error, any number of the first.
	Restore(ctx context.Context, r row.Row, revisions []row.Revision) error

	// SaveStream stores what a stream did. Its Requests are added to those
	// already stored for (Run, ID), everything else is replaced.
	SaveStream(ctx context.Context, s Stream) error
	// Streams returns what the streams of a run did, in order of ID.
	Streams(ctx context.Context, run string) ([]Stream, error)

	// SaveRun stores the summary of a run; saving it again replaces it.
	SaveRun(ctx context.Context, r Run) error
	// Runs returns up to limit run summaries, newest first (AsOf, then ID), but those of
	// shards.
	Runs(ctx context.Context, limit int) ([]Run, error)
	// RunsOf returns the summaries of those runs ids whose AsOf is in [from, to],
	// newest first, and shards after runs that are whole. A run that was not reported has none.
	RunsOf(ctx context.Context, ids []string, from, to time.Time) ([]Run, error)

	// Breaker returns the breaker of a source, zero if it never opened.
	Breaker(ctx context.Context, source string) (Breaker, error)
	// SetBreaker stores the breaker of a source.
	SetBreaker(ctx context.Context, source string, b Breaker) error
}

// Stream is what one stream of a run did, or how its last attempt failed.
type Stream struct {
	Run      string        `json:"run"`
	ID       string        `json:"id"`
	Source   string        `json:"source"`
	Span     span.Span     `json:"span"`
	Series   []SeriesCount `json:"series"`
	Requests int           `json:"requests"`
	Attempt  int           `json:"attempt"`           // 1 for the first
	Error    string        `json:"error,omitempty"`   // name; empty when the stream is done
	Message  string        `json:"message,omitempty"` // what went wrong, for people
	// Malformed is set once an attempt found damaged rows in a sound body: the
	// next one stores the good rows.
	Malformed bool `json:"malformed,omitempty"`
	// Warnings are for people: values on closed days, long stretches without values.
	Warnings []string `json:"warnings,omitempty"`
}

// SeriesCount counts the rows that a run wrote for one series, in days.
type SeriesCount struct {
	Key string `json:"key"`
	row.Count
	Ended   int `json:"ended,omitempty"`  // of Quarantined: next to a day that was quarantined before, as after a series' end
	Early   int `json:"early,omitempty"`  // of Observed: asked for before, and not to be asked for again yet
	Still   int `json:"still,omitempty"`  // absent or incomplete as before, and to be asked for again
	Healed  int `json:"healed,omitempty"` // of Observed: quarantined before
	Failed  int `json:"failed,omitempty"` // asked for and not to be had, in a stream of which other series could be
	Pending int `json:"pending"`          // absent or incomplete in the stream's range, and to be asked for again, whoever wrote it
	// Beside are the observed days next to the stream's range that another value
	// replaced; they are not in the numbers above.
	Beside []span.Day `json:"beside,omitempty"`
	Latest span.Day   `json:"latest,omitzero"` // newest observed day in the stream's range, whoever wrote it
}

// Run is the summary of one execution.
type Run struct {
	ID      string          `json:"run"`
	AsOf    time.Time       `json:"as_of"`
	Status  string          `json:"status"` // complete, pending or incomplete
	Cause   string          `json:"cause,omitempty"`
	Summary json.RawMessage `json:"summary"` // the Report state's output
}

// Breaker marks a source as down for one run.
type Breaker struct {
	Run       string    `json:"run"`
	DownUntil time.Time `json:"down_until"`
}
