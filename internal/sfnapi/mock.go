package sfnapi

import (
	"encoding/json"
	"slices"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/sfnapi/mockfile"
)

// Names of errors that a mock can stand for.
const (
	timeoutName    = "States.Timeout"
	heartbeatName  = "States.HeartbeatTimeout"
	taskFailedName = "States.TaskFailed"
	runtimeName    = "States.Runtime"
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
	if !m.mocks.Has(call.State) {
		return nil, false, nil
	}
	output, err := m.answer(call)
	return output, true, err
}

// answer answers a call as the mock configuration says. For a Resource that ends in
// .waitForTaskToken what the file says is the answer to the token.
func (m *mocked) answer(call engine.Call) (json.RawMessage, error) {
	response, err := m.mocks.Response(call.State, call.Number)
	if err != nil {
		return nil, &engine.Error{Name: runtimeName, Cause: err.Error()}
	}
	thrown := response.Throw
	switch {
	case thrown == nil && call.Token == "":
		if call.Submitted != nil {
			call.Submitted(nothing)
		}
		return response.Return, nil
	case thrown == nil:
		return nothing, m.server.engine.SendTaskSuccess(call.Token, response.Return)
	case thrown.Error == timeoutName || thrown.Error == heartbeatName:
		return nil, m.timeOut(call, *thrown)
	case call.Token != "" && !refusedByService(call.Resource, *thrown):
		return nothing, m.server.engine.SendTaskFailure(call.Token, thrown.Error, thrown.Cause)
	case call.Token == "" && call.Submitted != nil && thrown.Error == taskFailedName:
		call.Submitted(nothing) // the job itself failed
	}
	return nil, &engine.Error{Name: thrown.Error, Cause: thrown.Cause}
}

// timeOut is a task whose time is over, at once. If it waits for a token and has
// HeartbeatSeconds, the heartbeat is what was missed: it ends before TimeoutSeconds.
func (m *mocked) timeOut(call engine.Call, thrown mockfile.Throw) error {
	if call.Submitted != nil {
		call.Submitted(nothing)
	}
	name := thrown.Error
	if call.Token != "" && m.hasHeartbeat(call.State) {
		name = heartbeatName
	}
	return &engine.Error{Name: name, Cause: thrown.Cause}
}

func (m *mocked) hasHeartbeat(state string) bool {
	return slices.ContainsFunc(m.machine.Tasks(), func(t asl.TaskRef) bool {
		return t.Name == state && t.Task.Heartbeat != asl.Seconds{}
	})
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
