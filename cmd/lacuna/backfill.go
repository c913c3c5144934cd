package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/cost"
	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/plan"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) backfillCommand() *cobra.Command {
	var b backfill
	cmd := &cobra.Command{
		Use:   "backfill",
		Short: "fetch and store the days that lack, and nothing else",
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			if b.dryRun {
				return b.showPlan(cmd.Context(), a, format)
			}
			return b.unattended.run(cmd.Context(), a, &b, format)
		}, "table", "json"),
	}
	f := cmd.Flags()
	b.which.BindSeries(f)
	b.which.BindDays(f)
	b.which.BindOnly(f)
	f.StringVar(&b.plan, "plan", "", "`file` of plan --out: do just what it says, or refuse")
	f.IntVar(&b.maxRequests, "max-requests", -1, "refuse to start when more than so many `requests` are needed (default: no limit)")
	f.StringVar(&b.maxCost, "max-cost", "", "refuse to start when it would cost more `USD` in AWS, such as 0.25, without retries (default: no limit)")
	f.BoolVar(&b.dryRun, "dry-run", false, "show what would be asked for, as plan does, and fetch nothing")
	f.BoolVar(&b.detach, "detach", false, "with --target aws: start a run and do not follow it")
	f.BoolVar(&b.detailed, "detailed-exitcode", false, "exit with 6 instead of 0 while days wait for their next ask")
	f.BoolVarP(&b.quiet, "quiet", "q", false, "print nothing at all on success: exit codes 0 and 6")
	a.bindYes(f)
	a.bindAll(f)
	b.unattended.bind(f)
	return a.takeKeys(cmd)
}

// backfill is the verb: its flags, and what it works with.
type backfill struct {
	which       choice.Flags
	plan        string
	maxRequests int
	maxCost     string
	detach      bool
	dryRun      bool
	detailed    bool
	quiet       bool
	unattended  unattended

	most     cost.USD // what maxCost says
	series   *choice.Catalogue
	input    message.Input
	selected message.Selection   // what input comes to
	parts    []message.Selection // what its executions do
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
	if err := b.choose(ctx, a.asOf); err != nil {
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
	b.unattended.last = total
	if format == "table" || b.unattended.notify != "" {
		if total.news, err = b.news(ctx, a, total); err != nil { // what the runs did is told all the same
			a.note("which days are new cannot be read: %v", err)
		}
	}
	return b.tell(a, format, total)
}

// choose does what Select does.
func (b *backfill) choose(ctx context.Context, asOf time.Time) (err error) {
	tasks := local.NewTasks(b.series.Catalogue, nil)
	if b.selected, err = tasks.Choose(ctx, b.input, asOf); err == nil {
		b.parts, err = tasks.Parts(ctx, b.selected)
	}
	return err
}

// showPlan is the verb plan, for who has typed this one.
func (b *backfill) showPlan(ctx context.Context, a *app, format string) error {
	if err := b.unattended.check(a); err != nil {
		return err
	}
	if b.plan != "" {
		return exit.Usage("--dry-run: the plan in --plan %s says already what would be done", b.plan)
	}
	p, err := a.plan(ctx, b.which)
	if err != nil {
		return err
	}
	return a.showPlan(&p, "", format)
}

func (b *backfill) check(a *app) error {
	if b.plan != "" {
		for _, name := range []string{"series", "from", "to", "only"} {
			if a.flags.Changed(name) {
				return exit.Usage("--%s: the plan in --plan %s says it already", name, b.plan)
			}
		}
	}
	if b.detach && a.target != targetAWS {
		return exit.Usage("--detach is for --target aws: a local run ends with its process")
	}
	if b.maxRequests < 0 && a.flags.Changed("max-requests") {
		return exit.Usage("--max-requests %d: want 0 or more", b.maxRequests)
	}
	if b.maxCost != "" {
		var err error
		if b.most, err = cost.ParseUSD(b.maxCost); err != nil {
			return exit.Usage("--max-cost %s: %w", b.maxCost, err)
		}
	}
	return nil
}

// readInput sets the run's input, and returns the plan that it comes from if it
// does.
func (b *backfill) readInput(a *app) (*plan.Approved, error) {
	if b.plan == "" {
		var err error
		b.input, err = b.which.Input(b.series, span.DayOf(a.asOf))
		return nil, err
	}
	text, err := bound.ReadFile(b.plan, plan.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("--plan: %w", err)
	}
	p, err := plan.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("--plan %s is no plan: %w", b.plan, err)
	}
	b.input = p.Input
	return &p, nil
}

