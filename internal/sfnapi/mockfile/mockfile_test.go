package mockfile_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/sfnapi/mockfile"

	"github.com/google/go-cmp/cmp"
)

const good = `{
  "StateMachines": {"m": {"TestCases": {"Happy": {"A": "Ok", "B": "Retried"}, "Gone": {"A": "Nowhere"}}}},
  "MockedResponses": {
    "Ok": {"0": {"Return": {"Payload": [1, 2]}}},
    "Retried": {"0-1": {"Throw": {"Error": "E"}}, "2": {"Return": null}},
    "Unused": {},
    "Hole": {"1": {"Return": 1}}
  }
}`

func TestCase(t *testing.T) {
	c, err := parse(t, good).Case("m", "Happy")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Has("A") || c.Has("C") {
		t.Errorf("Has(A), Has(C) = %t, %t, want true, false", c.Has("A"), c.Has("C"))
	}
	got := []mockfile.Response{response(t, c, "A", 0), response(t, c, "B", 0), response(t, c, "B", 1), response(t, c, "B", 2)}
	threw := mockfile.Response{First: 0, Last: 1, Throw: &mockfile.Throw{Error: "E"}}
	want := []mockfile.Response{
		{Return: json.RawMessage(`{"Payload":[1,2]}`)}, threw, threw, {First: 2, Last: 2, Return: json.RawMessage("null")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Response mismatch (-want +got):\n%s", diff)
	}
	_, err = c.Response("B", 3)
	wantError(t, err, `mock configuration M.json: m#Happy: MockedResponses.Retried has no number 3, which state "B" has come to`)
}

func TestUnknown(t *testing.T) {
	f := parse(t, good)
	_, err := f.Case("x", "Happy")
	wantError(t, err, `mock configuration M.json has no state machine "x"; it has m`)
	_, err = f.Case("m", "Sad")
	wantError(t, err, `mock configuration M.json has no test case "Sad" of state machine "m"; it has Gone, Happy`)
	c, err := f.Case("m", "Gone")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Response("A", 0)
	wantError(t, err, `mock configuration M.json: m#Gone: MockedResponses has no "Nowhere" for state "A"`)
}

func TestWarnings(t *testing.T) {
	want := []string{
		`mock configuration M.json:7:5: MockedResponses.Hole: number 0 is missing`,
		`mock configuration M.json:2:88: StateMachines.m.TestCases.Gone.A: MockedResponses has no "Nowhere"`,
	}
	if diff := cmp.Diff(want, parse(t, good).Warnings()); diff != "" {
		t.Errorf("Warnings mismatch (-want +got):\n%s", diff)
	}
}

// TestUnread are fields that nobody reads: a warning each, and the rest of the file counts.
func TestUnread(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"the name in the developer guide", `{"StateMachines": {}, "MockedResponse": {}}`, "1:23: MockedResponse: unknown field, not read: want StateMachines and MockedResponses"},
		{"at the top", `{"Version": "1.0", "StateMachines": {}}`, "1:2: Version: unknown field, not read: want StateMachines and MockedResponses"},
		{"of a machine", `{"StateMachines": {"m": {"Cases": {}}}}`, "1:26: StateMachines.m.Cases: unknown field, not read: want TestCases"},
		{"of an answer", responses(`{"0": {"Return": 1, "Delay": 3}}`), "MockedResponses.r.0.Delay: unknown field, not read: want Return or Throw"},
		{"of an error", responses(`{"0": {"Throw": {"Error": "E", "Message": "m"}}}`), "MockedResponses.r.0.Throw.Message: unknown field, not read: want Error and Cause"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if warnings := parse(t, tt.text).Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], tt.want) {
				t.Errorf("warnings %q, want one with %s", warnings, tt.want)
			}
		})
	}
}

