package engine_test

import (
	"strings"
	"testing"

	"lacuna/internal/engine"
)

// An error quotes an input that nothing has changed as it was written, blanks and all.
func TestErrorsQuoteTheInputAsWritten(t *testing.T) {
	const input = "{ \"z\": 1.50,\n\t\"a\": {\"b\":  2} }"
	tests := []struct{ name, state, quoted string }{
		{"the input of a template", `"Parameters": {"v.$": "$.nope"}`, input},
		{"the input of a function", `"Parameters": {"v.$": "States.Array($.nope)"}`, input},
		{"a part of the input", `"InputPath": "$.a", "Parameters": {"v.$": "$.nope"}`, `{"b":2}`},
		{"what is assigned", `"Assign": {"v.$": "$.nope"}`, input},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := start(t, engine.New(engine.Options{}), `{"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "Second"},
				"Second": {"Type": "Pass", "End": true, `+tt.state+`}}}`, input)
			if got := text(finished(t, x).Cause); !strings.HasSuffix(got, " could not be found in the input '"+tt.quoted+"'") {
				t.Errorf("cause %q, want it to end in %q", got, tt.quoted)
			}
		})
	}
}
