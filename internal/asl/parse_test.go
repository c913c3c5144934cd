package asl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	m, err := Parse([]byte(`{"Comment": "all of it", "StartAt": "Each", "TimeoutSeconds": 3600, "States": {
		"Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 4, "ItemProcessor": {"StartAt": "Ask", "States": {
			"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 600, "HeartbeatSeconds": 60,
				"Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
				"Retry": [{"ErrorEquals": ["A", "B"], "IntervalSeconds": 5, "MaxAttempts": 6, "BackoffRate": 1.5, "MaxDelaySeconds": 900, "JitterStrategy": "FULL"}, {"ErrorEquals": ["C"]}],
				"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}], "End": true},
			"Failed": {"Type": "Pass", "End": true}}}, "Next": "Both"},
		"Both": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "Run", "States": {"Run": {"Type": "Task",
			"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if m.StartAt != "Each" || m.TimeoutSeconds != 3600 || m.Comment != "all of it" || m.State("Each").Map.MaxConcurrency != 4 {
		t.Errorf("machine %+v", m)
	}
	type ref struct {
		Path  string
		Task  TaskFields
		Retry []Retrier
		Catch []string
	}
	want := []ref{
		{
			Path: "Each/Ask",
			Task: TaskFields{Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken", Service: "sqs", Action: "sendMessage.waitForTaskToken", WaitForToken: true,
				Timeout: Seconds{Value: 600}, Heartbeat: Seconds{Value: 60}},
			Retry: []Retrier{
				{ErrorEquals: []string{"A", "B"}, IntervalSeconds: 5, MaxAttempts: 6, BackoffRate: 1.5, MaxDelaySeconds: 900, FullJitter: true},
				{ErrorEquals: []string{"C"}, IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2},
			},
			Catch: []string{"States.ALL"},
		},
		{Path: "Both/Run", Task: TaskFields{Resource: "arn:aws:states:::lambda:invoke", Service: "lambda", Action: "invoke"}},
	}
	var got []ref
	for _, task := range m.Tasks() {
		r := ref{Path: task.Path, Task: *task.Task, Retry: task.Retry}
		for _, c := range task.Catch {
			r.Catch = append(r.Catch, c.ErrorEquals...)
		}
		got = append(got, r)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("tasks mismatch (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	pass := func(fields string) string {
		return `{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true` + fields + `}}}`
	}
	task := func(fields string) string {
		return `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true` + fields + `}}}`
	}
	distributed := func(fields string) string {
		return `{"StartAt": "A", "States": {"A": {"Type": "Map", "End": true` + fields + `, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
			"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}}}}`
	}
	reader := func(fields string) string {
		return `, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", ` + fields + `}`
	}
	readerConfig := func(fields string) string {
		return reader(`"Parameters": {"Bucket": "b", "Key": "k"}, "ReaderConfig": {` + fields + `}`)
	}
	long := strings.Repeat("x", 81)
	tests := []struct{ name, definition, want string }{
		{"nothing", "", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null"},
		{"an array", "[]", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null"},
		{"an empty object", "{}", "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"},
		{"no JSON", "not a definition", "INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n" +
			` at [Source: (String)"not a definition"; line: 1, column: 4] at [Source: (String)"not a definition"; line: 1, column: 4]`},
		{"no JSON either", `{'a': 1}`, "INVALID_JSON_DESCRIPTION: Unexpected character (''' (code 39)): was expecting double-quote to start field name\n" +
			` at [Source: (String)"{'a': 1}"; line: 1, column: 3] at [Source: (String)"{'a': 1}"; line: 1, column: 3]`},
		{"JSONPath within JSONata", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}}`,
			"SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A"},
		{"JSONata for the machine", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`,
			"SCHEMA_VALIDATION_FAILED: The query language 'JSONata' is not supported by this engine, only 'JSONPath' at /QueryLanguage"},
		{"JSONata for a state", pass(`, "QueryLanguage": "JSONata"`), "SCHEMA_VALIDATION_FAILED: The query language 'JSONata' is not supported by this engine, only 'JSONPath' at /States/A/QueryLanguage"},
		{"a field of another type", pass(`, "Comment": 3`), "SCHEMA_VALIDATION_FAILED: Expected value of type STRING at /States/A/Comment"},
		{"a misspelt field", pass(`, "Coment": "x"`), "SCHEMA_VALIDATION_FAILED: Field 'Coment' is not supported at /States/A"},
		{"Retry where there is none", pass(`, "Retry": []`), "SCHEMA_VALIDATION_FAILED: Field 'Retry' is not supported at /States/A"},
		{"a wildcard in a reference path", pass(`, "ResultPath": "$.a[*]"`),
			"SCHEMA_VALIDATION_FAILED: Value is not a Reference Path at /States/A/ResultPath"},
		{"a result in the context object", pass(`, "ResultPath": "$$.a"`), "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path at /States/A/ResultPath"},
		{"States.ALL among others", task(`, "Retry": [{"ErrorEquals": ["X", "States.ALL"]}]`), "SCHEMA_VALIDATION_FAILED: States.ALL must appear alone at /States/A/Retry[0]/ErrorEquals"},
		{"States.ALL before others", task(`, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}]`), "SCHEMA_VALIDATION_FAILED: States.ALL must be the last at /States/A/Retry[0]/ErrorEquals"},
		{"no interval at all", task(`, "Retry": [{"ErrorEquals": ["X"], "IntervalSeconds": 0}]`),
			"SCHEMA_VALIDATION_FAILED: Minimum value is 1 at /States/A/Retry[0]/IntervalSeconds"},
		{"a heartbeat as long as the time-out", task(`, "TimeoutSeconds": 5, "HeartbeatSeconds": 5`), "SCHEMA_VALIDATION_FAILED: HeartbeatSeconds must be smaller than TimeoutSeconds at /States/A/HeartbeatSeconds"},
		{"credentials without a role", task(`, "Credentials": {}`), "SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/A/Credentials"},
		{"an unknown target of a catcher", task(`, "Catch": [{"ErrorEquals": ["X"], "Next": "B"}]`), "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Catch[0]/Next"},
		{"an unknown first state", `{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}`,
			"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: B at /StartAt, MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A"},
		{"a variable of an outer scope", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"}, "B": {"Type": "Map", "End": true,
			"ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Pass", "Assign": {"x": 2}, "End": true}}}}}}`,
			"SCHEMA_VALIDATION_FAILED: The variable 'x' belongs to an outer scope and cannot be assigned here at /States/B/ItemProcessor/States/C/Assign"},
		{"a variable of an outer scope, two levels in", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"}, "B": {"Type": "Parallel", "End": true,
			"Branches": [{"StartAt": "C", "States": {"C": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "D", "States": {"D": {"Type": "Pass", "Assign": {"x": 2}, "End": true}}}}}}]}}}`,
			"SCHEMA_VALIDATION_FAILED: The variable 'x' belongs to an outer scope and cannot be assigned here at /States/B/Branches[0]/States/C/ItemProcessor/States/D/Assign"},
		{"a state that only it leads to", `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Pass", "Next": "B"}}}`,
			"MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B"},
		{"a path that does not begin with $", pass(`, "OutputPath": "Test"`), "SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/A/OutputPath"},
		{"no ARN", pass(``)[:len(pass(``))-2] + `, "B": {"Type": "Task", "Resource": "create", "End": true}}}`, "SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/B/Resource"},
		{"a field with and without .$", pass(`, "Parameters": {"a": 1, "a.$": "$.a"}`), "SCHEMA_VALIDATION_FAILED: Duplicate field 'a': it stands here with and without '.$' at /States/A/Parameters"},
		{"two of a number and its path", distributed(`, "MaxConcurrency": 1, "MaxConcurrencyPath": "$.a"`),
			"SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [MaxConcurrency, MaxConcurrencyPath] at /States/A"},
		{"more than all", distributed(`, "ToleratedFailurePercentage": 101`), "SCHEMA_VALIDATION_FAILED: Maximum value is 100.0 at /States/A/ToleratedFailurePercentage"},
		{"a number in the context object", distributed(`, "ToleratedFailureCountPath": "$$.Execution.Input.n"`), "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path at /States/A/ToleratedFailureCountPath"},
		{"batches of no size", distributed(`, "ItemBatcher": {"BatchInput": {"x": 1}}`),
			"SCHEMA_VALIDATION_FAILED: There should be one of the following fields: [MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath] at /States/A/ItemBatcher"},
		{"batches of more than a payload", distributed(`, "ItemBatcher": {"MaxInputBytesPerBatch": 262145}`), "SCHEMA_VALIDATION_FAILED: Maximum value is 262144 at /States/A/ItemBatcher/MaxInputBytesPerBatch"},
		{"items without a place", distributed(reader(`"ReaderConfig": {"InputType": "JSON"}`)), "SCHEMA_VALIDATION_FAILED: These fields are required: [Parameters] at /States/A/ItemReader"},
		{"items of an object without a key", distributed(reader(`"ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket.$": "$.b"}`)),
			"SCHEMA_VALIDATION_FAILED: These fields are required: [Key] at /States/A/ItemReader/Parameters"},
		{"items of no form", distributed(reader(`"Parameters": {"Bucket": "b", "Key": "k"}`)), "SCHEMA_VALIDATION_FAILED: These fields are required: [ReaderConfig] at /States/A/ItemReader"},
		{"items of an unknown form", distributed(readerConfig(`"InputType": "XML"`)),
			"SCHEMA_VALIDATION_FAILED: The field 'InputType' should have one of these values: [MANIFEST, JSON, CSV, JSONL, PARQUET] at /States/A/ItemReader/ReaderConfig/InputType"},
		{"items by another action", distributed(strings.Replace(readerConfig(`"InputType": "JSON"`), "getObject", "headObject", 1)),
			"SCHEMA_VALIDATION_FAILED: The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2] at /States/A/ItemReader/Resource"},
		{"items of an inline Map", strings.Replace(distributed(readerConfig(`"InputType": "JSON"`)), "DISTRIBUTED", "INLINE", 1), "SCHEMA_VALIDATION_FAILED: Field 'ItemReader' is not supported at /States/A"},
		{"more than all items", distributed(readerConfig(`"InputType": "JSON", "MaxItems": 100000001`)), "SCHEMA_VALIDATION_FAILED: Maximum value is 100000000 at /States/A/ItemReader/ReaderConfig/MaxItems"},
		{"two of the number of items", distributed(readerConfig(`"InputType": "JSON", "MaxItems": 1, "MaxItemsPath": "$.n"`)),
			"SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [MaxItems, MaxItemsPath] at /States/A/ItemReader/ReaderConfig"},
		{"no headers", distributed(readerConfig(`"InputType": "CSV", "CSVHeaderLocation": "GIVEN"`)), "SCHEMA_VALIDATION_FAILED: These fields are required: [CSVHeaders] at /States/A/ItemReader/ReaderConfig"},
		{"headers of JSON", distributed(readerConfig(`"InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW"`)),
			"SCHEMA_VALIDATION_FAILED: The field 'CSVHeaderLocation' is only supported for InputType CSV or MANIFEST at /States/A/ItemReader/ReaderConfig"},
		{"a pointer into CSV", distributed(readerConfig(`"InputType": "CSV", "ItemsPointer": "/a"`)), "SCHEMA_VALIDATION_FAILED: The field 'ItemsPointer' is only supported for InputType JSON at /States/A/ItemReader/ReaderConfig"},
		{"a pointer that is none", distributed(readerConfig(`"InputType": "JSON", "ItemsPointer": "a/b"`)), "SCHEMA_VALIDATION_FAILED: Value is not a JSON Pointer at /States/A/ItemReader/ReaderConfig/ItemsPointer"},
		{"an inventory of a form", distributed(readerConfig(`"InputType": "CSV", "ManifestType": "S3_INVENTORY"`)),
			"SCHEMA_VALIDATION_FAILED: The field 'InputType' is not supported for ManifestType S3_INVENTORY at /States/A/ItemReader/ReaderConfig"},
		{"a manifest of JSON", distributed(readerConfig(`"InputType": "JSON", "ManifestType": "ATHENA_DATA"`)),
			"SCHEMA_VALIDATION_FAILED: The field 'InputType' should have one of these values: [CSV, JSONL, PARQUET] at /States/A/ItemReader/ReaderConfig/InputType"},
		{"objects of no form", distributed(`, "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}, "ReaderConfig": {"Transformation": "LOAD_AND_FLATTEN"}}`),
			"SCHEMA_VALIDATION_FAILED: These fields are required: [InputType] at /States/A/ItemReader/ReaderConfig"},
		{"a misspelt field of a reader", distributed(readerConfig(`"InputType": "JSON", "MaxItem": 1`)), "SCHEMA_VALIDATION_FAILED: Field 'MaxItem' is not supported at /States/A/ItemReader/ReaderConfig"},
		{"items as JSONata has them", distributed(reader(`"ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key": "k"}, "Arguments": {}`)),
			"SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Arguments' is only supported for the 'JSONata' QueryLanguage at /States/A/ItemReader"},
		{"an empty writer", distributed(`, "ResultWriter": {}`), "SCHEMA_VALIDATION_FAILED: There should be one of the following fields: [Resource, WriterConfig] at /States/A/ResultWriter"},
		{"a writer without a place", distributed(`, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"}`), "SCHEMA_VALIDATION_FAILED: These fields are required: [Parameters] at /States/A/ResultWriter"},
		{"a writer that reads", distributed(`, "ResultWriter": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b"}}`),
			"SCHEMA_VALIDATION_FAILED: The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::s3:putObject] at /States/A/ResultWriter/Resource"},
		{"results of an unknown form", distributed(`, "ResultWriter": {"WriterConfig": {"Transformation": "ALL", "OutputType": "JSON"}}`),
			"SCHEMA_VALIDATION_FAILED: The field 'Transformation' should have one of these values: [NONE, COMPACT, FLATTEN] at /States/A/ResultWriter/WriterConfig/Transformation"},
		{"a label that is no part of an ARN", distributed(`, "Label": "a/b:c"`),
			"INVALID_LABEL_NAME: Label must have 1 to 40 characters, none of them white space, a control character or one of " + badInLabel + " at /States/A/Label"},
		{"children that wait for a token in Express", strings.NewReplacer("STANDARD", "EXPRESS", "lambda:invoke", "lambda:invoke.waitForTaskToken").Replace(distributed("")),
			"SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service integration  at /States/A/ItemProcessor/States/B/Resource"},
		{"a query language for a processor", strings.Replace(distributed(""), `"ProcessorConfig"`, `"QueryLanguage": "JSONPath", "ProcessorConfig"`, 1),
			"SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/A/ItemProcessor"},
		{"a name of 81 characters", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "` + long + `"}, "` + long + `": {"Type": "Pass", "End": true}}}`,
			"INVALID_STATE_NAME: State name must have 1 to 80 characters at /States/" + long},
		{"no way out, and a state that nothing leads to", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}, "C": {"Type": "Pass", "Next": "A"}}}`,
			"MISSING_END_STATE: Workflow has no terminal state at null"},
		{"an unknown default", `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "B"}], "Default": "C"}, "B": {"Type": "Succeed"}}}`,
			"MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Default"},
		{"a time that is none", `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "TimestampEquals": "today", "Next": "B"}]}, "B": {"Type": "Succeed"}}}`,
			"SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/A/Choices[0]/TimestampEquals"},
		{"a comparison of two kinds", `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": "1", "Next": "B"}]}, "B": {"Type": "Succeed"}}}`,
			"SCHEMA_VALIDATION_FAILED: Expected value of type NUMBER at /States/A/Choices[0]/NumericEquals"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.definition))
			want := "Invalid State Machine Definition: '" + tt.want + "'"
			if err == nil || err.Error() != want {
				t.Errorf("Parse\n got %v\nwant %s", err, want)
			}
		})
	}
}

