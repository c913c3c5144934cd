// Package console is the face of lacuna in a browser: what is there of each series and
// what lacks, what runs did, and what a person may do about it. It knows small interfaces
// alone; who opens it binds them to a database or to a stack.
package console

import (
	"context"
	"log/slog"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/export"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Options say what a console shows. What is nil is not to be had, and its pages say so.
type Options struct {
	Target    Target
	Now       func() time.Time // the time it is taken to be
	Catalogue *catalogue.Catalogue
	Rows      Rows
	Runs      Runs
	Children  Children // nil: distributed Maps have none that are told of
	Watch     Watch
	Planner   Planner
	Runner    Runner
	Changer   Changer       // nil: nothing is changed
	Stored    export.Lister // nil: nothing is exported
	Log       *slog.Logger
	Region    string // whose prices runs are told in; "": their cost is not told

	// Warning returns what every page says before all else, "" nothing; nil: there is none.
	Warning func() string

	// Elsewhere returns the pages of AWS's console about a run, or with "" about where this
	// one looks; nil: there are none.
	Elsewhere func(run string) []Link

	Token string   // that a browser shows once; without one there is no way in
	Hosts []string // names besides those of the loopback by which clients reach it
	By    string   // who decides about days

	// Command is a verb of the command line, in the words of who started the console.
	Command func(verb string, more ...string) string
}

// Target is where rows and runs are.
type Target struct {
	Kind     string // local, aws, or serve
	Name     string // a file, a stack
	Offline  bool   // its rows are those of the built-in publisher
	Account  string // of AWS
	Region   string
	Version  string // of lacuna
	ReadOnly bool   // nothing is changed or started
}

// Rows is where rows are read.
type Rows interface {
	Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error)
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	// Revisions returns the observed rows in s that gave way, by day and time.
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
	Runs(ctx context.Context, limit int) ([]store.Run, error)
}

// Runs is where runs are read.
type Runs interface {
	// Executions returns up to limit executions, the last started first, without the
	// shards of runs.
	Executions(ctx context.Context, limit int) ([]store.Execution, error)
	// Execution returns one; the error wraps store.ErrUnknown when there is none.
	Execution(ctx context.Context, run string) (store.Execution, error)
	// Summaries returns the summaries of those of list that were reported.
	Summaries(ctx context.Context, list []store.Execution) ([]store.Run, error)
	// Events returns the history of a run behind the event with the id after, in order;
	// after 0 is all of it.
	Events(ctx context.Context, run string, after int64) ([]store.Event, error)
	// Event returns one of them; the error wraps store.ErrUnknown when there is none.
	Event(ctx context.Context, run string, id int64) (store.Event, error)
	// Definition returns that of the state machine which a run follows, nil when nobody
	// kept it. Beside an error that wraps store.ErrNotItsDefinition it is the one of now.
	Definition(ctx context.Context, run string) ([]byte, error)
}

// Children are the executions that distributed Maps start, which are runs of their own.
type Children interface {
	// Children returns those of a Map state of a run, from the one numbered from, at most
	// limit: what has failed first, then what runs, then the rest, each in order.
	Children(ctx context.Context, run, state string, from, limit int) ([]store.Execution, error)
	// Parent returns the run and the Map state that have started a run, "" for others.
	Parent(ctx context.Context, run string) (parent, state string, err error)
}

// Watch tells what has changed.
type Watch interface {
	// Changed returns what changed after a mark that it gave before, zero at first.
	Changed(ctx context.Context, since int64) (Change, error)
}

// Change is what Watch saw.
type Change struct {
	Mark   int64         // to ask with the next time
	Runs   bool          // a run began, went on or ended
	Series []string      // keys whose rows changed; ["*"]: any
	Again  time.Duration // when it is worth to ask once more
}
