// Package plan says what a run would ask for, and whether that is still what a person
// has approved.
package plan

import (
	"context"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/standing"
	"lacuna/lambdas/query"
)

// Plan is what a run would do.
type Plan struct {
	SchemaVersion int           `json:"schema_version"`
	AsOf          time.Time     `json:"as_of"`
	Input         message.Input `json:"input"`
	From          span.Day      `json:"from"`
	To            span.Day      `json:"to"`
	Series        []Series      `json:"series"`
	Streams       []Stream      `json:"streams"`
	Requests      int           `json:"requests"`       // those of the runs after it included
	Naive         int           `json:"naive_requests"` // a request a gap and series
	Deferred      int           `json:"deferred"`       // days left for the run after it
}

// Series is what a plan says of one series.
type Series struct {
	standing.Coverage
	Requested int             `json:"requested"` // days in streams
	Deferred  int             `json:"deferred"`
	Gaps      []standing.Days `json:"gaps"`
}

// Stream is one stream of a plan.
type Stream struct {
	ID     string   `json:"id"`
	Source string   `json:"source"`
	Series []string `json:"series"`
	From   span.Day `json:"from"`
	To     span.Day `json:"to"`
	Days   int      `json:"days"` // that are wanted, over all series
}

// Make does what the state machine does up to FanOut, with the same tasks. selected is
// what in comes to.
func Make(ctx context.Context, c *catalogue.Catalogue, rows query.Marks, in message.Input, selected message.Selection) (Plan, error) {
	p := Plan{SchemaVersion: output.SchemaVersion, AsOf: selected.AsOf, Input: in, Series: []Series{}, Streams: []Stream{}}
	t := local.NewTasks(c, rows)
	for _, source := range selected.Sources {
		todo := message.FanOut{Source: source.Source, MaxStreams: source.MaxStreams}
		first := len(p.Series)
		for _, r := range source.Series {
			one, err := c.Find(r.Key)
			if err != nil {
				return p, err
			}
			marks, err := t.Query.Marks(ctx, r)
			if err != nil {
				return p, err
			}
			covered := query.Cover(one, message.Query{SeriesRange: r, AsOf: selected.AsOf, Only: selected.Only}, marks)
			found, err := t.Detect.Handle(ctx, message.Detect{Coverage: covered, AsOf: selected.AsOf, Only: selected.Only, MaxGaps: source.MaxGaps})
			if err != nil {
				return p, err
			}
			p.add(one, marks, selected, r, found)
			todo.Series = append(todo.Series, found)
		}
		streams, err := t.FanOut.Handle(ctx, todo)
		if err != nil {
			return p, err
		}
		for i, d := range streams.Series {
			p.Series[first+i].Requested, p.Series[first+i].Deferred = d.Requested, d.Deferred
		}
		for _, st := range streams.Streams {
			p.Streams = append(p.Streams, Stream{st.ID, source.Source, st.Series, st.From, st.To, st.Days})
		}
		p.Deferred += streams.Deferred
		p.Requests += streams.Planned
	}
	return p, nil
}

// add adds one series, with marks being its rows.
func (p *Plan) add(one *catalogue.Series, marks []row.Mark, selected message.Selection, r message.SeriesRange, found message.Detected) {
	c := standing.Cover(one, r.Span(), marks, selected.AsOf)
	wanted := c.Wanted(one, marks, selected.Only, selected.AsOf)
	ps := Series{Coverage: c, Gaps: []standing.Days{}}
	for _, g := range found.Gaps {
		ps.Gaps = append(ps.Gaps, standing.Days{From: g.From, To: g.To, Days: wanted.Within(g).Days()})
	}
	if len(p.Series) == 0 {
		p.From, p.To = r.From, r.To
	}
	p.From, p.To = min(p.From, r.From), max(p.To, r.To)
	p.Naive += len(c.Gaps(wanted))
	p.Series = append(p.Series, ps)
}

// Days returns how many days the plan asks for.
func (p *Plan) Days() int {
	n := 0
	for _, s := range p.Series {
		n += s.Requested
	}
	return n
}
