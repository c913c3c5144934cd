package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/message"
	"lacuna/internal/span"

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
	f.BoolVar(&b.detach, "detach", false, "with --target aws: start a run and do not follow it")
	a.bindYes(f)
	return cmd
}

// backfill is the verb: its flags, and what it works with.
type backfill struct {
	which       choice
	plan        string
	maxRequests int
	detach      bool

	series   *series
	input    message.Input
	selected message.Selection // what input comes to
}

func (b *backfill) run(ctx context.Context, a *app, format string) error {
	if err := b.check(a); err != nil {
		return err
	}
	var err error
	if b.series, err = a.openSeries(); err != nil {
		return err
	}
	approved, err := b.readInput(a)
	if err != nil {
		return err
	}
	// Before anything is made: what the state machine would refuse is a usage error.
	if b.selected, err = newTasks(b.series.Catalogue, nil).choose(ctx, b.input, a.asOf); err != nil {
		return err
	}
	if err := b.approve(ctx, a, approved); err != nil {
		return err
	}
	if b.detach {
		return a.startDetached(ctx, b.input, format)
	}
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
	if b.detach && a.target != targetAWS {
		return usage("--detach is for --target aws: a local run ends with its process")
	}
	if b.maxRequests < 0 && a.flags.Changed("max-requests") {
		return usage("--max-requests %d: want 0 or more", b.maxRequests)
	}
	return nil
}

// readInput sets the run's input, and returns the plan that it comes from if it
// does.
func (b *backfill) readInput(a *app) (*approvedPlan, error) {
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

// approve refuses a run that is not what was planned or asks too often, or that
// a person at a terminal does not want.
func (b *backfill) approve(ctx context.Context, a *app, approved *approvedPlan) error {
	ask := a.asks()
	if approved == nil && b.maxRequests < 0 && !ask {
		return nil
	}
	rows, err := a.openRows(ctx)
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
	if ask && now.Requests > 0 {
		return a.confirm(ctx, fmt.Sprintf("%s for %s in %s. Start?", count(now.Requests, "request"), count(now.days(), "day"), a.where()))
	}
	return nil
}

// runner runs the state machine once and follows the run to its end, here or in
// AWS.
type runner interface {
	execute(ctx context.Context, in message.Input, asOf time.Time) (outcome, error)
	close() error
}

// execute runs the state machine until nothing is deferred, or no run makes
// progress any more.
func (b *backfill) execute(ctx context.Context, a *app) (*total, error) {
	bar := a.newProgress()
	defer bar.close()
	r, err := b.openRunner(ctx, a, bar)
	if err != nil {
		return nil, err
	}
	t := &total{started: time.Now()}
	err = b.loop(ctx, a, r, t)
	return t, errors.Join(err, r.close())
}

func (b *backfill) openRunner(ctx context.Context, a *app, bar *progress) (runner, error) {
	if a.target == targetAWS {
		return a.openRemote(ctx, bar)
	}
	return a.openHere(ctx, b.series, b.sources(), bar)
}

func (b *backfill) loop(ctx context.Context, a *app, r runner, t *total) error {
	for {
		out, err := r.execute(ctx, b.input, a.asOf)
		if errors.Is(err, errInterrupted) {
			return exit(exitInterrupted, "%w; run again to go on: %s", err, a.again("backfill", "series", "from", "to", "only", "plan"))
		}
		if err != nil {
			return err
		}
		t.add(out)
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
