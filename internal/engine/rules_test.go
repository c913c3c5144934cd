package engine_test

import (
	"testing"

	"lacuna/internal/engine"
)

// Rules of rules: all of And, one of Or, whichever it is, and none of Not.
func TestRulesOfRules(t *testing.T) {
	const yes, no = `{"Variable": "$.a", "NumericEquals": 1}`, `{"Variable": "$.a", "NumericEquals": 2}`
	for rule, want := range map[string]bool{
		`"Or": [` + no + `, ` + no + `, ` + yes + `]`:                  true,
		`"Or": [` + yes + `, ` + no + `]`:                              true,
		`"Or": [` + no + `, ` + no + `]`:                               false,
		`"And": [` + yes + `, ` + yes + `]`:                            true,
		`"And": [` + yes + `, ` + no + `]`:                             false,
		`"And": [` + no + `, ` + yes + `]`:                             false,
		`"Not": ` + no:                                                 true,
		`"Not": ` + yes:                                                false,
		`"Not": {"And": [` + yes + `, {"Or": [` + no + `]}]}`:          true,
		`"Or": [{"Not": ` + yes + `}, {"And": [{"Not": ` + no + `}]}]`: true,
	} {
		x := start(t, engine.New(engine.Options{}), `{"StartAt": "Choose", "States": {"Choose": {"Type": "Choice", "Choices": [{`+rule+`, "Next": "Yes"}], "Default": "No"},
			"Yes": {"Type": "Pass", "Result": "yes", "End": true}, "No": {"Type": "Pass", "Result": "no", "End": true}}}`, `{"a": 1}`)
		if got := string(finished(t, x).Output); got != map[bool]string{true: `"yes"`, false: `"no"`}[want] {
			t.Errorf("%s: %s, want %v", rule, got, want)
		}
	}
}

// A path to MaxConcurrency may lead to 0, which is no limit, and not below it.
func TestConcurrencyByItsPath(t *testing.T) {
	for input, want := range map[string]string{`{"n": 0, "items": [1, 2]}`: engine.Succeeded, `{"n": 1, "items": [1, 2]}`: engine.Succeeded, `{"n": -1, "items": [1, 2]}`: engine.Failed} {
		x := start(t, engine.New(engine.Options{}), `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrencyPath": "$.n", "End": true,
			"ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}}}}}`, input)
		if got := finished(t, x); got.Status != want || want == engine.Succeeded && string(got.Output) != "[1,2]" {
			t.Errorf("%s: %s with %s, want %s", input, got.Status, got.Output, want)
		}
	}
}