// TestComments are what people and editors put into files: no error and no warning.
func TestComments(t *testing.T) {
	f := parse(t, "\ufeff"+`{
		"$schema": "https://example.org/mocks.json", "_comment": "one", "_comment": "two", "//": "x", "#": [1], "Comment": "c",
		"StateMachines": {"_comment": "machines", "m": {"Comment": "m", "TestCases": {"//": "cases", "c": {"_comment": "the happy path", "A": "R", "_State": "R"}}}},
		"MockedResponses": {"$comment": "responses", "R": {"_comment": "good", "0": {"comment": "first", "Return": 1}, "1": {"Throw": {"_": "bad", "Error": "E"}}}}
	}`)
	if len(f.Warnings()) > 0 {
		t.Errorf("warnings %q", f.Warnings())
	}
	c, err := f.Case("m", "c")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Has("A") || !c.Has("_State") || c.Has("_comment") {
		t.Errorf("Has(A), Has(_State), Has(_comment) = %t, %t, %t", c.Has("A"), c.Has("_State"), c.Has("_comment"))
	}
	if r := response(t, c, "A", 1); r.Throw == nil || r.Throw.Error != "E" {
		t.Errorf("response %+v", r)
	}
	if _, err := f.Case("_comment", "c"); err == nil {
		t.Error("a comment is a machine")
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no JSON", "{\n  oops}", []string{"M.json:2:3: expected a member name"}},
		{"cut off", `{"StateMachines": {`, []string{"M.json:1:20: expected a member name"}},
		{"two values", `{} {}`, []string{"M.json:1:4: text after the value"}},
		{"a list", `[]`, []string{"1:1: the file: want an object with StateMachines and MockedResponses, not []"}},
		{"no machines", `{"MockedResponses": {}}`, []string{"1:1: StateMachines: missing"}},
		{"UTF-16", "\xff\xfe{\x00}\x00", []string{"the text is UTF-16: save it as UTF-8"}},
		{"UTF-16 the other way round", "\xfe\xff\x00{\x00}", []string{"the text is UTF-16: save it as UTF-8"}},
		{"wrong after a byte order mark", "\ufeff{oops}", []string{"M.json:1:2: expected a member name"}},
		{"a case that is a list", `{"StateMachines": {"m": {"TestCases": {"c": []}}}}`, []string{"1:45: StateMachines.m.TestCases.c: want an object, not []"}},
		{"a response in the place of its name", `{"StateMachines": {"m": {"TestCases": {"c": {"A": 7}}}}}`, []string{"1:51: StateMachines.m.TestCases.c.A: want a string, not 7"}},
		{"a case twice", "{\"StateMachines\": {\"m\": {\"TestCases\": {\"c\": {},\n\"c\": {}}}}}", []string{`M.json:2:1: StateMachines.m.TestCases.c: stands twice in one object`}},
		{"a number in words", responses(`{"first": {"Return": 1}}`), []string{`1:49: MockedResponses.r.first: want a number such as "0", or a range such as "1-2"`}},
		{"a range backwards", responses(`{"2-1": {"Return": 1}}`), []string{"MockedResponses.r.2-1: want a number"}},
		{"answered twice", responses(`{"0-2": {"Return": 1}, "1": {"Return": 2}}`), []string{"MockedResponses.r.1: another entry answers number 1 too"}},
		{"both", responses(`{"0": {"Return": 1, "Throw": {}}}`), []string{"MockedResponses.r.0: want either Return or Throw"}},
		{"neither", responses(`{"0": {}}`), []string{"MockedResponses.r.0: want either Return or Throw"}},
		{"unknown answer", responses(`{"0": {"Thrown": {}}}`), []string{"MockedResponses.r.0: want either Return or Throw"}},
		{"error that is no text", responses(`{"0": {"Throw": {"Error": 5}}}`), []string{"MockedResponses.r.0.Throw.Error: want a string, not 5"}},
		{"all at once", responses(`{"a": {"Return": 1}, "b": {"Return": 1}}`), []string{"MockedResponses.r.a", "MockedResponses.r.b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mockfile.Parse("M.json", []byte(tt.text))
			for _, want := range tt.want {
				wantError(t, err, want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mocks.json")
	if err := os.WriteFile(name, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := mockfile.Load(name)
	if err != nil || f.Name() != name {
		t.Errorf("Load = %v, %v", f, err)
	}
	_, err = mockfile.Load(name + "x")
	wantError(t, err, name+"x")
}

func responses(r string) string { return `{"StateMachines": {}, "MockedResponses": {"r": ` + r + `}}` }

func parse(t *testing.T, text string) *mockfile.File {
	t.Helper()
	f, err := mockfile.Parse("M.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func response(t *testing.T, c *mockfile.Case, state string, n int) mockfile.Response {
	t.Helper()
	r, err := c.Response(state, n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(responses(`{"0-3": {"Throw": {"Error": "E", "Cause": ""}}}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := mockfile.Parse("M.json", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "mock configuration M.json:") {
				t.Errorf("error without the file's name: %v", err)
			}
			return
		}
		if !json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) {
			t.Errorf("accepted what is no JSON: %q", text)
		}
		if _, err := file.Case("no such machine", ""); err == nil && !strings.Contains(string(text), "no such machine") {
			t.Error("a machine that is not there has a test case")
		}
	})
}
