package local

import (
	"context"
	"encoding/json"
	"fmt"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
)

// Nested is how a run that divides itself starts its shards.
type Nested struct {
	Machine *asl.Machine
	// Start starts an execution by calling start, or returns the error that refuses it;
	// nil: each is started.
	Start func(name string, input json.RawMessage, start func() (*engine.Execution, error)) (*engine.Execution, error)
}

const startExecution = "arn:aws:states:::states:startExecution.sync:2"

// startShard is states:startExecution.sync:2 of the machine itself: it waits for the
// execution, and stops it when its own ends.
func (p *Pipeline) startShard(ctx context.Context, call engine.Call) (json.RawMessage, error) {
	var in struct {
		StateMachineArn string
		Name            string
		Input           json.RawMessage
	}
	if err := json.Unmarshal(call.Parameters, &in); err != nil {
		return nil, fmt.Errorf("states:startExecution: %w", err)
	}
	start := func() (*engine.Execution, error) {
		return p.Engine.Start(context.WithoutCancel(ctx), engine.StartInput{
			Name: in.Name, Machine: p.Nested.Machine, MachineName: MachineName, Input: in.Input,
		})
	}
	if keep := p.Nested.Start; keep != nil {
		begin := start
		start = func() (*engine.Execution, error) { return keep(in.Name, in.Input, begin) }
	}
	x, err := start()
	if err != nil {
		return nil, err
	}
	started, err := json.Marshal(struct { //nolint:revive // AWS's names
		ExecutionArn string
		StartDate    int64
	}{x.ARN(), x.Result().Start.UnixMilli()})
	if err != nil {
		return nil, err
	}
	call.Submitted(started)
	if _, err := x.Wait(ctx); err != nil {
		x.Stop("Lacuna.Interrupted", "the run that it is a part of has ended")
		<-x.Done()
		return nil, err
	}
	return engine.NestedResult(x, true)
}