// approve refuses a run that is not what was planned, asks too often or costs too much, or
// that a person at a terminal does not want.
func (b *backfill) approve(ctx context.Context, a *app, approved *plan.Approved) error {
	ask := a.asks()
	if approved == nil && b.maxRequests < 0 && b.maxCost == "" && !ask {
		return nil
	}
	rows, err := a.openStored(ctx)
	if err != nil {
		return err
	}
	now, err := plan.Make(ctx, b.series.Catalogue, rows, b.input, b.selected, a.region())
	if err = errors.Join(err, rows.Close()); err != nil {
		return err
	}
	if approved != nil {
		if changed := approved.Changed(now); changed != "" {
			return exit.New(exit.CodeRefused, "the plan %s is stale: %s. Nothing was fetched; plan again", b.plan, changed)
		}
	}
	if b.maxRequests >= 0 && now.Requests > b.maxRequests {
		return exit.New(exit.CodeRefused, "%s needed, --max-requests %d: nothing was fetched", output.Count(now.Requests, "request"), b.maxRequests)
	}
	if b.maxCost != "" && now.Cost.USD > b.most {
		return exit.New(exit.CodeRefused, "--max-cost %s: %s Nothing was fetched", b.maxCost, now.Cost.Text(a.target == targetAWS))
	}
	if ask && now.Requests > 0 {
		return a.confirm(ctx, fmt.Sprintf("%s for %s in %s. %s Start?", output.Count(now.Requests, "request"), output.Count(now.Days(), "day"), a.where(), now.Cost.Text(true)))
	}
	return nil
}

// runner runs the state machine once and follows the run to its end, here or in
// AWS.
type runner interface {
	Execute(ctx context.Context, in message.Input, asOf time.Time) (history.Outcome, error)
	close() error
}

// execute runs the state machine until nothing is deferred, or no run makes
// progress any more.
func (b *backfill) execute(ctx context.Context, a *app) (*total, error) {
	series := 0
	for _, part := range b.parts {
		for _, one := range part.Sources {
			series += len(one.Series())
		}
	}
	bar := a.newProgress(series)
	defer bar.close()
	if bar.width == 0 {
		scale := a.waitScale
		if a.target == targetAWS {
			scale = 1
		}
		var err error
		if bar.tries, err = newRetries(bar.noteRetry, scale); err != nil {
			return nil, err
		}
	}
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
	return a.openHere(ctx, b.series, b.sources(), bar.event)
}

func (b *backfill) loop(ctx context.Context, a *app, r runner, t *total) error {
	for {
		out, err := r.Execute(ctx, b.input, a.asOf)
		if errors.Is(err, local.ErrInterrupted) {
			return exit.New(exit.CodeInterrupted, "%w; run again to go on: %s", err, a.again("backfill", "series", "from", "to", "only", "plan"))
		}
		if err != nil {
			return err
		}
		t.add(out)
		if out.Summary.Deferred == 0 || !progressed(out.Summary) || ctx.Err() != nil {
			return nil
		}
	}
}

func progressed(sum message.Summary) bool {
	all := sum.All()
	return all.Days() > 0
}

// sources returns the sources that the run asks.
func (b *backfill) sources() []*catalogue.Source {
	var list []*catalogue.Source
	for _, part := range b.parts {
		for _, one := range part.Sources {
			if of, ok := b.series.Source(one.Source); ok && !slices.Contains(list, of) {
				list = append(list, of)
			}
		}
	}
	return list
}
