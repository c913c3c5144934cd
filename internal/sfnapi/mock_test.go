package sfnapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lacuna/internal/sfnapi"
	"lacuna/internal/sfnapi/mockfile"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

func mocks(t testing.TB, cases, responses string) *mockfile.File {
	t.Helper()
	f, err := mockfile.Parse("M.json", []byte(`{"StateMachines":{"m":{"TestCases":`+cases+`}},"MockedResponses":`+responses+`}`))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// mapped is a Map over a task that is retried, as the complaints about other
// emulators have it.
const mapped = `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true,
		"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":1}]}}}}}}`

func TestMocks(t *testing.T) {
	none := 0.0
	tests := []struct {
		name, definition, input, cases, responses string
		status                                    types.ExecutionStatus
		output, error, cause                      string
		has                                       []types.HistoryEventType
	}{
		{name: "one counter over iterations and retries", definition: mapped, input: "[1,2]", cases: `{"C":{"A":"R"}}`,
			responses: `{"R":{"0":{"Throw":{"Error":"E","Cause":"c"}},"1":{"Return":1},"2":{"Return":2}}}`, status: "SUCCEEDED", output: "[2,1]"},
		{name: "numbers run out", definition: mapped, input: "[1,2]", cases: `{"C":{"A":"R"}}`, responses: `{"R":{"0":{"Return":1}}}`,
			status: "FAILED", error: "States.Runtime", cause: "MockedResponses.R has no number 1"},
		{name: "response of nobody", definition: mapped, input: "[1]", cases: `{"C":{"A":"X"}}`, responses: `{}`,
			status: "FAILED", error: "States.Runtime", cause: `MockedResponses has no "X"`},
		{name: "never reached", definition: mapped, input: "[]", cases: `{"C":{"A":"X"}}`, responses: `{"Y":{}}`, status: "SUCCEEDED", output: "[]"},
		{name: "state without a mock", definition: mapped, input: "[1]", cases: `{"C":{}}`, responses: `{}`,
			status: "FAILED", error: "States.Runtime", cause: "State A is not mocked"},
		{name: "callback", definition: callback, input: "{}", cases: `{"C":{"A":"R"}}`, responses: `{"R":{"0":{"Return":{"x":1}}}}`,
			status: "SUCCEEDED", output: `{"x":1}`, has: []types.HistoryEventType{"TaskSubmitted", "TaskSucceeded"}},
		{name: "callback that fails", definition: callback, input: "{}", cases: `{"C":{"A":"R"}}`, responses: `{"R":{"0":{"Throw":{"Error":"E","Cause":"c"}}}}`,
			status: "FAILED", error: "E", cause: "c", has: []types.HistoryEventType{"TaskSubmitted", "TaskFailed"}},
		{name: "queue that refuses", definition: callback, input: "{}", cases: `{"C":{"A":"R"}}`, responses: `{"R":{"0":{"Throw":{"Error":"SQS.SdkClientException","Cause":"c"}}}}`,
			status: "FAILED", error: "SQS.SdkClientException", cause: "c", has: []types.HistoryEventType{"TaskStarted", "TaskFailed"}},
		{name: "callback out of time, at once", definition: callback, input: "{}", cases: `{"C":{"A":"R"}}`, responses: `{"R":{"0":{"Throw":{"Error":"States.Timeout"}}}}`,
			status: "FAILED", error: "States.Timeout", has: []types.HistoryEventType{"TaskSubmitted", "TaskTimedOut"}},
		{name: "function out of time, at once", definition: mapped, input: "[1]", cases: `{"C":{"A":"R"}}`, responses: `{"R":{"0":{"Throw":{"Error":"States.Timeout"}}}}`,
			status: "FAILED", error: "States.Timeout", has: []types.HistoryEventType{"LambdaFunctionTimedOut"}},
		{name: "error without a name", definition: mapped, input: "[1]", cases: `{"C":{"A":"R"}}`, responses: `{"R":{"0":{"Throw":{}}}}`, status: "FAILED"},
		{name: "job", definition: nesting(".sync", "{}"), input: "{}", cases: `{"C":{"N":"R"}}`, responses: `{"R":{"0":{"Return":[1]}}}`,
			status: "SUCCEEDED", output: "[1]", has: []types.HistoryEventType{"TaskSubmitted", "TaskSucceeded"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, sfnapi.Options{Mocks: mocks(t, tt.cases, tt.responses), WaitScale: &none})
			arn := run(t, c, aws.String(*create(t, c, "m", tt.definition)+"#C"), "e", tt.input)
			kind := types.HistoryEventTypeExecutionFailed
			if tt.status == types.ExecutionStatusSucceeded {
				kind = types.HistoryEventTypeExecutionSucceeded
			}
			for _, want := range append(tt.has, kind) {
				follow(t, c, arn, want)
			}
			x := describe(t, c, arn)
			if x.Status != tt.status || aws.ToString(x.Output) != tt.output || aws.ToString(x.Error) != tt.error || !strings.Contains(aws.ToString(x.Cause), tt.cause) {
				t.Errorf("%s, output %s, error %s: %s\nwant %s, %s, %s: %s", x.Status, aws.ToString(x.Output), aws.ToString(x.Error), aws.ToString(x.Cause), tt.status, tt.output, tt.error, tt.cause)
			}
			if out, err := c.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: x.StateMachineArn}); err != nil || len(out.Executions) != 1 {
				t.Errorf("executions of the machine: %v, %v", out, err)
			}
		})
	}
}

