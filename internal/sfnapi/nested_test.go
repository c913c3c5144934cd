package sfnapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/sfnapi"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// nesting is a machine that starts another one in a way.
func nesting(pattern, parameters string) string {
	return `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution` + pattern + `","Parameters":` + parameters + `,"End":true}}}`
}

func TestNested(t *testing.T) {
	const child = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
	tests := []struct {
		name, pattern, parameters string
		definition                string // of the child
		status                    types.ExecutionStatus
		error                     string
		want                      []string // in output or cause
	}{
		{"started", "", `{"StateMachineArn":"` + child + `","Name":"c","Input":{"a":1}}`, pass, "SUCCEEDED", "",
			[]string{`"ExecutionArn":"arn:aws:states:us-east-1:123456789012:execution:child:c"`, `"StartDate":1`, `"RequestId":"`}},
		{"waited for", ".sync", `{"StateMachineArn":"` + child + `","Name":"c","Input":{"a":1}}`, pass, "SUCCEEDED", "",
			[]string{`"Status":"SUCCEEDED"`, `"Output":"{\"a\":1}"`, `"Input":"{\"a\":1}"`, `"StopDate":1`}},
		{"waited for, decoded", ".sync:2", `{"StateMachineArn":"` + child + `","Name":"c","Input":"[1]"}`, pass, "SUCCEEDED", "",
			[]string{`"Output":[1]`, `"Input":[1]`}},
		{"without input", ".sync:2", `{"StateMachineArn":"` + child + `","Input":null}`, pass, "SUCCEEDED", "", []string{`"Output":{}`}},
		{"child fails", ".sync:2", `{"StateMachineArn":"` + child + `"}`, `{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"E","Cause":"c"}}}`, "FAILED", "States.TaskFailed",
			[]string{`"Status":"FAILED"`, `"Error":"E"`, `"Cause":"c"`}},
		{"child out of time", ".sync", `{"StateMachineArn":"` + child + `"}`, `{"StartAt":"A","TimeoutSeconds":1,"States":{"A":{"Type":"Wait","Seconds":9,"End":true}}}`, "FAILED", "States.TaskFailed",
			[]string{`"Status":"TIMED_OUT"`}},
		{"no such machine", "", `{"StateMachineArn":"` + child + `s"}`, pass, "FAILED", "StepFunctions.StateMachineDoesNotExistException",
			[]string{"State Machine Does Not Exist: '" + child + "s' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: "}},
		{"bad input", ".sync", `{"StateMachineArn":"` + child + `","Input":"{"}`, pass, "FAILED", "StepFunctions.InvalidExecutionInputException",
			[]string{"Error Code: InvalidExecutionInput"}},
		{"no machine at all", "", `{}`, pass, "FAILED", "StepFunctions.ValidationException", []string{"Value null at 'stateMachineArn'"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, sfnapi.Options{})
			create(t, c, "child", tt.definition)
			arn := run(t, c, create(t, c, "parent", nesting(tt.pattern, tt.parameters)), "p", "{}")
			kind := types.HistoryEventTypeExecutionSucceeded
			if tt.status == types.ExecutionStatusFailed {
				kind = types.HistoryEventTypeExecutionFailed
			}
			follow(t, c, arn, kind)
			x := describe(t, c, arn)
			if x.Status != tt.status || aws.ToString(x.Error) != tt.error {
				t.Errorf("status %s, error %s, want %s, %s", x.Status, aws.ToString(x.Error), tt.status, tt.error)
			}
			text := aws.ToString(x.Output) + aws.ToString(x.Cause)
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%s\nlacks %s", text, want)
				}
			}
		})
	}
}

func TestNestedNameInUse(t *testing.T) {
	c := start(t, sfnapi.Options{})
	child := create(t, c, "child", pass)
	run(t, c, child, "c", `[0]`)
	arn := run(t, c, create(t, c, "parent", nesting(".sync", `{"StateMachineArn":"`+*child+`","Name":"c"}`)), "p", "{}")
	e := follow(t, c, arn, types.HistoryEventTypeExecutionFailed)
	if name := aws.ToString(e.ExecutionFailedEventDetails.Error); name != "StepFunctions.ExecutionAlreadyExistsException" {
		t.Errorf("error %s", name)
	}
}

func TestStoppedParentStopsItsChild(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	child := create(t, c, "child", waits)
	arn := run(t, c, create(t, c, "parent", nesting(".sync", `{"StateMachineArn":"`+*child+`","Name":"c"}`)), "p", "{}")
	submitted := follow(t, c, arn, types.HistoryEventTypeTaskSubmitted)
	var began struct{ ExecutionArn string }
	if err := json.Unmarshal([]byte(*submitted.TaskSubmittedEventDetails.Output), &began); err != nil {
		t.Fatal(err)
	}
	if _, err := c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: arn}); err != nil {
		t.Fatal(err)
	}
	follow(t, c, &began.ExecutionArn, types.HistoryEventTypeExecutionAborted)
}

func TestNestedCallback(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	child := create(t, c, "child", pass)
	arn := run(t, c, create(t, c, "parent", nesting(".waitForTaskToken", `{"StateMachineArn":"`+*child+`","Name":"c","Input":{"token.$":"$$.Task.Token"}}`)), "p", "{}")
	follow(t, c, arn, types.HistoryEventTypeTaskSubmitted)
	of := describe(t, c, aws.String("arn:aws:states:us-east-1:123456789012:execution:child:c"))
	var input struct{ Token string }
	if err := json.Unmarshal([]byte(*of.Input), &input); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &input.Token, Output: aws.String("7")}); err != nil {
		t.Fatal(err)
	}
	follow(t, c, arn, types.HistoryEventTypeExecutionSucceeded)
	if output := aws.ToString(describe(t, c, arn).Output); output != "7" {
		t.Errorf("output %s, want 7", output)
	}
}

// TestNestedStartsWaitForTheirTurn starts more children than a burst: the others wait.
func TestNestedStartsWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(pass)
		each := `{"StartAt":"E","States":{"E":{"Type":"Map","ItemsPath":"$","ResultPath":null,"End":true,"ItemProcessor":` + nesting("", `{"StateMachineArn":"`+machineARN+`"}`) + `}}}`
		api.must("CreateStateMachine", map[string]any{"name": "parent", "definition": each, "roleArn": role}, nil)
		began := time.Now()
		const burst, rate, more = 2000, 500, 50
		api.must("StartExecution", map[string]any{"stateMachineArn": strings.TrimSuffix(machineARN, "m") + "parent", "name": "p", "input": "[" + strings.Repeat("0,", burst+more-1) + "0]"}, nil)
		r := api.wait(strings.TrimSuffix(executionARN, "m:") + "parent:p")
		if took := time.Since(began); r.Status != engine.Succeeded || took < more*time.Second/rate || took > time.Minute {
			t.Errorf("%s after %s, want %s or a little more", r.Status, took, more*time.Second/rate)
		}
	})
}