// The order of members in a document, as an execution recorded on AWS has it.
func TestTemplateOrder(t *testing.T) {
	m, err := Parse([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "Parameters": {
		"original_input.$": "$", "iteration_input_value.$": "$", "iteration_index.$": "$", "from_input_constant.$": "$", "constant_value": 1}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, member := range m.State("A").Parameters.Members {
		got = append(got, member.Key)
	}
	want := []string{"constant_value", "iteration_input_value", "from_input_constant", "iteration_index", "original_input"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order mismatch (-want +got):\n%s", diff)
	}
}

// FuzzParse: no text makes Parse panic; a refusal says why, and where if the text is a
// JSON object; a machine has a first state.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "asl", "*", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no cases to begin with: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, definition, _ := strings.Cut(string(data), `"definition": `)
		definition, _, _ = strings.Cut(definition, ",\n  \"input\"")
		f.Add(definition)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse([]byte(text))
		if err == nil {
			if m.State(m.StartAt) == nil {
				t.Errorf("no state %q", m.StartAt)
			}
			return
		}
		refused, ok := errors.AsType[*DefinitionError](err)
		if !ok || len(refused.Diagnostics) == 0 {
			t.Fatalf("error %v", err)
		}
		for _, d := range refused.Diagnostics {
			known := d.Code == MissingEndState || d.Message == "Definition must be a valid JSON object" || strings.HasPrefix(d.Message, "Definition is larger")
			if d.Code == "" || d.Message == "" || d.Location == "" && !known {
				t.Errorf("diagnostic %+v", d)
			}
		}
	})
}

