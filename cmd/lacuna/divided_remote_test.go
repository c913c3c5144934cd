package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

// mirror has Step Functions and the table of an account tell what ran at a bench. The run
// that is started there is the one of the bench.
func mirror(t *testing.T, b *bench) *account {
	t.Helper()
	db, err := sqlite.OpenToRead(b.db, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // it was read
	list, err := db.Executions(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]store.Execution{}
	whole := ""
	for _, x := range list {
		byName[x.Name] = x
		if _, n := message.ShardOf(x.Name); n == 0 {
			whole = x.Name
		}
	}
	a := newAccount(t)
	a.env = append(a.env, b.env...)
	a.env = slices.DeleteFunc(a.env, func(v string) bool { return strings.HasPrefix(v, "LACUNA_NOW=") })
	named := func(body map[string]any) store.Execution {
		arn := body["executionArn"].(string)
		if x, ok := byName[arn[strings.LastIndexByte(arn, ':')+1:]]; ok {
			return x
		}
		return byName[whole]
	}
	var mu sync.Mutex
	events := map[string][]string{} // newest first
	a.reply("GetExecutionHistory", func(body map[string]any) string {
		mu.Lock()
		defer mu.Unlock()
		x := named(body)
		if events[x.Name] == nil {
			stored, err := db.Events(t.Context(), x.Name, 0)
			if err != nil {
				return refused("InternalError", err.Error())
			}
			for _, e := range slices.Backward(stored) {
				events[x.Name] = append(events[x.Name], fmt.Sprintf(`{"id":%d,"previousEventId":%d,"timestamp":%.3f,"type":%q,%q:%s}`,
					e.ID, e.PreviousID, float64(e.Time.UnixMicro())/1e6, e.Type, engine.Event{Type: e.Type}.Field(), e.Details))
			}
		}
		all, from, next := events[x.Name], 0, ""
		if token, ok := body["nextToken"].(string); ok {
			from, _ = strconv.Atoi(token)
		}
		const page = 1000
		if from+page < len(all) {
			next = fmt.Sprintf(`,"nextToken":"%d"`, from+page)
		}
		return `{"events":[` + strings.Join(all[from:min(from+page, len(all))], ",") + `]` + next + `}`
	})
	a.reply("DescribeExecution", func(body map[string]any) string {
		x := named(body)
		return fmt.Sprintf(`{"name":%q,"status":%q,"startDate":%f,"stopDate":%f,"input":%q,"stateMachineArn":%q,"executionArn":"arn"}`,
			x.Name, x.Status, float64(x.Started.UnixMicro())/1e6, float64(x.Stopped.UnixMicro())/1e6, x.Input, machineARN)
	})
	a.reply("ListExecutions", func(map[string]any) string {
		var parts []string
		for _, x := range list {
			parts = append(parts, fmt.Sprintf(`{"executionArn":"arn","stateMachineArn":%q,"name":%q,"status":%q,"startDate":%f}`, machineARN, x.Name, x.Status, float64(x.Started.UnixMicro())/1e6))
		}
		return `{"executions":[` + strings.Join(parts, ",") + `]}`
	})
	a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864000.5}`)
	reported, err := db.RunsOf(t.Context(), history.Names(list), time.Unix(0, 0), time.Now().AddDate(10, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	a.reply("Query", func(body map[string]any) string {
		if key := body["ExpressionAttributeValues"].(map[string]any)[":key"].(map[string]any)["S"].(string); key == "RUNS#MONTHS" {
			return `{"Items":[{"info_type":{"S":"RUNS#MONTHS"},"date":{"S":"2026-07"}}],"Count":1}`
		} else if !strings.HasPrefix(key, "RUNS#") {
			return `{"Items":[],"Count":0}`
		}
		var items []string
		for _, r := range reported {
			items = append(items, fmt.Sprintf(`{"date":{"S":"x"},"run":{"S":%q},"as_of":{"S":"%s"},"status":{"S":%q},"cause":{"S":%q},"summary":{"S":%q}}`,
				r.ID, r.AsOf.Format("2006-01-02T15:04:05Z"), r.Status, r.Cause, r.Summary))
		}
		return fmt.Sprintf(`{"Items":[%s],"Count":%d}`, strings.Join(items, ","), len(items))
	})
	return a
}

// runAsIs runs lacuna with the catalogue that the environment says.
func (a *account) runAsIs(args ...string) (code int, stdout, stderr string) {
	a.Helper()
	var out, errs bytes.Buffer
	code = run(a.Context(), args, strings.NewReader(""), &out, &errs, a.env)
	return code, out.String(), errs.String()
}

// Followed in AWS a divided run tells what it tells here: all series, and what its shards
// used too. It is one in the list, and has the same tree.
func TestDividedRunInAWS(t *testing.T) {
	b, _ := newDivided(t)
	var here filled
	b.read(&here, 0, "backfill")
	_, tree, _ := b.run("runs", here.Run)
	a := mirror(t, b)
	get := func(document any, args ...string) {
		t.Helper()
		code, stdout, stderr := a.runAsIs(append(args, "-o", "json")...)
		if err := json.Unmarshal([]byte(stdout), document); err != nil || code != 0 {
			t.Fatalf("lacuna %v: exit code %d, %v\n%s%s", args, code, err, stdout, stderr)
		}
	}
	var got filled
	get(&got, "backfill")
	if diff := cmp.Diff(here.Series, got.Series); diff != "" || got.Requests != here.Requests {
		t.Errorf("%d requests, want %d; series (-here +there):\n%s", got.Requests, here.Requests, diff)
	}
	if got.Cost.StepFunctions.Transitions != here.Cost.StepFunctions.Transitions || got.Cost.Lambda.Requests != here.Cost.Lambda.Requests {
		t.Errorf("%d transitions, %d invocations; want %d, %d", got.Cost.StepFunctions.Transitions, got.Cost.Lambda.Requests, here.Cost.StepFunctions.Transitions, here.Cost.Lambda.Requests)
	}
	var list history.ListDocument
	get(&list, "runs")
	if len(list.Runs) != 1 || list.Runs[0].Run != here.Run || *list.Runs[0].Observed != 44*dividedSeries {
		t.Errorf("runs %+v", list.Runs)
	}
	get(&list, "runs", "--all")
	if len(list.Runs) != 3 {
		t.Errorf("runs --all %+v", list.Runs)
	}
	code, same, stderr := a.runAsIs("runs", here.Run)
	if code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	head := func(text string) string { return withoutTimes(text[:strings.LastIndex(strings.TrimSpace(text), "\n")]) } // without the cost
	if diff := cmp.Diff(head(tree), head(same)); diff != "" {
		t.Errorf("tree (-local +AWS):\n%s", diff)
	}

	// Of a run that was stopped before its shards nobody knows what they used.
	told := a.answers["GetExecutionHistory"]
	a.answer("GetExecutionHistory", `{"events":[`+awsEvent(3, "ExecutionAborted", "executionAbortedEventDetails", `{"error":"Lacuna.Stopped"}`)+`,`+
		awsEvent(2, "TaskStateExited", "stateExitedEventDetails", `{"name":"Select","output":"{\"shards\":[{\"name\":\"x-shard-001\"}]}"}`)+`,`+reported("{}", "")[0]+`]}`)
	if code, stdout, stderr := a.runAsIs("backfill", "-o", "json"); code != 1 || !strings.Contains(stdout, `"cost": null`) {
		t.Errorf("a run that was stopped: exit code %d\n%s%s", code, stdout, stderr)
	}
	a.reply("GetExecutionHistory", told)

	// What the shards did is not known when a summary cannot be read: the run has ended all the same.
	a.answer("Query", refused("ProvisionedThroughputExceededException", "slow down"))
	code, stdout, stderr := a.runAsIs("backfill")
	if code != 1 || !strings.Contains(stderr, " is complete, and what its shards did cannot be read; look at it: lacuna runs ") || strings.Contains(stderr, "goes on") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

// Stopping a run stops those of its shards that go on after it, and no other run.
func TestDividedRunIsStopped(t *testing.T) {
	for _, tt := range []struct {
		args    []string
		want    string
		stopped []string
	}{
		{[]string{"x"}, "Stopped x and 2 shards of it. What was fetched is stored.\n", []string{"x", "x-shard-001", "x-shard-003"}},
		{[]string{"--all"}, "Stopped x.\nStopped y.\nStopped 3 shards.\n", []string{"x", "y", "x-shard-001", "x-shard-003", "y-shard-001"}},
		{[]string{"y-shard-001"}, "Stopped y-shard-001. What was fetched is stored.\n", []string{"y-shard-001"}},
	} {
		a := newAccount(t)
		a.answer("DescribeExecution", described("RUNNING", ""))
		a.answer("StopExecution", `{"stopDate":1782864009.5}`)
		a.answer("ListExecutions", `{"executions":[{"name":"x-shard-003"},{"name":"x"},{"name":"y-shard-001"},{"name":"x-shard-001"},{"name":"y"}]}`)
		code, stdout, stderr := a.run(append([]string{"runs", "stop"}, tt.args...)...)
		if code != 0 || !strings.HasPrefix(stdout, tt.want) {
			t.Errorf("%v: exit code %d, want %q\n%s%s", tt.args, code, tt.want, stdout, stderr)
		}
		var stopped []string
		for _, c := range a.of("StopExecution") {
			arn := c["executionArn"].(string)
			stopped = append(stopped, arn[strings.LastIndexByte(arn, ':')+1:])
		}
		if n := len(stopped); n == 0 || strings.Contains(stopped[0], "-shard-") != (len(tt.stopped) == 1) {
			t.Errorf("%v: the first to be stopped is a shard: %v", tt.args, stopped)
		}
		slices.Sort(stopped)
		slices.Sort(tt.stopped)
		if diff := cmp.Diff(tt.stopped, stopped); diff != "" {
			t.Errorf("%v stopped (-want +got):\n%s", tt.args, diff)
		}
	}
}
