package asl

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/jsonpath"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Every field of every type of state, as it is read.
func TestParseReadsEveryField(t *testing.T) {
	const done = `{"StartAt": "%s", "Comment": "c", "States": {"%[1]s": {"Type": "Succeed", "Comment": "c"}}}`
	inner := func(name string) string { return fmt.Sprintf(done, name) }
	x := func(text string) *Expr { return &Expr{Text: text} }
	of := func(name, text string) []TemplateMember { return []TemplateMember{{name, &Template{Expr: x(text)}}} }
	to := func(text string) Target {
		path, err := jsonpath.CompileReference(text)
		if err != nil {
			t.Fatal(err)
		}
		return Target{Path: path}
	}
	graph := func(name string) *Graph {
		return &Graph{StartAt: name, States: []*State{{Name: name, Type: Succeed, Comment: "c"}}}
	}
	one := int64(1)
	const flow = `"Comment": "c", "InputPath": "$.i", "OutputPath": "$.o", "Next": "End"`
	const result = flow + `, "ResultPath": "$.r", "Assign": {"v": 1, "w.$": "$.w"}`
	const retried = `, "ResultSelector": {"s.$": "$.s"}, "Retry": [{"ErrorEquals": ["X"], "Comment": "c"}],
		"Catch": [{"ErrorEquals": ["Y"], "Comment": "c", "Next": "End", "ResultPath": "$.e", "Assign": {"k.$": "$.k"}}]`
	flowing := func(s State) *State {
		s.Comment, s.InputPath, s.OutputPath, s.Next = "c", Selection{Expr: x("$.i")}, Selection{Expr: x("$.o")}, "End"
		return &s
	}
	resulting := func(s State) *State {
		s.ResultPath, s.Assign = to("$.r"), []Assignment{{"v", &Template{Literal: one}}, {"w", &Template{Expr: x("$.w")}}}
		return flowing(s)
	}
	tried := func(s State) *State {
		s.ResultSelector = &Template{Members: of("s", "$.s")}
		s.Retry = []Retrier{{ErrorEquals: []string{"X"}, IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2}}
		s.Catch = []Catcher{{ErrorEquals: []string{"Y"}, Next: "End", ResultPath: to("$.e"), Assign: []Assignment{{"k", &Template{Expr: x("$.k")}}}}}
		return resulting(s)
	}
	const call = `{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", ` + result + retried + `, "Parameters": {"p.$": "$.p"}, `
	invoke := TaskFields{Resource: "arn:aws:states:::lambda:invoke", Service: "lambda", Action: "invoke"}
	task := func(more func(*TaskFields)) *State {
		is := invoke
		more(&is)
		return tried(State{Type: Task, Parameters: &Template{Members: of("p", "$.p")}, Task: &is})
	}
	tests := []struct {
		name, state string
		want        *State
	}{
		{"Pass", `{"Type": "Pass", ` + result + `, "Parameters": {"p.$": "$.p"}, "Result": 1}`,
			resulting(State{Type: Pass, Parameters: &Template{Members: of("p", "$.p")}, Result: &Template{Literal: one}})},
		{"Wait for seconds", `{"Type": "Wait", ` + flow + `, "Assign": {"v": 1}, "Seconds": 1}`,
			flowing(State{Type: Wait, Assign: []Assignment{{"v", &Template{Literal: one}}}, Wait: &WaitFields{Seconds: &one}})},
		{"Wait until a time", `{"Type": "Wait", ` + flow + `, "Timestamp": "2026-01-02T03:04:05.6Z"}`, flowing(State{Type: Wait, Wait: &WaitFields{Timestamp: "2026-01-02T03:04:05.6Z"}})},
		{"Wait until the time at a path", `{"Type": "Wait", ` + flow + `, "TimestampPath": "$.t"}`, flowing(State{Type: Wait, Wait: &WaitFields{TimestampPath: x("$.t")}})},
		{"Fail", `{"Type": "Fail", "Comment": "c", "Error": "", "Cause": "why"}`, &State{Type: Fail, Comment: "c", Fail: &FailFields{Error: new(""), Cause: new("why")}}},
		{"Fail by paths", `{"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.c)"}`, &State{Type: Fail, Fail: &FailFields{ErrorPath: x("$.e"), CausePath: x("States.Format('{}', $.c)")}}},
		{"Succeed", `{"Type": "Succeed", "Comment": "c", "InputPath": "$.i", "OutputPath": "$.o"}`,
			&State{Type: Succeed, Comment: "c", InputPath: Selection{Expr: x("$.i")}, OutputPath: Selection{Expr: x("$.o")}}},
		{"Choice", `{"Type": "Choice", "InputPath": "$.i", "OutputPath": "$.o", "Assign": {"v": 1}, "Default": "End", "Choices": [
			{"Or": [{"Variable": "$.a", "TimestampEquals": "2026-01-02T03:04:05Z"}, {"Variable": "$$.b", "StringEquals": "no time"}], "Assign": {"k.$": "$.k"}, "Next": "End"}]}`,
			&State{Type: Choice, InputPath: Selection{Expr: x("$.i")}, OutputPath: Selection{Expr: x("$.o")}, Default: "End", Assign: []Assignment{{"v", &Template{Literal: one}}}, Choices: []*Rule{
				{Next: "End", Assign: []Assignment{{"k", &Template{Expr: x("$.k")}}}, Or: []*Rule{
					{Variable: x("$.a"), Test: Test{"Timestamp", "Equals"}, Value: "2026-01-02T03:04:05Z"}, {Variable: x("$$.b"), Test: Test{"String", "Equals"}, Value: "no time"}}}}}},
		{"Task", call + `"TimeoutSeconds": 2, "HeartbeatSeconds": 1, "Credentials": {"RoleArn": "role"}}`,
			task(func(f *TaskFields) {
				f.Timeout, f.Heartbeat, f.CredentialsRole = Seconds{Value: 2}, Seconds{Value: 1}, &Template{Literal: "role"}
			})},
		{"Task by paths", call + `"TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$.h", "Credentials": {"RoleArn.$": "$.role"}}`,
			task(func(f *TaskFields) {
				f.Timeout, f.Heartbeat, f.CredentialsRole = Seconds{Path: x("$.t")}, Seconds{Path: x("$.h")}, &Template{Expr: x("$.role")}
			})},
		{"Parallel", `{"Type": "Parallel", ` + result + retried + `, "Parameters": {"p.$": "$.p"}, "Branches": [` + inner("B1") + `, ` + strings.Replace(inner("B2"), `{`, `{"QueryLanguage": "JSONPath", `, 1) + `]}`,
			tried(State{Type: Parallel, Parameters: &Template{Members: of("p", "$.p")}, Branches: []*Graph{graph("B1"), graph("B2")}})},
		{"Map", `{"Type": "Map", ` + result + retried + `, "ItemSelector": {"p.$": "$.p"}, "ItemsPath": "$.items", "MaxConcurrencyPath": "$.n", "ItemProcessor": ` + inner("B") + `}`,
			tried(State{Type: Map, Parameters: &Template{Members: of("p", "$.p")}, Map: &MapFields{ItemsPath: x("$.items"), MaxConcurrencyPath: x("$.n"), Processor: graph("B")}})},
		{"a distributed Map", `{"Type": "Map", "Next": "End", "Label": "l", "MaxConcurrency": 99999999, "ToleratedFailureCountPath": "$.c", "ToleratedFailurePercentagePath": "$.p",
			"ItemProcessor": ` + strings.Replace(inner("B"), `{`, `{"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, `, 1) + `,
			"ItemBatcher": {"MaxItemsPerBatchPath": "$.m", "MaxInputBytesPerBatchPath": "$.b", "BatchInput": {"p.$": "$.p"}},
			"ItemReader": {"Resource": "arn:aws-cn:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key.$": "$.k"},
				"ReaderConfig": {"InputType": "CSV", "CSVDelimiter": "PIPE", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"], "MaxItemsPath": "$.m"}},
			"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket.$": "$.b"}, "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}}`,
			&State{Type: Map, Next: "End", Map: &MapFields{
				Label: "l", MaxConcurrency: 99_999_999, ToleratedFailureCountPath: x("$.c"), ToleratedFailurePercentagePath: x("$.p"), Distributed: true, Express: true, Processor: graph("B"),
				Batcher: &Batcher{MaxItemsPath: x("$.m"), MaxBytesPath: x("$.b"), Input: &Template{Members: of("p", "$.p")}},
				Reader: &Reader{InputType: InputCSV, Delimiter: '|', Headers: []string{"a", "b"}, MaxItemsPath: x("$.m"),
					Parameters: &Template{Members: append([]TemplateMember{{"Bucket", &Template{Literal: "b"}}}, of("Key", "$.k")...)}},
				Writer: &Writer{Parameters: &Template{Members: of("Bucket", "$.b")}, Transformation: TransformFlatten, Lines: true},
			}}},
		{"a distributed Map that tolerates numbers", `{"Type": "Map", "Next": "End", "ToleratedFailureCount": 10000000, "ToleratedFailurePercentage": 12.5,
			"ItemProcessor": ` + strings.Replace(inner("B"), `{`, `{"ProcessorConfig": {"Mode": "DISTRIBUTED"}, `, 1) + `,
			"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket.$": "$.b", "Key.$": "$.k"}, "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/a~1b/~01"}}}`,
			&State{Type: Map, Next: "End", Map: &MapFields{
				ToleratedFailureCount: 10_000_000, ToleratedFailurePercentage: 12.5, Distributed: true, Processor: graph("B"),
				Reader: &Reader{InputType: InputJSON, Delimiter: ',', Pointer: []string{"a/b", "~1"}, Parameters: &Template{Members: append(of("Bucket", "$.b"), of("Key", "$.k")...)}},
			}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse([]byte(`{"Comment": "m", "Version": "1.0", "QueryLanguage": "JSONPath", "StartAt": "First", "States": {
				"First": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "Tried"}], "Default": "End"}, "Tried": ` + tt.state + `, "End": {"Type": "Succeed"}}}`))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Name = "Tried"
			same := []cmp.Option{
				cmpopts.IgnoreUnexported(Graph{}), cmpopts.EquateEmpty(),
				cmp.Comparer(func(a, b *Expr) bool { return a == b || a != nil && b != nil && a.Text == b.Text }),
				cmp.Comparer(func(a, b *jsonpath.Reference) bool { return a == b || a != nil && b != nil && a.String() == b.String() }),
			}
			if diff := cmp.Diff(tt.want, m.State("Tried"), same...); diff != "" {
				t.Errorf("state mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// What is refused of fields that other fields or states decide about, and of the last value
// that is none.
func TestParseRefusesTheNextValue(t *testing.T) {
	const call, schema = `"Type": "Task", "Next": "B", "Resource": "arn:aws:states:::lambda:invoke"`, "SCHEMA_VALIDATION_FAILED: "
	distributed := func(more string) string {
		return `"Type": "Map", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "C", "States": {"C": {"Type": "Succeed"}}}, ` + more
	}
	reader := func(resource, config string) string {
		return distributed(`"ItemReader": {"Resource": "` + resource + `", "Parameters": {"Bucket": "b", "Key": "k"}, "ReaderConfig": {"InputType": "CSV"` + config + `}}`)
	}
	const object, noObject = "arn:aws:states:::s3:getObject", schema + "The field 'Resource' does not match any of the allowed values. Examples: [" +
		"arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2] at /States/A/ItemReader/Resource"
	tests := []struct{ name, fields, want string }{
		{"a state that is none", `"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "States": {"C": 3}}]`,
			schema + "Expected value of type OBJECT at /States/A/Branches[0]/States/C'"},
		{"no states in a branch", `"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "States": {}}]`, schema + "Value cannot be empty at /States/A/Branches[0]/States"},
		{"no branches", `"Type": "Parallel", "Next": "B", "Branches": []`, schema + "Value cannot be empty at /States/A/Branches"},
		{"a variable of a rule outside", `"Type": "Choice", "Default": "D", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "B", "Assign": {"v": 1}}]},
			"D": {"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true, "Assign": {"v": 1}}}}]`, schema + "The variable 'v' belongs to an outer scope"},
		{"a retrier that is none", call + `, "Retry": [3]`, schema + "Expected value of type OBJECT at /States/A/Retry[0]"},
		{"a misspelt field of a rule", `"Type": "Choice", "Default": "B", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "B", "Coment": "c"}]`, schema + "Field 'Coment' is not supported at /States/A/Choices[0]"},
		{"a misspelt field of a catcher", call + `, "Catch": [{"ErrorEquals": ["X"], "Next": "B", "Coment": "c"}]`, schema + "Field 'Coment' is not supported at /States/A/Catch[0]"},
		{"a misspelt field of credentials", call + `, "Credentials": {"RoleArn": "r", "Role": "r"}`, schema + "Field 'Role' is not supported at /States/A/Credentials"},
		{"a misspelt field of a batcher", distributed(`"ItemBatcher": {"MaxItemsPerBatch": 1, "Max": 1}`), schema + "Field 'Max' is not supported at /States/A/ItemBatcher"},
		{"a misspelt field of a writer", distributed(`"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}, "Write": {}}`), schema + "Field 'Write' is not supported at /States/A/ResultWriter"},
		{"a misspelt field of what is written", distributed(`"ResultWriter": {"WriterConfig": {"OutputType": "JSON", "Type": "JSON"}}`), schema + "Field 'Type' is not supported at /States/A/ResultWriter/WriterConfig"},
		{"both names of items", `"Type": "Map", "Next": "B", "Iterator": {}, "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`,
			schema + "There should only be one of the following fields: [ItemProcessor, Iterator] at /States/A'"},
		{"a percentage and a path to it", distributed(`"ToleratedFailurePercentage": 1, "ToleratedFailurePercentagePath": "$.p"`), schema + "There should only be one of the following fields: [ToleratedFailurePercentage, ToleratedFailurePercentagePath] at /States/A"},
		{"a time-out and a path to it", call + `, "TimeoutSeconds": 1, "TimeoutSecondsPath": "$.t"`, schema + "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath] at /States/A"},
		{"a cause and a path to it", `"Type": "Fail", "Cause": "c", "CausePath": "$.c"`, schema + "There should only be one of the following fields: [Cause, CausePath] at /States/A"},
		{"more at once than can be", `"Type": "Map", "Next": "B", "MaxConcurrency": 100000000, "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`, schema + "Maximum value is 99999999 at /States/A/MaxConcurrency"},
		{"a label of 41 characters", distributed(`"Label": "` + strings.Repeat("l", 41) + `"`), "INVALID_LABEL_NAME: "},
		{"a label of none", distributed(`"Label": ""`), "INVALID_LABEL_NAME: "},
		{"a label with a blank", distributed(`"Label": "a b"`), "INVALID_LABEL_NAME: "},
		{"one label twice", `"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "D", "States": {"D": {` + strings.Replace(distributed(`"Label": "l"`), `"Next": "B"`, `"Next": "E"`, 1) +
			`}, "E": {` + strings.NewReplacer(`"Next": "B"`, `"End": true`, `"C"`, `"F"`).Replace(distributed(`"Label": "l"`)) + `}}}]`,
			"DUPLICATE_LABEL_NAME: Duplicate Label name: l at /States/A/Branches[0]/States/E/Label'"},
		{"items of another scheme", reader("urn:aws:states:::s3:getObject", ""), noObject},
		{"items of another cloud", reader("arn:gcp:states:::s3:getObject", ""), noObject},
		{"items of another service", reader("arn:aws:lambda:::s3:getObject", ""), noObject},
		{"items of another store", reader("arn:aws:states:::s4:getObject", ""), noObject},
		{"items of too long a name", reader("arn:aws:states:::s3:getObject:x", ""), noObject},
		{"headers of the first row", reader(object, `, "CSVHeaders": ["a"], "CSVHeaderLocation": "FIRST_ROW"`), schema + "The field 'CSVHeaders' is only supported with CSVHeaderLocation GIVEN at "},
		{"a header that is no text", reader(object, `, "CSVHeaders": ["a", 3], "CSVHeaderLocation": "GIVEN"`), schema + "Expected value of type STRING at /States/A/ItemReader/ReaderConfig/CSVHeaders[1]"},
		{"items at many places", `"Type": "Map", "Next": "B", "ItemsPath": "$.a[*]", "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`, schema + "Value is not a Reference Path at /States/A/ItemsPath"},
		{"a result in the context object", `"Type": "Pass", "Next": "B", "ResultPath": "$$.a"`, schema + "Value is not a Reference Path at /States/A/ResultPath"},
		{"a time to wait for that is none", `"Type": "Wait", "Next": "B", "Timestamp": "tomorrow"`, schema + "String does not match RFC3339 timestamp at /States/A/Timestamp"},
		{"an expression that is none", `"Type": "Pass", "Next": "B", "Parameters": {"a.$": "nothing"}`, schema + "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters"},
		{"a function that is none", `"Type": "Pass", "Next": "B", "Parameters": {"a.$": "States.Nope($.a)"}`, schema + "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters"},
		{"an expression that is a number", `"Type": "Pass", "Next": "B", "Parameters": {"a.$": 3}`, schema + "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters"},
		{"a variable of a state outside", `"Type": "Parallel", "Next": "B", "Assign": {"v": 1}, "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true, "Assign": {"v": 1}}}}]`, schema + "The variable 'v' belongs to an outer scope"},
		{"a variable of a catcher outside", `"Type": "Parallel", "Next": "B", "Catch": [{"ErrorEquals": ["X"], "Next": "B", "Assign": {"v": 1}}], "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true, "Assign": {"v": 1}}}}]`,
			schema + "The variable 'v' belongs to an outer scope"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(one(tt.fields)))
			if want := "Invalid State Machine Definition: '" + tt.want; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("Parse\n got %v\nwant %s", err, want)
			}
		})
	}
}

// What stands at the very end of what is allowed.
func TestParseTakesTheLastValue(t *testing.T) {
	distributed := func(more string) string {
		return `"Type": "Map", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "C", "States": {"C": {"Type": "Succeed"}}}` + more
	}
	for name, fields := range map[string]string{
		"variables of all letters": `"Type": "Pass", "Next": "B", "Assign": {"azAZ_09": 1, "zone": 1, "Zone": 1, "\u0080": 1}`,
		"headers as large as can be": distributed(`, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"},
			"ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["` + strings.Repeat("h", maxHeaderSize-1) + `", "i"]}}`),
		"all may fail": distributed(`, "ToleratedFailurePercentage": 100`),
		"two Maps without a label": `"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "D", "States": {"D": {` + strings.Replace(distributed(""), `"Next": "B"`, `"Next": "E"`, 1) +
			`}, "E": {` + strings.NewReplacer(`"Next": "B"`, `"End": true`, `"C"`, `"F"`).Replace(distributed("")) + `}}}]`,
		"a state of 80 characters": `"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "` + strings.Repeat("n", 80) + `", "States": {"` + strings.Repeat("n", 80) + `": {"Type": "Succeed"}}}]`,
	} {
		if _, err := Parse([]byte(one(fields))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseTimestamp(t *testing.T) {
	longest := "2026-01-02T03:04:05." + strings.Repeat("1", MaxTimestamp-21) + "Z"
	for text, want := range map[string]bool{
		"2026-01-02T03:04:05Z": true, "2026-01-02T03:04:05.123456789+01:00": true, longest: true,
		"2026-01-02t03:04:05Z": false, "2026-01-02T03:04:05z": false, "2026-01-02T03:04:05,5Z": false, "2026-01-02": false, "": false, strings.Replace(longest, ".", ".1", 1): false,
	} {
		if at, ok := ParseTimestamp(text); ok != want || ok && at.Unix() != 1767323045 && !strings.HasSuffix(text, "+01:00") {
			t.Errorf("%s: %s, %v, want %v", text, at, ok, want)
		}
	}
}

// A hash table of Java has 16 places up to 12 keys, and 32 from the 13th on.
func TestJavaOrderGrows(t *testing.T) {
	for text, want := range map[string]string{
		"APBCDEFGHIJK":  "PABCDEFGHIJK", // P is 80, A 65: places 0 and 1 of 16
		"PABCDEFGHIJKL": "ABCDEFGHIJKLP",
	} {
		list := strings.Split(text, "")
		JavaOrder(list, func(s string) string { return s })
		if got := strings.Join(list, ""); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

// The word that is no JSON is named whole, and a place is cut where it is too long alone.
func TestSyntaxNamesTheWord(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": azAZ09_$x}`: "Unrecognized token 'azAZ09_$x'", `{"a": zZ}`: "Unrecognized token 'zZ'", `{"a": ]}`: "", `{"a": nope`: "Unrecognized token 'nope'",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || want == "" && strings.Contains(err.Error(), "Unrecognized") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if whole := strings.Repeat("x", maxShown); shown(whole) != whole || shown(whole+"x") != whole+"..." {
		t.Error("a text of maxShown bytes is cut, or a longer one not")
	}
}
