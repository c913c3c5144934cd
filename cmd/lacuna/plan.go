package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/gap"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/lambdas/query"

	"github.com/spf13/cobra"
)

const schemaVersion = 1

// plan is what a run would do.
type plan struct {
	SchemaVersion int           `json:"schema_version"`
	AsOf          time.Time     `json:"as_of"`
	Input         message.Input `json:"input"`
	From          span.Day      `json:"from"`
	To            span.Day      `json:"to"`
	Series        []planSeries  `json:"series"`
	Streams       []planStream  `json:"streams"`
	Requests      int           `json:"requests"`       // those of the runs after it included
	Naive         int           `json:"naive_requests"` // a request a gap and series
	Deferred      int           `json:"deferred"`       // days left for the run after it
}

type planSeries struct {
	coverage
	Requested int    `json:"requested"` // days in streams
	Deferred  int    `json:"deferred"`
	Gaps      []days `json:"gaps"`
}

type planStream struct {
	ID     string   `json:"id"`
	Source string   `json:"source"`
	Series []string `json:"series"`
	From   span.Day `json:"from"`
	To     span.Day `json:"to"`
	Days   int      `json:"days"` // that are wanted, over all series
}

func (a *app) planCommand() *cobra.Command {
	var which choice
	var out string
	var detailed bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "show which days lack and what would be asked for; fetches and writes nothing",
		Args:  cobra.NoArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			p, err := a.plan(cmd.Context(), which)
			if err != nil {
				return err
			}
			if out != "" {
				if err := p.save(a, out); err != nil {
					return err
				}
			}
			if format == "json" {
				err = writeJSON(a.stdout, p)
			} else {
				err = p.write(a, out)
			}
			if err == nil && detailed && p.Requests > 0 {
				err = &exitCode{code: exitGaps}
			}
			return err
		}, "table", "json"),
	}
	f := cmd.Flags()
	which.bindSeries(f)
	which.bindDays(f)
	which.bindOnly(f)
	f.StringVar(&out, "out", "", "`file` for the plan, to be run by backfill --plan; another plan is replaced, any other file is not")
	f.BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there is something to ask for")
	return cmd
}

func (a *app) plan(ctx context.Context, which choice) (plan, error) {
	s, err := a.openSeries()
	if err != nil {
		return plan{}, err
	}
	in, err := which.input(s, span.DayOf(a.asOf))
	if err != nil {
		return plan{}, err
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return plan{}, err
	}
	defer rows.Close()
	return makePlan(ctx, s, rows, in, a.asOf)
}

// makePlan does what the state machine does up to FanOut, with the same tasks.
func makePlan(ctx context.Context, s *series, rows query.Marks, in message.Input, asOf time.Time) (plan, error) {
	p := plan{SchemaVersion: schemaVersion, AsOf: asOf, Input: in, Series: []planSeries{}, Streams: []planStream{}}
	t := newTasks(s.Catalogue, rows)
	selected, err := t.choose(ctx, in, asOf)
	if err != nil {
		return p, err
	}
	for _, source := range selected.Sources {
		todo := message.FanOut{Source: source.Source, MaxStreams: source.MaxStreams}
		first := len(p.Series)
		for _, r := range source.Series {
			one, err := s.Find(r.Key)
			if err != nil {
				return p, err
			}
			marks, err := t.query.Marks(ctx, r)
			if err != nil {
				return p, err
			}
			covered := query.Cover(one, message.Query{SeriesRange: r, AsOf: selected.AsOf, Only: selected.Only}, marks)
			found, err := t.detect.Handle(ctx, message.Detect{Coverage: covered, AsOf: selected.AsOf, Only: selected.Only, MaxGaps: source.MaxGaps})
			if err != nil {
				return p, err
			}
			p.add(one, marks, selected, r, found)
			todo.Series = append(todo.Series, found)
		}
		streams, err := t.fanOut.Handle(ctx, todo)
		if err != nil {
			return p, err
		}
		for i, d := range streams.Series {
			p.Series[first+i].Requested, p.Series[first+i].Deferred = d.Requested, d.Deferred
		}
		for _, st := range streams.Streams {
			p.Streams = append(p.Streams, planStream{st.ID, source.Source, st.Series, st.From, st.To, st.Days})
		}
		p.Deferred += streams.Deferred
		p.Requests += streams.Planned
	}
	return p, nil
}

// add adds one series, with marks being its rows.
func (p *plan) add(one *catalogue.Series, marks []row.Mark, selected message.Selection, r message.SeriesRange, found message.Detected) {
	c := cover(one, r.Span(), marks, selected.AsOf)
	wanted := c.wanted(one, marks, selected.Only, selected.AsOf)
	ps := planSeries{coverage: c, Gaps: []days{}}
	for _, g := range found.Gaps {
		ps.Gaps = append(ps.Gaps, days{g.From, g.To, wanted.Within(g).Days()})
	}
	if len(p.Series) == 0 {
		p.From, p.To = r.From, r.To
	}
	p.From, p.To = min(p.From, r.From), max(p.To, r.To)
	p.Naive += len(gap.Detect(c.due, c.due.Subtract(wanted)))
	p.Series = append(p.Series, ps)
}

// days returns how many days the plan asks for.
func (p *plan) days() int {
	n := 0
	for _, s := range p.Series {
		n += s.Requested
	}
	return n
}

func (p *plan) write(a *app, file string) error {
	out := a.stdout.lines()
	t := newTable("key", "from", "to", "expected", "observed", "absent", "incomplete", "quarantined", "missing", "not_due", "gaps", "requested")
	for _, s := range p.Series {
		t.add(s.Key, s.From, s.To, s.Expected, s.Observed, s.Absent, s.Incomplete, s.Quarantined, s.Missing, s.NotDue, len(s.Gaps), s.Requested)
	}
	t.write(out)
	if p.Requests == 0 {
		out.printf("\nNothing to ask for: 0 requests.\n")
		return out.flush()
	}
	out.printf("\n")
	t = newTable("stream", "from", "to", "days", "series")
	for _, s := range p.Streams {
		t.add(s.ID, s.From, s.To, s.Days, seriesNames(s.Series))
	}
	t.write(out)
	next := a.again("backfill", "series", "from", "to", "only")
	if file != "" {
		next = a.again("backfill") + " --plan " + quote(file)
	}
	out.printf("\n%s for %s%s%s.\nNext: %s\n", count(p.Requests, "request"), count(p.days(), "day"), p.later(), p.naive(), next)
	return out.flush()
}

// later says what the plan leaves for the next run.
func (p *plan) later() string {
	if p.Deferred == 0 {
		return ""
	}
	return fmt.Sprintf(", %s left for the next run", count(p.Deferred, "day"))
}

// naive says how many requests a plan without bridges would take. There may be
// less when a gap is longer than a source gives at once.
func (p *plan) naive() string {
	if p.Naive <= p.Requests {
		return ""
	}
	return fmt.Sprintf("; a request a gap would be %d", p.Naive)
}

// seriesNames lists some keys.
func seriesNames(keys []string) string {
	const some = 3
	text := ""
	for i, key := range keys {
		if i == some {
			return text + fmt.Sprintf(" and %d more", len(keys)-some)
		}
		if i > 0 {
			text += " "
		}
		text += key
	}
	return text
}

func (p *plan) save(a *app, file string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	err = a.writeFile(file, append(text, '\n'), func(name string) error {
		text, err := readFile(name, maxPlan)
		if err == nil {
			_, err = parsePlan(text)
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
