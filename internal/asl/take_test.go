package asl

import (
	"fmt"
	"strings"
	"testing"
)

// one is a machine of one state, and of a second one that it may lead to.
func one(fields string) string {
	return `{"StartAt": "A", "States": {"A": {` + fields + `}, "B": {"Type": "Succeed"}}}`
}

// What is allowed, to the last value that is, and what becomes of it.
func TestParseTakes(t *testing.T) {
	const call, distributed = `"Type": "Task", "Next": "B", "Resource": "arn:aws:states:::lambda:invoke"`, `"Type": "Map", "Next": "B",
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`
	const list = `"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}`
	tests := []struct {
		name, fields string
		told         func(*State) any
		want         string
	}{
		{"a rule with a comment", `"Type": "Choice", "Choices": [{"Comment": "c", "Variable": "$.a", "NumericLessThan": 3, "Next": "B"}]`,
			func(s *State) any { r := s.Choices[0]; return fmt.Sprint(r.Test, r.Value, r.Path == nil) }, "{Numeric LessThan} 3 true"},
		{"a rule with a path", `"Type": "Choice", "Choices": [{"Variable": "$.a", "StringGreaterThanEqualsPath": "$.b", "Next": "B"}]`,
			func(s *State) any { r := s.Choices[0]; return fmt.Sprint(r.Test, r.Value, r.Path.Text) }, "{String GreaterThanEquals} <nil>$.b"},
		{"a rule of truth", `"Type": "Choice", "Choices": [{"Variable": "$.a", "BooleanEquals": false, "Next": "B"}]`,
			func(s *State) any { return fmt.Sprint(s.Choices[0].Test, s.Choices[0].Value) }, "{Boolean Equals} false"},
		{"a retrier with a comment, of the least and the most", call + `, "Retry": [{"Comment": "c", "ErrorEquals": ["X"], "IntervalSeconds": 1, "MaxAttempts": 0, "BackoffRate": 1, "MaxDelaySeconds": 31622399}]`,
			func(s *State) any { return s.Retry[0] }, "{[X] 1 0 1 31622399 false}"},
		{"a second of time", call + `, "TimeoutSeconds": 2, "HeartbeatSeconds": 1`, func(s *State) any { return fmt.Sprint(s.Task.Timeout.Value, s.Task.Heartbeat.Value) }, "2 1"},
		{"all the time there is, as a decimal", call + `, "TimeoutSeconds": 99999999.0`, func(s *State) any { return s.Task.Timeout.Value }, "99999999"},
		{"no time to wait", `"Type": "Wait", "Seconds": 0, "Next": "B"`, func(s *State) any { return *s.Wait.Seconds }, "0"},
		{"a result that is null", `"Type": "Pass", "Result": null, "Next": "B"`, func(s *State) any { return s.Result.Literal }, "<nil>"},
		{"a result", `"Type": "Pass", "Result": [1], "Next": "B"`, func(s *State) any { return s.Result.Literal }, "[1]"},
		{"paths that are null", `"Type": "Pass", "InputPath": null, "OutputPath": null, "ResultPath": null, "Next": "B"`,
			func(s *State) any { return fmt.Sprint(s.InputPath.Null, s.OutputPath.Null, s.ResultPath.Null) }, "true true true"},
		{"paths that are all", `"Type": "Pass", "InputPath": "$", "OutputPath": "$", "ResultPath": "$", "Next": "B"`,
			func(s *State) any { return fmt.Sprint(s.InputPath, s.OutputPath, s.ResultPath) }, "{false <nil>} {false <nil>} {false <nil>}"},
		{"the old names of a Map", `"Type": "Map", "Next": "B", "Parameters": {"a": 1}, "Iterator": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`,
			func(s *State) any { return fmt.Sprint(s.Map.Processor.StartAt, s.Parameters.Literal != nil) }, "Ctrue"},
		{"the new names of a Map", `"Type": "Map", "Next": "B", "ItemSelector": {"a": 1}, "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`,
			func(s *State) any { return fmt.Sprint(s.Map.Processor.StartAt, s.Parameters.Literal != nil) }, "Ctrue"},
		{"a list of objects", distributed + `, "ItemReader": {` + list + `}`, func(s *State) any { return fmt.Sprint(s.Map.Reader.List, s.Map.Reader.InputType) }, "true"},
		{"a list of objects, some of them", distributed + `, "ItemReader": {` + list + `, "ReaderConfig": {"MaxItems": 5}}`, func(s *State) any { return s.Map.Reader.MaxItems }, "5"},
		{"an inventory", distributed + `, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}, "ReaderConfig": {"InputType": "MANIFEST"}}`,
			func(s *State) any { return s.Map.Reader.Manifest + s.Map.Reader.InputType }, "S3_INVENTORY"},
		{"results as they are, line by line", distributed + `, "ResultWriter": {"WriterConfig": {"OutputType": "JSONL"}}`,
			func(s *State) any { return fmt.Sprint(s.Map.Writer.Transformation, s.Map.Writer.Lines) }, "NONEtrue"},
		{"batches of the least and the most", distributed + `, "ItemBatcher": {"MaxItemsPerBatch": 1, "MaxInputBytesPerBatch": 262144}`,
			func(s *State) any { return fmt.Sprint(s.Map.Batcher.MaxItems, s.Map.Batcher.MaxBytes) }, "1 262144"},
		{"variables", `"Type": "Pass", "Next": "B", "Assign": {"a1": 1, "_": [[]], "É": {"x": []}, "Zz": "$", "` + strings.Repeat("x", 80) + `": null}`,
			func(s *State) any { return fmt.Sprint(len(s.Assign), s.Assign[1].Value.Constant()) }, "5 true"},
		{"templates with and without expressions", `"Type": "Pass", "Next": "B", "Parameters": {"a": [1, [{"b.$": "$"}], {}], "c": {"d": [2]}}`,
			func(s *State) any {
				m := s.Parameters.Members
				return fmt.Sprint(m[0].Value.Constant(), m[0].Value.Items[1].Constant(), m[0].Value.Items[2].Constant(), m[1].Value.Constant())
			}, "false false true true"},
		{"rules in rules", `"Type": "Choice", "InputPath": "$.i", "Choices": [{"And": [{"Variable": "$.a", "IsNull": true}, {"Not": {"Variable": "$.b", "IsString": true}}], "Next": "B"}]`,
			func(s *State) any {
				and := s.Choices[0].And
				return fmt.Sprint(len(and), and[1].Not.Test, s.InputPath.Expr.Text)
			}, "2 {Is String}$.i"},
		{"a time by its path", `"Type": "Wait", "Next": "B", "OutputPath": "$.o", "SecondsPath": "$.s"`, func(s *State) any { return s.Wait.SecondsPath.Text + s.OutputPath.Expr.Text }, "$.s$.o"},
		{"a Parallel that is tried again", `"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}], "Retry": [{"ErrorEquals": ["X"]}], "Catch": [{"ErrorEquals": ["Y"], "Next": "B", "Assign": {"v": 1}}]`,
			func(s *State) any { return fmt.Sprint(len(s.Retry), s.Catch[0].Assign[0].Name) }, "1v"},
		{"a label of 40 characters", distributed + `, "Label": "` + strings.Repeat("l", 40) + `"`, func(s *State) any { return len(s.Map.Label) }, "40"},
		{"an activity", `"Type": "Task", "Next": "B", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"`, func(s *State) any { return s.Task.Activity }, "true"},
		{"a function", `"Type": "Task", "Next": "B", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:activity:a"`, func(s *State) any { return s.Task.Activity }, "false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse([]byte(one(tt.fields)))
			if err != nil && strings.Contains(err.Error(), `"B" is not reachable`) {
				t.Fatal("a state of the test leads nowhere")
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(tt.told(m.State("A"))); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// More of what is refused, each by one thing.
func TestParseRefusesMore(t *testing.T) {
	const schema = "SCHEMA_VALIDATION_FAILED: "
	pass := `"Type": "Pass", "Next": "B"`
	assign := func(name string) string { return pass + `, "Assign": {"` + name + `": 1}` }
	call := `"Type": "Task", "Next": "B", "Resource": `
	choice := func(rule string) string { return `"Type": "Choice", "Default": "B", "Choices": [` + rule + `]` }
	inventory := func(config string) string {
		return `"Type": "Map", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "C", "States": {"C": {"Type": "Succeed"}}},
			"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}, "ReaderConfig": {` + config + `}}`
	}
	noARN, unknown := schema+"Value is not a valid resource ARN at /States/A/Resource", schema+"The resource provided "
	tests := []struct{ name, fields, want string }{
		{"no type", `"Next": "B"`, schema + "These fields are required: [Type] at /States/A"},
		{"an unknown type", `"Type": "Pause"`, schema + "The field 'Type' should have one of these values: ["},
		{"an end that is none", `"Type": "Pass", "End": "yes"`, schema + "Expected value of type BOOLEAN at /States/A/End"},
		{"two ways out", pass + `, "End": true`, schema + "There should only be one of the following fields: [Next, End] at /States/A"},
		{"no way out", `"Type": "Pass"`, schema + "There should be one of the following fields: [Next, End] at /States/A"},
		{"nothing to wait for", `"Type": "Wait", "Next": "B"`, schema + "There should be one of the following fields: [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/A"},
		{"two things to wait for", `"Type": "Wait", "Next": "B", "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z"`, schema + "There should only be one of the following fields: [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/A"},
		{"less than no time", `"Type": "Wait", "Next": "B", "Seconds": -1`, schema + "Minimum value is 0 at /States/A/Seconds"},
		{"half a second", `"Type": "Wait", "Next": "B", "Seconds": 0.5`, schema + "Expected value of type INTEGER at /States/A/Seconds"},
		{"no second of time", call + `"arn:aws:states:::lambda:invoke", "TimeoutSeconds": 0`, schema + "Minimum value is 1 at /States/A/TimeoutSeconds"},
		{"more time than there is", call + `"arn:aws:states:::lambda:invoke", "TimeoutSeconds": 100000000`, schema + "Maximum value is 99999999 at /States/A/TimeoutSeconds"},
		{"no ARN of six parts", call + `"arn:aws:states:::"`, noARN},
		{"another kind of name", call + `"urn:aws:states:::lambda:invoke"`, noARN},
		{"an activity of another service", call + `"arn:aws:sns:::activity:a"`, unknown},
		{"an action that a service has not", call + `"arn:aws:states:::lambda:create"`, unknown},
		{"a rule without a way on", choice(`{"Variable": "$.a", "IsNull": true}`), schema + "These fields are required: [Next] at /States/A/Choices[0]"},
		{"a rule of two tests", choice(`{"Variable": "$.a", "IsNull": true, "IsString": true, "Next": "B"}`), schema + "Exactly one comparison operator is required at /States/A/Choices[0]"},
		{"a rule without a variable", choice(`{"IsNull": true, "Next": "B"}`), schema + "These fields are required: [Variable] at /States/A/Choices[0]"},
		{"truth for a text", choice(`{"Variable": "$.a", "StringEquals": true, "Next": "B"}`), schema + "Expected value of type STRING at /States/A/Choices[0]/StringEquals"},
		{"a catcher without a way on", call + `"arn:aws:states:::lambda:invoke", "Catch": [{"ErrorEquals": ["X"]}]`, schema + "These fields are required: [Next] at /States/A/Catch[0]"},
		{"a misspelt field of a retrier", call + `"arn:aws:states:::lambda:invoke", "Retry": [{"ErrorEquals": ["X"], "MaxAttempt": 1}]`, schema + "Field 'MaxAttempt' is not supported at /States/A/Retry[0]"},
		{"a misspelt field of a processor", `"Type": "Map", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"mode": "INLINE"}, "StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`,
			schema + "Field 'mode' is not supported at /States/A/ItemProcessor/ProcessorConfig"},
		{"both names of a Map", `"Type": "Map", "Next": "B", "ItemSelector": {}, "Parameters": {}, "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`,
			schema + "There should only be one of the following fields: [ItemSelector, Parameters] at /States/A"},
		{"a manifest of manifests", inventory(`"InputType": "MANIFEST", "ManifestType": "ATHENA_DATA"`), schema + "The field 'InputType' should have one of these values: [CSV, JSONL, PARQUET] at "},
		{"no headers in the list", inventory(`"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": []`), schema + "Value cannot be empty at /States/A/ItemReader/ReaderConfig/CSVHeaders"},
		{"headers that are too large", inventory(`"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["` + strings.Repeat("h", maxHeaderSize+1) + `"]`), schema + "The headers are larger than 10240 bytes"},
		{"a result in a variable", pass + `, "ResultPath": "$v.a"`, schema + "Value is not a Reference Path at /States/A/ResultPath"},
		{"an unknown query language", pass + `, "QueryLanguage": "SQL"`, schema + "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata] at /States/A/QueryLanguage"},
		{"an error and a path to it", `"Type": "Fail", "Error": "E", "ErrorPath": "$.e"`, schema + "There should only be one of the following fields: [Error, ErrorPath] at /States/A"},
		{"a rate that is no number", call + `"arn:aws:states:::lambda:invoke", "Retry": [{"ErrorEquals": ["X"], "BackoffRate": "2"}]`, schema + "Expected value of type NUMBER at /States/A/Retry[0]/BackoffRate"},
		{"a name that stands inside too", `"Type": "Map", "Next": "B", "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}`,
			"DUPLICATE_STATE_NAME: Duplicate State name: B at /States/A/ItemProcessor/States/B"},
		{"variables in no object", pass + `, "Assign": []`, schema + "Expected value of type OBJECT at /States/A/Assign"},
		{"a reserved variable", assign("states"), schema + "The variable name 'states' is not valid at /States/A/Assign"},
		{"a variable of 81 characters", assign(strings.Repeat("x", 81)), schema + "The variable name 'x"},
		{"a variable that begins with a digit", assign("1a"), schema + "The variable name '1a' is not valid"},
		{"a variable with a hyphen", assign("a-b"), schema + "The variable name 'a-b' is not valid"},
		{"a variable with a bracket", assign("a["), schema + "The variable name 'a[' is not valid"},
		{"a variable with a colon", assign("a:"), schema + "The variable name 'a:' is not valid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(one(tt.fields)))
			if want := "Invalid State Machine Definition: '" + tt.want; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("Parse\n got %v\nwant %s", err, want)
			}
		})
	}
	for text, want := range map[string]string{
		strings.Repeat(" ", maxDefinition+1): "Definition is larger than 1048576 bytes",
		`{"StartAt": Az09_$, "States": {}}`:  "Unrecognized token 'Az09_$'",
		`{"StartAt": zZ}`:                    "Unrecognized token 'zZ'",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %.200v, want %s", text, err, want)
		}
	}
	if _, err := Parse([]byte(one(pass) + strings.Repeat(" ", maxDefinition-len(one(pass))))); err != nil {
		t.Errorf("a definition as large as it may be: %v", err)
	}
}
