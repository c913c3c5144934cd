package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"lacuna/internal/choice"
	"lacuna/internal/console"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/stack"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// desk is the place of rows and runs for a process that lasts: the database file, which
// may appear later, or the stack, which is found anew when the credentials have expired.
type desk struct {
	a    *app
	open func(ctx context.Context) (place, error)

	mu   sync.Mutex
	at   place       // nil: to be opened
	late func() bool // the file has appeared since; nil: it is a stack

	changing sync.Mutex
	writes   rowWriter // the file, once something was changed

	seen watcher
}

// place is where rows and runs are.
type place interface {
	rowReader
	runReader
	Event(ctx context.Context, run string, id int64) (store.Event, error)
}

// bind gives the console what it shows of this target; done closes it.
func (c *consoleVerb) bind(ctx context.Context, a *app, of *choice.Catalogue, o *console.Options) (done func() error, err error) {
	o.Target = console.Target{Kind: a.target, Name: a.where(), Offline: a.offline, ReadOnly: c.readOnly, Version: build().String()}
	d := &desk{a: a}
	o.Rows, o.Runs, o.Watch, o.Changer, o.Stored, o.Planner = d, d, d, d, d, planner{d, of, o.Now}
	if a.target == targetAWS {
		d.open = func(ctx context.Context) (place, error) {
			s, err := stack.Open(ctx, a.stackOptions())
			if err != nil {
				return nil, err
			}
			return s, a.noteCatalogue(s)
		}
		p, err := d.place(ctx) // what is wrong with stack or credentials is said at once
		if err != nil {
			return nil, err
		}
		machine := p.(*stack.Stack).Machine
		o.Target.Account, o.Target.Region = machine.AccountID, machine.Region
		o.Runner = runsInStack{d}
		return d.close, nil
	}
	if path, err := filepath.Abs(a.db); err == nil {
		o.Target.Name = path
	}
	there := false
	d.open = func(context.Context) (place, error) {
		var err error
		if there, err = sqlite.There(a.db); err != nil {
			return nil, err
		}
		return a.openFile()
	}
	d.late = func() bool {
		now, err := sqlite.There(a.db)
		return err == nil && now && !there
	}
	if _, err = d.place(ctx); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	here := &runsHere{a: a, of: of, now: o.Now, ctx: running}
	o.Runner = here
	return func() error {
		stop()
		here.all.Wait()
		return d.close()
	}, nil
}

// place returns the place as it is now.
func (d *desk) place(ctx context.Context) (place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at != nil && (d.late == nil || !d.late()) {
		return d.at, nil
	}
	if d.at != nil {
		if err := d.at.Close(); err != nil { // nothing was in it
			return nil, err
		}
		d.at = nil
	}
	at, err := d.open(ctx)
	if err == nil {
		d.at = at
	}
	return at, err
}

func (d *desk) close() error {
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	if d.writes != nil {
		err = d.writes.Close()
	}
	if d.at != nil {
		err = errors.Join(err, d.at.Close())
	}
	return err
}

// Change implements console.Changer. What is at the desk of a file is open to read alone.
func (d *desk) Change(ctx context.Context, old, next row.Row) error {
	if d.a.target == targetAWS {
		_, err := with(ctx, d, func(p place) (struct{}, error) { return struct{}{}, p.(*stack.Stack).Change(ctx, old, next) })
		return err
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	if d.writes == nil {
		rows, err := d.a.openToChange(ctx)
		if err != nil {
			return err
		}
		d.writes = rows
	}
	return d.writes.Change(ctx, old, next)
}

// with does something at the desk. Its error says what to do about it, and after one of
// credentials the place is opened anew the next time.
func with[T any](ctx context.Context, d *desk, do func(place) (T, error)) (T, error) {
	p, err := d.place(ctx)
	var out T
	if err == nil {
		out, err = do(p)
	}
	if err == nil || d.a.target != targetAWS {
		return out, err
	}
	if hint := stack.Hint(err); hint != "" {
		err = fmt.Errorf("%w. Mend: %s", err, hint)
	}
	if stack.OfCredentials(err) {
		d.mu.Lock()
		d.at = nil
		d.mu.Unlock()
	}
	return out, err
}

// Marks implements console.Rows.
func (d *desk) Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error) {
	return with(ctx, d, func(p place) ([]row.Mark, error) { return p.Marks(ctx, series, s) })
}

// Rows implements console.Rows.
func (d *desk) Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error) {
	return with(ctx, d, func(p place) ([]row.Row, error) { return p.Rows(ctx, series, s) })
}

// Revisions implements console.Rows.
func (d *desk) Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error) {
	return with(ctx, d, func(p place) ([]row.Revision, error) { return p.Revisions(ctx, series, s) })
}

// Runs implements console.Rows.
func (d *desk) Runs(ctx context.Context, limit int) ([]store.Run, error) {
	return with(ctx, d, func(p place) ([]store.Run, error) { return p.Runs(ctx, limit) })
}

// SeriesKeys implements export.Lister.
func (d *desk) SeriesKeys(ctx context.Context, asked []string) ([]string, error) {
	return with(ctx, d, func(p place) ([]string, error) { return p.SeriesKeys(ctx, asked) })
}

// Executions implements console.Runs.
func (d *desk) Executions(ctx context.Context, limit int) ([]store.Execution, error) {
	return with(ctx, d, func(p place) ([]store.Execution, error) { return p.Executions(ctx, limit) })
}

// Execution implements console.Runs.
func (d *desk) Execution(ctx context.Context, run string) (store.Execution, error) {
	return with(ctx, d, func(p place) (store.Execution, error) { return p.Execution(ctx, run) })
}

// Summaries implements console.Runs.
func (d *desk) Summaries(ctx context.Context, list []store.Execution) ([]store.Run, error) {
	return with(ctx, d, func(p place) ([]store.Run, error) { return p.Summaries(ctx, list) })
}

// Events implements console.Runs.
func (d *desk) Events(ctx context.Context, run string, after int64) ([]store.Event, error) {
	return with(ctx, d, func(p place) ([]store.Event, error) { return p.Events(ctx, run, after) })
}

// Event implements console.Runs.
func (d *desk) Event(ctx context.Context, run string, id int64) (store.Event, error) {
	return with(ctx, d, func(p place) (store.Event, error) { return p.Event(ctx, run, id) })
}

// Definition implements console.Runs.
func (d *desk) Definition(ctx context.Context, run string) ([]byte, error) {
	return with(ctx, d, func(p place) ([]byte, error) { return p.Definition(ctx, run) })
}

// Changed implements console.Watch.
func (d *desk) Changed(ctx context.Context, since int64) (console.Change, error) {
	return with(ctx, d, func(p place) (console.Change, error) {
		if s, ok := p.(*stack.Stack); ok {
			return d.seen.inStack(ctx, s, since)
		}
		return d.seen.inFile(ctx, p.(file), since)
	})
}
