package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/body"
	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/console"
	"lacuna/internal/engine"
	"lacuna/internal/exit"
	"lacuna/internal/export"
	"lacuna/internal/history"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/stack"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
	"lacuna/lambdas/scrape"
)

// rowReader is where rows are read: the database file, or the stack's table.
type rowReader interface {
	console.Rows
	export.Lister
	// Latest returns the newest observed row of each of series, or with nil of every
	// one, where they can be listed: its day, status and fields alone.
	Latest(ctx context.Context, series []string) ([]row.Row, error)
	Close() error
}

// rowWriter is where a person's acts change rows.
type rowWriter interface {
	rowReader
	Change(ctx context.Context, old, next row.Row) error
}

// runReader is where runs are read: the database file, or Step Functions and
// the stack's table.
type runReader interface {
	console.Runs
	// AllExecutions is Executions with the shards of runs.
	AllExecutions(ctx context.Context, limit int) ([]store.Execution, error)
	Close() error
}

// file is the database file as a place to read.
type file struct{ *sqlite.Store }

func (f file) SeriesKeys(ctx context.Context, _ []string) ([]string, error) {
	return f.Store.SeriesKeys(ctx)
}

// Executions reads names first: shards may be most of what is there.
func (f file) Executions(ctx context.Context, limit int) ([]store.Execution, error) {
	var whole []string
	for n := 8 * limit; ; n *= 8 {
		names, err := f.ExecutionNames(ctx, n)
		if err != nil {
			return nil, err
		}
		whole = slices.DeleteFunc(slices.Clone(names), message.IsShard)
		if len(whole) >= limit || len(names) < n {
			break
		}
	}
	var list []store.Execution
	for _, name := range whole[:min(limit, len(whole))] {
		x, err := f.Execution(ctx, name)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// AllExecutions implements runReader.
func (f file) AllExecutions(ctx context.Context, limit int) ([]store.Execution, error) {
	return f.Store.Executions(ctx, limit)
}

// Summaries finds them by name alone: --now may have told a run any time.
func (f file) Summaries(ctx context.Context, list []store.Execution) ([]store.Run, error) {
	return f.RunsOf(ctx, history.Names(list), time.Unix(0, 0), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
}

// openRows opens what is stored, to read it, and says so when it is nothing.
func (a *app) openRows(ctx context.Context) (rowReader, error) {
	a.noteNoFile()
	return a.openStored(ctx)
}

// openStored is openRows for those to whom nothing is no news.
func (a *app) openStored(ctx context.Context) (rowReader, error) {
	if a.target == targetAWS {
		return a.openTable(ctx)
	}
	return a.openFile()
}

// openToChange opens what is stored, to change rows of it.
func (a *app) openToChange(ctx context.Context) (rowWriter, error) {
	if a.target == targetAWS {
		return a.openTable(ctx)
	}
	if err := a.wantRows(); err != nil {
		return nil, err
	}
	s, err := a.open()
	return file{s}, err
}

// openRuns opens what is known of runs, to read it, and says so when it is nothing.
func (a *app) openRuns(ctx context.Context) (runReader, error) {
	a.noteNoFile()
	return a.openKnown(ctx)
}

// openKnown is openRuns for those to whom nothing is no news.
func (a *app) openKnown(ctx context.Context) (runReader, error) {
	if a.target == targetAWS {
		return a.openStack(ctx)
	}
	return a.openFile()
}

// where names the place of rows and runs.
func (a *app) where() string {
	if a.target == targetAWS {
		if a.byVariables() {
			return "table " + a.env[stack.VariableTable]
		}
		return "stack " + a.stackName
	}
	return a.db
}

// bodies is the folder of what publishers have sent, beside the database.
func (a *app) bodies() body.Bodies { return body.InFolder(a.db + ".bodies") }

// rereader is where rows are changed to what kept bodies say now.
type rereader interface {
	scrape.Store
	Close() error
}

// openKept opens the rows, and what publishers have sent.
func (a *app) openKept(ctx context.Context) (rereader, body.Bodies, error) {
	if a.target == targetAWS {
		s, err := a.openTable(ctx)
		if err != nil {
			return nil, body.Bodies{}, err
		}
		kept, err := s.KeptBodies()
		return s, kept, err
	}
	if err := a.wantRows(); err != nil {
		return nil, body.Bodies{}, err
	}
	s, err := a.open()
	return s, a.bodies(), err
}

// region is the one whose prices a run is told in: that of the stack, here AWS_REGION or
// us-east-1.
func (a *app) region() string {
	if a.stack != nil {
		return a.stack.Config.Region
	}
	return cmp.Or(a.env["AWS_REGION"], "us-east-1")
}

// wantRows refuses a place that nothing was ever written to.
func (a *app) wantRows() error {
	if a.target == targetAWS {
		return nil // a stack has its table from the start
	}
	there, err := sqlite.There(a.db)
	if err == nil && !there {
		err = fmt.Errorf("there is no database %s: `%s` makes one", a.db, a.again("backfill"))
	}
	return err
}

// noteNoFile says on stderr when there is nothing to read.
func (a *app) noteNoFile() {
	if a.target == targetAWS {
		return
	}
	if there, err := sqlite.There(a.db); err == nil && !there {
		a.note("there is no database %s yet: `%s` makes one", a.db, a.again("backfill"))
	}
}

func (a *app) mode() sqlite.Mode {
	if a.offline {
		return sqlite.Offline
	}
	return sqlite.Live
}

// open opens the database, which is made if there is none.
func (a *app) open() (*sqlite.Store, error) { return opened(sqlite.Open(a.db, a.mode())) }

// openFile opens the database to read it; where there is none it is empty, and
// none is made.
func (a *app) openFile() (file, error) {
	s, err := opened(sqlite.OpenToRead(a.db, a.mode()))
	if err == nil && s.Foreign() != nil {
		a.note("warning: %v", s.Foreign())
	}
	return file{s}, err
}

func opened(s *sqlite.Store, err error) (*sqlite.Store, error) {
	if errors.As(err, new(*sqlite.WrongModeError)) || errors.As(err, new(*sqlite.ForeignError)) {
		return nil, &exit.Error{Code: exit.CodeRefused, Err: err}
	}
	return s, err
}

// openSeries reads the catalogue and says on stderr which one it is.
func (a *app) openSeries() (*choice.Catalogue, error) {
	return choice.Open(a.catalogue, a.offline, a.noteOnce)
}

// choose returns the series and the days of which a verb reads what is stored.
func (a *app) choose(which choice.Flags) ([]*catalogue.Series, span.Span, error) {
	s, err := a.openSeries()
	if err != nil {
		return nil, span.Span{}, err
	}
	days, err := which.Span(span.DayOf(a.asOf))
	if err != nil {
		return nil, days, err
	}
	patterns, err := s.Patterns(which.Series)
	if err != nil {
		return nil, days, err
	}
	chosen, err := s.Match(patterns...)
	return chosen, days, err
}

// noteCatalogue says on stderr when s works with another catalogue.
func (a *app) noteCatalogue(s *stack.Stack) error {
	name, here, err := stack.HashCatalogue(a.catalogue)
	if err != nil || s.Catalogue == nil || *s.Catalogue == here {
		return err
	}
	a.noteOnce("warning: the stack was deployed with another catalogue than %s: see %s", name, a.again("doctor"))
	return nil
}

// openSources makes clients of publishers.
func (a *app) openSources(list ...*catalogue.Source) (*local.Sources, error) {
	return a.openSourcesWith(func(name string) string { return a.env[name] }, list...)
}

// openSourcesWith makes them with an environment of their own.
func (a *app) openSourcesWith(getenv func(string) string, list ...*catalogue.Source) (*local.Sources, error) {
	return local.OpenSources(local.SourceOptions{Getenv: getenv, Offline: a.offline, Timeout: a.httpTimeout, Note: a.note}, list)
}

// workplace is the pipeline on this machine, and what it works with.
type workplace struct {
	*local.Pipeline
	sources *local.Sources
	rows    *sqlite.Store
	history *history.Keeper
}

// openPipeline opens the database and the publishers of list, and binds the tasks to them.
func (a *app) openPipeline(ctx context.Context, s *choice.Catalogue, list []*catalogue.Source) (*workplace, error) {
	rows, err := a.open()
	if err != nil {
		return nil, err
	}
	from, err := a.openSources(list...)
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	log := a.logger()
	p := local.New(ctx, local.Options{Catalogue: s.Catalogue, Store: rows, Sources: from.ByName, Log: log, Bodies: a.bodies()})
	return &workplace{p, from, rows, &history.Keeper{Rows: rows, Machine: local.MachineName, Log: log}}, nil
}

func (w *workplace) close() error {
	return errors.Join(w.Pipeline.Close(), w.sources.Close(), w.rows.Close())
}

// here runs the pipeline on this machine.
type here struct {
	*workplace
	*local.Runner
}

// openHere opens the pipeline on this machine. What happens is told to onEvent, unless it is nil.
func (a *app) openHere(ctx context.Context, s *choice.Catalogue, list []*catalogue.Source, onEvent func(run string, e engine.Event)) (*here, error) {
	w, err := a.openPipeline(ctx, s, list)
	if err != nil {
		return nil, err
	}
	r, err := local.NewRunner(w.Pipeline, w.history, a.waitScale, onEvent)
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return &here{w, r}, nil
}

// byVariables reports whether variables say where the stack is.
func (a *app) byVariables() bool {
	return !a.flags.Changed("stack") && (a.env[stack.VariableMachine] != "" || a.env[stack.VariableTable] != "")
}

func (a *app) stackOptions() stack.Options {
	o := stack.Options{Name: a.stackName, Note: a.note}
	if a.byVariables() {
		o.Name, o.Machine, o.Table = "", a.env[stack.VariableMachine], a.env[stack.VariableTable]
	}
	return o
}

// openStack finds the stack, once.
func (a *app) openStack(ctx context.Context) (*stack.Stack, error) {
	if a.stack != nil {
		return a.stack, nil
	}
	var err error
	a.stack, err = stack.Open(ctx, a.stackOptions())
	return a.stack, err
}

// openTable opens the stack for its rows, and says when it was deployed with
// another catalogue.
func (a *app) openTable(ctx context.Context) (*stack.Stack, error) {
	s, err := a.openStack(ctx)
	if err == nil {
		err = a.noteCatalogue(s)
	}
	return s, err
}
