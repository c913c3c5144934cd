package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lacuna/internal/engine"
)

// account is a Hold with a limit; 0 is none.
type account struct {
	held, peak atomic.Int64
	limit      int64
}

var errFull = errors.New("no room is left")

func (a *account) hold(n int64) error {
	held := a.held.Add(n)
	if a.limit > 0 && n > 0 && held > a.limit {
		a.held.Add(-n)
		return errFull
	}
	if held > a.peak.Load() {
		a.peak.Store(held)
	}
	return nil
}

// start starts an execution and counts what Start keeps.
func (a *account) start(t *testing.T, e *engine.Engine, machine, input string, i int) *engine.Execution {
	t.Helper()
	a.held.Add(engine.StartBytes(json.RawMessage(input)))
	x, err := e.Start(t.Context(), engine.StartInput{
		Name: fmt.Sprint(i), Machine: parse(t, machine), MachineName: "m", Input: json.RawMessage(input), Hold: a.hold,
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestTheAccountIsTrue compares what executions say they hold with what the heap and the
// stacks have of them, while they wait and after their end.
func TestTheAccountIsTrue(t *testing.T) {
	tree := "[" + strings.TrimSuffix(strings.Repeat(`{"a":1},`, 10_000), ",") + "]"
	text := `"` + strings.Repeat("x", 200_000) + `"`
	waits := `"W": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}`
	nested := func(field string) string {
		return `{"StartAt": "P", "States": {"P": {"Type": "` + field + `, "End": true}}}`
	}
	tests := []struct {
		name, machine, input string
		n                    int
		calls                int     // of an execution, until nothing moves any more
		most                 float64 // how many times as much as there is may be counted
	}{
		{"small", `{"StartAt": "W", "States": {` + waits + `}}`, `{}`, 2000, 1, 4},
		{"text", `{"StartAt": "W", "States": {` + waits + `}}`, text, 100, 1, 2},
		{"tree", `{"StartAt": "W", "States": {` + waits + `}}`, tree, 20, 1, 3},
		{"made tree", `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"a.$": "$", "b": 1}, "Next": "W"}, ` + waits + `}}`, tree, 20, 1, 5},
		{"variable", `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Assign": {"v.$": "States.StringToJson($)"}, "Next": "W"}, ` + waits + `}}`,
			string(must(json.Marshal(tree))), 20, 1, 3},
		{"what a Wait will assign", nested(`Parallel", "Branches": [{"StartAt": "S", "States": {"S": {"Type": "Wait", "Seconds": 3600, "Assign": {"v.$": "States.StringToJson($)"}, "End": true}}}, {"StartAt": "W", "States": {` + waits + `}}]`),
			string(must(json.Marshal(tree))), 20, 1, 4},
		{"branches", nested(`Parallel", "Branches": [` + many(30, func(i int) string {
			return fmt.Sprintf(`{"StartAt": "W%d", "States": {`+strings.Replace(waits, `"W"`, `"W%d"`, 1)+`}}`, i, i)
		}) + "]"), `{}`, 50, 30, 4},
		{"iterations", nested(`Map", "ItemProcessor": {"StartAt": "Q", "States": {"Q": {"Type": "Pass", "Parameters": {"a.$": "$$.Map.Item.Index", "b.$": "$"}, "Next": "W"}, ` + waits + `}}`),
			"[" + strings.TrimSuffix(strings.Repeat(`[0,0,0,0,0],`, 1000), ",") + "]", 30, 40, 4},
		{"results", nested(`Map", "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 99, "Next": "W"}], "Default": "Q"},
			"Q": {"Type": "Pass", "Result": ` + tree + `, "End": true}, ` + waits + `}}`), `[0,1,2,3,4,99]`, 10, 1, 8},
		{"children", nested(`Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "W", "States": {` + waits + `}}`),
			"[" + strings.TrimSuffix(strings.Repeat(`{"a":[0,0,0]},`, 500), ",") + "]", 4, 500, 4},
		{"batches", nested(`Map", "MaxConcurrency": 1, "ItemSelector": {"all.$": "$"}, "ItemBatcher": {"MaxItemsPerBatch": 2},
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "W", "States": {` + waits + `}}`),
			"[" + strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("x", 500)+`",`, 100), ",") + "]", 4, 1, 6},
		{"branches that were given up", `{"StartAt": "Count", "States": {
			"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "text.$": "$.text"}, "Next": "More"},
			"More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 50, "Next": "Both"}], "Default": "W"},
			"Both": {"Type": "Parallel", "Parameters": {"tree.$": "States.StringToJson($.text)"}, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Count"}], "End": true,
				"Branches": [{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 3600, "End": true}}}, {"StartAt": "F", "States": {"F": {"Type": "Fail"}}}]}, ` + waits + `}}`,
			`{"n": 0, "text": ` + string(must(json.Marshal(tree))) + `}`, 4, 1, 4},
		{"history", `{"StartAt": "Count", "States": {
			"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "text.$": "$.text"}, "Next": "More"},
			"More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 100, "Next": "Count"}], "Default": "W"}, ` + waits + `}}`,
			`{"n": 0, "text": "` + strings.Repeat("y", 10_000) + `"}`, 50, 1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			called := make(chan struct{}, 1<<16)
			a := &account{}
			one := 1.0
			e := engine.New(engine.Options{WaitScale: &one, Active: 4, Integrations: integration(func(ctx context.Context, c engine.Call) (json.RawMessage, error) {
				called <- struct{}{}
				<-ctx.Done()
				return nil, ctx.Err()
			})})
			list := make([]*engine.Execution, tt.n)
			goroutines := runtime.NumGoroutine()
			before := inUse() + stacks()
			for i := range list {
				list[i] = a.start(t, e, tt.machine, tt.input, i)
			}
			for range tt.n * tt.calls {
				<-called
			}
			took, held := inUse()+stacks()-before, a.held.Load()
			t.Logf("waiting: %d bytes an execution, counted as %d", took/int64(tt.n), held/int64(tt.n))
			if held < took || float64(held) > tt.most*float64(took) {
				t.Errorf("%d bytes are counted as %d", took, held)
			}
			for _, x := range list {
				x.Stop("", "")
				<-x.Done()
			}
			for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(deadline); {
				runtime.Gosched()
			}
			took, held = inUse()-before, a.held.Load()
			t.Logf("ended:   %d bytes an execution, counted as %d", took/int64(tt.n), held/int64(tt.n))
			if held < took {
				t.Errorf("%d bytes of ended executions are counted as %d", took, held)
			}
			runtime.KeepAlive(list)
		})
	}
}

