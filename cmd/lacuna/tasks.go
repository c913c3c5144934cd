package main

import (
	"context"
	"encoding/json"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/lambdas/detect"
	"lacuna/lambdas/fanout"
	"lacuna/lambdas/query"
	selection "lacuna/lambdas/select"
)

// tasks are the states that decide what is asked for. A plan calls them by
// itself; the state machine calls the same ones.
type tasks struct {
	selection *selection.Handler
	query     *query.Handler
	detect    *detect.Handler
	fanOut    *fanout.Handler
}

func newTasks(c *catalogue.Catalogue, rows query.Marks) tasks {
	queues := map[string]string{}
	for _, s := range c.Sources {
		queues[s.Name] = queueURL(s.Name)
	}
	return tasks{selection.New(c, queues, time.Time{}), query.New(c, rows), detect.New(c), fanout.New(c)}
}

// choose is Select. Input that cannot be meant is a usage error.
func (t tasks) choose(ctx context.Context, in message.Input, asOf time.Time) (message.Selection, error) {
	text, err := json.Marshal(in)
	if err != nil {
		return message.Selection{}, err
	}
	selected, err := t.selection.Handle(ctx, message.Start{StartedAt: asOf, Input: text})
	if err != nil && fault.NameOf(err) == fault.InputInvalid {
		return selected, usage("%w", fault.Bare(err))
	}
	return selected, err
}
