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
	Watch     Watch
	Planner   Planner
	Runner    Runner
	Changer   Changer       // nil: nothing is changed
	Stored    export.Lister // nil: nothing is exported
	Log       *slog.Logger

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
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
	Runs(ctx context.Context, limit int) ([]store.Run, error)
}

// Runs is where runs are read.
type Runs interface {
	// Executions returns up to limit executions, the last started first.
	Executions(ctx context.Context, limit int) ([]store.Execution, error)
	// Execution returns one; the error wraps store.ErrUnknown when there is none.
	Execution(ctx context.Context, run string) (store.Execution, error)
	// Summaries returns the summaries of those of list that were reported.
	Summaries(ctx context.Context, list []store.Execution) ([]store.Run, error)
	// Events returns what came after an event of a run's history, in order.
	Events(ctx context.Context, run string, after int64) ([]store.Event, error)
	// Event returns one of them; the error wraps store.ErrUnknown when there is none.
	Event(ctx context.Context, run string, id int64) (store.Event, error)
	// Definition returns that of the state machine which a run follows, nil when nobody
	// kept it. Beside an error that wraps store.ErrNotItsDefinition it is the one of now.
	Definition(ctx context.Context, run string) ([]byte, error)
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
