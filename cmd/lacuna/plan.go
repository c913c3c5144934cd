package main

import (
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
	return plan.Make(ctx, s.Catalogue, rows, in, selected)
}

// showPlan writes a plan, which file has if it has a name.
func (a *app) showPlan(p *plan.Plan, file, format string) error {
	if format == "json" {
		return output.WriteJSON(a.stdout, p)
	}
	return a.writePlan(p, file)
}

func (a *app) writePlan(p *plan.Plan, file string) error {
	out := a.stdout.Lines()
	t := output.NewTable("key", "from", "to", "expected", "observed", "absent", "incomplete", "quarantined", "missing", "not_due", "gaps", "requested").
		GiveWay("to", "from", "not_due", "expected", "gaps", "observed", "absent", "incomplete", "quarantined")
	for _, s := range p.Series {
		t.Add(s.Key, s.From, s.To, s.Expected, s.Observed, s.Absent, s.Incomplete, s.Quarantined, s.Missing, s.NotDue, len(s.Gaps), s.Requested)
	}
	t.Write(out)
	if p.Requests == 0 {
		out.Printf("\nNothing to ask for: 0 requests.\n")
		return out.Flush()
	}
	out.Printf("\n")
	t = output.NewTable("stream", "from", "to", "days", "series")
	for _, s := range p.Streams {
		t.Add(s.ID, s.From, s.To, s.Days, output.Names(s.Series))
	}
	t.Write(out)
	next := a.again("backfill", "series", "from", "to", "only")
	if file != "" {
		next = a.again("backfill") + " --plan " + output.Quote(file)
	}
	out.Printf("\n%s for %s%s%s.\nNext: %s\n", output.Count(p.Requests, "request"), output.Count(p.Days(), "day"), later(p), naive(p), next)
	return out.Flush()
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

// later says what the plan leaves for the next run.
func later(p *plan.Plan) string {
	if p.Deferred == 0 {
		return ""
	}
	return fmt.Sprintf(", %s left for the next run", output.Count(p.Deferred, "day"))
}

// naive says how many requests a plan without bridges would take. There may be
// less when a gap is longer than a source gives at once.
func naive(p *plan.Plan) string {
	if p.Naive <= p.Requests {
		return ""
	}
	return fmt.Sprintf("; a request a gap would be %d", p.Naive)
}
