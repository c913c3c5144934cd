package main

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"lacuna/internal/choice"
	"lacuna/internal/console"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// bind gives the console what it shows of this target; done closes it.
func (c *consoleVerb) bind(ctx context.Context, a *app, of *choice.Catalogue, o *console.Options) (done func() error, err error) {
	o.Target = console.Target{Kind: a.target, Name: a.where(), Offline: a.offline, ReadOnly: c.readOnly, Version: build().String()}
	if a.target == targetAWS {
		return nil, errors.New("not yet")
	}
	if path, err := filepath.Abs(a.db); err == nil {
		o.Target.Name = path
	}
	d := &desk{a: a}
	if _, err := d.store(); err != nil { // what is wrong with the file is said at once
		return nil, err
	}
	o.Rows = d
	return d.close, nil
}

// desk is the database file for a process that lasts: it may appear later.
type desk struct {
	a *app

	mu    sync.Mutex
	file  file
	there bool // the file was there when it was opened
}

// store returns the file as it is now.
func (d *desk) store() (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.there {
		return d.file, nil
	}
	there, err := sqlite.There(d.a.db)
	if err != nil || d.file.Store != nil && !there {
		return d.file, err
	}
	opened, err := d.a.openFile()
	if err != nil {
		return d.file, err
	}
	old := d.file.Store
	d.file, d.there = opened, there
	if old != nil {
		return d.file, old.Close() // nothing was in it
	}
	return d.file, nil
}

func (d *desk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file.Close()
}

// Marks implements console.Rows.
func (d *desk) Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error) {
	f, err := d.store()
	if err != nil {
		return nil, err
	}
	return f.Marks(ctx, series, s)
}

// Rows implements console.Rows.
func (d *desk) Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error) {
	f, err := d.store()
	if err != nil {
		return nil, err
	}
	return f.Rows(ctx, series, s)
}

// Revisions implements console.Rows.
func (d *desk) Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error) {
	f, err := d.store()
	if err != nil {
		return nil, err
	}
	return f.Revisions(ctx, series, s)
}

// Runs implements console.Rows.
func (d *desk) Runs(ctx context.Context, limit int) ([]store.Run, error) {
	f, err := d.store()
	if err != nil {
		return nil, err
	}
	return f.Runs(ctx, limit)
}
