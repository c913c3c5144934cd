package sfnapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/engine/objects"
	"lacuna/internal/sfnapi"
)

const (
	machineARN   = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
	executionARN = "arn:aws:states:us-east-1:123456789012:execution:m:"
	waitsForS    = `{"StartAt":"A","States":{"A":{"Type":"Wait","SecondsPath":"$.s","End":true}}}`
)

// refusedAs wants an error of the API by its name.
func (c *client) refusedAs(name, operation string, in map[string]any) {
	c.t.Helper()
	err := c.call(operation, in, nil)
	if refused, ok := errors.AsType[*engine.APIError](err); !ok || refused.Name != name {
		c.t.Errorf("%s = %.300v, want %s", operation, err, name)
	}
}

func (c *client) createM(definition string) {
	c.t.Helper()
	c.must("CreateStateMachine", map[string]any{"name": "m", "definition": definition, "roleArn": role}, nil)
}

// startM starts an execution of m that lasts some seconds, if m waits for $.s.
func (c *client) startM(name string, seconds, padding int) {
	c.t.Helper()
	c.must("StartExecution", map[string]any{"stateMachineArn": machineARN, "name": name, "input": padded(seconds, padding)}, nil)
}

func padded(seconds, padding int) string {
	return fmt.Sprintf(`{"s":%d,"padding":%q}`, seconds, strings.Repeat("x", padding))
}

// TestIdempotentStart sends a request again: it finds the execution that runs, and no other.
func TestIdempotentStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{Mocks: mocks(t, `{"C":{}}`, `{}`)})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(waitsForS)
		request := map[string]any{"stateMachineArn": machineARN, "name": "e", "input": `{"s":60}`}
		type answer struct {
			ExecutionArn string
			StartDate    float64
		}
		var first, again answer
		api.must("StartExecution", request, &first)
		<-time.After(time.Second)
		if api.must("StartExecution", request, &again); again != first {
			t.Errorf("answer %+v, the second time %+v", first, again)
		}
		api.refusedAs("ExecutionAlreadyExists", "StartExecution", map[string]any{"stateMachineArn": machineARN, "name": "e", "input": `{"s":61}`})
		api.refusedAs("ExecutionAlreadyExists", "StartExecution", map[string]any{"stateMachineArn": machineARN + "#C", "name": "e", "input": `{"s":60}`})
		api.wait(first.ExecutionArn)
		api.refusedAs("ExecutionAlreadyExists", "StartExecution", request)
		var list struct{ Executions []any }
		if api.must("ListExecutions", map[string]any{"stateMachineArn": machineARN}, &list); len(list.Executions) != 1 {
			t.Errorf("%d executions, want 1", len(list.Executions))
		}
	})
}

// slowStore takes its time, whoever has gone meanwhile.
type slowStore struct{}

const slow = 5 * time.Second

func (slowStore) Open(context.Context, string, string) (io.ReadCloser, error) {
	<-time.After(slow)
	return nil, errors.New("no such key")
}

func (slowStore) List(context.Context, string, string) iter.Seq2[objects.Object, error] { return nil }

func (slowStore) Put(context.Context, string, string, func(io.Writer) error) (int64, error) {
	return 0, nil
}

