package statemachine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/internal/metric"
	"lacuna/lambdas/detect"
	"lacuna/lambdas/fanout"
	"lacuna/lambdas/query"
	"lacuna/lambdas/report"
	selection "lacuna/lambdas/select"
)

// lambdas are the tasks' functions, by name, as lambda:invoke finds them.
type lambdas map[string]func(ctx context.Context, payload []byte) (any, error)

func functions(c *catalogue.Catalogue, asOf time.Time, room int, marks query.Marks, runs report.Store) lambdas {
	queues := map[string]string{}
	for _, s := range c.Sources {
		queues[s.Name] = "https://sqs.us-east-1.amazonaws.com/123456789012/lacuna-" + s.Name
	}
	return lambdas{
		"lacuna-select": function((&selection.Handler{Catalogue: c, Queues: queues, Now: asOf, Room: room}).Handle),
		"lacuna-query":  function(query.New(c, marks).Handle),
		"lacuna-detect": function(detect.New(c).Handle),
		"lacuna-fanout": function((&fanout.Handler{Catalogue: c}).Handle),
		"lacuna-report": function(report.New(runs, metric.Discard{}, slog.New(slog.DiscardHandler)).Handle),
	}
}

func function[In, Out any](handle func(context.Context, In) (Out, error)) func(context.Context, []byte) (any, error) {
	return func(ctx context.Context, payload []byte) (any, error) {
		var in In
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, err
		}
		return handle(ctx, in)
	}
}

// call is the lambda:invoke integration.
func (l lambdas) call(ctx context.Context, call engine.Call) (json.RawMessage, error) {
	var p struct {
		FunctionName string
		Payload      json.RawMessage
	}
	if err := json.Unmarshal(call.Parameters, &p); err != nil {
		return nil, err
	}
	f, ok := l[strings.Split(p.FunctionName, ":")[6]]
	if !ok {
		return nil, fmt.Errorf("no function %s", p.FunctionName)
	}
	out, err := f(ctx, p.Payload)
	if err != nil {
		return nil, &engine.Error{Name: string(fault.NameOf(err)), Cause: fault.Message(err)}
	}
	return json.Marshal(map[string]any{"ExecutedVersion": "1", "Payload": out, "StatusCode": 200})
}
