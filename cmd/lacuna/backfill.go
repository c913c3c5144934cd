package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/span"
	"lacuna/internal/store/sqlite"

	"github.com/spf13/cobra"
)

func (a *app) backfillCommand() *cobra.Command {
	var b backfill
	cmd := &cobra.Command{
		Use:   "backfill",
		Short: "fetch and store the days that lack, and nothing else",
		Args:  cobra.NoArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			return b.run(cmd.Context(), a, format)
		}, "table", "json"),
	}
	f := cmd.Flags()
	b.which.bindSeries(f)
	b.which.bindDays(f)
	b.which.bindOnly(f)
	f.StringVar(&b.plan, "plan", "", "`file` of plan --out: do just what it says, or refuse")
	f.IntVar(&b.maxRequests, "max-requests", -1, "refuse to start when more than so many `requests` are needed (default: no limit)")
	f.BoolVar(&b.yes, "yes", false, "ask no questions; with --target local there are none")
	return cmd
}

// backfill is the verb: its flags, and what it works with.
type backfill struct {
	which       choice
	plan        string
	maxRequests int
	yes         bool

	series   *series
	input    message.Input
	selected message.Selection // what input comes to
	rows     *sqlite.Store
}

func (b *backfill) run(ctx context.Context, a *app, format string) (err error) {
	if err := b.check(a); err != nil {
		return err
	}
	if b.series, err = a.openSeries(); err != nil {
		return err
	}
	approved, err := b.readInput(a)
	if err != nil {
		return err
	}
	// Before a file is made: what the state machine would refuse is a usage error.
	if b.selected, err = newTasks(b.series.Catalogue, nil).choose(ctx, b.input, a.asOf); err != nil {
		return err
	}
	if err := b.approve(ctx, a, approved); err != nil {
		return err
	}
	if b.rows, err = a.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.rows.Close()) }()
	total, err := b.execute(ctx, a)
	if err != nil {
		return err
	}
	return b.tell(a, format, total)
}

func (b *backfill) check(a *app) error {
	if b.plan != "" {
		for _, name := range []string{"series", "from", "to", "only"} {
			if a.flags.Changed(name) {
				return usage("--%s: the plan in --plan %s says it already", name, b.plan)
			}
		}
	}
	if b.maxRequests < 0 && a.flags.Changed("max-requests") {
		return usage("--max-requests %d: want 0 or more", b.maxRequests)
	}
	return nil
}

// readInput sets the run's input, and returns the plan that it comes from if it
// does.
func (b *backfill) readInput(a *app) (*plan, error) {
	if b.plan == "" {
		var err error
		b.input, err = b.which.input(b.series, span.DayOf(a.asOf))
		return nil, err
	}
	p, err := readPlan(b.plan)
	if err != nil {
		return nil, err
	}
	b.input = p.Input
	return &p, nil
}

// approve refuses a run that is not what was planned or asks too often.
func (b *backfill) approve(ctx context.Context, a *app, approved *plan) error {
	if approved == nil && b.maxRequests < 0 {
		return nil
	}
	rows, err := a.openToRead()
	if err != nil {
		return err
	}
	now, err := makePlan(ctx, b.series, rows, b.input, a.asOf)
	if err = errors.Join(err, rows.Close()); err != nil {
		return err
	}
	if approved != nil {
		if changed := approved.changed(now); changed != "" {
			return exit(exitRefused, "the plan %s is stale: %s. Nothing was fetched; plan again", b.plan, changed)
		}
	}
	if b.maxRequests >= 0 && now.Requests > b.maxRequests {
		return exit(exitRefused, "%s needed, --max-requests %d: nothing was fetched", count(now.Requests, "request"), b.maxRequests)
	}
	return nil
}

// execute runs the state machine until nothing is deferred, or no run makes
// progress any more.
func (b *backfill) execute(ctx context.Context, a *app) (*total, error) {
	bar := a.newProgress()
	defer bar.close()
	level, err := a.level()
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(bar, &slog.HandlerOptions{Level: level}))
	from, err := a.openSources(b.sources()...)
	if err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	l, err := a.newLocal(working, b.series, b.rows, from, log)
	if err != nil {
		stop()
		return nil, errors.Join(err, from.close())
	}
	l.onEvent = bar.event
	t := &total{started: time.Now()}
	err = b.loop(ctx, a, l, t)
	stop()
	l.wait()
	return t, errors.Join(err, l.deadLetters(), from.close())
}

func (b *backfill) loop(ctx context.Context, a *app, l *local, t *total) error {
	for {
		out, err := l.execute(ctx, b.input, a.asOf)
		if err != nil {
			return err
		}
		t.add(out)
		if out.result.Status == engine.Aborted {
			return exit(exitInterrupted, "%w; run again to go on: %s", errInterrupted, a.again("backfill", "series", "from", "to", "only", "plan"))
		}
		if out.summary.Deferred == 0 || !progressed(out.summary) || ctx.Err() != nil {
			return nil
		}
	}
}

func progressed(sum message.Summary) bool {
	for _, s := range sum.Series {
		if s.Observed+s.Absent+s.Incomplete+s.Quarantined > 0 {
			return true
		}
	}
	return false
}

func (l *local) deadLetters() error {
	var errs []error
	for url, q := range l.queues {
		if err := q.deadLetters(); err != nil {
			errs = append(errs, fmt.Errorf("queue %s: %w", url, err))
		}
	}
	return errors.Join(errs...)
}

// sources returns the sources that the run asks.
func (b *backfill) sources() []*catalogue.Source {
	var list []*catalogue.Source
	for _, one := range b.selected.Sources {
		if of, ok := b.series.Source(one.Source); ok {
			list = append(list, of)
		}
	}
	return list
}
