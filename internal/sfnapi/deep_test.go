package sfnapi_test

import (
	"errors"
	"strings"
	"testing"

	"lacuna/internal/engine"
	"lacuna/internal/sfnapi"
)

// TestDeepJSON sends values as deeply nested as their limits allow: the server answers,
// and goes on answering.
func TestDeepJSON(t *testing.T) {
	s := sfnapi.New(sfnapi.Options{Integrations: accepts})
	c, stop := startHTTP(t, s)
	defer stop()
	machine := c.create("m", pass)
	token := c.token(c.start(c.create("asks", callback), "{}"))
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	requests := []struct {
		operation string
		in        map[string]any
		code      string
	}{
		{"StartExecution", map[string]any{"stateMachineArn": machine, "input": deep(131_072)}, "InvalidExecutionInput"},
		{"SendTaskSuccess", map[string]any{"taskToken": token, "output": deep(131_072)}, "InvalidOutput"},
		{"CreateStateMachine", map[string]any{"name": "n", "roleArn": role, "definition": `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Result":` + deep(500_000) + `}}}`}, "InvalidDefinition"},
	}
	for _, r := range requests {
		err := c.call(r.operation, r.in, nil)
		if refused := (*engine.APIError)(nil); !errors.As(err, &refused) || refused.Name != r.code {
			t.Errorf("%s: %.200v, want %s", r.operation, err, r.code)
		}
	}
	c.ended(c.start(machine, "{}"))
}
