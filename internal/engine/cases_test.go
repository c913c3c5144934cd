package engine_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
)

// aslCase is one file of testdata/asl; its README.md describes the format.
type aslCase struct {
	Name          string
	Definition    json.RawMessage
	Input         json.RawMessage
	Type          string
	Mocks         map[string]map[string]mock
	Expect        expectation
	Events        []string
	EventsOrdered bool
	History       []any
	Recorded      string
}

type mock struct {
	Return json.RawMessage
	Throw  *throw
}

type throw struct{ Error, Cause string }

type expectation struct {
	Status      string
	Output      any
	Error       *string
	Cause       *string
	Result      string
	Diagnostics []map[string]any
}

var showHistory = flag.Bool("show-history", false, "print the history of each failing case")

// tally counts the cases of a folder.
type tally struct{ passed, failed, out int }

// TestCases runs every case below the directory that ASL_CASES names, by default our
// own, and says for each folder how many passed.
func TestCases(t *testing.T) {
	root := os.Getenv("ASL_CASES")
	if root == "" {
		root = filepath.Join("..", "..", "testdata", "asl")
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases below %s: %v", root, err)
	}
	folders := map[string]*tally{}
	for _, file := range files {
		folder := filepath.Base(filepath.Dir(file))
		if folders[folder] == nil {
			folders[folder] = &tally{}
		}
		runFile(t, folders[folder], file)
	}
	total := tally{}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		n := folders[folder]
		t.Logf("%s: %d passed, %d failed%s", folder, n.passed, n.failed, n.outText())
		total.passed, total.failed, total.out = total.passed+n.passed, total.failed+n.failed, total.out+n.out
	}
	t.Logf("total: %d passed, %d failed%s", total.passed, total.failed, total.outText())
}

func (n *tally) outText() string {
	if n.out == 0 {
		return ""
	}
	return fmt.Sprintf(", %d out of scope", n.out)
}

func runFile(t *testing.T, n *tally, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c aslCase
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if reason := outOfScope(c); reason != "" {
		n.out++
		t.Logf("%s: out of scope: %s", c.Name, reason)
		return
	}
	if t.Run(c.Name, func(t *testing.T) { synctest.Test(t, c.run) }) {
		n.passed++
	} else {
		n.failed++
	}
}

// outOfScope names what a definition needs that the engine does not have.
func outOfScope(c aslCase) string {
	var definition any
	if json.Unmarshal(c.Definition, &definition) != nil {
		return ""
	}
	if text, ok := definition.(string); ok && json.Unmarshal([]byte(text), &definition) != nil {
		return ""
	}
	return needs(definition)
}

func needs(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			text, _ := value.(string)
			switch {
			case key == "QueryLanguage" && text == "JSONata":
				return "JSONata"
			case key == "ItemReader" || key == "ResultWriter":
				return "field " + key
			}
			if reason := needs(value); reason != "" {
				return reason
			}
		}
	case []any:
		for _, item := range v {
			if reason := needs(item); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func (c aslCase) run(t *testing.T) {
	definition := []byte(c.Definition)
	var text string
	if json.Unmarshal(c.Definition, &text) == nil {
		definition = []byte(text)
	}
	machine, err := asl.Parse(definition)
	if err == nil && c.Type == "EXPRESS" {
		err = machine.CheckExpress()
	}
	switch c.Expect.Status {
	case "INVALID_DEFINITION":
		compareRefusal(t, c.Expect, err)
		return
	case "VALIDATED":
		compareDiagnostics(t, c.Expect, err)
		return
	}
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	input, err := compactJSON(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	m := &mocks{responses: c.Mocks, used: map[string]int{}}
	m.engine = engine.New(engine.Options{Integrations: func(string) engine.Integration { return m.call }, AccountID: "111111111111"})
	x, err := m.engine.Start(context.Background(), engine.StartInput{Name: "run", Machine: machine, MachineName: "machine", Input: input})
	if err != nil {
		t.Fatal(err)
	}
	if c.Expect.Status == engine.Aborted {
		synctest.Wait()
		x.Stop(deref(c.Expect.Error), deref(c.Expect.Cause))
	}
	<-x.Done()
	events := wire(t, x.History())
	compareResult(t, c.Expect, x.Result())
	compareEvents(t, c, events)
	compareHistory(t, c, events)
	if t.Failed() && *showHistory {
		for _, e := range events {
			line, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.400s", line)
		}
	}
}