// TestClose ends what runs and waits for it; nothing begins any more.
func TestClose(t *testing.T) {
	const reads = `{"StartAt":"R","States":{"R":{"Type":"Map","End":true,
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},"Parameters":{"Bucket":"b","Key":"k"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{Objects: slowStore{}})
		api := startPipe(t, s)
		api.createM(waitsForS)
		api.startM("waits", 3600, 0)
		api.startM("ended", 0, 0)
		api.wait(executionARN + "ended")
		api.must("CreateStateMachine", map[string]any{"name": "reads", "definition": reads, "roleArn": role}, nil)
		api.must("StartExecution", map[string]any{"stateMachineArn": strings.TrimSuffix(machineARN, "m") + "reads"}, nil)
		synctest.Wait() // it reads
		began := time.Now()
		s.Close()
		if took := time.Since(began); took != slow {
			t.Errorf("Close took %v, want %v, until all that ran has ended", took, slow)
		}
		for name, want := range map[string]string{"waits": engine.Aborted, "ended": engine.Succeeded} {
			var got struct{ Status string }
			if api.must("DescribeExecution", map[string]any{"executionArn": executionARN + name}, &got); got.Status != want {
				t.Errorf("%s: %s, want %s", name, got.Status, want)
			}
		}
		api.refusedAs("ServiceUnavailable", "StartExecution", map[string]any{"stateMachineArn": machineARN})
		api.refusedAs("ServiceUnavailable", "RedriveExecution", map[string]any{"executionArn": executionARN + "waits"})
	})
}

// TestForgetting fills a server: executions that have ended give way in the order of their
// ends, one that runs stays, and when nothing else is left nothing more is started.
func TestForgetting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const padding = 100_000
		s := sfnapi.New(sfnapi.Options{Keep: 4 << 20})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(waitsForS)
		api.startM("runs", 3600, padding)
		api.startM("redriven", 3600, padding)
		api.must("StopExecution", map[string]any{"executionArn": executionARN + "redriven"}, nil)
		api.must("RedriveExecution", map[string]any{"executionArn": executionARN + "redriven"}, nil)
		api.startM("second", 20, padding)
		api.startM("first", 10, padding)
		<-time.After(30 * time.Second)
		known := func(name string) bool {
			err := api.call("DescribeExecution", map[string]any{"executionArn": executionARN + name}, nil)
			if refused, ok := errors.AsType[*engine.APIError](err); err != nil && (!ok || refused.Name != "ExecutionDoesNotExist") {
				t.Fatal(err)
			}
			return err == nil
		}
		n := 0
		for ; known("first") && n < 100; n++ {
			api.startM(fmt.Sprint("e", n), 0, padding)
			synctest.Wait()
		}
		if n == 0 || !known("second") {
			t.Errorf("after %d more, the one that ended second is known: %t", n, known("second"))
		}
		api.refusedAs("ExecutionDoesNotExist", "GetExecutionHistory", map[string]any{"executionArn": executionARN + "first"})
		var list struct{ Executions []struct{ Name string } }
		api.must("ListExecutions", map[string]any{"stateMachineArn": machineARN}, &list)
		if oldest := list.Executions[len(list.Executions)-3:]; len(list.Executions) != n+3 || oldest[0].Name != "second" || oldest[2].Name != "runs" {
			t.Errorf("%d executions are listed, the oldest %v, want %d", len(list.Executions), oldest, n+3)
		}
		api.startM(fmt.Sprint("e", n), 0, padding)
		if known("second") || !known("e0") || !known(fmt.Sprint("e", n)) {
			t.Errorf("ended second, then, last: %t %t %t, want false true true", known("second"), known("e0"), known(fmt.Sprint("e", n)))
		}
		api.startM("first", 0, padding) // the name is free again
		var err error
		for i := 0; err == nil && i < 100; i++ {
			err = api.call("StartExecution", map[string]any{"stateMachineArn": machineARN, "input": padded(3600, padding)}, nil)
		}
		if refused, ok := errors.AsType[*engine.APIError](err); !ok || refused.Name != "ThrottlingException" {
			t.Errorf("a full server starts another execution: %v", err)
		}
		if !known("runs") || !known("redriven") {
			t.Errorf("one that runs is forgotten: %t %t", known("runs"), known("redriven"))
		}
	})
}

// TestWhatIsDeletedGivesItsRoomBack deletes activities, and machines under executions, of
// which some have ended, some wait, and some end in the moment.
func TestWhatIsDeletedGivesItsRoomBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{Keep: 2 << 20})
		defer s.Close()
		api := startPipe(t, s)
		var tags []map[string]string
		for i := range 50 {
			tags = append(tags, map[string]string{"key": fmt.Sprint(i), "value": ""})
		}
		definition := strings.Replace(waitsForS, "{", `{"Comment":"`+strings.Repeat("x", 5000)+`",`, 1)
		for range 50 {
			api.must("CreateActivity", map[string]any{"name": "a", "tags": tags}, nil)
			api.must("DeleteActivity", map[string]any{"activityArn": activityARN}, nil)
			api.createM(definition)
			api.must("TagResource", map[string]any{"resourceArn": machineARN, "tags": tags}, nil)
			api.startM("ended", 0, 100_000)
			api.wait(executionARN + "ended")
			api.startM("waits", 60, 100_000)
			api.startM("ends", 0, 100_000)
			api.must("DeleteStateMachine", map[string]any{"stateMachineArn": machineARN}, nil)
			synctest.Wait()
		}
	})
}

// TestWhatIsKeptIsCounted fills a server with what no execution holds, in which tags and
// definitions are most: what takes 64 KB is refused after fewer than 32 in 2 MB, of which
// seven eighths are for it.
func TestWhatIsKeptIsCounted(t *testing.T) {
	const keep, most = 2 << 20, 32
	var tags []map[string]string
	for i := range 50 {
		tags = append(tags, map[string]string{"key": fmt.Sprint(i), "value": strings.Repeat("x", 200)})
	}
	text := strings.Repeat("x", 5000) // ten bytes are counted for each of a definition
	for name, one := range map[string]struct {
		operation string
		in        func(i int) map[string]any
	}{
		"activities": {"CreateActivity", func(i int) map[string]any {
			return map[string]any{"name": fmt.Sprint("a", i), "tags": tags}
		}},
		"machines": {"CreateStateMachine", func(i int) map[string]any {
			return map[string]any{"name": fmt.Sprint("m", i), "definition": waitsForS, "roleArn": role, "tags": tags}
		}},
		"versions": {"UpdateStateMachine", func(i int) map[string]any {
			return map[string]any{"stateMachineArn": machineARN, "definition": strings.Replace(waitsForS, "{", fmt.Sprintf(`{"Comment":"%d%s",`, i, text), 1), "publish": true}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sfnapi.New(sfnapi.Options{Keep: keep})
				defer s.Close()
				api := startPipe(t, s)
				api.createM(waitsForS)
				n, err := 0, error(nil)
				for ; err == nil && n < 2*most; n++ {
					err = api.call(one.operation, one.in(n), nil)
				}
				if refused, ok := errors.AsType[*engine.APIError](err); !ok || refused.Name != "ThrottlingException" || n < most/2 || n > most {
					t.Errorf("after %d: %v, want ThrottlingException after %d to %d", n, err, most/2, most)
				}
			})
		})
	}
}

// TestWhatWasSeenBefore fills half of a server: an execution that starts another forgets none
// that a request has started, until there was time to see how it ended.
func TestWhatWasSeenBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{Keep: 4 << 20})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(waitsForS)
		for i := range 25 {
			api.startM(fmt.Sprint("e", i), 0, 100_000)
		}
		synctest.Wait()
		parent := nesting("", `{"StateMachineArn":"`+machineARN+`","Input":{"s":0}}`)
		api.must("CreateStateMachine", map[string]any{"name": "parent", "definition": parent, "roleArn": role}, nil)
		nest := func() engine.Result {
			var x struct{ ExecutionArn string }
			api.must("StartExecution", map[string]any{"stateMachineArn": strings.TrimSuffix(machineARN, "m") + "parent"}, &x)
			return api.wait(x.ExecutionArn)
		}
		if r := nest(); r.Error == nil || *r.Error != "StepFunctions.ThrottlingException" {
			t.Errorf("at once: %s %s", r.Status, r.Output)
		}
		api.must("DescribeExecution", map[string]any{"executionArn": executionARN + "e0"}, nil)
		<-time.After(11 * time.Second)
		if r := nest(); r.Status != engine.Succeeded {
			t.Errorf("later: %s %s %s", r.Status, *r.Error, *r.Cause)
		}
		api.refusedAs("ExecutionDoesNotExist", "DescribeExecution", map[string]any{"executionArn": executionARN + "e0"})
	})
}

// TestHistoryWithoutData shows what the states are and nothing that passes through them.
func TestHistoryWithoutData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{Integrations: accepts})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(`{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":"secret"},"Next":"B"},
			"B":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"secret"},"ResultSelector":{"r":"secret"},"End":true}}}`)
		api.must("StartExecution", map[string]any{"stateMachineArn": machineARN, "name": "e", "input": `"secret"`}, nil)
		api.wait(executionARN + "e")
		for included, secrets := range map[bool]bool{true: true, false: false} {
			var history struct{ Events []json.RawMessage }
			api.must("GetExecutionHistory", map[string]any{"executionArn": executionARN + "e", "includeExecutionData": included}, &history)
			if len(history.Events) != 9 {
				t.Errorf("%d events, want 9", len(history.Events))
			}
			text, err := json.Marshal(history.Events)
			if err != nil {
				t.Fatal(err)
			}
			for _, data := range []string{"secret", "MessageId", `"input":`, `"output":`, `"parameters":`, `"assignedVariables":`} {
				if strings.Contains(string(text), data) != secrets {
					t.Errorf("with includeExecutionData %t, %s in the history: %t", included, data, !secrets)
				}
			}
		}
	})
}

// TestDepth has a machine that starts itself and waits: the chain ends at 16.
func TestDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(nesting(".sync", `{"StateMachineArn":"`+machineARN+`"}`))
		api.startM("e", 0, 0)
		if r := api.wait(executionARN + "e"); r.Status != engine.Failed {
			t.Errorf("status %s", r.Status)
		}
		var list struct{ Executions []struct{ Status string } }
		if api.must("ListExecutions", map[string]any{"stateMachineArn": machineARN, "statusFilter": engine.Failed}, &list); len(list.Executions) != 16 {
			t.Errorf("%d executions, want 16", len(list.Executions))
		}
	})
}

// TestCapsCountWhatRuns starts more executions than may run at once, one after the other,
// and then as many at once as executions may start.
func TestCapsCountWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const items, most = 3500, 10_000
		s := sfnapi.New(sfnapi.Options{})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(pass)
		starts := `{"StartAt":"M","States":{"M":{"Type":"Map","ResultPath":null,"End":true,"ItemProcessor":` + nesting("", `{"StateMachineArn":"`+machineARN+`"}`) + `}}}`
		api.must("CreateStateMachine", map[string]any{"name": "starts", "definition": starts, "roleArn": role}, nil)
		input := "[" + strings.TrimSuffix(strings.Repeat("1,", items), ",") + "]"
		for range most/items + 1 {
			var x struct{ ExecutionArn string }
			api.must("StartExecution", map[string]any{"stateMachineArn": strings.TrimSuffix(machineARN, "m") + "starts", "input": input}, &x)
			if r := api.wait(x.ExecutionArn); r.Status != engine.Succeeded {
				t.Fatalf("status %s: %s %s", r.Status, *r.Error, *r.Cause)
			}
		}
		api.must("UpdateStateMachine", map[string]any{"stateMachineArn": machineARN, "definition": waits}, nil)
		for _, want := range []string{engine.Succeeded, engine.Failed} { // 3,500 and 1,500 run then
			var x struct{ ExecutionArn string }
			api.must("StartExecution", map[string]any{"stateMachineArn": strings.TrimSuffix(machineARN, "m") + "starts", "input": input}, &x)
			if r := api.wait(x.ExecutionArn); r.Status != want || r.Error != nil && *r.Error != "StepFunctions.ExecutionLimitExceededException" {
				t.Errorf("status %s, want %s", r.Status, want)
			}
		}
	})
}

// TestPollsAreCounted has as many workers wait as may, and no more, again and again.
func TestPollsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 200
		s := sfnapi.New(sfnapi.Options{})
		defer s.Close()
		api := startPipe(t, s)
		api.must("CreateActivity", map[string]any{"name": "a"}, nil)
		for range 2 {
			polled := make(chan error)
			for range most {
				go func() { polled <- api.call("GetActivityTask", map[string]any{"activityArn": activityARN}, nil) }()
			}
			synctest.Wait()
			api.refusedAs("ThrottlingException", "GetActivityTask", map[string]any{"activityArn": activityARN})
			for range most {
				if err := <-polled; err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// keeper has a name already, and cannot keep another.
type keeper struct{ followed []string }

func (k *keeper) Begin(name string, _, _ json.RawMessage) error {
	switch name {
	case "taken":
		return fmt.Errorf("kept before: %w", sfnapi.ErrNameInUse)
	case "unwritten":
		return errors.New("disk full")
	}
	return nil
}

func (k *keeper) Follow(x *engine.Execution) { k.followed = append(k.followed, x.Name()) }

// TestKeeper asks before an execution begins and is told of each that has begun, also again.
func TestKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{}
		s := sfnapi.New(sfnapi.Options{Mocks: mocks(t, `{"C":{}}`, `{}`), Log: slog.New(slog.DiscardHandler)})
		defer s.Close()
		if _, err := s.CreateMachine("m", waitsForS, k); err != nil {
			t.Fatal(err)
		}
		api := startPipe(t, s)
		api.startM("kept", 60, 0)
		api.must("StopExecution", map[string]any{"executionArn": executionARN + "kept"}, nil)
		api.must("RedriveExecution", map[string]any{"executionArn": executionARN + "kept"}, nil)
		api.refusedAs("ExecutionAlreadyExists", "StartExecution", map[string]any{"stateMachineArn": machineARN, "name": "taken"})
		api.refusedAs("InternalFailure", "StartExecution", map[string]any{"stateMachineArn": machineARN, "name": "unwritten"})
		api.must("StartExecution", map[string]any{"stateMachineArn": machineARN + "#C", "name": "taken", "input": `{"s":1}`}, nil)
		if got := strings.Join(k.followed, " "); got != "kept kept" {
			t.Errorf("followed %q, want kept twice: mocked executions are not kept", got)
		}
	})
}

// mapsInMaps is a distributed Map in one.
const mapsInMaps = `{"StartAt":"Outer","States":{"Outer":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Inner/1","States":{
	"Inner/1":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}}}}`

// What another face sees: executions, the last started first, and what they ran.
func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sfnapi.New(sfnapi.Options{})
		defer s.Close()
		api := startPipe(t, s)
		api.createM(waitsForS)
		api.startM("first", 1, 0)
		changed := strings.Replace(waitsForS, `"A"`, `"B"`, 2)
		api.must("UpdateStateMachine", map[string]any{"stateMachineArn": machineARN, "definition": changed}, nil)
		api.startM("second", 60, 0)
		<-time.After(2 * time.Second)
		var got []string
		for _, x := range s.Look(9) {
			got = append(got, fmt.Sprintf("%s/%s %s %t %t", x.Machine, x.Name(), x.Result().Status, x.Definition == waitsForS, len(x.History()) > 2))
		}
		if want := []string{"m/second RUNNING false false", "m/first SUCCEEDED true true"}; !slices.Equal(got, want) {
			t.Errorf("Look = %q, want %q", got, want)
		}
		if got := s.Look(1); len(got) != 1 || got[0].Name() != "second" {
			t.Errorf("Look(1) = %v", got)
		}
		if x, ok := s.LookAt("m:first"); !ok || x.Name() != "first" || x.Parent != nil {
			t.Errorf("LookAt = %v, %t", x, ok)
		}
		for _, at := range []string{"m:third", "n:first", "m/first", "m:first:", ""} {
			if _, ok := s.LookAt(at); ok {
				t.Errorf("LookAt(%q) is there", at)
			}
		}
		api.must("CreateStateMachine", map[string]any{"name": "maps", "definition": mapsInMaps, "roleArn": role}, nil)
		api.must("StartExecution", map[string]any{"stateMachineArn": strings.TrimSuffix(machineARN, "m") + "maps", "name": "x", "input": "[[1]]"}, nil)
		synctest.Wait()
		at := "maps:x"
		for _, want := range []struct{ parent, state string }{{}, {"x", "Outer"}, {"", "Inner/1"}} {
			x, ok := s.LookAt(at)
			if !ok || x.State != want.state || x.Machine != "maps" || x.Definition != mapsInMaps || want.parent != "" && x.Parent.Name() != want.parent {
				t.Fatalf("LookAt(%q) = %+v, %t", at, x, ok)
			}
			if runs := x.MapRuns(); len(runs) > 0 {
				at = strings.TrimPrefix(runs[0].Children[0].ARN(), strings.TrimSuffix(executionARN, "m:"))
			}
		}
	})
}
