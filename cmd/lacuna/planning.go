package main

import (
	"context"
	"lacuna/internal/catalogue"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/lambdas/query"
	"time"
)

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
	p.Naive += len(c.gaps(wanted))
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
