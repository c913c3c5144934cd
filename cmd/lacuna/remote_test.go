package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/engine"

	"github.com/google/go-cmp/cmp"
)

var readableName = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{6}$`)

// event is an event as GetExecutionHistory writes it; its details have the name
// of its type.
func awsEvent(id int, kind, field, details string) string {
	return fmt.Sprintf(`{"id":%d,"previousEventId":%d,"timestamp":17828640%02d.5,"type":%q,%q:%s}`, id, id-1, id, kind, field, details)
}

// reported is a history of a run in which a stream failed, and its summary.
func reported(summary, end string) []string {
	return []string{
		awsEvent(1, "ExecutionStarted", "executionStartedEventDetails", `{"input":"{}","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::123456789012:role/rates-machine"}`),
		awsEvent(2, "MapStateEntered", "stateEnteredEventDetails", `{"name":"EachStream","input":"{}","inputDetails":{"truncated":false}}`),
		awsEvent(3, "MapStateStarted", "mapStateStartedEventDetails", `{"length":1}`),
		awsEvent(4, "MapIterationStarted", "mapIterationStartedEventDetails", `{"name":"EachStream","index":0}`),
		awsEvent(5, "TaskFailed", "taskFailedEventDetails", `{"resource":"sendMessage.waitForTaskToken","resourceType":"sqs","error":"Source.Rejected","cause":"no such series"}`),
		awsEvent(6, "PassStateEntered", "stateEnteredEventDetails",
			`{"name":"StreamFailed","input":"{\"bundle\":{\"streams\":[{\"id\":\"ecb-001\",\"from\":\"2024-01-02\",\"to\":\"2024-01-05\"}]},\"failure\":{\"Error\":\"Source.Rejected\"}}"}`),
		awsEvent(7, "TaskStateExited", "stateExitedEventDetails", fmt.Sprintf(`{"name":"Report","output":%q,"outputDetails":{"truncated":false}}`, summary)),
		awsEvent(8, end, "executionFailedEventDetails", `{"error":"Lacuna.Incomplete","cause":"stream ecb-001"}`),
	}
}

func described(status, more string) string {
	return fmt.Sprintf(`{"executionArn":"arn:aws:states:eu-west-1:123456789012:execution:rates:x","stateMachineArn":%q,"name":"x","status":%q,
		"startDate":1782864000.5,"input":"{\"only\":\"due\"}","inputDetails":{"included":true}%s}`, machineARN, status, more)
}

const failedSummary = `{"run":"x","status":"incomplete","cause":"stream ecb-001","streams":1,"requests":2,"retries":1,"deferred":0,` +
	`"series":[{"key":"ECB#USD","missing":4,"requested":4,"observed":1,"absent":0,"incomplete":0,"quarantined":0,"failed":3,"waiting":0,"deferred":0}],` +
	`"failures":[{"source":"ecb","stream":"ecb-001","series":["ECB#USD"],"span":"2024-01-02/2024-01-05","error":"Source.Rejected","message":"no such series","attempts":1}]}`

// A run whose Report failed ends as a failed one that says so, not as one of
// which nothing is wrong.
func TestBackfillOfARunWhoseReportFailed(t *testing.T) {
	a := newAccount(t)
	a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864000.5}`)
	events := reported(`{"Error":"Lacuna.Internal","Cause":"{}"}`, "ExecutionFailed")
	events[len(events)-1] = awsEvent(8, "ExecutionFailed", "executionFailedEventDetails", `{"error":"Lacuna.ReportFailed","cause":"the report of this run failed: Lacuna.Internal"}`)
	a.history("", events, 3)
	code, stdout, stderr := a.run(append([]string{"backfill"}, days4...)...)
	if code != 1 || !strings.Contains(stderr, "failed: Lacuna.ReportFailed: the report of this run failed: Lacuna.Internal") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

var days4 = []string{"--series", "ECB#USD", "--from", "2024-01-02", "--to", "2024-01-05"}

