package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lacuna/internal/bound"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/local"
	"lacuna/internal/output"
	"lacuna/internal/plan"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) planCommand() *cobra.Command {
	var which choice.Flags
	var out string
	var detailed bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "show which days lack and what would be asked for; fetches and writes nothing",
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			p, err := a.plan(cmd.Context(), which)
			if err != nil {
				return err
			}
			if out != "" {
				if err := a.savePlan(&p, out); err != nil {
					return err
				}
			}
			err = a.showPlan(&p, out, format)
			if err == nil && detailed && p.Requests > 0 {
				err = &exit.Error{Code: exit.CodeGaps}
			}
			return err
		}, "table", "json"),
	}
	f := cmd.Flags()
	which.BindSeries(f)
	which.BindDays(f)
	which.BindOnly(f)
	f.StringVar(&out, "out", "", "`file` for the plan, to be run by backfill --plan; another plan is replaced, any other file is not")
	f.BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there is something to ask for")
	a.bindAll(f)
	return a.takeKeys(cmd)
}

func (a *app) plan(ctx context.Context, which choice.Flags) (p plan.Plan, err error) {
	s, err := a.openSeries()
	if err != nil {
		return plan.Plan{}, err
	}
	in, err := which.Input(s, span.DayOf(a.asOf))
	if err != nil {
		return plan.Plan{}, err
	}
	selected, err := local.NewTasks(s.Catalogue, nil).Choose(ctx, in, a.asOf)
	if err != nil {
		return plan.Plan{}, err
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return plan.Make(ctx, s.Catalogue, rows, in, selected, a.region())
}

// showPlan writes a plan, which file has if it has a name.
func (a *app) showPlan(p *plan.Plan, file, format string) error {
	if format == "json" {
		return output.WriteJSON(a.stdout, p)
	}
	out := a.stdout.Lines()
	t := output.NewTable("key", "from", "to", "expected", "observed", "absent", "incomplete", "quarantined", "missing", "not_due", "gaps", "requested").
		GiveWay("to", "from", "not_due", "expected", "gaps", "observed", "absent", "incomplete", "quarantined")
	of := a.listing(len(p.Series))
	series, rest := output.Part(of, p.Series, "series", lacksMore)
	for _, s := range series {
		t.Add(s.Key, s.From, s.To, s.Expected, s.Observed, s.Absent, s.Incomplete, s.Quarantined, s.Missing, s.NotDue, len(s.Gaps), s.Requested)
	}
	t.Rest(rest).Write(out)
	if p.Requests == 0 {
		out.Printf("\nNothing to ask for: 0 requests.\n")
		return out.Flush()
	}
	out.Printf("\n")
	t = output.NewTable("stream", "from", "to", "days", "series")
	streams, rest := output.Part(of, p.Streams, "stream", nil)
	for _, s := range streams {
		id := s.ID
		if s.Shard > 0 { // each shard has streams of its own of the same ids
			id = fmt.Sprintf("%d/%s", s.Shard, id)
		}
		t.Add(id, s.From, s.To, s.Days, output.Names(s.Series))
	}
	t.Rest(rest).Write(out)
	next := a.again("backfill", "series", "from", "to", "only")
	if file != "" {
		next = a.again("backfill") + " --plan " + output.Quote(file)
	}
	does := output.Count(p.Requests, "request") + " for " + output.Count(p.Days(), "day")
	if n := p.Shards(); n > 0 {
		does += " in " + output.Count(n, "shard")
	}
	if p.Deferred > 0 {
		does += fmt.Sprintf(", %s left for the next run", output.Count(p.Deferred, "day"))
	}
	if p.Naive > p.Requests { // there may be less without bridges, when a gap is longer than a source gives at once
		does += fmt.Sprintf("; a request a gap would be %d", p.Naive)
	}
	out.Printf("\n%s.\n%s\nNext: %s\n", does, p.Cost.Text(a.target == targetAWS), next)
	return out.Flush()
}

// lacksMore orders series by the days that a plan wants of them, the most first.
func lacksMore(x, y plan.Series) int {
	return cmp.Or(cmp.Compare(y.Requested+y.Deferred, x.Requested+x.Deferred), cmp.Compare(y.Missing, x.Missing))
}

func (a *app) savePlan(p *plan.Plan, file string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	err = a.writeFile(file, append(text, '\n'), func(name string) error {
		text, err := bound.ReadFile(name, plan.MaxBytes)
		if err == nil {
			_, err = plan.Parse(text)
		}
		if err != nil {
			err = fmt.Errorf("it is no plan: %w", err)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}
