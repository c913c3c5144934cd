package engine_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/engine/enginetest"
)

// TestCases runs the cases of testdata/asl or of the directory that ASL_CASES names.
func TestCases(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, c enginetest.Case) {
		synctest.Test(t, func(t *testing.T) { runCase(t, c) })
	})
}

func runCase(t *testing.T, c enginetest.Case) {
	machine, err := asl.Parse([]byte(c.Text()))
	if err == nil && c.Type == "EXPRESS" {
		err = machine.CheckExpress()
	}
	switch c.Expect.Status {
	case "INVALID_DEFINITION":
		_, refused := errors.AsType[*asl.DefinitionError](err)
		c.CheckRefusal(t, err, refused)
		return
	case "VALIDATED":
		c.CheckDiagnostics(t, diagnostics(err))
		return
	}
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	input, err := enginetest.Compact(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	m := &mocks{responses: c.Mocks, used: map[string]int{}}
	m.engine = engine.New(engine.Options{Integrations: func(string) engine.Integration { return m.call }, Objects: c.Objects(t), AccountID: "111111111111"})
	x, err := m.engine.Start(t.Context(), engine.StartInput{Name: "run", Machine: machine, MachineName: "machine", Input: input})
	if err != nil {
		t.Fatal(err)
	}
	if c.Expect.Status == engine.Aborted {
		synctest.Wait()
		x.Stop(deref(c.Expect.Error), deref(c.Expect.Cause))
	}
	<-x.Done()
	c.CheckResult(t, x.Result())
	c.CheckHistory(t, wire(t, x.History()))
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// diagnostics are those of a refused definition as
// ValidateStateMachineDefinition shows them.
func diagnostics(err error) []map[string]any {
	list := []map[string]any{}
	if refused, ok := errors.AsType[*asl.DefinitionError](err); ok {
		for _, d := range refused.Diagnostics {
			shape := map[string]any{"code": d.Code, "message": d.Message, "severity": "ERROR"}
			if d.Location != "" {
				shape["location"] = d.Location
			}
			list = append(list, shape)
		}
	}
	return list
}

// wire is a history as GetExecutionHistory shows it.
func wire(t *testing.T, history []engine.Event) []any {
	data, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	var events []any
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	return events
}