func TestBackfillFollowsARun(t *testing.T) {
	a := newAccount(t)
	a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864000.5}`)
	a.history("", reported(failedSummary, "ExecutionFailed"), 3)
	code, stdout, stderr := a.run(append([]string{"backfill", "-o", "json"}, days4...)...)
	if code != 3 {
		t.Fatalf("exit code %d, want 3\n%s%s", code, stdout, stderr)
	}
	started := a.of("StartExecution")
	if len(started) != 1 {
		t.Fatalf("%d runs started, want 1", len(started))
	}
	name := started[0]["name"].(string)
	if !readableName.MatchString(name) {
		t.Errorf("name %s", name)
	}
	want := map[string]any{"stateMachineArn": machineARN, "name": name, "input": `{"from":"2024-01-02","to":"2024-01-05","series":["ECB#USD"],"only":"due"}`}
	if diff := cmp.Diff(want, started[0]); diff != "" {
		t.Errorf("StartExecution (-want +got):\n%s", diff)
	}
	var got result
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	wantResult := result{
		Run: "x", Status: "incomplete", Requests: 2, Retries: 1,
		Series:   []seriesTotal{{Key: "ECB#USD", Requested: 4, Observed: 1, Failed: 3}},
		Failures: []failed{{Source: "ecb", Stream: "ecb-001", Span: "2024-01-02/2024-01-05", Error: "Source.Rejected", Message: "no such series", Series: []string{"ECB#USD"}, Attempts: 1}},
	}
	if diff := cmp.Diff(wantResult, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	wantErrs := "run " + name + ": https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:eu-west-1:123456789012:execution:rates:" + name + `
warning: stream ecb-001 2024-01-02/2024-01-05 failed: Source.Rejected
`
	if _, after, _ := strings.Cut(stderr, "\n"); after != wantErrs {
		t.Errorf("stderr:\n%s\nwant after its first line:\n%s", stderr, wantErrs)
	}
	for _, page := range a.of("GetExecutionHistory") {
		if page["reverseOrder"] != true || page["executionArn"] != "arn:aws:states:eu-west-1:123456789012:execution:rates:"+name {
			t.Errorf("GetExecutionHistory %v", page)
		}
	}
}

func TestBackfillStartsTheNextRunWhileDaysAreDeferred(t *testing.T) {
	a := newAccount(t)
	summary := func(observed, deferred int) string {
		return fmt.Sprintf(`{"run":"x","status":"pending","requests":1,"deferred":%d,"series":[{"key":"ECB#USD","requested":%d,"observed":%[2]d,"deferred":%[1]d}]}`, deferred, observed)
	}
	next := []string{summary(2, 2), summary(1, 1), summary(0, 1)} // the third makes no progress
	a.reply("StartExecution", func(map[string]any) string {
		a.history("", reported(next[0], "ExecutionSucceeded"), 8)
		next = next[1:]
		return `{"executionArn":"arn","startDate":1782864000.5}`
	})
	code, stdout, stderr := a.run(append([]string{"backfill", "-o", "json"}, days4...)...)
	if code != 3 {
		t.Fatalf("exit code %d, want 3\n%s%s", code, stdout, stderr)
	}
	started := a.of("StartExecution")
	if len(started) != 3 || started[0]["input"] != started[2]["input"] || started[0]["name"] == started[2]["name"] {
		t.Errorf("started %v", started)
	}
	var got result
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]seriesTotal{{Key: "ECB#USD", Requested: 3, Observed: 3, Deferred: 1}}, got.Series); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
}

func TestBackfillTellsRunsWithoutAReport(t *testing.T) {
	tests := []struct{ name, end, details, want string }{
		{"stopped", "Aborted", `{"error":"Lacuna.Stopped","cause":"by a person"}`, "failed: Lacuna.Stopped: by a person"},
		{"out of time", "TimedOut", `{"error":"States.Timeout"}`, "failed: States.Timeout: "},
		{"refused input", "Failed", `{"error":"Input.Invalid","cause":"no series"}`, "failed: Input.Invalid: no series"},
		{"lost in the middle", "Failed", `{}`, " failed: : "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864000.5}`)
			a.history("", []string{reported("{}", "")[0], awsEvent(2, "Execution"+tt.end, "execution"+tt.end+"EventDetails", tt.details)}, 2)
			code, stdout, stderr := a.run(append([]string{"backfill"}, days4...)...)
			if code != 1 || !strings.Contains(stderr, tt.want) || !strings.Contains(stdout, "Next: lacuna runs ") {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}

