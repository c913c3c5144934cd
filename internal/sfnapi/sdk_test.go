package sfnapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/plainbody"
	"lacuna/internal/sfnapi"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// start serves an API and returns a client of it from AWS's SDK, which makes no
// retries.
func start(t *testing.T, o sfnapi.Options) *sfn.Client {
	t.Helper()
	api := sfnapi.New(o)
	server := httptest.NewServer(api)
	t.Cleanup(func() {
		api.Close()
		server.Close()
	})
	return sfn.New(sfn.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: plainbody.Client{Next: server.Client()},
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
}

const role = "arn:aws:iam::123456789012:role/r"

func create(t *testing.T, c *sfn.Client, name, definition string) *string {
	t.Helper()
	out, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, RoleArn: aws.String(role)})
	if err != nil {
		t.Fatal(err)
	}
	return out.StateMachineArn
}

func run(t *testing.T, c *sfn.Client, machine *string, name, input string) *string {
	t.Helper()
	out, err := c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine, Name: &name, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	return out.ExecutionArn
}

// follow asks until the history of an execution has an event of the type.
func follow(t *testing.T, c *sfn.Client, arn *string, kind types.HistoryEventType) types.HistoryEvent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		out, err := c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: arn, ReverseOrder: true, MaxResults: 1000})
		if err != nil {
			t.Fatalf("waiting for %s of %s: %v", kind, *arn, err)
		}
		for _, e := range out.Events {
			if e.Type == kind {
				return e
			}
		}
		<-time.After(pause) // for a server that has the same two cores
	}
}

func describe(t *testing.T, c *sfn.Client, arn *string) *sfn.DescribeExecutionOutput {
	t.Helper()
	out, err := c.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	pass     = `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`
	waits    = `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1000,"End":true}}}`
	callback = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Parameters":{"QueueUrl":"q","MessageBody":{"token.$":"$$.Task.Token"}},"HeartbeatSeconds":60,"TimeoutSeconds":600,"End":true}}}`
)

// accepts is an integration of any queue.
func accepts(string) engine.Integration {
	return func(context.Context, engine.Call) (json.RawMessage, error) {
		return json.RawMessage(`{"MessageId":"1"}`), nil
	}
}

func TestMachineLife(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := create(t, c, "m", pass)
	if *arn != "arn:aws:states:us-east-1:123456789012:stateMachine:m" {
		t.Errorf("ARN %s", *arn)
	}
	if again := create(t, c, "m", pass); *again != *arn {
		t.Errorf("created again as %s", *again)
	}
	first, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	if *first.Definition != pass || *first.RoleArn != role || first.Status != types.StateMachineStatusActive || first.Type != types.StateMachineTypeStandard ||
		first.RevisionId != nil || first.LoggingConfiguration.Level != types.LogLevelOff || first.TracingConfiguration.Enabled {
		t.Errorf("described as %+v", first)
	}
	began := run(t, c, arn, "before", "{}")
	updated, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(waits)})
	if err != nil {
		t.Fatal(err)
	}
	same, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(waits)})
	if err != nil || *same.RevisionId != *updated.RevisionId {
		t.Errorf("an update that changes nothing: revision %v after %v, %v", same, *updated.RevisionId, err)
	}
	other, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, RoleArn: aws.String(role + "2")})
	if err != nil || *other.RevisionId == *updated.RevisionId {
		t.Errorf("another role: revision %v after %v, %v", other, *updated.RevisionId, err)
	}
	if m, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: arn}); err != nil || *m.RoleArn != role+"2" || *m.Definition != waits {
		t.Errorf("with another role described as %+v, %v", m, err)
	}
	old, err := c.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: began})
	if err != nil || *old.Definition != pass || *old.StateMachineArn != *arn {
		t.Errorf("an execution before the update has %+v, %v", old, err)
	}
	after := run(t, c, arn, "after", "{}")
	follow(t, c, after, types.HistoryEventTypeWaitStateEntered)
	if _, err := c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: arn}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: arn}); err != nil {
		t.Errorf("deleted again: %v", err)
	}
	_, err = c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: after})
	wantCode(t, err, "ExecutionDoesNotExist", "Execution Does Not Exist: '"+*after+"'")
	versions, err := c.ListStateMachineVersions(ctx, &sfn.ListStateMachineVersionsInput{StateMachineArn: arn})
	if err != nil || len(versions.StateMachineVersions) != 0 {
		t.Errorf("versions %v, %v", versions, err)
	}
}