// TestMockedSubmission wants what a job's description says of its start in TaskSubmitted.
func TestMockedSubmission(t *testing.T) {
	tests := []struct{ name, answer, want string }{
		{"succeeded", `{"Return":{"ExecutionArn":"arn:x","StartDate":1700000000000,"Status":"SUCCEEDED"}}`, `{"ExecutionArn":"arn:x","StartDate":1700000000000}`},
		{"failed", `{"Throw":{"Error":"States.TaskFailed","Cause":"{\"ExecutionArn\":\"arn:x\",\"StartDate\":1,\"Status\":\"FAILED\"}"}}`, `{"ExecutionArn":"arn:x","StartDate":1}`},
		{"without a date", `{"Return":{"ExecutionArn":"arn:x"}}`, `{"ExecutionArn":"arn:x"}`},
		{"of another service", `{"Return":{"JobId":"j"}}`, `{}`},
		{"no object", `{"Return":[{"ExecutionArn":"arn:x"}]}`, `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, sfnapi.Options{Mocks: mocks(t, `{"C":{"N":"R"}}`, `{"R":{"0":`+tt.answer+`}}`)})
			arn := run(t, c, aws.String(*create(t, c, "m", nesting(".sync", "{}"))+"#C"), "e", "{}")
			if got := *follow(t, c, arn, types.HistoryEventTypeTaskSubmitted).TaskSubmittedEventDetails.Output; got != tt.want {
				t.Errorf("submitted %s, want %s", got, tt.want)
			}
		})
	}
}

// TestMocksInTurn wants the same answers for the same iterations each time, however
// many run at once.
func TestMocksInTurn(t *testing.T) {
	c := start(t, sfnapi.Options{Mocks: mocks(t, `{"C":{"A":"R"}}`, numbered(40))})
	machine := aws.String(*create(t, c, "m", mapped) + "#C")
	items, err := json.Marshal(make([]int, 40))
	if err != nil {
		t.Fatal(err)
	}
	want := make([]int, 40)
	for i := range want {
		want[i] = i
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		arn := run(t, c, machine, name, string(items))
		follow(t, c, arn, types.HistoryEventTypeExecutionSucceeded)
		var got []int
		if err := json.Unmarshal([]byte(*describe(t, c, arn).Output), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("answers mismatch (-want +got):\n%s", diff)
		}
	}
}

// numbered are responses that return their number.
func numbered(n int) string {
	r := map[int]any{}
	for i := range n {
		r[i] = map[string]int{"Return": i}
	}
	text, err := json.Marshal(map[string]any{"R": r})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestUnknownTestCase(t *testing.T) {
	c := start(t, sfnapi.Options{Mocks: mocks(t, `{"C":{}}`, `{}`)})
	machine := create(t, c, "m", pass)
	_, err := c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(*machine + "#D")})
	wantCode(t, err, "ValidationException", `has no test case "D" of state machine "m"; it has C`)
}
