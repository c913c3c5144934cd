package main

import (
	"context"
	"errors"
	"fmt"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// rowReader is where rows are read: the database file, or the stack's table.
type rowReader interface {
	Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error)
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	// SeriesKeys returns the series that have rows. A table, which cannot list
	// them, says so of those in asked alone.
	SeriesKeys(ctx context.Context, asked []string) ([]string, error)
	// Revisions returns the observed rows in s that gave way, by day and time.
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
	Runs(ctx context.Context, limit int) ([]store.Run, error)
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
	Runs(ctx context.Context, limit int) ([]store.Run, error)
	// executions returns up to limit executions, the last started first.
	executions(ctx context.Context, limit int) ([]execution, error)
	// execution returns one; the error wraps sqlite.ErrUnknown when there is none.
	execution(ctx context.Context, name string) (execution, error)
	events(ctx context.Context, name string) ([]event, error)
	Close() error
}

// execution is one execution of the state machine, here or in AWS.
type execution sqlite.Execution

// file is the database file as a place to read.
type file struct{ *sqlite.Store }

func (f file) SeriesKeys(ctx context.Context, _ []string) ([]string, error) {
	return f.Store.SeriesKeys(ctx)
}

func (f file) executions(ctx context.Context, limit int) ([]execution, error) {
	found, err := f.Executions(ctx, limit)
	var list []execution
	for _, x := range found {
		list = append(list, execution(x))
	}
	return list, err
}

func (f file) execution(ctx context.Context, name string) (execution, error) {
	x, err := f.Execution(ctx, name)
	return execution(x), err
}

func (f file) events(ctx context.Context, name string) ([]event, error) {
	stored, err := f.Events(ctx, name)
	if err != nil {
		return nil, err
	}
	return readEvents(stored)
}

// openRows opens what is stored, to read it.
func (a *app) openRows(ctx context.Context) (rowReader, error) {
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

// openRuns opens what is known of runs, to read it.
func (a *app) openRuns(ctx context.Context) (runReader, error) {
	if a.target == targetAWS {
		return a.openStack(ctx)
	}
	return a.openFile()
}

// where names the place of rows and runs.
func (a *app) where() string {
	if a.target == targetAWS {
		if a.byVariables() {
			return "table " + a.env[variableTable]
		}
		return "stack " + a.stackName
	}
	return a.db
}

// wantRows refuses a place that nothing was ever written to.
func (a *app) wantRows() error {
	if a.target == targetAWS {
		return nil // a stack has its table from the start
	}
	there, err := sqlite.Exists(a.db)
	if err == nil && !there {
		err = fmt.Errorf("there is no database %s: `%s` makes one", a.db, a.again("backfill"))
	}
	return err
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
		return nil, &exitCode{exitRefused, err}
	}
	return s, err
}