func TestCheckExpress(t *testing.T) {
	tests := []struct{ name, resource, want string }{
		{"a plain call", "arn:aws:states:::sqs:sendMessage", ""},
		{"a task token", "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Express state machine does not support '.waitForTaskToken' service integration  at /States/B/Branches[0]/States/A/Resource"},
		{"a job", "arn:aws:states:::states:startExecution.sync:2", "Express state machine does not support '.sync' service integration at /States/B/Branches[0]/States/A/Resource"},
		{"an activity", "arn:aws:states:us-east-1:123456789012:activity:a", "Express state machine does not support Activity ARN at /States/B/Branches[0]/States/A/Resource"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse([]byte(`{"StartAt": "B", "States": {"B": {"Type": "Parallel", "End": true, "Branches": [
				{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "` + tt.resource + `", "End": true}}}]}}}`))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := m.CheckExpress(); err != nil {
				got = err.Error()
			}
			want := tt.want
			if want != "" {
				want = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: " + want + "'"
			}
			if got != want {
				t.Errorf("CheckExpress\n got %s\nwant %s", got, want)
			}
		})
	}
}

// Iterations of a distributed Map are executions of their own, and inner scopes do
// not see each other's variables.
func TestScopesOfVariables(t *testing.T) {
	inner := `"ItemProcessor": {%s"StartAt": "%[2]s", "States": {"%[2]s": {"Type": "Pass", "Assign": {"x": 2}, "End": true}}}`
	for name, definition := range map[string]string{
		"distributed": `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"}, "B": {"Type": "Map", "End": true, ` +
			fmt.Sprintf(inner, `"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, `, "C") + `}}}`,
		"beside each other": `{"StartAt": "A", "States": {"A": {"Type": "Map", "Next": "B", ` + fmt.Sprintf(inner, "", "C") + `},
			"B": {"Type": "Map", "End": true, ` + fmt.Sprintf(inner, "", "D") + `}}}`,
	} {
		if _, err := Parse([]byte(definition)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is wrong at the top hides nothing below.
func TestAllIsReported(t *testing.T) {
	_, err := Parse([]byte(`{"Comment": 5, "StartAt": "X", "States": {"X": {"Type": "Pass", "End": true, "Bogus": 1}}}`))
	if err == nil || !strings.Contains(err.Error(), "/Comment") || !strings.Contains(err.Error(), "Bogus") {
		t.Errorf("error %v", err)
	}
}