func TestBackfillLeavesTheRunAlone(t *testing.T) {
	follow := func(t *testing.T, prepare func(*account, context.CancelFunc), args ...string) (*account, int, string, string) {
		a := newAccount(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864000.5}`)
		prepare(a, cancel)
		code, stdout, stderr := a.runUntil(ctx, append(append([]string{"backfill"}, days4...), args...)...)
		if n := len(a.of("StopExecution")); n != 0 {
			t.Errorf("%d runs stopped", n)
		}
		return a, code, stdout, stderr
	}
	t.Run("when it is interrupted", func(t *testing.T) {
		_, code, _, stderr := follow(t, func(a *account, cancel context.CancelFunc) {
			a.reply("GetExecutionHistory", func(map[string]any) string {
				cancel()
				return `{"events":[` + reported("{}", "")[0] + `]}`
			})
		})
		if code != 130 || !strings.Contains(stderr, "lacuna: interrupted: run ") || !strings.Contains(stderr, "goes on in AWS; look at it: lacuna runs ") || !strings.Contains(stderr, "; stop it: lacuna runs stop ") {
			t.Errorf("exit code %d\n%s", code, stderr)
		}
	})
	t.Run("when it cannot be followed", func(t *testing.T) {
		_, code, _, stderr := follow(t, func(a *account, _ context.CancelFunc) {
			a.answer("GetExecutionHistory", refused("AccessDeniedException", "not authorized to perform: states:GetExecutionHistory"))
		})
		if code != 1 || !strings.Contains(stderr, "goes on in AWS") || !strings.Contains(stderr, "operator_policy") {
			t.Errorf("exit code %d\n%s", code, stderr)
		}
	})
	t.Run("unless Step Functions does not know it yet", func(t *testing.T) {
		a, code, stdout, stderr := follow(t, func(a *account, _ context.CancelFunc) {
			known := false
			a.history("", reported(failedSummary, "ExecutionFailed"), 8)
			history := a.answers["GetExecutionHistory"]
			a.reply("GetExecutionHistory", func(body map[string]any) string {
				if !known {
					known = true
					return refused("ExecutionDoesNotExist", "Execution Does Not Exist: 'arn'")
				}
				return history(body)
			})
		})
		if code != 3 || len(a.of("GetExecutionHistory")) != 3 {
			t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
		}
	})
	t.Run("when it is told to", func(t *testing.T) {
		a, code, stdout, stderr := follow(t, func(*account, context.CancelFunc) {}, "--detach", "-o", "json")
		want := fmt.Sprintf("{\n  \"schema_version\": 1,\n  \"run\": %q,\n  \"status\": \"running\"\n}\n", a.of("StartExecution")[0]["name"])
		if code != 0 || stdout != want || len(a.of("GetExecutionHistory")) != 0 {
			t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
		}
	})
}

func TestBackfillIsRefused(t *testing.T) {
	a := newAccount(t)
	code, _, stderr := a.run(append([]string{"backfill", "--max-requests", "0"}, days4...)...)
	if code != 4 || !strings.Contains(stderr, "1 request needed, --max-requests 0") || len(a.of("StartExecution")) != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if n := len(a.of("Query")); n != 1 {
		t.Errorf("%d queries for one series", n)
	}
}

// A run of the engine, told by AWS, is the same tree.
func TestRunIsTheSameTreeInAWS(t *testing.T) {
	b := newBench(t)
	var ran result
	b.read(&ran, 0, append([]string{"backfill"}, days4...)...)
	_, want, _ := b.run("runs", ran.Run)
	want = strings.NewReplacer("This would have cost", "It cost", " USD in AWS (prices of us-east-1, 2026-11)", " USD (prices of us-east-1, 2026-11; those of eu-west-1 are not known here)").Replace(want)
	var local struct {
		Events []struct {
			ID, PreviousEventID int64
			Timestamp           time.Time
			Type                string
			Details             json.RawMessage
		}
	}
	b.read(&local, 0, "runs", ran.Run)
	var events []string
	for _, e := range local.Events {
		field := engine.Event{Type: e.Type}.Field()
		events = append(events, fmt.Sprintf(`{"id":%d,"previousEventId":%d,"timestamp":%.3f,"type":%q,%q:%s}`,
			e.ID, e.PreviousEventID, float64(e.Timestamp.UnixMicro())/1e6, e.Type, field, e.Details))
	}
	x := runOf(t, b, ran.Run)
	a := newAccount(t)
	a.history(fmt.Sprintf(`{"name":%q,"status":%q,"startDate":%f,"stopDate":%f,"input":%q,"stateMachineArn":%q,"executionArn":"arn"}`,
		ran.Run, x.Status, float64(x.Started.UnixMicro())/1e6, float64(x.Stopped.UnixMicro())/1e6, x.Input, machineARN), events, len(events))
	code, got, stderr := a.run("runs", ran.Run)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	if diff := cmp.Diff(withoutTimes(want), withoutTimes(got)); diff != "" {
		t.Errorf("tree (-local +AWS):\n%s", diff)
	}
	var remote struct{ Events []json.RawMessage }
	code, stdout, stderr := a.run("runs", ran.Run, "-o", "json")
	if err := json.Unmarshal([]byte(stdout), &remote); err != nil || code != 0 || len(remote.Events) != len(events) {
		t.Errorf("%d of %d events, exit code %d, %v\n%s", len(remote.Events), len(events), code, err, stderr)
	}
}

func runOf(t *testing.T, b *bench, run string) (x struct {
	Status           string
	Started, Stopped time.Time
	Input            json.RawMessage
},
) {
	t.Helper()
	var document struct{ Execution json.RawMessage }
	b.read(&document, 0, "runs", run)
	if err := json.Unmarshal(document.Execution, &x); err != nil {
		t.Fatal(err)
	}
	var compact strings.Builder
	if err := json.NewEncoder(&compact).Encode(x.Input); err != nil {
		t.Fatal(err)
	}
	x.Input = json.RawMessage(strings.TrimSpace(compact.String()))
	return x
}

var took = regexp.MustCompile(`  \d+(\.\d+)?(ms|µs|s)|\d\d:\d\d:\d\d`)

// withoutTimes drops durations: AWS tells times in milliseconds.
func withoutTimes(tree string) string { return took.ReplaceAllString(tree, "  T") }

func TestRunsOfAnAccount(t *testing.T) {
	a := newAccount(t)
	a.reply("ListExecutions", func(body map[string]any) string {
		one := func(name string) string {
			return fmt.Sprintf(`{"executionArn":"arn","stateMachineArn":%q,"name":%q,"status":"RUNNING","startDate":1782864000.5}`, machineARN, name)
		}
		if body["nextToken"] == "2" {
			return `{"executions":[` + one("first") + `]}`
		}
		return `{"executions":[` + one("third") + `,` + one("second") + `],"nextToken":"2"}`
	})
	a.reply("DescribeExecution", func(body map[string]any) string {
		arn := body["executionArn"].(string)
		switch arn[strings.LastIndexByte(arn, ':')+1:] {
		case "third":
			return `{"name":"third","status":"RUNNING","startDate":1782864003.0,"input":"{}"}`
		case "second":
			return `{"name":"second","status":"FAILED","startDate":1782864002.0,"stopDate":1782864003.25,"input":"{\"from\":\"-400d\"}","error":"Lacuna.Incomplete","cause":"why"}`
		}
		return `{"name":"first","status":"ABORTED","startDate":1782864001.0,"stopDate":1782864001.5,"input":"{}","error":"Lacuna.Stopped","cause":"by a person"}`
	})
	a.reply("Query", func(body map[string]any) string {
		key := body["ExpressionAttributeValues"].(map[string]any)[":key"].(map[string]any)["S"]
		if key == "RUNS#MONTHS" {
			return `{"Items":[{"info_type":{"S":"RUNS#MONTHS"},"date":{"S":"2026-07"}}],"Count":1}`
		}
		one := func(run, status, day string) string {
			return fmt.Sprintf(`{"date":{"S":"x"},"run":{"S":%q},"as_of":{"S":"%sT00:00:02Z"},"status":{"S":%q},"cause":{"S":"why"},"summary":{"S":%q}}`,
				run, day, status, strings.Replace(failedSummary, "incomplete", status, 1))
		}
		return `{"Items":[` + one("second", "incomplete", "2026-07-01") + `,` + one("past", "incomplete", "2026-03-02") + `,` + one("older", "complete", "2026-03-01") + `],"Count":3}`
	})
	untilNow := regexp.MustCompile(`(third,running,2026-07-01 00:00:03,)[0-9hms.-]+`)
	code, stdout, stderr := a.run("runs", "-o", "csv")
	stdout = untilNow.ReplaceAllString(stdout, "${1}UNTIL NOW")
	want := `run,status,started,duration,requests,retries,observed,failed,error,series,range
third,running,2026-07-01 00:00:03,UNTIL NOW,,,,,,,
second,incomplete,2026-07-01 00:00:02,1.25s,2,1,1,3,Lacuna.Incomplete,,from -400d
first,aborted,2026-07-01 00:00:01,500ms,,,,,Lacuna.Stopped,,
past,incomplete,2026-03-02 00:00:02,,2,1,1,3,Lacuna.Incomplete,,
older,complete,2026-03-01 00:00:02,,2,1,1,3,,,
`
	if diff := cmp.Diff(want, stdout); diff != "" || code != 0 {
		t.Errorf("exit code %d (-want +got):\n%s%s", code, diff, stderr)
	}
	code, stdout, stderr = a.run("runs", "-o", "csv", "--limit", "2")
	stdout = untilNow.ReplaceAllString(stdout, "${1}UNTIL NOW")
	if want := strings.Join(strings.SplitAfter(want, "\n")[:3], ""); stdout != want || code != 0 {
		t.Errorf("--limit 2: exit code %d\n%s%s", code, stdout, stderr)
	}
}

func TestRunsStop(t *testing.T) {
	tests := []struct {
		name, describe string
		code, stopped  int
		want           string
	}{
		{"one that goes on", described("RUNNING", ""), 0, 1, "Stopped x. What was fetched is stored.\nNext: lacuna backfill"},
		{"one that has ended", described("SUCCEEDED", ""), 1, 0, "run x has ended already: SUCCEEDED"},
		{"one that is not there", refused("ExecutionDoesNotExist", "Execution Does Not Exist: 'arn'"), 1, 0, "run x is not in stack rates: `lacuna runs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.env = append(a.env, "LACUNA_ALL=true") // for lists: it stops no other run
			a.answer("DescribeExecution", tt.describe)
			a.answer("StopExecution", `{"stopDate":1782864009.5}`)
			a.answer("ListExecutions", `{"executions":[{"name":"y"}]}`)
			code, stdout, stderr := a.run("runs", "stop", "x")
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) || len(a.of("StopExecution")) != tt.stopped {
				t.Errorf("exit code %d, %d stopped\n%s%s", code, len(a.of("StopExecution")), stdout, stderr)
			}
		})
	}
}

