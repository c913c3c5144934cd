package statemachine_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/asl"
	"lacuna/internal/fault"
	"lacuna/statemachine"
)

// arn is the value of a placeholder: "partition", or "query_function_arn" for a
// function's ARN.
func arn(name string) (string, bool) {
	if name == "partition" {
		return "aws", true
	}
	task, ok := strings.CutSuffix(name, "_function_arn")
	return "arn:aws:lambda:us-east-1:123456789012:function:lacuna-" + task + ":1", ok
}

func machine(t *testing.T) *asl.Machine {
	t.Helper()
	text, err := statemachine.Definition(arn)
	if err != nil {
		t.Fatal(err)
	}
	m, err := asl.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDefinitionNamesAPlaceholderWithoutValue(t *testing.T) {
	_, err := statemachine.Definition(func(name string) (string, bool) { return "", name != "query_function_arn" })
	if err == nil || !strings.Contains(err.Error(), "${query_function_arn}") {
		t.Errorf("Definition = %v", err)
	}
}

func TestEveryTaskHasItsFolder(t *testing.T) {
	var folders []string
	for _, task := range machine(t).Tasks() {
		name := task.Path[strings.LastIndex(task.Path, "/")+1:]
		folder := strings.ToLower(name)
		folders = append(folders, folder)
		if _, err := os.Stat("../lambdas/" + folder + "/handler.go"); err != nil {
			t.Errorf("state %s: %v", task.Path, err)
		}
		if want, _ := arn(folder + "_function_arn"); !task.Task.WaitForToken && task.Task.FunctionName != want {
			t.Errorf("state %s invokes %q, want the function of its name", task.Path, task.Task.FunctionName)
		}
	}
	entries, err := os.ReadDir("../lambdas")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(folders, e.Name()) {
			t.Errorf("lambdas/%s is no state of the pipeline", e.Name())
		}
	}
}

// The error names in Retry and Catch are those of package fault and AWS's own,
// and every name of package fault has its policy.
func TestErrorNames(t *testing.T) {
	aws := []string{
		"States.ALL", "States.Timeout", "States.HeartbeatTimeout", "Sandbox.Timedout",
		"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
		"SQS.SdkClientException", "SQS.AmazonSqsException",
	}
	retried := []fault.Name{fault.Throttled, fault.Unavailable, fault.Malformed, fault.StoreThrottled, fault.StoreUnavailable}
	notRetried := []fault.Name{fault.Down, fault.Rejected, fault.InputInvalid, fault.Internal}
	for _, task := range machine(t).Tasks() {
		for _, r := range task.Retry {
			for _, name := range r.ErrorEquals {
				if !slices.Contains(aws, name) && !slices.Contains(retried, fault.Name(name)) {
					t.Errorf("%s retries %s, which is not an error to retry", task.Path, name)
				}
				if slices.Contains(notRetried, fault.Name(name)) {
					t.Errorf("%s retries %s", task.Path, name)
				}
			}
		}
		for _, c := range task.Catch {
			for _, name := range c.ErrorEquals {
				if !slices.Contains(aws, name) && name != string(fault.InputInvalid) {
					t.Errorf("%s catches %s, an unknown name", task.Path, name)
				}
			}
		}
	}
	policy := func(task asl.TaskRef, name string) (r asl.Retrier) {
		for _, r := range task.Retry {
			if slices.Contains(r.ErrorEquals, name) {
				return r
			}
		}
		t.Errorf("%s does not retry %s", task.Path, name)
		return r
	}
	for _, task := range machine(t).Tasks() {
		if !task.Task.WaitForToken {
			for _, name := range aws[3:8] {
				policy(task, name)
			}
			continue
		}
		for _, want := range []struct {
			name                    fault.Name
			attempts, interval, max int64
		}{
			{fault.Throttled, 6, 30, 900},
			{fault.Unavailable, 5, 5, 300},
			{fault.Malformed, 1, 60, 0},
			{fault.StoreThrottled, 5, 2, 60},
			{fault.StoreUnavailable, 5, 2, 60},
			{"States.HeartbeatTimeout", 2, 10, 0},
			{"SQS.SdkClientException", 6, 1, 0},
		} {
			if r := policy(task, string(want.name)); r.MaxAttempts != want.attempts || r.IntervalSeconds != want.interval || r.MaxDelaySeconds != want.max {
				t.Errorf("%s: %+v, want %+v", task.Path, r, want)
			}
		}
	}
}

func TestEveryTaskHasTimeouts(t *testing.T) {
	const functionTimeout = 120 // of the scraper, in seconds
	m := machine(t)
	if m.TimeoutSeconds == 0 {
		t.Error("the machine has no time-out")
	}
	for _, task := range m.Tasks() {
		if task.Task.Timeout.Value == 0 {
			t.Errorf("%s has no time-out", task.Path)
		}
		if h := task.Task.Heartbeat.Value; task.Task.WaitForToken && (h < 5*functionTimeout || task.Task.Timeout.Value < 2*h) {
			t.Errorf("%s: heartbeat %d s, time-out %d s", task.Path, h, task.Task.Timeout.Value)
		}
	}
}

func TestEveryStateHasAComment(t *testing.T) {
	var walk func(g *asl.Graph)
	walk = func(g *asl.Graph) {
		for _, s := range g.States {
			if s.Comment == "" {
				t.Errorf("state %s has no comment", s.Name)
			}
			for _, inner := range s.Inner() {
				walk(inner)
			}
		}
	}
	walk(&machine(t).Graph)
}
