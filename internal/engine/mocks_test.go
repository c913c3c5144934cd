package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"lacuna/internal/engine"
	"lacuna/internal/engine/enginetest"
)

// mocks answer the calls of an execution by state and invocation number.
type mocks struct {
	engine    *engine.Engine
	responses map[string]map[string]enginetest.Mock

	mu   sync.Mutex
	used map[string]int
}

func (m *mocks) next(state string) (enginetest.Mock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.used[state]
	m.used[state]++
	response, ok := m.responses[state][strconv.Itoa(n)]
	var err error
	if !ok {
		return enginetest.Mock{}, fmt.Errorf("no mock for call %d of %s", n, state)
	}
	if response.Return != nil {
		response.Return, err = enginetest.Compact(response.Return)
	}
	return response, err
}

func (m *mocks) call(ctx context.Context, c engine.Call) (json.RawMessage, error) {
	response, err := m.next(c.State)
	if err != nil {
		return nil, err
	}
	if response.Throw != nil && response.Throw.Error == "States.Timeout" {
		return m.timeOut(ctx, c)
	}
	switch {
	case c.Token != "" && !(response.Throw != nil && refusedByService(c.Resource, *response.Throw)):
		return json.RawMessage(`{}`), m.answer(c.Token, response)
	case c.Submitted != nil && (response.Throw == nil || response.Throw.Error == "States.TaskFailed"):
		c.Submitted(json.RawMessage(`{}`))
	}
	if response.Throw != nil {
		return nil, &engine.Error{Name: response.Throw.Error, Cause: response.Throw.Cause}
	}
	return response.Return, nil
}

// timeOut never answers, so that the time-out of the state ends the call; the service
// itself timed out if the state has none.
func (m *mocks) timeOut(ctx context.Context, c engine.Call) (json.RawMessage, error) {
	if c.Token != "" {
		return json.RawMessage(`{}`), nil
	}
	if c.Submitted != nil {
		c.Submitted(json.RawMessage(`{}`))
	}
	<-ctx.Done()
	return nil, &engine.Error{Name: "States.Timeout"}
}

// refusedByService tells whether an error is one of the service that was called, so that
// nothing was submitted: SQS.SdkClientException of sqs:sendMessage.
func refusedByService(resource string, e enginetest.Throw) bool {
	if strings.Contains(resource, ":lambda:invoke") && strings.Contains(e.Cause, `"errorType"`) {
		return true // the function itself failed
	}
	service, _, _ := strings.Cut(e.Error, ".")
	return service != e.Error && strings.Contains(strings.ToLower(resource), ":"+strings.ToLower(service)+":")
}

func (m *mocks) answer(token string, response enginetest.Mock) error {
	if response.Throw != nil {
		return m.engine.SendTaskFailure(token, response.Throw.Error, response.Throw.Cause)
	}
	return m.engine.SendTaskSuccess(token, response.Return)
}
