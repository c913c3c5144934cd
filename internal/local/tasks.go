package local

import (
	"context"
	"encoding/json"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/exit"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/lambdas/detect"
	"lacuna/lambdas/fanout"
	"lacuna/lambdas/query"
	selection "lacuna/lambdas/select"
)

// Tasks are the states that decide what is asked for. A plan calls them by
// itself; the state machine calls the same ones.
type Tasks struct {
	selection *selection.Handler
	Query     *query.Handler
	Detect    *detect.Handler
	FanOut    *fanout.Handler
}

// NewTasks returns the tasks over a catalogue and the rows of its series.
func NewTasks(c *catalogue.Catalogue, rows query.Marks) Tasks {
	queues := map[string]string{}
	for _, s := range c.Sources {
		queues[s.Name] = queueURL(s.Name)
	}
	return Tasks{
		&selection.Handler{Catalogue: c, Queues: queues}, query.New(c, rows), detect.New(c), &fanout.Handler{Catalogue: c},
	}
}

// Choose is Select. Input that cannot be meant is a usage error.
func (t Tasks) Choose(ctx context.Context, in message.Input, asOf time.Time) (message.Selection, error) {
	text, err := json.Marshal(in)
	if err != nil {
		return message.Selection{}, err
	}
	selected, err := t.selection.Handle(ctx, message.Start{StartedAt: asOf, Input: text})
	if err != nil && fault.NameOf(err) == fault.InputInvalid {
		return selected, exit.Usage("%w", fault.Bare(err))
	}
	return selected, err
}

// Parts returns what the executions of a run do: selected, or that of each shard.
func (t Tasks) Parts(ctx context.Context, selected message.Selection) ([]message.Selection, error) {
	if len(selected.Shards) == 0 {
		return []message.Selection{selected}, nil
	}
	parts := make([]message.Selection, 0, len(selected.Shards))
	for _, shard := range selected.Shards {
		in := selected.Input
		shard.Of, shard.AsOf = selected.Run, selected.AsOf
		in.Shard = &shard
		part, err := t.Choose(ctx, in, selected.AsOf)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}
