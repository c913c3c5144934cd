package engine_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
)

// FuzzExecution: every machine that Parse takes comes to an end with every input, with one
// event that says which, and a redrive comes to an end too.
func FuzzExecution(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "asl", "*", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var c struct{ Definition, Input json.RawMessage }
		if err := json.Unmarshal(data, &c); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(c.Definition), []byte(c.Input))
	}
	f.Fuzz(func(t *testing.T, definition, input []byte) {
		m, err := asl.Parse(definition)
		if err != nil || m.TimeoutSeconds > 0 {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		none := 0.0
		e := engine.New(engine.Options{WaitScale: &none})
		x, err := e.Start(ctx, engine.StartInput{Name: "x", Machine: m, MachineName: "m", Input: input, Mock: func(c engine.Call) (json.RawMessage, bool, error) {
			if c.Token != "" {
				return json.RawMessage("{}"), true, e.SendTaskSuccess(c.Token, c.Parameters)
			}
			if c.Number%2 == 1 {
				return nil, true, &engine.Error{Name: "Odd"}
			}
			return c.Parameters, true, nil
		}})
		if err != nil {
			return
		}
		for range 2 {
			got, err := x.Wait(ctx)
			if err != nil || got.Status != engine.Succeeded && got.Status != engine.Failed {
				t.Fatalf("%s after %d events: %v", got.Status, len(x.History()), err)
			}
			history := x.History()
			want := map[string]string{engine.Succeeded: "ExecutionSucceeded", engine.Failed: "ExecutionFailed"}[got.Status]
			if last := history[len(history)-1]; last.Type != want || last.ID != int64(len(history)) {
				t.Fatalf("%s ends with event %d of %d, %s", got.Status, last.ID, len(history), last.Type)
			}
			if x.Redrive(ctx) != nil {
				return
			}
		}
	})
}