func many(n int, item func(i int) string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = item(i)
	}
	return strings.Join(list, ",")
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

func stacks() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.StackInuse)
}

// TestFull has executions that would keep more than they may: each ends by itself with an
// error that says so, which no Retry and no Catch takes, and is not redriven.
func TestFull(t *testing.T) {
	const limit = 4 << 20
	grown := `"P": {"Type": "Pass", "Parameters": {"n.$": "States.UUID()", "text.$": "$.text"}, `
	large := `{"text": "` + strings.Repeat("x", 100_000) + `"}`
	distributed := func(tolerated, more string) string {
		return `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemsPath": "$.list", "MaxConcurrency": 3, "ToleratedFailurePercentage": ` + tolerated + more + `,
			"Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}],
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {
				"P": {"Type": "Pass", "Result": {"text": "` + strings.Repeat("x", 20_000) + `"}, "Parameters": {"u.$": "States.UUID()"}, "Next": "Q"},
				"Q": {"Type": "Pass", "Parameters": {"u.$": "States.Format('{}{}', $.text, States.UUID())"}, "End": true}}}}, "C": {"Type": "Succeed"}}}`
	}
	list := `{"list": [` + many(2000, func(i int) string { return fmt.Sprint(i) }) + `]}`
	tests := []struct{ name, machine, input string }{
		{"a long history", `{"StartAt": "P", "States": {` + grown + `"Next": "C"},
			"C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "E"}], "Default": "P"}, "E": {"Type": "Succeed"}}}`, large},
		{"iterations", `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemsPath": "$.list", "ItemSelector": {"text.$": "$.text", "i.$": "$$.Map.Item.Index"},
			"Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}],
			"ItemProcessor": {"StartAt": "P", "States": {` + grown + `"End": true}}}}, "C": {"Type": "Succeed"}}}`,
			`{"text": "` + strings.Repeat("x", 100_000) + `", "list": [` + many(100, func(int) string { return "1" }) + `]}`},
		{"children", distributed("0", ""), list},
		{"children that may fail", distributed("100", ""), list},
		{"batches", distributed("0", `, "ItemBatcher": {"MaxItemsPerBatch": 1}, "ItemSelector": {"list.$": "$.list"}`), list},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &account{limit: limit}
			x := a.start(t, engine.New(engine.Options{Active: 2}), tt.machine, tt.input, 0)
			got := finished(t, x)
			if got.Status != engine.Failed || text(got.Error) != "States.Runtime" || text(got.Cause) != errFull.Error() {
				t.Errorf("%s, error %s: %.300s", got.Status, text(got.Error), text(got.Cause))
			}
			if got.RedriveStatus != engine.NotRedrivable {
				t.Errorf("redrive status %s", got.RedriveStatus)
			}
			if peak := a.peak.Load(); peak > limit || peak < limit/2 {
				t.Errorf("held %d bytes at most, the limit is %d", peak, limit)
			}
		})
	}
}
