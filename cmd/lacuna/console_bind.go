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
)

// desk is the place of rows and runs for a process that lasts: the database file, which
// may appear later or be replaced, or the stack, which is found anew when the credentials
// have expired.
type desk struct {
	a    *app
	open func(ctx context.Context) (place, error)

	mu     sync.Mutex
	at     place // nil: to be opened
	writes file  // to change rows; without a store: nothing was changed yet
	users  sync.WaitGroup

	seen watcher
}

// place is where rows and runs are.
type place interface {
	rowReader
	runReader
}

// bind gives the console what it shows of this target; done closes it.
func (c *consoleVerb) bind(ctx context.Context, a *app, of *choice.Catalogue, o *console.Options) (done func() error, err error) {
	o.Target = console.Target{Kind: a.target, Name: a.where(), Offline: a.offline, ReadOnly: c.readOnly, Version: build().String()}
	d := &desk{a: a}
	o.Rows, o.Runs, o.Watch, o.Changer, o.Stored, o.Region = d, d, d, d, d, a.region()
	if a.target == targetAWS {
		var first *stack.Stack
		d.open = func(ctx context.Context) (place, error) {
			s, err := stack.Open(ctx, a.stackOptions())
			if err != nil {
				return nil, err
			}
			if first == nil {
				first = s
			}
			return s, errors.Join(sameStack(first, s), a.noteCatalogue(s))
		}
		p, err := d.place(ctx) // what is wrong with stack or credentials is said at once
		if err != nil {
			return nil, err
		}
		s := p.(*stack.Stack)
		o.Target.Account, o.Target.Region, o.Region = s.Machine.AccountID, s.Machine.Region, s.Machine.Region
		o.Planner = planner{d, of, o.Now, o.Region}
		o.Elsewhere = func(run string) (list []console.Link) {
			for _, p := range s.Pages(run) {
				list = append(list, console.Link(p))
			}
			return list
		}
		o.Runner = runsInStack{d}
		return d.close, nil
	}
	if path, err := filepath.Abs(a.db); err == nil {
		o.Target.Name = path
	}
	d.open = func(context.Context) (place, error) { return a.openFile() }
	if _, err := d.place(ctx); err != nil { // before anybody else has the desk
		return nil, err
	}
	o.Planner = planner{d, of, o.Now, o.Region}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	here := &runsHere{a: a, of: of, now: o.Now, ctx: running}
	o.Runner = here
	return func() error {
		stop()
		here.all.Wait()
		return d.close()
	}, nil
}

// sameStack refuses what new credentials lead to when it is not what the pages name.
func sameStack(first, now *stack.Stack) error {
	if now.Machine == first.Machine && now.Table == first.Table {
		return nil
	}
	name := func(s *stack.Stack) string {
		return fmt.Sprintf("account %s, %s, %s, table %s", s.Machine.AccountID, s.Machine.Region, s.Machine.Resource, s.Table)
	}
	return &console.CredentialsError{Err: fmt.Errorf("these credentials lead to %s, and the console was started for %s: start it again, or take credentials of that", name(now), name(first))}
}

// place returns the place as it is now. The caller has the lock.
func (d *desk) place(ctx context.Context) (place, error) {
	if err := d.leave(); err != nil || d.at != nil {
		return d.at, err
	}
	at, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	d.at = at
	return at, nil
}

// leave closes the file when its path leads to another one, before that is opened: the
// files beside a database go by its name. The caller has the lock.
func (d *desk) leave() error {
	read, _ := d.at.(file)
	if (read.Store == nil || read.Current()) && (d.writes.Store == nil || d.writes.Current()) {
		return nil
	}
	d.users.Wait()
	if d.writes.Store != nil {
		if err := d.writes.Leave(); err != nil {
			return err
		}
		d.writes = file{}
	}
	if read.Store != nil {
		if err := read.Leave(); err != nil {
			return err
		}
		d.at = nil
	}
	return nil
}

func (d *desk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.leave(); err != nil {
		return err
	}
	var err error
	if d.writes.Store != nil {
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
	rows, err := d.toChange(ctx)
	if err != nil {
		return err
	}
	defer d.users.Done()
	if err := rows.Change(ctx, old, next); err != nil || rows.Current() {
		return err
	}
	return fmt.Errorf("database %s was replaced: %w", d.a.db, store.ErrConflict)
}

// toChange returns the file to change it. The caller is one of d.users until it is done.
func (d *desk) toChange(ctx context.Context) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.leave(); err != nil {
		return file{}, err
	}
	if d.writes.Store == nil {
		rows, err := d.a.openToChange(ctx)
		if err != nil {
			return file{}, err
		}
		d.writes = rows.(file)
	}
	d.users.Add(1)
	return d.writes, nil
}

// use does something at the desk.
func use[T any](ctx context.Context, d *desk, do func(place) (T, error)) (out T, err error) {
	d.mu.Lock()
	p, err := d.place(ctx)
	if err != nil {
		d.mu.Unlock()
		return out, err
	}
	d.users.Add(1)
	d.mu.Unlock()
	defer d.users.Done()
	return do(p)
}

// with is use, whose error says what to do about it; after one of credentials the place is
// opened anew the next time.
func with[T any](ctx context.Context, d *desk, do func(place) (T, error)) (T, error) {
	out, err := use(ctx, d, do)
	if err == nil || d.a.target != targetAWS {
		return out, err
	}
	lacks := stack.Lacks(err)
	if hint := stack.Hint(err); hint != "" {
		err = fmt.Errorf("%w. Mend: %s", err, hint)
	}
	if stack.OfCredentials(err) {
		d.mu.Lock()
		d.at = nil
		d.mu.Unlock()
		err = &console.CredentialsError{Err: err}
	}
	if lacks != "" {
		err = &console.Denied{Action: lacks, Err: err}
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
