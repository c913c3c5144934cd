// Package plan says what a run would ask for, and whether that is still what a person
// has approved.
package plan

import (
	"context"
	"slices"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/cost"
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
	Requests      int           `json:"requests"`       // at least, and those of the runs after it included
	Naive         int           `json:"naive_requests"` // a request a gap and series
	Deferred      int           `json:"deferred"`       // days left for the run after it
	Cost          cost.Bill     `json:"cost"`           // in AWS, of the runs after it too
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
	Days   int      `json:"days"`            // that are wanted, over all series
	Shard  int      `json:"shard,omitempty"` // from 1, of a run that divides itself: each has streams of these IDs
}

// Make does what the state machine does up to FanOut, with the same tasks. selected is
// what in comes to, and region the one whose prices its cost is told in.
func Make(ctx context.Context, c *catalogue.Catalogue, rows query.Marks, in message.Input, selected message.Selection, region string) (Plan, error) {
	p := Plan{SchemaVersion: output.SchemaVersion, AsOf: selected.AsOf, Input: in, Series: []Series{}, Streams: []Stream{}}
	t := local.NewTasks(c, rows)
	parts, err := t.Parts(ctx, selected)
	if err != nil {
		return p, err
	}
	var used cost.Usage
	runs := 0 // of the whole
	each := make([]partUsage, len(parts))
	for i, part := range parts {
		first, streams, deferred := len(p.Series), len(p.Streams), p.Deferred
		found, err := p.look(ctx, t, c, part)
		if err != nil {
			return p, err
		}
		for j := range p.Streams[streams:] {
			if len(parts) > 1 {
				p.Streams[streams+j].Shard = i + 1
			}
		}
		each[i] = usage(t, c, part, found, p.Series[first:], p.Deferred > deferred)
		used.Add(each[i].used)
		runs = max(runs, each[i].runs)
	}
	for _, part := range each { // what has nothing left is looked at again with the others
		for range runs - part.runs {
			used.Add(part.idle)
		}
	}
	if n := len(selected.Shards); n > 0 {
		whole := cost.NewRun(selected, nil)
		for i := range whole.Shards {
			whole.Shards[i] = len(p.Series) / n
		}
		for range runs {
			used.Add(whole.Usage(whole.Expected()))
		}
	}
	p.Cost = used.Bill(region, cost.Planned, runs)
	return p, nil
}

// look does what an execution does up to FanOut, and returns what it finds by source.
func (p *Plan) look(ctx context.Context, t local.Tasks, c *catalogue.Catalogue, selected message.Selection) ([]message.Streams, error) {
	var all []message.Streams
	for _, source := range selected.Sources {
		todo := message.FanOut{Source: source.Source, MaxMessages: source.MaxMessages}
		first := len(p.Series)
		for _, b := range source.Batches {
			detect := message.Detect{AsOf: selected.AsOf, Only: selected.Only, MaxGaps: source.MaxGaps}
			marks := make([][]row.Mark, len(b.Series))
			for i, r := range b.Series {
				one, err := c.Find(r.Key)
				if err != nil {
					return nil, err
				}
				if marks[i], err = t.Query.Marks(ctx, r); err != nil {
					return nil, err
				}
				detect.Series = append(detect.Series, query.Cover(one, message.Query{AsOf: selected.AsOf, Only: selected.Only}, r, marks[i]))
			}
			found, err := t.Detect.Handle(ctx, detect)
			if err != nil {
				return nil, err
			}
			for i, r := range b.Series {
				one, _ := c.Lookup(r.Key) // it was found above
				p.add(one, marks[i], selected, r, found.Series[i])
			}
			todo.Batches = append(todo.Batches, found)
		}
		streams, err := t.FanOut.Handle(ctx, todo)
		if err != nil {
			return nil, err
		}
		for i, d := range streams.Series {
			p.Series[first+i].Requested, p.Series[first+i].Deferred = d.Requested, d.Deferred
		}
		for _, st := range streams.All() {
			p.Streams = append(p.Streams, Stream{ID: st.ID, Source: source.Source, Series: st.Series, From: st.From, To: st.To, Days: st.Days})
			if of, ok := c.Source(source.Source); ok {
				p.Requests += of.Requests(span.Span{From: st.From, To: st.To}) - 1 // one is planned
			}
		}
		p.Deferred += streams.Deferred
		p.Requests += streams.Planned
		all = append(all, streams)
	}
	return all, nil
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

// Shards returns of how many executions with something to ask for the run is made, when it
// divides itself.
func (p *Plan) Shards() int {
	shards := map[int]bool{}
	for _, s := range p.Streams {
		if s.Shard > 0 {
			shards[s.Shard] = true
		}
	}
	return len(shards)
}

// Days returns how many days the plan asks for.
func (p *Plan) Days() int {
	n := 0
	for _, s := range p.Series {
		n += s.Requested
	}
	return n
}

// partUsage is what a run, or a shard of one, uses.
type partUsage struct {
	used cost.Usage // until nothing is deferred
	runs int        // how many those are
	idle cost.Usage // of one more
}

// usage returns what the runs of selected use, when nothing fails. found is what FanOut gives in the first, which leaves
// days for later or not; those after it look at everything again and take what is left
// of its streams.
func usage(t local.Tasks, c *catalogue.Catalogue, selected message.Selection, found []message.Streams, series []Series, deferred bool) (p partUsage) {
	rows, left := 0, 0 // of all runs; streams
	for _, s := range series {
		rows += min(s.Requested+s.Deferred, s.Missing+s.Absent+s.Incomplete) // what is observed and the same stays
	}
	for _, f := range found {
		left += f.Planned
	}
	taken := make([]int, len(found))
	for ; p.runs == 0 || left > 0 || p.runs == 1 && deferred; p.runs++ {
		next := slices.Clone(found)
		for i, f := range found {
			streams := f.All()
			streams = streams[:min(len(streams), f.Planned-taken[i])]
			if of, ok := c.Source(selected.Sources[i].Source); ok {
				next[i].Bundles = t.FanOut.Bundles(of, streams, selected.Sources[i].MaxMessages)
			}
			taken[i] += len(streams)
			left -= len(streams)
		}
		run := cost.NewRun(selected, next)
		if p.runs == 0 {
			run.Rows = rows
		}
		p.used.Add(run.Usage(run.Expected()))
	}
	nothing := slices.Clone(found)
	for i := range nothing {
		nothing[i].Bundles = nil
	}
	idle := cost.NewRun(selected, nothing)
	p.idle = idle.Usage(idle.Expected())
	return p
}
