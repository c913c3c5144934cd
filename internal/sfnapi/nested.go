package sfnapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

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
	return engine.NestedResult(child.Execution, pattern == "sync:2")
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
	if err := in.check(); err != nil {
		return nil, err
	}
	return s.start(ctx, in)
}

// nestedError is a refused StartExecution as states:startExecution names it.
func nestedError(err error, request string) error {
	return refusedBy("StepFunctions.", err, func(e *engine.APIError) string {
		return fmt.Sprintf("%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)", e.Message, e.Name, request)
	})
}
