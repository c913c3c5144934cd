package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/engine"
)

func pass(parameters string) string {
	return `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": ` + parameters + `, "End": true}}}`
}

// TestEvaluationIsBounded: what grows with the product of its inputs ends with the error
// that AWS has for a large result, or with States.Runtime.
func TestEvaluationIsBounded(t *testing.T) {
	long := `"` + strings.Repeat("x", 250_000) + `"`
	zeros := "[" + strings.Repeat("0,", 100_000) + "0]"
	deep := strings.Repeat("[", 500) + zeros + strings.Repeat("]", 500)
	many := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	rules := func(rule string) string {
		return `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [` + many(rule, 300) + `], "Default": "B"}, "B": {"Type": "Succeed"}}}`
	}
	const large, steps = "a size exceeding the maximum number of bytes", "needs too many steps"
	tests := []struct{ name, definition, input, errName, want string }{
		{"a format", pass(`{"x.$": "States.Format('` + strings.Repeat("{}", 1000) + `', ` + many("$", 1000) + `)"}`), long, "States.DataLimitExceeded", large},
		{"a template", pass(`[` + many(`{"x.$": "$"}`, 1000) + `]`), long, "States.DataLimitExceeded", large},
		{"a search", pass(`{"x.$": "$..*..*"}`), deep, "States.Runtime", steps},
		{"many searches", pass(`[` + many(`{"x.$": "$..*"}`, 100) + `]`), zeros, "States.Runtime", steps},
		{"an InputPath", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$..*", "End": true}}}`, deep, "States.DataLimitExceeded", large},
		{"rules", rules(`{"Variable": "$", "StringMatches": "*a*b", "Next": "B"}`), long, "States.Runtime", steps},
		{"branches", `{"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [` + branchesWith(300) + `]}}}`, long, "States.DataLimitExceeded", large},
		{"depth", pass(strings.Repeat("[", 600) + `{"x.$": "$"}` + strings.Repeat("]", 600)), strings.Repeat("[", 600) + strings.Repeat("]", 600), "States.Runtime", "nest deeper than 1000 levels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := finished(t, start(t, engine.New(engine.Options{}), tt.definition, tt.input))
			if text(got.Error) != tt.errName || !strings.Contains(text(got.Cause), tt.want) {
				t.Errorf("%s, %s: %.300s, want %s with %q", got.Status, text(got.Error), text(got.Cause), tt.errName, tt.want)
			}
		})
	}
}

func branchesWith(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"StartAt": "B%[1]d", "States": {"B%[1]d": {"Type": "Pass", "End": true}}}`, i)
	}
	return strings.Join(list, ",")
}

// TestSizeComesFirst: what is too large is not read.
func TestSizeComesFirst(t *testing.T) {
	big := json.RawMessage(strings.Repeat("[", 300_000)) // no JSON either
	e := engine.New(engine.Options{Integrations: integration(func(context.Context, engine.Call) (json.RawMessage, error) { return big, nil })})
	_, err := e.Start(t.Context(), engine.StartInput{Name: "x", Machine: parse(t, pass(`{}`)), MachineName: "m", Input: big})
	if err == nil || !strings.Contains(err.Error(), "larger than 262144 bytes") {
		t.Errorf("Start = %v", err)
	}
	got := finished(t, start(t, e, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}`, "{}"))
	if text(got.Error) != "States.DataLimitExceeded" {
		t.Errorf("%s: %s", text(got.Error), text(got.Cause))
	}
}

// TestManyResultsMayBeDropped: the results of a Map are larger than a payload, which is no
// matter where they are not wanted.
func TestManyResultsMayBeDropped(t *testing.T) {
	got := finished(t, start(t, engine.New(engine.Options{}), `{"StartAt": "A", "States": {"A": {"Type": "Parallel", "ResultPath": null, "End": true, "Branches": [`+branchesWith(3)+`]}}}`, `"`+strings.Repeat("x", 200_000)+`"`))
	if got.Status != engine.Succeeded || len(got.Output) != 200_002 {
		t.Errorf("%s, %d bytes", got.Status, len(got.Output))
	}
}

// TestStopEndsAnEvaluation stops executions that evaluate without a rest, and one with
// children: they are aborted before they come to an end by themselves.
func TestStopEndsAnEvaluation(t *testing.T) {
	loop := `"A": {"Type": "Pass", "Parameters": {"x.$": "States.ArrayLength($..*)"}, "ResultPath": null, "Next": "B"},
		"B": {"Type": "Choice", "Choices": [{"Variable": "$$.Execution.Name", "IsNull": true, "Next": "C"}], "Default": "A"}, "C": {"Type": "Succeed"}`
	alone := `{"StartAt": "A", "States": {` + loop + `}}`
	children := `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemsPath": "$.l", "ItemSelector": {"l.$": "$.l"},
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "A", "States": {` + loop + `}}}}}`
	zeros := `{"l": [` + strings.Repeat("0,", 50_000) + `0]}`
	for name, definition := range map[string]string{"alone": alone, "children": children} {
		for _, way := range []string{"Stop", "context"} {
			t.Run(name+" "+way, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				evaluates := make(chan bool, 1)
				e := engine.New(engine.Options{OnEvent: func(_ string, e engine.Event) {
					if e.Type == "ChoiceStateEntered" {
						select {
						case evaluates <- true:
						default:
						}
					}
				}})
				x, err := e.Start(ctx, engine.StartInput{Name: "x", Machine: parse(t, definition), MachineName: "m", Input: json.RawMessage(zeros)})
				if err != nil {
					t.Fatal(err)
				}
				<-evaluates
				want := "(none)"
				if way == "Stop" {
					x.Stop("Stopped", "by hand")
					want = "Stopped"
				} else {
					cancel()
				}
				got := finished(t, x)
				if got.Status != engine.Aborted || text(got.Error) != want {
					t.Errorf("%s, %s", got.Status, text(got.Error))
				}
				for _, run := range x.MapRuns() {
					for _, child := range run.Children {
						if got := child.Result(); got.Status != engine.Aborted || got.Error != nil {
							t.Errorf("child: %s, %s", got.Status, text(got.Error))
						}
					}
				}
			})
		}
	}
}

// TestWorkOfAnExecutionIsBounded: retries of a state that never comes to its task leave no
// event, so that only the work can end them.
func TestWorkOfAnExecutionIsBounded(t *testing.T) {
	none := 0.0
	e := engine.New(engine.Options{WaitScale: &none})
	got := finished(t, start(t, e, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"a.$": "$", "b.$": "$"}, "End": true,
		"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999}]}}}`, `"`+strings.Repeat("x", 250_000)+`"`))
	if text(got.Error) != "States.Runtime" || !strings.Contains(text(got.Cause), "needs too many steps") {
		t.Errorf("%s: %s", text(got.Error), text(got.Cause))
	}
}
