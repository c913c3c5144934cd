package sfnapi_test

import (
	"strings"
	"testing"

	"lacuna/internal/sfnapi"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// calling is a machine with one call of the API as an aws-sdk integration.
func calling(action, parameters string) string {
	return `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:` + action + `","Parameters":` + parameters + `,"End":true}}}`
}

// TestChildAnswersItsParent has a parent that starts a child with its token and waits for
// what the child says.
func TestChildAnswersItsParent(t *testing.T) {
	tests := []struct {
		name, action, parameters string // of the child
		status                   types.ExecutionStatus
		output, error, cause     string // of the parent
	}{
		{"text", "sendTaskSuccess", `{"TaskToken.$":"$.token","Output":"{\"a\":1}"}`, "SUCCEEDED", `{"a":1}`, "", ""},
		{"object", "sendTaskSuccess", `{"TaskToken.$":"$.token","Output":{"a":1}}`, "SUCCEEDED", `{"a":1}`, "", ""},
		{"number", "sendTaskSuccess", `{"TaskToken.$":"$.token","Output":7}`, "SUCCEEDED", `7`, "", ""},
		{"failure", "sendTaskFailure", `{"TaskToken.$":"$.token","Error":"E","Cause":"c"}`, "FAILED", "", "E", "c"},
		{"failure with an object", "sendTaskFailure", `{"TaskToken.$":"$.token","Error":"E","Cause":{"a":1}}`, "FAILED", "", "E", `{"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, sfnapi.Options{})
			child := create(t, c, "child", calling(tt.action, tt.parameters))
			parent := create(t, c, "parent", nesting(".waitForTaskToken", `{"StateMachineArn":"`+*child+`","Name":"c","Input":{"token.$":"$$.Task.Token"}}`))
			arn := run(t, c, parent, "p", "{}")
			kind := types.HistoryEventTypeExecutionSucceeded
			if tt.status == types.ExecutionStatusFailed {
				kind = types.HistoryEventTypeExecutionFailed
			}
			follow(t, c, arn, kind)
			x := describe(t, c, arn)
			if x.Status != tt.status || aws.ToString(x.Output) != tt.output || aws.ToString(x.Error) != tt.error || aws.ToString(x.Cause) != tt.cause {
				t.Errorf("%s, output %s, error %s: %s", x.Status, aws.ToString(x.Output), aws.ToString(x.Error), aws.ToString(x.Cause))
			}
			of := aws.String("arn:aws:states:us-east-1:123456789012:execution:child:c")
			follow(t, c, of, types.HistoryEventTypeExecutionSucceeded)
			if output := aws.ToString(describe(t, c, of).Output); output != "{}" {
				t.Errorf("the child's output is %s, want {}", output)
			}
		})
	}
}

// TestSDKErrors are refusals of the API, as recorded on AWS for a token that is none.
func TestSDKErrors(t *testing.T) {
	const ending = ", Status Code: 400, Request ID: "
	tests := []struct{ name, action, parameters, error, cause string }{
		{"success", "sendTaskSuccess", `{"TaskToken":"NoSuchTaskToken","Output":"ParameterOutput"}`, "Sfn.InvalidTokenException", "Invalid Token: 'Invalid token' (Service: Sfn" + ending},
		{"failure", "sendTaskFailure", `{"TaskToken":"NoSuchTaskToken"}`, "Sfn.InvalidTokenException", "Invalid Token: 'Invalid token' (Service: Sfn" + ending},
		{"heartbeat", "sendTaskHeartbeat", `{"TaskToken":"NoSuchTaskToken"}`, "Sfn.InvalidTokenException", "Invalid Token: 'Invalid token' (Service: Sfn" + ending},
		{"no token", "sendTaskHeartbeat", `{}`, "Sfn.ValidationException", "Value null at 'taskToken'"},
		{"unknown machine", "startExecution", `{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:x"}`, "Sfn.StateMachineDoesNotExistException", "State Machine Does Not Exist"},
		{"Express", "startSyncExecution", `{}`, "Sfn.StateMachineTypeNotSupportedException", "not supported"},
		{"not served here", "testState", `{}`, "States.Runtime", "bound to no integration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, sfnapi.Options{})
			arn := run(t, c, create(t, c, "m", calling(tt.action, tt.parameters)), "e", "{}")
			e := follow(t, c, arn, types.HistoryEventTypeExecutionFailed).ExecutionFailedEventDetails
			if *e.Error != tt.error || !strings.Contains(*e.Cause, tt.cause) {
				t.Errorf("%s: %s\nwant %s: %s", *e.Error, *e.Cause, tt.error, tt.cause)
			}
		})
	}
}

// TestAnswerOfTheSecondChild comes too late, which the child can catch by its name.
func TestAnswerOfTheSecondChild(t *testing.T) {
	c := start(t, sfnapi.Options{Integrations: accepts})
	token := tokenOf(t, follow(t, c, run(t, c, create(t, c, "asks", callback), "e", "{}"), types.HistoryEventTypeTaskScheduled))
	machine := create(t, c, "m", calling("sendTaskSuccess", `{"TaskToken":"`+token+`","Output":"1"}`))
	follow(t, c, run(t, c, machine, "first", "{}"), types.HistoryEventTypeExecutionSucceeded)
	e := follow(t, c, run(t, c, machine, "second", "{}"), types.HistoryEventTypeExecutionFailed).ExecutionFailedEventDetails
	if *e.Error != "Sfn.TaskTimedOutException" || !strings.HasPrefix(*e.Cause, "Task Timed Out: 'Provided task does not exist anymore' (Service: Sfn, ") {
		t.Errorf("%s: %s", *e.Error, *e.Cause)
	}
}

// TestMachineThatWorks is a worker which is a state machine itself, as AWS's own samples
// have it.
func TestMachineThatWorks(t *testing.T) {
	c := start(t, sfnapi.Options{})
	arn := activity(t, c, "a")
	worker := create(t, c, "worker", `{"StartAt":"Poll","States":{
		"Poll":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:getActivityTask","Parameters":{"ActivityArn":"`+*arn+`","WorkerName":"w"},"ResultPath":"$.task","Next":"Beat"},
		"Beat":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat","Parameters":{"TaskToken.$":"$.task.TaskToken"},"ResultPath":null,"Next":"Done"},
		"Done":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:sendTaskSuccess","Parameters":{"TaskToken.$":"$.task.TaskToken","Output.$":"$.task.Input"},"End":true}}}`)
	asking := run(t, c, create(t, c, "m", asks), "e", `{"x":1}`)
	working := run(t, c, worker, "w", "{}")
	follow(t, c, working, types.HistoryEventTypeExecutionSucceeded)
	follow(t, c, asking, types.HistoryEventTypeExecutionSucceeded)
	if output := aws.ToString(describe(t, c, asking).Output); output != `{"x":1}` {
		t.Errorf("output %s", output)
	}
}

// TestSDKAnswer shows times as text and names with a capital letter.
func TestSDKAnswer(t *testing.T) {
	c := start(t, sfnapi.Options{})
	child := create(t, c, "child", pass)
	arn := run(t, c, create(t, c, "m", calling("startExecution", `{"StateMachineArn":"`+*child+`","Name":"c","Input":{"a":1}}`)), "e", "{}")
	follow(t, c, arn, types.HistoryEventTypeExecutionSucceeded)
	of := describe(t, c, aws.String("arn:aws:states:us-east-1:123456789012:execution:child:c"))
	want := `{"ExecutionArn":"` + *of.ExecutionArn + `","StartDate":"` + of.StartDate.UTC().Format("2006-01-02T15:04:05.000Z") + `"}`
	if output := aws.ToString(describe(t, c, arn).Output); output != want || *of.Input != `{"a":1}` {
		t.Errorf("output %s, want %s; the child's input is %s", output, want, *of.Input)
	}
}
