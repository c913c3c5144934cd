package sfnapi_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/sfnapi"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

const activityARN = "arn:aws:states:us-east-1:123456789012:activity:a"

// asks is a machine whose task is one of the activity a.
const asks = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"` + activityARN + `","HeartbeatSeconds":10,"TimeoutSeconds":60,"End":true}}}`

func activity(t *testing.T, c *sfn.Client, name string) *string {
	t.Helper()
	out, err := c.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	return out.ActivityArn
}

func TestActivityLife(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := activity(t, c, "a")
	if *arn != activityARN {
		t.Errorf("ARN %s", *arn)
	}
	if again := activity(t, c, "a"); *again != *arn {
		t.Errorf("created again as %s", *again)
	}
	described, err := c.DescribeActivity(ctx, &sfn.DescribeActivityInput{ActivityArn: arn})
	if err != nil || *described.Name != "a" || *described.ActivityArn != *arn || described.CreationDate.IsZero() {
		t.Errorf("described as %+v, %v", described, err)
	}
	want := []string{"a", "b0", "b1", "b2"}
	for i := range 3 {
		activity(t, c, fmt.Sprint("b", i))
	}
	var got []string
	for pages := sfn.NewListActivitiesPaginator(c, &sfn.ListActivitiesInput{MaxResults: 3}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Activities {
			got = append(got, *a.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("activities mismatch (-want +got):\n%s", diff)
	}
	if _, err := c.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}); err != nil {
		t.Fatal(err)
	}
	tags, err := c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: arn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "v" {
		t.Errorf("tags %v, %v", tags, err)
	}
	for range 2 {
		if _, err := c.DeleteActivity(ctx, &sfn.DeleteActivityInput{ActivityArn: arn}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.DescribeActivity(ctx, &sfn.DescribeActivityInput{ActivityArn: arn})
	wantCode(t, err, "ActivityDoesNotExist", "Activity Does Not Exist: '"+activityARN+"'")
	_, err = c.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: arn})
	wantCode(t, err, "ActivityDoesNotExist", "Activity Does Not Exist: '"+activityARN+"'")
}

// TestActivityTasks has a worker that answers one task and fails another; the events are
// those recorded on AWS.
func TestActivityTasks(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := activity(t, c, "a")
	machine := create(t, c, "m", asks)
	done := run(t, c, machine, "done", `{"x":1}`)
	task, err := c.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: arn, WorkerName: aws.String("w")})
	if err != nil || aws.ToString(task.Input) != `{"x":1}` {
		t.Fatalf("task %+v, %v", task, err)
	}
	if _, err := c.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: task.TaskToken}); err != nil {
		t.Error(err)
	}
	if _, err := c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: task.TaskToken, Output: aws.String("7")}); err != nil {
		t.Fatal(err)
	}
	follow(t, c, done, types.HistoryEventTypeExecutionSucceeded)
	history, err := c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: done})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i, e := range history.Events {
		kinds = append(kinds, string(e.Type))
		if i > 1 && e.PreviousEventId != int64(i) {
			t.Errorf("event %d follows %d", e.Id, e.PreviousEventId)
		}
	}
	want := []string{"ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded", "TaskStateExited", "ExecutionSucceeded"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("history mismatch (-want +got):\n%s", diff)
	}
	scheduled := history.Events[2].ActivityScheduledEventDetails
	if *scheduled.Resource != activityARN || *scheduled.Input != `{"x":1}` || *scheduled.TimeoutInSeconds != 60 || *scheduled.HeartbeatInSeconds != 10 ||
		aws.ToString(history.Events[3].ActivityStartedEventDetails.WorkerName) != "w" || *history.Events[4].ActivitySucceededEventDetails.Output != "7" {
		t.Errorf("events %+v", history.Events)
	}

	failed := run(t, c, machine, "failed", "{}")
	if task, err = c.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: arn}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: task.TaskToken, Error: aws.String("E"), Cause: aws.String("c")}); err != nil {
		t.Fatal(err)
	}
	if e := follow(t, c, failed, types.HistoryEventTypeActivityFailed).ActivityFailedEventDetails; *e.Error != "E" || *e.Cause != "c" {
		t.Errorf("failed with %+v", e)
	}
	if e := follow(t, c, failed, types.HistoryEventTypeActivityStarted).ActivityStartedEventDetails; e == nil || e.WorkerName != nil {
		t.Errorf("started by nobody: %+v", e)
	}
}

// TestActivityTasksInTurn gives the tasks of a Map to workers, each to one of them, the
// oldest first.
func TestActivityTasksInTurn(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := activity(t, c, "a")
	machine := create(t, c, "m", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":`+asks+`}}}`)
	x := run(t, c, machine, "e", "[0,1,2]")
	seen := map[string]bool{}
	for range 3 {
		task, err := c.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		seen[*task.Input] = true
		if _, err := c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: task.TaskToken, Output: task.Input}); err != nil {
			t.Fatal(err)
		}
	}
	follow(t, c, x, types.HistoryEventTypeExecutionSucceeded)
	if output := aws.ToString(describe(t, c, x).Output); len(seen) != 3 || output != "[0,1,2]" {
		t.Errorf("tasks %v, output %s", seen, output)
	}
}

