package sfnapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/sfnapi/mockfile"
)

// nothing is what a service answers to a submission, of which mocks say nothing.
var nothing = json.RawMessage("{}")

// mocked performs the calls of one execution that has mocks. Those of states that
// its test case does not name are performed as ever.
type mocked struct {
	server  *Server
	machine *asl.Machine
	mocks   *mockfile.Case
}

// call is for engine.StartInput.
func (m *mocked) call(call engine.Call) (json.RawMessage, bool, error) {
	if !m.mocks.Has(call.State) || m.staysSilent(call) {
		return nil, false, nil
	}
	output, err := m.answer(call)
	return output, true, err
}

// staysSilent tells whether a time-out can only be that of the machine: then nothing
// answers the call.
func (m *mocked) staysSilent(call engine.Call) bool {
	response, err := m.mocks.Response(call.State, call.Number)
	return err == nil && response.Throw != nil && response.Throw.Error == asl.ErrorTimeout && m.machine.TimeoutSeconds > 0 &&
		!m.has(call.State, func(t *asl.TaskFields) bool { return t.Timeout != asl.Seconds{} || t.Heartbeat != asl.Seconds{} })
}

// integration is for engine.StartInput: what performs the calls that are not mocked.
func (m *mocked) integration(resource string) engine.Integration {
	real := m.server.integration(resource)
	return func(ctx context.Context, call engine.Call) (json.RawMessage, error) {
		switch {
		case m.mocks.Has(call.State): // it stays silent
			if call.Started != nil {
				call.Started("")
			}
			<-ctx.Done()
			return nil, ctx.Err()
		case real == nil:
			return nil, &engine.Error{Name: asl.ErrorRuntime, Cause: "State " + call.State + " is not mocked, and its resource " + resource + " is bound to no integration."}
		}
		return real(ctx, call)
	}
}

// answer answers a call as the mock configuration says. For a Resource that ends in
// .waitForTaskToken what the file says is the answer to the token.
func (m *mocked) answer(call engine.Call) (json.RawMessage, error) {
	response, err := m.mocks.Response(call.State, call.Number)
	if err != nil {
		return nil, &engine.Error{Name: asl.ErrorRuntime, Cause: err.Error()}
	}
	thrown := response.Throw
	switch {
	case thrown == nil && call.Token == "":
		if call.Submitted != nil {
			call.Submitted(submission(response.Return))
		}
		return response.Return, nil
	case thrown == nil:
		return nothing, m.server.engine.SendTaskSuccess(call.Token, response.Return)
	case thrown.Error == asl.ErrorTimeout || thrown.Error == asl.ErrorHeartbeatTimeout:
		return nil, m.timeOut(call, *thrown)
	case call.Token != "" && !refusedByService(call.Resource, *thrown):
		return nothing, m.server.engine.SendTaskFailure(call.Token, thrown.Error, thrown.Cause)
	case call.Token == "" && call.Submitted != nil && thrown.Error == asl.ErrorTaskFailed:
		call.Submitted(submission(json.RawMessage(thrown.Cause))) // the job itself failed
	}
	return nil, &engine.Error{Name: thrown.Error, Cause: thrown.Cause}
}

// submission is what a service has answered when a job was submitted, as far as the job's
// description says it: which execution was started, and when.
func submission(description json.RawMessage) json.RawMessage {
	var of struct {
		ExecutionARN json.RawMessage `json:"ExecutionArn,omitempty"`
		StartDate    json.RawMessage `json:"StartDate,omitempty"`
	}
	if json.Unmarshal(description, &of) != nil {
		return nothing // no object
	}
	text, err := json.Marshal(of)
	if err != nil {
		return nothing
	}
	return text
}

// timeOut is a task whose time is over, at once. If it waits for a token and has
// HeartbeatSeconds, the heartbeat is what was missed: it ends before TimeoutSeconds.
func (m *mocked) timeOut(call engine.Call, thrown mockfile.Throw) error {
	if call.Submitted != nil {
		call.Submitted(nothing)
	}
	name := thrown.Error
	if call.Token != "" && m.has(call.State, func(t *asl.TaskFields) bool { return t.Heartbeat != asl.Seconds{} }) {
		name = asl.ErrorHeartbeatTimeout
	}
	return &engine.Error{Name: name, Cause: thrown.Cause}
}

// has tells whether the Task state of that name is as is says.
func (m *mocked) has(state string, is func(*asl.TaskFields) bool) bool {
	return slices.ContainsFunc(m.machine.Tasks(), func(t asl.TaskRef) bool { return t.Name == state && is(t.Task) })
}

// refusedByService tells whether an error is one of the service that was called, so
// that nothing was submitted: SQS.SdkClientException of sqs:sendMessage, or the
// function that lambda:invoke called failed.
func refusedByService(resource string, e mockfile.Throw) bool {
	if strings.Contains(resource, ":lambda:invoke") && strings.Contains(e.Cause, `"errorType"`) {
		return true
	}
	service, _, ok := strings.Cut(e.Error, ".")
	return ok && strings.Contains(strings.ToLower(resource), ":"+strings.ToLower(service)+":")
}
