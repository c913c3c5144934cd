package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
)

// What an execution that another started ended with: its input and output as text, or
// decoded as .sync:2 has them.
func TestNestedResult(t *testing.T) {
	const (
		passes  = `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"n":[1]},"End":true}}}`
		fails   = `{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"No","Cause":"because"}}}`
		aborted = `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}}`
	)
	for _, tt := range []struct {
		name, definition     string
		decoded              bool
		status, error, cause string
		input, output        string
		details              bool
	}{
		{"as text", passes, false, engine.Succeeded, "", "", `"{\"i\": 1}"`, `"{\"n\":[1]}"`, true},
		{"decoded", passes, true, engine.Succeeded, "", "", `{"i":1}`, `{"n":[1]}`, true},
		{"one that failed", fails, true, engine.Failed, "No", "because", `{"i":1}`, "", false},
		{"one that was stopped", aborted, false, engine.Aborted, "Stop", "a person", `"{\"i\": 1}"`, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := start(t, engine.New(engine.Options{}), tt.definition, `{"i": 1}`)
			if tt.status == engine.Aborted {
				x.Stop("Stop", "a person")
			}
			finished(t, x)
			text, err := engine.NestedResult(x, tt.decoded)
			failed := (*engine.Error)(nil)
			switch {
			case tt.status == engine.Succeeded && err != nil:
				t.Fatal(err)
			case tt.status != engine.Succeeded && (!errors.As(err, &failed) || failed.Name != asl.ErrorTaskFailed || text != nil):
				t.Fatalf("%s, %v", text, err)
			case failed != nil:
				text = json.RawMessage(failed.Cause)
			}
			var d struct {
				Status, Error, Cause, Name, ExecutionArn, StateMachineArn string
				Input, Output                                             json.RawMessage
				OutputDetails                                             *struct{ Included bool }
				StartDate, StopDate                                       int64
			}
			if err := json.Unmarshal(text, &d); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(d.Status, "|", d.Error, "|", d.Cause, "|", string(d.Input), "|", string(d.Output), "|", d.OutputDetails != nil)
			if want := fmt.Sprint(tt.status, "|", tt.error, "|", tt.cause, "|", tt.input, "|", tt.output, "|", tt.details); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
			if d.Name != x.Name() || d.ExecutionArn != x.ARN() || d.StateMachineArn != x.MachineARN() || d.StartDate == 0 || d.StopDate < d.StartDate {
				t.Errorf("described as %s", text)
			}
		})
	}
}
