// Package enginetest runs the cases of testdata/asl, or recordings of AWS in the same
// form, against whatever executes state machines, and compares what came of it with
// what a case expects. Only tests import it.
package enginetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/engine/objects/folder"
)

// Case is one file of testdata/asl; its README.md describes the format.
type Case struct {
	Name          string
	Definition    json.RawMessage
	Input         json.RawMessage
	Type          string
	Mocks         map[string]map[string]Mock
	S3            map[string]string // text of the objects, by "bucket/key"; "bucket/" is an empty one
	Expect        Expectation
	Events        []string
	EventsOrdered bool
	History       []any
	Recorded      string
}

// Mock is the answer to one call of a state: a result or an error.
type Mock struct {
	Return json.RawMessage `json:",omitempty"`
	Throw  *Throw          `json:",omitempty"`
}

// Throw is an error; an empty field is absent.
type Throw struct {
	Error string `json:",omitempty"`
	Cause string `json:",omitempty"`
}

// Expectation is what a Case comes to.
type Expectation struct {
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

// Run runs every case below the directory that ASL_CASES names, by default our own
// in testdata/asl, and says for each folder how many passed. The test's package lies
// two folders below the root of the repository.
func Run(t *testing.T, run func(*testing.T, Case)) {
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
		runFile(t, folders[folder], file, run)
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

func runFile(t *testing.T, n *tally, file string, run func(*testing.T, Case)) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c Case
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if reason := outOfScope(c); reason != "" {
		n.out++
		t.Logf("%s: out of scope: %s", c.Name, reason)
		return
	}
	if t.Run(c.Name, func(t *testing.T) { run(t, c) }) {
		n.passed++
	} else {
		n.failed++
	}
}

// outOfScope names what a definition needs that the engine does not have.
func outOfScope(c Case) string {
	var definition any
	if json.Unmarshal(c.Definition, &definition) != nil {
		return ""
	}
	if text, ok := definition.(string); ok && json.Unmarshal([]byte(text), &definition) != nil {
		return ""
	}
	reason := needs(definition)
	if strings.HasPrefix(reason, "field ") && (c.S3 != nil || !c.runs()) {
		return ""
	}
	return reason
}

// runs tells whether c is an execution, and no refusal.
func (c Case) runs() bool {
	return c.Expect.Status != "INVALID_DEFINITION" && c.Expect.Status != "VALIDATED"
}

// Objects are those of S3, in a folder of the test's own.
func (c Case) Objects(t *testing.T) *folder.Folder {
	dir := t.TempDir()
	for name, text := range c.S3 {
		file := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil && strings.HasSuffix(name, "/") {
			err = os.MkdirAll(file, 0o755)
		} else if err == nil {
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	store, err := folder.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
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

// Text is the definition as it is given to AWS.
func (c Case) Text() string {
	text := ""
	if json.Unmarshal(c.Definition, &text) == nil {
		return text
	}
	return string(c.Definition)
}

// Compact takes the white space out of JSON.
func Compact(text json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	err := json.Compact(&b, text)
	return b.Bytes(), err
}