// TestActivityPoll waits a minute for a task, as AWS does, and gets the one that comes
// meanwhile at once; a task whose worker sends no heartbeat runs out of time.
func TestActivityPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{})
		defer s.Close()
		api := startPipe(t, s)
		api.must("CreateActivity", map[string]any{"name": "a"}, nil)
		poll := map[string]any{"activityArn": activityARN, "workerName": "w"}
		var task struct{ TaskToken, Input *string }
		began := time.Now()
		api.must("GetActivityTask", poll, &task)
		if waited := time.Since(began); waited != time.Minute || task.TaskToken != nil {
			t.Errorf("after %v: %+v, want nothing after a minute", waited, task)
		}
		var machine struct{ StateMachineArn string }
		api.must("CreateStateMachine", map[string]any{"name": "m", "definition": asks, "roleArn": role}, &machine)
		var x struct{ ExecutionArn string }
		polled := make(chan error)
		go func() { polled <- api.call("GetActivityTask", poll, &task) }()
		<-time.After(30 * time.Second)
		api.must("StartExecution", map[string]any{"stateMachineArn": machine.StateMachineArn}, &x)
		began = time.Now()
		if err := <-polled; err != nil || task.TaskToken == nil {
			t.Fatalf("task %+v, %v", task, err)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the task came after %v", waited)
		}
		if r := api.wait(x.ExecutionArn); *r.Error != "States.Timeout" {
			t.Errorf("error %s", *r.Error)
		}
		if err := api.call("SendTaskHeartbeat", map[string]any{"taskToken": *task.TaskToken}, nil); err == nil {
			t.Error("a heartbeat of a task that is over is taken")
		}
		task.TaskToken = nil
		api.must("StartExecution", map[string]any{"stateMachineArn": machine.StateMachineArn, "name": "stopped"}, &x)
		api.must("StopExecution", map[string]any{"executionArn": x.ExecutionArn}, nil)
		if api.must("GetActivityTask", poll, &task); task.TaskToken != nil {
			t.Error("a task of an execution that is over is given to a worker")
		}
	})
}

// TestActivityPollEnds has a worker that waits while the server ends.
func TestActivityPollEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{})
		api := startPipe(t, s)
		api.must("CreateActivity", map[string]any{"name": "a"}, nil)
		began, polled := time.Now(), make(chan error)
		go func() { polled <- api.call("GetActivityTask", map[string]any{"activityArn": activityARN}, nil) }()
		synctest.Wait()
		s.Close()
		if err := <-polled; err != nil || time.Since(began) != 0 {
			t.Errorf("the poll ended after %v with %v", time.Since(began), err)
		}
	})
}

// TestActivityThatDoesNotExist fails as recorded on AWS.
func TestActivityThatDoesNotExist(t *testing.T) {
	c := start(t, sfnapi.Options{})
	x := run(t, c, create(t, c, "m", asks), "e", "{}")
	e := follow(t, c, x, types.HistoryEventTypeExecutionFailed)
	const cause = "An error occurred while executing the state 'A' (entered at the event id #2). The activity " + activityARN + " does not exist."
	if d := e.ExecutionFailedEventDetails; *d.Error != "States.Runtime" || *d.Cause != cause || e.Id != 3 {
		t.Errorf("event %d: %s: %s", e.Id, *d.Error, *d.Cause)
	}
}

// TestMockedActivity needs neither the activity nor a worker.
func TestMockedActivity(t *testing.T) {
	tests := []struct {
		name, definition, answer string
		status                   types.ExecutionStatus
		has                      types.HistoryEventType
	}{
		{"answered", asks, `{"Return":7}`, "SUCCEEDED", "ActivitySucceeded"},
		{"failed", asks, `{"Throw":{"Error":"E"}}`, "FAILED", "ActivityFailed"},
		{"out of time", asks, `{"Throw":{"Error":"States.Timeout"}}`, "FAILED", "ActivityTimedOut"},
		{"with the machine out of time", `{"TimeoutSeconds":1,"StartAt":"A","States":{"A":{"Type":"Task","Resource":"` + activityARN + `","End":true}}}`,
			`{"Throw":{"Error":"States.Timeout"}}`, "TIMED_OUT", "ActivityStarted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, sfnapi.Options{Mocks: mocks(t, `{"C":{"A":"R"}}`, `{"R":{"0":`+tt.answer+`}}`)})
			x := run(t, c, aws.String(*create(t, c, "m", tt.definition)+"#C"), "e", "{}")
			kinds := map[types.ExecutionStatus]types.HistoryEventType{"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed", "TIMED_OUT": "ExecutionTimedOut"}
			follow(t, c, x, kinds[tt.status])
			follow(t, c, x, tt.has)
		})
	}
}
