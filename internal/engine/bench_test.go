package engine_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"

	"lacuna/internal/engine"
)

// BenchmarkTransitions measures states entered per second, of one execution and of as
// many at once as there are processors: Choice and Pass states with a payload template,
// and Task states.
func BenchmarkTransitions(b *testing.B) {
	loop := `{"StartAt": "Count", "States": {
		"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "text.$": "$.text"}, "Next": "More"},
		"More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 5000, "Next": "Count"}], "Default": "Done"},
		"Done": {"Type": "Succeed"}}}`
	tasks := `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
		"StartAt": "Work", "States": {"Work": {"Type": "Task", "End": true, "Resource": "arn:aws:states:::lambda:invoke",
			"Parameters": {"FunctionName": "f", "Payload.$": "$"}, "ResultSelector": {"x.$": "$.Payload"}}}}}}}`
	items := make([]int, 3000)
	list, err := json.Marshal(items)
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct{ name, definition, input string }{
		{"states", loop, `{"n": 0, "text": "a value of a usual length, such as a name"}`},
		{"tasks", tasks, string(list)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			machine := parse(b, bench.definition)
			e := engine.New(engine.Options{Integrations: integration(func(context.Context, engine.Call) (json.RawMessage, error) {
				return json.RawMessage(`{"Payload": {"rows": 3}, "StatusCode": 200}`), nil
			})})
			entered, runs := 0, 0
			for b.Loop() {
				runs++
				x, err := e.Start(b.Context(), engine.StartInput{Name: strconv.Itoa(runs), Machine: machine, MachineName: "m", Input: json.RawMessage(bench.input)})
				if err != nil {
					b.Fatal(err)
				}
				<-x.Done()
				if got := x.Result(); got.Status != engine.Succeeded {
					b.Fatal(got.Status, *got.Cause)
				}
				entered += countEntered(x.History())
			}
			b.ReportMetric(float64(entered)/b.Elapsed().Seconds(), "transitions/s")
		})
	}
}

// BenchmarkCallback measures one task that waits for its token: start of the execution,
// the integration, the answer to the token and the end.
func BenchmarkCallback(b *testing.B) {
	machine := parse(b, callback)
	bind, tokens := inbox()
	e := engine.New(engine.Options{Integrations: bind})
	for b.Loop() {
		x, err := e.Start(b.Context(), engine.StartInput{Name: "x", Machine: machine, MachineName: "m"})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.SendTaskSuccess(<-tokens, json.RawMessage("1")); err != nil {
			b.Fatal(err)
		}
		<-x.Done()
	}
}