func TestExecutionOfACallback(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{Integrations: accepts}), t.Context()
	machine := create(t, c, "m", callback)
	arn := run(t, c, machine, "e", `{"a": 1}`)
	if again := run(t, c, machine, "e", `{"a": 1}`); *again != *arn {
		t.Errorf("the same request began %s", *again)
	}
	token := tokenOf(t, follow(t, c, arn, types.HistoryEventTypeTaskScheduled))
	if _, err := c.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: &token}); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error)
	go func() {
		_, err := c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String(`{"b": 2}`)})
		answered <- err
	}()
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	follow(t, c, arn, types.HistoryEventTypeExecutionSucceeded)
	x := describe(t, c, arn)
	if x.Status != types.ExecutionStatusSucceeded || *x.Input != `{"a": 1}` || *x.Output != `{"b": 2}` || x.StopDate == nil || x.StartDate.IsZero() {
		t.Errorf("described as %+v", x)
	}
	_, err := c.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: &token})
	wantCode(t, err, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")

	failed := run(t, c, machine, "f", "{}")
	token = tokenOf(t, follow(t, c, failed, types.HistoryEventTypeTaskScheduled))
	if _, err := c.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: &token, Error: aws.String("E"), Cause: aws.String("c")}); err != nil {
		t.Fatal(err)
	}
	e := follow(t, c, failed, types.HistoryEventTypeExecutionFailed)
	if *e.ExecutionFailedEventDetails.Error != "E" || *e.ExecutionFailedEventDetails.Cause != "c" {
		t.Errorf("failed with %+v", e.ExecutionFailedEventDetails)
	}
}

func tokenOf(t *testing.T, e types.HistoryEvent) string {
	t.Helper()
	var p struct{ MessageBody struct{ Token string } }
	if err := json.Unmarshal([]byte(*e.TaskScheduledEventDetails.Parameters), &p); err != nil {
		t.Fatal(err)
	}
	return p.MessageBody.Token
}

func TestStopAndRedrive(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := run(t, c, create(t, c, "m", waits), "e", "{}")
	_, err := c.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: arn})
	wantCode(t, err, "ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven")
	stopped, err := c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: arn, Error: aws.String("E"), Cause: aws.String("c")})
	if err != nil {
		t.Fatal(err)
	}
	x := describe(t, c, arn)
	if x.Status != types.ExecutionStatusAborted || *x.Error != "E" || *x.Cause != "c" || !x.StopDate.Equal(*stopped.StopDate) || x.RedriveStatus != types.ExecutionRedriveStatusRedrivable {
		t.Errorf("stopped as %+v", x)
	}
	again, err := c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: arn})
	if err != nil || !again.StopDate.Equal(*stopped.StopDate) {
		t.Errorf("stopped again at %v, %v", again, err)
	}
	first, err := c.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: arn, ClientToken: aws.String("one")})
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: arn, ClientToken: aws.String("one")})
	if err != nil || !second.RedriveDate.Equal(*first.RedriveDate) {
		t.Errorf("the same redrive again: %v, %v", second, err)
	}
	follow(t, c, arn, types.HistoryEventTypeExecutionRedriven)
	if x = describe(t, c, arn); x.Status != types.ExecutionStatusRunning || *x.RedriveCount != 1 || !x.RedriveDate.Equal(*first.RedriveDate) {
		t.Errorf("redriven as %+v", x)
	}
	machine := x.StateMachineArn
	for filter, want := range map[types.ExecutionRedriveFilter]int{types.ExecutionRedriveFilterRedriven: 1, types.ExecutionRedriveFilterNotRedriven: 0} {
		list, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: machine, RedriveFilter: filter})
		if err != nil || len(list.Executions) != want {
			t.Errorf("%s executions: %v, %v", filter, list, err)
		}
	}
}

