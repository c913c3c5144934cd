package sfnapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/engine"

	"github.com/google/uuid"
)

// integration is what performs the calls of a resource that is not mocked: those of Step
// Functions itself and of activities in this server, others as Options say.
func (s *Server) integration(resource string) engine.Integration {
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) == 6 && parts[2] == "states" {
		service, action, _ := strings.Cut(parts[5], ":")
		action, pattern, _ := strings.Cut(strings.TrimPrefix(action, "sfn:"), ".")
		switch do := s.operations[capital(action)]; {
		case service == "activity":
			if a, err := s.activity(resource); err == nil {
				return a.queue
			}
			return nil
		case service == "states" && action == "startExecution":
			return func(ctx context.Context, call engine.Call) (json.RawMessage, error) {
				return s.startNested(ctx, call, pattern)
			}
		case strings.HasPrefix(parts[5], "aws-sdk:sfn:") && do != nil:
			return func(ctx context.Context, call engine.Call) (json.RawMessage, error) {
				return s.callSDK(ctx, capital(action), do, call.Parameters)
			}
		}
	}
	if s.options.Integrations == nil {
		return nil
	}
	return s.options.Integrations(resource)
}

// startNested is states:startExecution, with sync, sync:2 or waitForTaskToken. Only the
// sync ones wait for the execution they start, and stop it when their own ends.
func (s *Server) startNested(ctx context.Context, call engine.Call, pattern string) (json.RawMessage, error) {
	request := uuid.NewString()
	child, err := s.startChild(ctx, call.Parameters)
	if err != nil {
		return nil, nestedError(err, request)
	}
	started, err := json.Marshal(nestedStart{
		ExecutionARN: child.ARN(), StartDate: child.Result().Start.UnixMilli(),
		Metadata: metadata{HTTPStatusCode: http.StatusOK}, Response: response{RequestID: request},
	})
	if err != nil || !strings.HasPrefix(pattern, "sync") {
		return started, err
	}
	call.Submitted(started)
	if _, err := child.Wait(ctx); err != nil {
		child.Stop("", "")
		return nil, err
	}
	return nestedResult(child.Execution, pattern == "sync:2")
}

// nestedStart is StartExecution's answer as states:startExecution shows it: dates are
// milliseconds since 1970.
type nestedStart struct {
	ExecutionARN string   `json:"ExecutionArn"`
	StartDate    int64    `json:"StartDate"`
	Metadata     metadata `json:"SdkHttpMetadata"`
	Response     response `json:"SdkResponseMetadata"`
}

type metadata struct {
	HTTPStatusCode int `json:"HttpStatusCode"`
}

type response struct {
	RequestID string `json:"RequestId"`
}

// startChild starts the execution that the parameters ask for.
func (s *Server) startChild(ctx context.Context, parameters json.RawMessage) (*execution, error) {
	text, err := request(parameters)
	if err != nil {
		return nil, err
	}
	var in startExecutionInput
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fail("SerializationException", "%s", err)
	}
	if err := s.starts.Wait(ctx); err != nil {
		return nil, err
	}
	return s.start(ctx, in)
}

// nestedError is a refused StartExecution as states:startExecution names it.
func nestedError(err error, request string) error {
	api, ok := errors.AsType[*engine.APIError](err)
	if !ok {
		return err
	}
	return &engine.Error{
		Name:  "StepFunctions." + exception(api),
		Cause: fmt.Sprintf("%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)", api.Message, api.Name, request),
	}
}

// nestedResult is the description of an execution that has ended, the result of .sync
// or, with decoded input and output, of .sync:2. One that did not succeed fails the
// task, with the description as its cause.
func nestedResult(x *engine.Execution, decoded bool) (json.RawMessage, error) {
	r := x.Result()
	d := nestedDescription{
		Cause: r.Cause, Error: r.Error, ExecutionARN: x.ARN(), Input: asText(x.Input(), decoded), InputDetails: nestedIncluded{true},
		Name: x.Name(), RedriveCount: r.RedriveCount, RedriveStatus: r.RedriveStatus, RedriveStatusReason: r.RedriveStatusReason,
		StartDate: r.Start.UnixMilli(), StateMachineARN: x.MachineARN(), Status: r.Status, StopDate: r.Stop.UnixMilli(),
	}
	if r.Output != nil {
		d.Output, d.OutputDetails = asText(r.Output, decoded), &nestedIncluded{true}
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	if r.Status != engine.Succeeded {
		return nil, &engine.Error{Name: asl.ErrorTaskFailed, Cause: string(text)}
	}
	return text, nil
}

// asText is JSON as a JSON string of its text, or, decoded, as it is.
func asText(value json.RawMessage, decoded bool) any {
	if decoded {
		return value
	}
	return string(value)
}

type nestedDescription struct {
	Cause               *string         `json:"Cause,omitempty"`
	Error               *string         `json:"Error,omitempty"`
	ExecutionARN        string          `json:"ExecutionArn"`
	Input               any             `json:"Input"`
	InputDetails        nestedIncluded  `json:"InputDetails"`
	Name                string          `json:"Name"`
	Output              any             `json:"Output,omitempty"`
	OutputDetails       *nestedIncluded `json:"OutputDetails,omitempty"`
	RedriveCount        int             `json:"RedriveCount"`
	RedriveStatus       string          `json:"RedriveStatus"`
	RedriveStatusReason string          `json:"RedriveStatusReason,omitempty"`
	StartDate           int64           `json:"StartDate"`
	StateMachineARN     string          `json:"StateMachineArn"`
	Status              string          `json:"Status"`
	StopDate            int64           `json:"StopDate"`
}

type nestedIncluded struct {
	Included bool `json:"Included"`
}
