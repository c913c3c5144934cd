package sfnapi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"lacuna/internal/engine"
	"lacuna/internal/sfnapi"
)

// TestErrors are the errors of the API in the plain protocol: SDKs refuse some such
// requests before they send them.
func TestErrors(t *testing.T) {
	const (
		machines   = "arn:aws:states:us-east-1:123456789012:stateMachine:"
		executions = "arn:aws:states:us-east-1:123456789012:execution:"
	)
	long := strings.Repeat("x", 81)
	define := func(change map[string]any) map[string]any {
		in := map[string]any{"name": "other", "definition": pass, "roleArn": role}
		for key, value := range change {
			in[key] = value
		}
		return in
	}
	object := func(pairs ...any) map[string]any {
		o := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			o[pairs[i].(string)] = pairs[i+1]
		}
		return o
	}
	to := func(version string, weight int) map[string]any {
		return object("stateMachineVersionArn", machines+version, "weight", weight)
	}
	leads := func(name string, routes ...map[string]any) map[string]any {
		return object("name", name, "routingConfiguration", append([]map[string]any{}, routes...))
	}
	tests := []struct {
		name, operation string
		in              any
		code, message   string
	}{
		{"no such operation", "Frobnicate", object(), "UnknownOperationException", `X-Amz-Target "AWSStepFunctions.Frobnicate"`},
		{"test state", "TestState", object(), "UnknownOperationException", "TestState is not supported"},
		{"Express executions", "StartSyncExecution", object(), "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"},
		{"no object", "ListStateMachines", []int{}, "SerializationException", "cannot unmarshal array"},
		{"member of another type", "ListStateMachines", object("maxResults", "ten"), "SerializationException", "maxResults"},
		{"too many at once", "ListStateMachines", object("maxResults", 1001), "ValidationException", "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"},
		{"fewer than none", "ListExecutions", object("stateMachineArn", machines+"m", "maxResults", -1), "ValidationException", "greater than or equal to 0"},
		{"token too long", "ListStateMachines", object("nextToken", strings.Repeat("x", 1025)), "ValidationException", "less than or equal to 1024"},
		{"token of nobody", "ListStateMachines", object("nextToken", "x"), "InvalidToken", "Invalid Token: 'Invalid token'"},

		{"members that lack", "CreateStateMachine", object("name", "n"), "ValidationException", "2 validation errors detected: Value null at 'definition' failed to satisfy constraint: Member must not be null; Value null at 'roleArn'"},
		{"empty name", "CreateStateMachine", define(object("name", "")), "ValidationException", "Value '' at 'name'"},
		{"long name", "CreateStateMachine", define(object("name", long)), "InvalidName", "Invalid Name: '" + long + "'"},
		{"blank in a name", "CreateStateMachine", define(object("name", "a b")), "InvalidName", "Invalid Name: 'a b'"},
		{"hash in a name", "CreateStateMachine", define(object("name", "a#b")), "InvalidName", "Invalid Name: 'a#b'"},
		{"control character in a name", "CreateStateMachine", define(object("name", "a\u0085b")), "InvalidName", "Invalid Name"},
		{"role that is no ARN", "CreateStateMachine", define(object("roleArn", "me")), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: me'"},
		{"unknown type", "CreateStateMachine", define(object("type", "FAST")), "ValidationException", "Member must satisfy enum value set: [STANDARD, EXPRESS]"},
		{"Express", "CreateStateMachine", define(object("type", "EXPRESS")), "StateMachineTypeNotSupported", "only STANDARD"},
		{"description of no version", "CreateStateMachine", define(object("versionDescription", "d")), "ValidationException", "Version description can only be set when publish is true"},
		{"long description of a version", "CreateStateMachine", define(object("publish", true, "versionDescription", strings.Repeat("x", 257))), "ValidationException", "at 'versionDescription' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"bad definition", "CreateStateMachine", define(object("definition", "{}")), "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED:"},
		{"definition over 1 MiB", "CreateStateMachine", define(object("definition", pass+strings.Repeat(" ", 1<<20))), "InvalidDefinition", "larger than 1048576 bytes"},
		{"other definition of the same name", "CreateStateMachine", define(object("name", "m")), "StateMachineAlreadyExists", "State Machine Already Exists: '" + machines + "m'"},
		{"tag without a key", "CreateStateMachine", define(object("tags", []any{object("value", "v")})), "ValidationException", "Value '' at 'tags.key'"},
		{"nothing to update", "UpdateStateMachine", object("stateMachineArn", machines+"m"), "MissingRequiredParameter", "Either the definition, the role ARN"},
		{"update with a description of no version", "UpdateStateMachine", object("stateMachineArn", machines+"m", "roleArn", role, "publish", false, "versionDescription", "d"), "ValidationException", "Version description can only be set when publish is true"},
		{"version of nobody", "PublishStateMachineVersion", object("stateMachineArn", machines+"x"), "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + machines + "x'"},
		{"version of a version", "PublishStateMachineVersion", object("stateMachineArn", machines+"m:1"), "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + machines + "m:1'"},
		{"version of no ARN", "PublishStateMachineVersion", object("stateMachineArn", "m"), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: m'"},
		{"version of a revision that is not the current one", "PublishStateMachineVersion", object("stateMachineArn", machines+"m", "revisionId", "r"), "ConflictException", "Failed to publish the State Machine version for revision r."},
		{"too many versions at once", "ListStateMachineVersions", object("stateMachineArn", machines+"m", "maxResults", 1001), "ValidationException", "Value '1001' at 'maxResults'"},
		{"versions of a token of nobody", "ListStateMachineVersions", object("stateMachineArn", machines+"m", "nextToken", "x"), "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"aliases of nobody", "ListStateMachineAliases", object("stateMachineArn", machines+"x"), "StateMachineDoesNotExist", "x"},
		{"alias without members", "CreateStateMachineAlias", object(), "ValidationException", "2 validation errors detected: Value null at 'name' failed to satisfy constraint: Member must not be null; Value null at 'routingConfiguration' failed to satisfy constraint: Member must not be null"},
		{"alias named like a version", "CreateStateMachineAlias", leads("123", to("m:1", 100)), "ValidationException", `Value '123' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`},
		{"blank in the name of an alias", "CreateStateMachineAlias", leads("a b", to("m:1", 100)), "ValidationException", "Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern"},
		{"long name of an alias", "CreateStateMachineAlias", leads(long, to("m:1", 100)), "ValidationException", "at 'name' failed to satisfy constraint: Member must have length less than or equal to 80"},
		{"alias to nothing", "CreateStateMachineAlias", leads("a"), "ValidationException", "Value '[]' at 'routingConfiguration' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"alias to three versions", "CreateStateMachineAlias", leads("a", to("m:1", 50), to("m:2", 30), to("m:3", 20)), "ValidationException",
			"1 validation error detected: Value '[RoutingConfigurationListItem(stateMachineVersionArn=" + machines + "m:1, weight=50), RoutingConfigurationListItem(stateMachineVersionArn=" + machines + "m:2, weight=30), RoutingConfigurationListItem(stateMachineVersionArn=" + machines + "m:3, weight=20)]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2"},
		{"alias to a machine", "CreateStateMachineAlias", leads("a", to("m", 70), to("m:2", 30)), "ValidationException", "Routing configuration must contain state machine version ARNs. Received: [" + machines + "m, " + machines + "m:2]"},
		{"alias to an alias", "CreateStateMachineAlias", leads("a", to("m:live", 100)), "ValidationException", "Routing configuration must contain state machine version ARNs."},
		{"alias to one version twice", "CreateStateMachineAlias", leads("a", to("m:1", 70), to("m:1", 30)), "ValidationException", "Routing configuration must contain distinct state machine version ARNs. Received: [" + machines + "m:1, " + machines + "m:1]"},
		{"alias to versions of two machines", "CreateStateMachineAlias", leads("a", to("m:1", 70), to("n:1", 30)), "ValidationException", "versions of one state machine"},
		{"alias with a weight over 100", "CreateStateMachineAlias", leads("a", to("m:1", 101)), "ValidationException", "Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{"alias with a weight under 0", "CreateStateMachineAlias", leads("a", to("m:1", 101), to("m:2", -1)), "ValidationException", "Value '-1' at 'routingConfiguration.2.member.weight' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{"alias without a weight", "CreateStateMachineAlias", leads("a", object("stateMachineVersionArn", machines+"m:1")), "ValidationException", "Value null at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must not be null"},
		{"alias with less than 100 in all", "CreateStateMachineAlias", leads("a", to("m:1", 70), to("m:2", 29)), "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 29]"},
		{"alias of one with less than 100", "CreateStateMachineAlias", leads("a", to("m:1", 50)), "ValidationException", "Sum of routing configuration weights must equal 100. Received: [50]"},
		{"alias with more than 100 in all", "CreateStateMachineAlias", leads("a", to("m:1", 70), to("m:2", 31)), "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 31]"},
		{"alias to a version of nobody", "CreateStateMachineAlias", leads("a", to("m:1", 100)), "ResourceNotFound", "Request references a resource that does not exist."},
		{"alias to a version of a machine of nobody", "CreateStateMachineAlias", leads("a", to("x:1", 100)), "ResourceNotFound", "Request references a resource that does not exist."},
		{"alias that does not exist", "DescribeStateMachineAlias", object("stateMachineAliasArn", machines+"m:live"), "ResourceNotFound", "Request references a resource that does not exist."},
		{"alias that is a machine", "DescribeStateMachineAlias", object("stateMachineAliasArn", machines+"m"), "ResourceNotFound", "Request references a resource that does not exist."},
		{"nothing of an alias to update", "UpdateStateMachineAlias", object("stateMachineAliasArn", machines+"m:live"), "ValidationException", "must be specified"},
		{"executions of a version of nobody", "ListExecutions", object("stateMachineArn", machines+"m:7"), "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + machines + "m:7'"},

		{"update of nobody", "UpdateStateMachine", object("stateMachineArn", machines+"x", "roleArn", role), "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + machines + "x'"},
		{"update to a bad definition", "UpdateStateMachine", object("stateMachineArn", machines+"m", "definition", "x"), "InvalidDefinition", "Invalid State Machine Definition"},
		{"unknown machine", "DescribeStateMachine", object("stateMachineArn", machines+"x"), "StateMachineDoesNotExist", "'" + machines + "x'"},
		{"machine of another account", "DescribeStateMachine", object("stateMachineArn", "arn:aws:states:us-east-1:000000000000:stateMachine:m"), "StateMachineDoesNotExist", "000000000000"},
		{"no ARN", "DescribeStateMachine", object("stateMachineArn", "m"), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: m'"},
		{"long ARN", "DescribeStateMachine", object("stateMachineArn", machines+strings.Repeat("x", 257-len(machines))), "ValidationException", "Member must have length less than or equal to 256"},
		{"as long as may be", "DescribeStateMachine", object("stateMachineArn", machines+strings.Repeat("x", 256-len(machines))), "StateMachineDoesNotExist", "xxx"},
		{"long ARN of an execution", "DescribeExecution", object("executionArn", executions+"m:"+strings.Repeat("x", 2001)), "ValidationException", "Member must have length less than or equal to 2000"},
		{"of an execution, longer than of others", "DescribeExecution", object("executionArn", executions+"m:"+strings.Repeat("x", 300)), "ExecutionDoesNotExist", "xxx"},
		{"half an ARN", "DescribeStateMachine", object("stateMachineArn", "arn:aws:states"), "InvalidArn", "Invalid ARN: arn:aws:states"},
		{"ARN of another service", "DescribeStateMachine", object("stateMachineArn", "arn:aws:sqs:us-east-1:123456789012:stateMachine:m"), "InvalidArn", "sqs"},
		{"ARN of another kind", "DescribeStateMachine", object("stateMachineArn", executions+"m:e"), "InvalidArn", "Resource type not valid in this context: execution"},
		{"unknown part", "DescribeStateMachine", object("stateMachineArn", machines+"m", "includedData", "SOME"), "ValidationException", "[ALL_DATA, METADATA_ONLY]"},
		{"nothing to validate", "ValidateStateMachineDefinition", object(), "ValidationException", "Value null at 'definition'"},

		{"start of nobody", "StartExecution", object("stateMachineArn", machines+"x"), "StateMachineDoesNotExist", "State Machine Does Not Exist"},
		{"test case without a file", "StartExecution", object("stateMachineArn", machines+"m#Happy"), "ValidationException", `test case "Happy": the server has no mock configuration file`},
		{"execution name that begins badly", "StartExecution", object("stateMachineArn", machines+"m", "name", "/ab"), "InvalidName", "Invalid Name: '/ab'"},
		{"bad execution name", "StartExecution", object("stateMachineArn", machines+"m", "name", "a/b"), "InvalidName", "Invalid Name: 'a/b'"},
		{"empty input", "StartExecution", object("stateMachineArn", machines+"m", "input", ""), "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'"},
		{"input in apostrophes", "StartExecution", object("stateMachineArn", machines+"m", "input", "{'a': 1}"), "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote to start field name'"},
		{"input that is no JSON", "StartExecution", object("stateMachineArn", machines+"m", "input", "not some json"), "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'"},
		{"input that is cut", "StartExecution", object("stateMachineArn", machines+"m", "input", "{"), "InvalidExecutionInput", "Invalid State Machine Execution Input: '"},
		{"input over 256 KiB", "StartExecution", object("stateMachineArn", machines+"m", "input", `"`+strings.Repeat("x", 262_143)+`"`), "InvalidExecutionInput", "the input is larger than 262144 bytes"},
		{"same name, other input", "StartExecution", object("stateMachineArn", machines+"m", "name", "e", "input", "[]"), "ExecutionAlreadyExists", "Execution Already Exists: '" + executions + "m:e'"},
		{"unknown execution", "DescribeExecution", object("executionArn", executions+"m:x"), "ExecutionDoesNotExist", "Execution Does Not Exist: '" + executions + "m:x'"},
		{"unknown child", "DescribeExecution", object("executionArn", executions+"m/L:x"), "ExecutionDoesNotExist", "m/L:x"},
		{"history of nobody", "GetExecutionHistory", object("executionArn", executions+"m:x"), "ExecutionDoesNotExist", "m:x"},
		{"history of a machine", "GetExecutionHistory", object("executionArn", machines+"m"), "InvalidArn", "Resource type not valid in this context: stateMachine"},
		{"machine of an unknown execution", "DescribeStateMachineForExecution", object("executionArn", executions+"m:x"), "ExecutionDoesNotExist", "m:x"},
		{"executions of nobody", "ListExecutions", object("stateMachineArn", machines+"x"), "StateMachineDoesNotExist", "x"},
		{"executions of nothing", "ListExecutions", object(), "ValidationException", "Value null at 'stateMachineArn'"},
		{"executions of two", "ListExecutions", object("stateMachineArn", machines+"m", "mapRunArn", "arn:aws:states:us-east-1:123456789012:mapRun:m/L:x"), "ValidationException", "either a mapRunArn or a stateMachineArn"},
		{"unknown status", "ListExecutions", object("stateMachineArn", machines+"m", "statusFilter", "succeeded"), "ValidationException", "Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"},
		{"pending redrives of a machine", "ListExecutions", object("stateMachineArn", machines+"m", "statusFilter", "PENDING_REDRIVE"), "ValidationException", "needs a mapRunArn"},
		{"children of no map run", "ListExecutions", object("mapRunArn", "arn:aws:states:us-east-1:123456789012:mapRun:m/L:x"), "ResourceNotFound", "Resource not found"},
		{"stop of nobody", "StopExecution", object("executionArn", executions+"m:x"), "ExecutionDoesNotExist", "m:x"},
		{"long error", "StopExecution", object("executionArn", executions+"m:e", "error", strings.Repeat("x", 257)), "ValidationException", "at 'error' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"long cause", "StopExecution", object("executionArn", executions+"m:e", "cause", strings.Repeat("x", 32_769)), "ValidationException", "less than or equal to 32768"},
		{"long error of no ARN", "StopExecution", object("executionArn", "e", "error", strings.Repeat("x", 257)), "ValidationException", "1 validation error detected"},
		{"long error and no ARN", "StopExecution", object("error", strings.Repeat("x", 257)), "ValidationException", "2 validation errors detected"},
		{"redrive of nobody", "RedriveExecution", object("executionArn", executions+"m:x"), "ExecutionDoesNotExist", "m:x"},
		{"map runs of nobody", "ListMapRuns", object("executionArn", executions+"m:x"), "ExecutionDoesNotExist", "m:x"},

		{"activity without a name", "CreateActivity", object(), "ValidationException", "Value null at 'name'"},
		{"blank in the name of an activity", "CreateActivity", object("name", "a b"), "InvalidName", "Invalid Name: 'a b'"},
		{"activity that is a machine", "DescribeActivity", object("activityArn", machines+"m"), "InvalidArn", "Resource type not valid in this context: stateMachine"},
		{"activity of no ARN", "GetActivityTask", object("activityArn", "a"), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: a'"},
		{"worker with a long name", "GetActivityTask", object("activityArn", "arn:aws:states:us-east-1:123456789012:activity:a", "workerName", long), "ValidationException", "at 'workerName' failed to satisfy constraint: Member must have length less than or equal to 80"},

		{"success without a token", "SendTaskSuccess", object("output", "{}"), "ValidationException", "Value null at 'taskToken'"},
		{"success without an output", "SendTaskSuccess", object("taskToken", "t"), "ValidationException", "Value null at 'output'"},
		{"token that is none", "SendTaskSuccess", object("taskToken", "t", "output", "{}"), "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"token of another server", "SendTaskHeartbeat", object("taskToken", strings.Repeat("A", 64)), "TaskDoesNotExist", ""},
		{"token and output that are none", "SendTaskSuccess", object("taskToken", "t", "output", "{"), "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"token that is none, output over 256 KiB", "SendTaskSuccess", object("taskToken", "t", "output", `"`+strings.Repeat("x", 262_144)+`"`), "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"token of another server, output that is no JSON", "SendTaskSuccess", object("taskToken", strings.Repeat("A", 64), "output", ""), "TaskDoesNotExist", ""},
		{"failure with a token that is none", "SendTaskFailure", object("taskToken", "t"), "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"long token", "SendTaskHeartbeat", object("taskToken", strings.Repeat("x", 2049)), "ValidationException", "at 'taskToken' failed to satisfy constraint: Member must have length less than or equal to 2048"},
		{"failure with a long cause and no token", "SendTaskFailure", object("cause", strings.Repeat("x", 32_769)), "ValidationException", "2 validation errors detected: Value null at 'taskToken'"},
		{"failure with a long error", "SendTaskFailure", object("taskToken", "t", "error", strings.Repeat("x", 257)), "ValidationException", "at 'error'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sfnapi.New(sfnapi.Options{})
				defer s.Close()
				api := startPipe(t, s)
				api.must("CreateStateMachine", map[string]any{"name": "m", "definition": waits, "roleArn": role}, nil)
				api.must("StartExecution", map[string]any{"stateMachineArn": machines + "m", "name": "e"}, nil)
				err := api.call(tt.operation, tt.in, nil)
				refused := (*engine.APIError)(nil)
				if !errors.As(err, &refused) || refused.Name != tt.code || !strings.Contains(refused.Message, tt.message) {
					t.Errorf("%s = %.300v\nwant %s: %s", tt.operation, err, tt.code, tt.message)
				}
			})
		})
	}
}

func TestRequestsOfOtherSites(t *testing.T) {
	api := sfnapi.New(sfnapi.Options{Hosts: []string{"my-box"}})
	defer api.Close()
	tests := []struct {
		name, method, url, contentType, target, body string
		status                                       int
		code                                         string
	}{
		{"good", "POST", "http://localhost/", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", "{}", 200, `"stateMachines":[]`},
		{"with a port", "POST", "http://127.0.0.1:8083/", "application/x-amz-json-1.0; charset=utf-8", "AWSStepFunctions.ListStateMachines", "{}", 200, ""},
		{"IPv6", "POST", "http://[::1]:8083/", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", "{}", 200, ""},
		{"the host it was given", "POST", "http://My-Box:8083/", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", "{}", 200, ""},
		{"a name that an attacker points here", "POST", "http://evil.example/", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", "{}", 403, "AccessDeniedException"},
		{"a name that begins like ours", "POST", "http://localhost.evil.example/", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", "{}", 403, "AccessDeniedException"},
		{"a form", "POST", "http://localhost/", "text/plain", "AWSStepFunctions.ListStateMachines", "{}", 415, "SerializationException"},
		{"no content type", "POST", "http://localhost/", "", "AWSStepFunctions.ListStateMachines", "{}", 415, "SerializationException"},
		{"no target", "POST", "http://localhost/", "application/x-amz-json-1.0", "", "{}", 400, "UnknownOperationException"},
		{"target of another service", "POST", "http://localhost/", "application/x-amz-json-1.0", "DynamoDB_20120810.ListTables", "{}", 400, "UnknownOperationException"},
		{"a browser", "GET", "http://localhost/", "", "", "", 405, "UnknownOperationException"},
		{"preflight", "OPTIONS", "http://localhost/", "", "", "", 405, "UnknownOperationException"},
		{"another path", "POST", "http://localhost/x", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", "{}", 404, "UnknownOperationException"},
		{"no body", "POST", "http://localhost/", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", "", 400, "SerializationException"},
		{"too large", "POST", "http://localhost/", "application/x-amz-json-1.0", "AWSStepFunctions.ListStateMachines", strings.Repeat(" ", 4<<20) + "{}", 413, "RequestEntityTooLargeException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.url, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.contentType)
			r.Header.Set("X-Amz-Target", tt.target)
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.code) {
				t.Errorf("answer %d %.300s, want %d %s", w.Code, w.Body, tt.status, tt.code)
			}
			if w.Header().Get("x-amzn-RequestId") == "" || w.Header().Get("Content-Type") != "application/x-amz-json-1.0" {
				t.Errorf("headers %v", w.Header())
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("header %s", name)
				}
			}
		})
	}
}

// FuzzRequest sends any body to any operation: the answer is JSON, and nothing of it
// is a fault of the server.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][2]string{
		{"CreateStateMachine", `{"name":"n","definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}","roleArn":"arn:x"}`},
		{"UpdateStateMachine", `{"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","loggingConfiguration":{"level":"ALL"}}`},
		{"StartExecution", `{"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","input":"{}"}`},
		{"ListExecutions", `{"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","maxResults":3}`},
		{"GetExecutionHistory", `{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:m/L:e","nextToken":"AAAA"}`},
		{"SendTaskSuccess", `{"taskToken":"t","output":"[1e400]"}`},
		{"TagResource", `{"resourceArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","tags":[{"key":"k"}]}`},
		{"ValidateStateMachineDefinition", `{"definition":"x"}`},
		{"CreateStateMachineAlias", `{"name":"a","routingConfiguration":[{"stateMachineVersionArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m:1","weight":100}]}`},
		{"UpdateStateMachineAlias", `{"stateMachineAliasArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m:a","routingConfiguration":[]}`},
		{"GetActivityTask", `{"activityArn":"arn:aws:states:us-east-1:123456789012:activity:a"}`},
	} {
		f.Add(seed[0], []byte(seed[1]))
	}
	api := sfnapi.New(sfnapi.Options{})
	f.Cleanup(api.Close)
	if _, err := api.CreateMachine("m", pass, nil); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError || !strings.HasPrefix(w.Body.String(), "{") {
			t.Errorf("%s %q: %d %s", operation, body, w.Code, w.Body)
		}
	})
}

// TestPagesOfOtherSites asks as a browser does for a page: only one of this server's own
// address, of which there are none, could use it.
func TestPagesOfOtherSites(t *testing.T) {
	api := sfnapi.New(sfnapi.Options{})
	defer api.Close()
	tests := []struct {
		name, header, value string
		status              int
	}{
		{"a program", "", "", 200},
		{"another site", "Origin", "http://evil.example", 403},
		{"another port", "Origin", "http://localhost:3000", 403},
		{"a name that begins like ours", "Origin", "http://localhost:8083.evil.example", 403},
		{"a file or a frame without an origin", "Origin", "null", 403},
		{"nothing", "Origin", "", 403},
		{"no address", "Origin", "http://%zz", 403},
		{"itself", "Origin", "http://localhost:8083", 200},
		{"itself in capitals", "Origin", "http://LOCALHOST:8083", 200},
		{"cross-site", "Sec-Fetch-Site", "cross-site", 403},
		{"same-site", "Sec-Fetch-Site", "same-site", 403},
		{"same-origin", "Sec-Fetch-Site", "same-origin", 200},
		{"typed by a person", "Sec-Fetch-Site", "none", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "http://localhost:8083/", strings.NewReader("{}"))
			r.Header.Set("Content-Type", "application/x-amz-json-1.0")
			r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListStateMachines")
			if tt.header != "" {
				r.Header.Set(tt.header, tt.value)
			}
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if w.Code != tt.status || (w.Code == 403) != strings.Contains(w.Body.String(), "AccessDeniedException") {
				t.Errorf("answer %d %s, want %d", w.Code, w.Body, tt.status)
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("header %s", name)
				}
			}
		})
	}
}
