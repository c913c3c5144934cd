package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"lacuna/internal/engine"
)

// inUse is the heap after two collections, in bytes.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestNothingIsLeftBehind runs many executions at once and some with a nearly full
// history: an ended one has no goroutine and little beside its history, and a dropped one
// leaves nothing.
func TestNothingIsLeftBehind(t *testing.T) {
	const payload = 10_000
	many := parse(t, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Rest", "States": {
		"Rest": {"Type": "Wait", "Seconds": 3600, "Next": "Work"}, `+work+`}}}}}`)
	tenThousand := `["` + strings.Repeat("x", payload) + `",2]`
	long := parse(t, `{"StartAt": "Count", "States": {
		"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More"},
		"More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 6248, "Next": "Count"}], "Default": "Work"}, `+work+`}}`)
	none := 0.0
	e := engine.New(engine.Options{WaitScale: &none, Integrations: integration(func(_ context.Context, c engine.Call) (json.RawMessage, error) { return c.Parameters, nil })})
	heap, goroutines := inUse(), runtime.NumGoroutine()
	var executions []*engine.Execution
	for i := range 1010 {
		in := engine.StartInput{Name: fmt.Sprint(i), Machine: many, MachineName: "m", Input: json.RawMessage(tenThousand)}
		if i%100 == 0 {
			in.Machine, in.Input = long, json.RawMessage(`{"n": 0}`)
		}
		x, err := e.Start(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		executions = append(executions, x)
	}
	events := 0
	for _, x := range executions {
		if got := finished(t, x); got.Status != engine.Succeeded {
			t.Fatal(got.Status, text(got.Cause))
		}
		events += len(x.History())
	}
	// The last goroutine may not have returned yet when its Done is closed.
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d at the start", n, goroutines)
	}
	held := inUse() - heap
	perEvent := held / int64(events)
	t.Logf("%d events in %d histories hold %d MB, %d bytes an event", events, len(executions), held>>20, perEvent)
	if perEvent > 1000 {
		t.Errorf("%d bytes an event, want at most 1000", perEvent)
	}
	runtime.KeepAlive(executions)
	executions = nil
	if left := inUse() - heap; left > 1<<20 {
		t.Errorf("%d bytes are left of dropped executions", left)
	}
}
