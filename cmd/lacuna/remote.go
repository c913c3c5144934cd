package main

import (
	"context"
	"fmt"
	"time"

	"lacuna/internal/message"
)

// remote is the pipeline in AWS: runs are started there, and followed by their
// history.
type remote struct {
	*stack
	app *app
	bar *progress
}

func (a *app) openRemote(ctx context.Context, bar *progress) (*remote, error) {
	s, err := a.openStack(ctx)
	if err != nil {
		return nil, err
	}
	return &remote{s, a, bar}, a.noteCatalogue(s)
}

func (r *remote) close() error { return nil }

// execute starts a run and follows it. When ctx ends, or the run cannot be
// followed, it goes on, and the error says how to look at it.
func (r *remote) execute(ctx context.Context, in message.Input, _ time.Time) (outcome, error) {
	run, err := r.start(ctx, in)
	if err != nil {
		return outcome{}, err
	}
	r.app.note("run %s: %s", run, r.consoleURL(run))
	out, err := r.follow(ctx, run, r.bar.event)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return out, exit(exitInterrupted, "interrupted: %s", r.app.goesOn(run))
	}
	return out, fmt.Errorf("%s: %w", r.app.goesOn(run), err)
}

// goesOn says how to look at a run that is not followed any more.
func (a *app) goesOn(run string) string {
	return fmt.Sprintf("run %s goes on in AWS; look at it: %s; stop it: %s", run, a.again("runs "+quote(run)), a.again("runs stop "+quote(run)))
}

// startDetached starts a run and leaves it to itself.
func (a *app) startDetached(ctx context.Context, in message.Input, format string) error {
	s, err := a.openStack(ctx)
	if err == nil {
		err = a.noteCatalogue(s)
	}
	if err != nil {
		return err
	}
	run, err := s.start(ctx, in)
	if err != nil {
		return err
	}
	a.note("run %s: %s", run, s.consoleURL(run))
	if format == "json" {
		return writeJSON(a.stdout, struct {
			SchemaVersion int    `json:"schema_version"`
			Run           string `json:"run"`
			Status        string `json:"status"`
		}{schemaVersion, run, "running"})
	}
	err = a.stdout.printf("Started run %s.\nNext: %s\n", run, a.again("runs "+quote(run)))
	return err
}
