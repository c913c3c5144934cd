package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/stack"
)

// remote is the pipeline in AWS: runs are started there, and followed by their
// history.
type remote struct {
	*stack.Stack
	app *app
	bar *progress
}

func (a *app) openRemote(ctx context.Context, bar *progress) (*remote, error) {
	s, err := a.openTable(ctx)
	return &remote{s, a, bar}, err
}

func (r *remote) close() error { return nil }

// Execute starts a run and follows it. When ctx ends, or the run cannot be
// followed, it goes on, and the error says how to look at it.
func (r *remote) Execute(ctx context.Context, in message.Input, _ time.Time) (history.Outcome, error) {
	run, err := r.Start(ctx, in)
	if err != nil {
		return history.Outcome{}, err
	}
	r.app.note("run %s: %s", run, cmp.Or(r.ConsoleURL(run), "started"))
	out, err := r.Follow(ctx, run, r.bar.event)
	switch {
	case err == nil:
		return out, nil
	case out.Status != "": // the run itself has ended
		return out, fmt.Errorf("run %s is %s, and what its shards did cannot be read; look at it: %s: %w", run, out.Summary.Status, r.app.again("runs "+output.Quote(run)), err)
	case ctx.Err() != nil:
		return out, exit.New(exit.CodeInterrupted, "interrupted: %s", r.app.goesOn(run))
	}
	return out, fmt.Errorf("%s: %w", r.app.goesOn(run), err)
}

// goesOn says how to look at a run that is not followed any more.
func (a *app) goesOn(run string) string {
	return fmt.Sprintf("run %s goes on in AWS; look at it: %s; stop it: %s", run, a.again("runs "+output.Quote(run)), a.again("runs stop "+output.Quote(run)))
}

// startDetached starts a run and leaves it to itself.
func (a *app) startDetached(ctx context.Context, in message.Input, format string) error {
	s, err := a.openTable(ctx)
	if err != nil {
		return err
	}
	run, err := s.Start(ctx, in)
	if err != nil {
		return err
	}
	a.note("run %s: %s", run, cmp.Or(s.ConsoleURL(run), "started"))
	if format == "json" {
		return output.WriteJSON(a.stdout, struct {
			SchemaVersion int    `json:"schema_version"`
			Run           string `json:"run"`
			Status        string `json:"status"`
		}{output.SchemaVersion, run, "running"})
	}
	return a.stdout.Printf("Started run %s.\nNext: %s\n", run, a.again("runs "+output.Quote(run)))
}
