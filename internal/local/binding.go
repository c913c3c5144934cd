package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/statemachine"
)

// function is a Lambda: JSON in, something that has JSON out.
type function func(ctx context.Context, payload json.RawMessage) (any, error)

// Sender is a queue as the state machine sees it.
type Sender interface {
	// Send puts a message into the queue and returns its id.
	Send(ctx context.Context, body string) (id string, err error)
}

// Definition is that of the state machine, with the functions of a pipeline.
func Definition() ([]byte, error) {
	return statemachine.Definition(func(name string) (string, bool) {
		if name == "partition" {
			return "aws", true
		}
		task, ok := strings.CutSuffix(name, "_function_arn")
		return functionARN(task), ok
	})
}

// Machine returns the state machine of Definition.
func Machine() (*asl.Machine, error) {
	text, err := Definition()
	if err != nil {
		return nil, err
	}
	m, err := asl.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("state machine: %w", err)
	}
	return m, nil
}

// functionARN is the ARN of a task's function version.
func functionARN(task string) string {
	return "arn:aws:lambda:local:000000000000:function:lacuna-" + task + ":1"
}

// in makes a function of a handler.
func in[I, O any](handle func(context.Context, I) (O, error)) function {
	return func(ctx context.Context, payload json.RawMessage) (any, error) {
		var input I
		if err := json.Unmarshal(payload, &input); err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
		return handle(ctx, input)
	}
}

// Integration is for engine.Options.
func (p *Pipeline) Integration(resource string) engine.Integration {
	switch resource {
	case "arn:aws:states:::lambda:invoke":
		return p.invoke
	case "arn:aws:states:::sqs:sendMessage.waitForTaskToken":
		return p.send
	case startExecution:
		return p.startShard
	}
	return nil
}

// invoke is lambda:invoke.
func (p *Pipeline) invoke(ctx context.Context, call engine.Call) (json.RawMessage, error) {
	var in struct {
		FunctionName string
		Payload      json.RawMessage
	}
	if err := json.Unmarshal(call.Parameters, &in); err != nil {
		return nil, fmt.Errorf("lambda:invoke: %w", err)
	}
	f, ok := p.functions[in.FunctionName]
	if !ok {
		return nil, &engine.Error{Name: "Lambda.ResourceNotFoundException", Cause: "function not found: " + in.FunctionName}
	}
	out, err := f(ctx, in.Payload)
	if err != nil {
		return nil, failure(err)
	}
	return json.Marshal(struct {
		ExecutedVersion string
		Payload         any
		StatusCode      int
	}{"1", out, 200})
}

// failure is err as a Lambda's answer.
func failure(err error) error {
	name := string(fault.NameOf(err))
	cause, marshalErr := json.Marshal(struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{fault.Message(err), name})
	return errors.Join(&engine.Error{Name: name, Cause: string(cause)}, marshalErr)
}

// send is sqs:sendMessage. A body that is no string travels as its JSON.
func (p *Pipeline) send(ctx context.Context, call engine.Call) (json.RawMessage, error) {
	var in struct {
		QueueURL    string `json:"QueueUrl"`
		MessageBody json.RawMessage
	}
	if err := json.Unmarshal(call.Parameters, &in); err != nil {
		return nil, fmt.Errorf("sqs:sendMessage: %w", err)
	}
	q, ok := p.Queues[in.QueueURL]
	if !ok {
		return nil, &engine.Error{Name: "SQS.QueueDoesNotExistException", Cause: "no queue " + in.QueueURL}
	}
	body := string(in.MessageBody)
	if text := ""; json.Unmarshal(in.MessageBody, &text) == nil {
		body = text
	}
	id, err := q.Send(ctx, body)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct{ MessageId string }{id}) //nolint:revive // AWS's name
}
