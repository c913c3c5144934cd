package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/engine"
)

func TestHistoryLimit(t *testing.T) {
	e := engine.New(engine.Options{})
	x := start(t, e, `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice",
		"Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "C"}], "Default": "A"}, "C": {"Type": "Succeed"}}}`, "{}")
	got := finished(t, x)
	history := x.History()
	if len(history) != 25_000 || history[24_999].Type != "ExecutionFailed" || history[24_998].Type == "ExecutionFailed" {
		t.Errorf("%d events, the last is %s", len(history), history[len(history)-1].Type)
	}
	if text(got.Error) != "States.Runtime" || text(got.Cause) != "The execution reached the maximum number of history events (25000)." {
		t.Errorf("error %s, cause %s", text(got.Error), text(got.Cause))
	}
}

func TestHistoryLimitLetsASuccessBeTheLastEvent(t *testing.T) {
	// Started, 2 of First, entered and started, 4 of each iteration, succeeded and exited,
	// Succeeded: 1 + 2 + 2 + 4*6248 + 2 + 1 = 25,000.
	const iterations = 6248
	e := engine.New(engine.Options{})
	x := start(t, e, `{"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "Each"}, "Each": {"Type": "Map", "End": true, "MaxConcurrency": 1,
		"ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}}`, list(t, iterations))
	got := finished(t, x)
	if n := len(x.History()); got.Status != engine.Succeeded || n != 25_000 {
		t.Errorf("%s with %d events (%s), want 25000", got.Status, n, text(got.Cause))
	}
}

func list(t *testing.T, n int) string {
	data, err := json.Marshal(make([]int, n))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPayloadLimit(t *testing.T) {
	const limit = 262_144
	caught := `"Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "ResultPath": "$.error", "Next": "Caught"}], "End": true}, "Caught": {"Type": "Pass", "OutputPath": "$.error", "End": true}`
	cause := func(what string) string {
		return fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what)
	}
	tests := []struct {
		name, states string
		size         int // of the result of a task, in bytes
		want         string
	}{
		{"task result of the limit", `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": null, "End": true}`, limit, ""},
		{"task result over the limit", `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}`, limit + 1, cause("lambda")},
		{"function result over the limit", `"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}`, limit + 1,
			cause("arn:aws:lambda:us-east-1:123456789012:function:f")},
		{"output over the limit", `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": "$.result", "End": true}`, limit - 10, cause("A")},
		{"state that grows its input", `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": true}`,
			limit / 2, cause("B")},
		{"caught by name", `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", ` + caught, limit + 1, "caught " + cause("lambda")},
		{"caught by States.ALL", `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", ` + strings.Replace(caught, "States.DataLimitExceeded", "States.ALL", 1), limit + 1,
			"caught " + cause("lambda")},
		{"what a catch passes on is over the limit", `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$"}, "Next": "C"},
			"C": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": "$.x2", ` + caught, limit - 10, cause("C")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := engine.New(engine.Options{Integrations: integration(func(context.Context, engine.Call) (json.RawMessage, error) {
				return json.RawMessage(`"` + strings.Repeat("x", tt.size-2) + `"`), nil
			})})
			got := finished(t, start(t, e, `{"StartAt": "A", "States": {`+tt.states+`}}`, "{}"))
			if outcome := limitOutcome(t, got); outcome != tt.want {
				t.Errorf("outcome %q, want %q", outcome, tt.want)
			}
		})
	}
}

// limitOutcome is the cause of a failure, with "caught" before it if a Catch passed it on.
func limitOutcome(t *testing.T, got engine.Result) string {
	if got.Status != engine.Succeeded {
		if text(got.Error) != "States.DataLimitExceeded" {
			t.Errorf("error %s", text(got.Error))
		}
		return text(got.Cause)
	}
	var output struct{ Cause string }
	if err := json.Unmarshal(got.Output, &output); err != nil {
		t.Fatal(err)
	}
	if output.Cause != "" {
		return "caught " + output.Cause
	}
	return ""
}

func TestVariablesLimit(t *testing.T) {
	const limit = 262_144
	assign := func(name, value string) string {
		return fmt.Sprintf(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {%q: %s}, "End": true}}}`, name, value)
	}
	many := `{"StartAt": "V0", "States": {`
	for i := range 41 {
		many += fmt.Sprintf(`"V%d": {"Type": "Pass", "Assign": {"v%d.$": "$"}, "Next": "V%d"}, `, i, i, i+1)
	}
	many += `"V41": {"Type": "Succeed"}}}`
	tests := []struct{ name, definition, input, want string }{
		{"of the limit", assign("v.$", `"$.v"`), `{"v":"` + strings.Repeat("x", limit-10) + `"}`, ""},
		{"one assignment over the limit", assign("v", `"`+strings.Repeat("x", limit-1)+`"`), `{}`, "The variables of Assign are larger than 262144 bytes."},
		{"all over the limit", many, `"` + strings.Repeat("x", limit-2) + `"`, "The variables of the execution are larger than 10485760 bytes."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := finished(t, start(t, engine.New(engine.Options{}), tt.definition, tt.input))
			_, cause, _ := strings.Cut(text(got.Cause), "). ")
			if cause != tt.want {
				t.Errorf("%s: cause %.300q, want %q", got.Status, text(got.Cause), tt.want)
			}
		})
	}
}
