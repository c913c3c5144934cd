package main

import (
	"context"
	"slices"
	"time"

	"lacuna/internal/console"
	"lacuna/internal/stack"
)

// How often the console looks at what may have changed, while somebody watches: a file
// costs nothing, calls of Step Functions are free and their number a second is shared by
// the account.
const (
	everyFile  = 250 * time.Millisecond
	everyRun   = 2 * time.Second // while one goes on
	everyStack = 5 * time.Second
	everyDead  = 5 * time.Second // those of processes that have died are ended
)

// watcher is what the console's watch saw last.
type watcher struct {
	of      file
	version int64     // of it
	buried  time.Time // when runs of dead processes were last looked for
	running []string  // runs of a stack
	newest  []string
	looked  bool // at a stack
}

// inFile looks at a file; since is the mark of what was touched. Of one that was not looked
// at before, all is new.
func (s *watcher) inFile(ctx context.Context, f file, since int64) (console.Change, error) {
	change := console.Change{Mark: since, Again: everyFile}
	if now := time.Now(); now.Sub(s.buried) >= everyDead {
		s.buried = now
		if err := f.AbortDead(ctx); err != nil {
			return change, err
		}
	}
	version, err := f.Written(ctx)
	other := f != s.of
	if err != nil || !other && version == s.version {
		return change, err
	}
	if other {
		since = 0 // the mark is of the file before
	}
	if change.Series, change.Mark, err = f.Touched(ctx, since); err != nil {
		return change, err
	}
	change.Runs = s.of.Store != nil // else whoever has just come has just read
	if other && change.Runs {
		change.Series = append(change.Series, "*")
	}
	s.of, s.version = f, version
	return change, nil
}

// inStack looks at the runs of a stack. Rows have changed when one has ended: reading them
// costs, and is not for its begin.
func (s *watcher) inStack(ctx context.Context, in *stack.Stack, _ int64) (console.Change, error) {
	change := console.Change{Again: everyStack}
	running, err := in.Running(ctx)
	if err != nil {
		return change, err
	}
	newest, err := in.Newest(ctx)
	if err != nil {
		return change, err
	}
	if len(running) > 0 {
		change.Runs, change.Again = true, everyRun
	}
	if !slices.Equal(running, s.running) || !slices.Equal(newest, s.newest) {
		change.Runs = true
	}
	ended := func(run string) bool { return !slices.Contains(running, run) }
	short := !slices.Equal(newest, s.newest) && slices.ContainsFunc(newest, ended) // it began since, too
	if s.looked && (short || slices.ContainsFunc(s.running, ended)) {
		change.Series = []string{"*"}
	}
	s.looked, s.running, s.newest = true, running, newest
	return change, nil
}