func TestPages(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	var want, machines []string
	machine := create(t, c, "m0", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}}`)
	for i := range 7 {
		create(t, c, fmt.Sprint("m", i), `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}}`)
		machines = append(machines, fmt.Sprint("m", i))
		arn := run(t, c, machine, fmt.Sprint("e", 6-i), "{}")
		want = append([]string{*arn}, want...)
		follow(t, c, arn, types.HistoryEventTypeExecutionSucceeded)
	}
	var executions []string
	for pages := sfn.NewListExecutionsPaginator(c, &sfn.ListExecutionsInput{StateMachineArn: machine, MaxResults: 3, StatusFilter: types.ExecutionStatusSucceeded}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range page.Executions {
			executions = append(executions, *x.ExecutionArn)
		}
		if len(executions) == 3 { // one that is started meanwhile is in no later page
			run(t, c, machine, "late", "{}")
		}
	}
	if diff := cmp.Diff(want, executions); diff != "" {
		t.Errorf("executions mismatch (-want +got):\n%s", diff)
	}
	var names []string
	for pages := sfn.NewListStateMachinesPaginator(c, &sfn.ListStateMachinesInput{MaxResults: 2}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.StateMachines {
			names = append(names, *m.Name)
		}
	}
	if diff := cmp.Diff(machines, names); diff != "" {
		t.Errorf("machines mismatch (-want +got):\n%s", diff)
	}
	for _, reverse := range []bool{false, true} {
		var ids []int64
		for pages := sfn.NewGetExecutionHistoryPaginator(c, &sfn.GetExecutionHistoryInput{ExecutionArn: &want[0], MaxResults: 4, ReverseOrder: reverse}); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Events {
				ids = append(ids, e.Id)
			}
		}
		all := []int64{1, 2, 3, 4, 5, 6}
		if reverse {
			all = []int64{6, 5, 4, 3, 2, 1}
		}
		if diff := cmp.Diff(all, ids); diff != "" {
			t.Errorf("events, reverse %t, mismatch (-want +got):\n%s", reverse, diff)
		}
	}
	running, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: machine, StatusFilter: types.ExecutionStatusFailed})
	if err != nil || len(running.Executions) != 0 {
		t.Errorf("failed executions %v, %v", running, err)
	}
	bare, err := c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &want[0], IncludeExecutionData: aws.Bool(false)})
	if err != nil || bare.Events[1].StateEnteredEventDetails.Input != nil || *bare.Events[1].StateEnteredEventDetails.Name != "A" {
		t.Errorf("without data: %v, %v", bare, err)
	}
	page, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: machine, MaxResults: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{NextToken: page.NextToken})
	wantCode(t, err, "InvalidToken", "Invalid Token: 'Invalid token'")
}

func TestMapRuns(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	machine := create(t, c, "m", `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","MaxConcurrency":2,"ToleratedFailureCount":1,"End":true,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C","States":{
			"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"F"}],"Default":"P"},"P":{"Type":"Pass","End":true},"F":{"Type":"Fail"}}}}}}`)
	arn := run(t, c, machine, "e", "[1,2,3]")
	follow(t, c, arn, types.HistoryEventTypeExecutionSucceeded)
	runs, err := c.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: arn})
	if err != nil || len(runs.MapRuns) != 1 {
		t.Fatalf("map runs %v, %v", runs, err)
	}
	one := runs.MapRuns[0]
	if *one.StateMachineArn != *machine+"/L" || *one.ExecutionArn != *arn || !strings.HasPrefix(*one.MapRunArn, "arn:aws:states:us-east-1:123456789012:mapRun:m/L:") {
		t.Errorf("listed as %+v", one)
	}
	m, err := c.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: one.MapRunArn})
	if err != nil {
		t.Fatal(err)
	}
	if m.Status != types.MapRunStatusSucceeded || m.MaxConcurrency != 2 || m.ToleratedFailureCount != 1 || m.ItemCounts.Total != 3 ||
		m.ExecutionCounts.Succeeded != 2 || m.ExecutionCounts.Failed != 1 || m.ExecutionCounts.ResultsWritten != 2 {
		t.Errorf("described as %+v %+v", m, m.ExecutionCounts)
	}
	var outputs []string
	for pages := sfn.NewListExecutionsPaginator(c, &sfn.ListExecutionsInput{MapRunArn: one.MapRunArn, MaxResults: 2}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, child := range page.Executions {
			x := describe(t, c, child.ExecutionArn)
			outputs = append(outputs, aws.ToString(x.Input)+" "+string(x.Status))
			of, err := c.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: child.ExecutionArn})
			if err != nil || aws.ToString(of.Label) != "L" || *of.MapRunArn != *one.MapRunArn || *x.MapRunArn != *one.MapRunArn {
				t.Errorf("child %+v of %+v, %v", x, of, err)
			}
		}
	}
	if diff := cmp.Diff([]string{"3 SUCCEEDED", "2 FAILED", "1 SUCCEEDED"}, outputs); diff != "" {
		t.Errorf("children mismatch (-want +got):\n%s", diff)
	}
	_, err = c.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: aws.String(*one.MapRunArn + "x")})
	wantCode(t, err, "ResourceNotFound", "Resource not found: '"+*one.MapRunArn+"x'")
}

func TestTags(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	out, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(pass), RoleArn: aws.String(role),
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})
	if err != nil {
		t.Fatal(err)
	}
	arn := out.StateMachineArn
	if _, err := c.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("c"), Value: aws.String("3")}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UntagResource(ctx, &sfn.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "never"}}); err != nil {
		t.Fatal(err)
	}
	list, err := c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, tag := range list.Tags {
		got[*tag.Key] = *tag.Value
	}
	if diff := cmp.Diff(map[string]string{"b": "2", "c": "3"}, got); diff != "" {
		t.Errorf("tags mismatch (-want +got):\n%s", diff)
	}
	_, err = c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: aws.String(*arn + "x")})
	wantCode(t, err, "ResourceNotFound", "Resource not found: '"+*arn+"x'")
}

// wantCode wants an error of the API with a name and a text in its message.
func wantCode(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Errorf("error %v, want %s", err, code)
		return
	}
	if api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), message) {
		t.Errorf("error %s: %s\nwant %s: %s", api.ErrorCode(), api.ErrorMessage(), code, message)
	}
}