func TestRunsStopAll(t *testing.T) {
	a := newAccount(t)
	a.answer("StopExecution", `{"stopDate":1782864009.5}`)
	a.reply("ListExecutions", func(body map[string]any) string {
		if body["statusFilter"] != "RUNNING" {
			return refused("ValidationException", "runs that have ended are asked for")
		}
		if body["nextToken"] == nil {
			return `{"executions":[{"name":"b"}],"nextToken":"more"}`
		}
		return `{"executions":[{"name":"a"}]}`
	})
	code, stdout, stderr := a.run("runs", "stop", "--all")
	if code != 0 || stdout != "Stopped b.\nStopped a.\n" {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	var stopped []any
	for _, c := range a.of("StopExecution") {
		stopped = append(stopped, c["executionArn"])
	}
	slices.SortFunc(stopped, func(x, y any) int { return strings.Compare(x.(string), y.(string)) })
	want := []any{strings.Replace(machineARN, "stateMachine", "execution", 1) + ":a", strings.Replace(machineARN, "stateMachine", "execution", 1) + ":b"}
	if diff := cmp.Diff(want, stopped); diff != "" {
		t.Errorf("stopped (-want +got):\n%s", diff)
	}

	a.answer("ListExecutions", `{"executions":[]}`)
	if code, stdout, _ := a.run("runs", "stop", "--all"); code != 0 || !strings.HasPrefix(stdout, "No run is going on in ") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	for _, args := range [][]string{{"runs", "stop"}, {"runs", "stop", "--all", "a"}} {
		if code, _, _ := a.run(args...); code != 64 {
			t.Errorf("%q: exit code %d, want 64", args, code)
		}
	}
}

// Runs are started by the alias, so that a rollback holds for them too.
func TestRunsAreStartedByTheAlias(t *testing.T) {
	for alias, want := range map[string]string{"": machineARN, fmt.Sprintf(`,"state_machine_alias_arn":"%s:live"`, machineARN): machineARN + ":live"} {
		a := newAccount(t)
		a.answer("GetParameter", a.parameter(alias))
		a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864001.0}`)
		code, stdout, stderr := a.run("backfill", "--detach", "--series", "ECB#USD")
		started := a.of("StartExecution")
		if code != 0 || len(started) != 1 || started[0]["stateMachineArn"] != want {
			t.Errorf("exit code %d, started %v, want %s\n%s%s", code, started, want, stdout, stderr)
		}
	}
}
