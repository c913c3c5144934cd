package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhereTheStackIs(t *testing.T) {
	byVariables := []string{"LACUNA_TARGET=aws", "LACUNA_TABLE=mine", "LACUNA_STATE_MACHINE_ARN=" + machineARN}
	tests := []struct {
		name  string
		env   []string
		args  []string
		code  int
		table string // that is asked
		want  string // on stderr
	}{
		{"by its name", []string{"LACUNA_TARGET=aws", "LACUNA_STACK=rates"}, nil, 0, "rates", ""},
		{"by its name in a flag", byVariables, []string{"--stack", "rates"}, 0, "rates", ""},
		{"by variables", byVariables, nil, 0, "mine", ""},
		{"by half of the variables", byVariables[:2], nil, 64, "", "LACUNA_STATE_MACHINE_ARN is not set"},
		{"by an ARN of something else", []string{"LACUNA_TARGET=aws", "LACUNA_TABLE=x", "LACUNA_STATE_MACHINE_ARN=arn:aws:sqs:eu-west-1:123456789012:rates"}, nil, 1, "", "want an ARN of one"},
		{"by a flag that is for local", byVariables, []string{"--db", "x.db"}, 64, "", "--db is for --target local"},
		{"by a clock", byVariables, []string{"--now", "2026-07-01"}, 64, "", "--now is for --target local"},
		{"offline", byVariables, []string{"--offline"}, 64, "", "--offline is for --target local"},
		{"with variables of the local target", append(byVariables, "LACUNA_DB=/none/x.db", "LACUNA_NOW=noon", "LACUNA_OFFLINE=true"), nil, 0, "mine", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.env = tt.env
			code, stdout, stderr := a.run(append([]string{"status", "--series", "ECB#USD"}, tt.args...)...)
			table := ""
			if asked := a.of("Query"); len(asked) > 0 {
				table = asked[0]["TableName"].(string)
			}
			if code != tt.code || table != tt.table || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d, table %q\n%s%s", code, table, stdout, stderr)
			}
		})
	}
}

func TestWhatAWSRefuses(t *testing.T) {
	tests := []struct{ name, operation, answer, want, mend string }{
		{"no such stack", "GetParameter", refused("ParameterNotFound", ""), "there is no stack rates in eu-west-1: no SSM parameter /lacuna/rates", ""},
		{"a parameter that is no JSON", "GetParameter", `{"Parameter":{"Value":"rates"}}`, "SSM parameter /lacuna/rates: invalid character", ""},
		{"a parameter of something else", "GetParameter", `{"Parameter":{"Value":"{}"}}`, "names no table", ""},
		{"a parameter that is not for you", "GetParameter", refused("AccessDeniedException", "not authorized to perform: ssm:GetParameter"), "not authorized to perform: ssm:GetParameter", "terraform output -raw reader_policy"},
		{"expired credentials", "Query", refused("ExpiredTokenException", "The security token included in the request is expired"), "token included in the request is expired", "aws sso login"},
		{"unknown credentials", "Query", refused("UnrecognizedClientException", "The security token included in the request is invalid."), "is invalid", "AWS_PROFILE"},
		{"throttling", "Query", refused("ThrottlingException", "Rate exceeded"), "Rate exceeded", "try again in a minute"},
		{"no such table", "Query", refused("ResourceNotFoundException", "Requested resource not found"), "table rates", "lacuna doctor --target aws"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.answer(tt.operation, tt.answer)
			code, _, stderr := a.run("plan", "--series", "ECB#USD", "--from", "-30d")
			_, mend, _ := strings.Cut(stderr, "Mend: ")
			if code != 1 || !strings.Contains(stderr, tt.want) || !strings.Contains(mend, tt.mend) || mend == "" != (tt.mend == "") {
				t.Errorf("exit code %d\n%s", code, stderr)
			}
		})
	}
}

func TestUnansweredRequests(t *testing.T) {
	a := newAccount(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	code, _, stderr := a.run("runs")
	if code != 1 || !strings.Contains(stderr, "connection refused") || !strings.Contains(stderr, "Mend: the network, a proxy, or the endpoint") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

func TestNoCredentials(t *testing.T) {
	a := newAccount(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	code, _, stderr := a.run("runs")
	if code != 1 || !strings.Contains(stderr, "no AWS credentials: ") || !strings.Contains(stderr, "Mend: aws sso login") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

func TestThrottledRequestsAreSentAgain(t *testing.T) {
	a := newAccount(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	n := 0
	a.reply("GetParameter", func(map[string]any) string {
		if n++; n == 1 {
			return refused("ThrottlingException", "Rate exceeded")
		}
		return a.parameter("")
	})
	code, _, stderr := a.run("status", "--series", "ECB#USD")
	if code != 0 || n != 2 {
		t.Errorf("exit code %d after %d requests\n%s", code, n, stderr)
	}
}

func TestEndpointOfOneService(t *testing.T) {
	a := newAccount(t)
	a.env = []string{"LACUNA_TARGET=aws", "LACUNA_STACK=rates"}
	t.Setenv("AWS_ENDPOINT_URL_SSM", a.url+"/ssm/") // a path of its own
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", a.url)
	code, _, stderr := a.run("status", "--series", "ECB#USD")
	if code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

func TestExportOfATable(t *testing.T) {
	a := newAccount(t)
	a.reply("Query", func(body map[string]any) string {
		values := body["ExpressionAttributeValues"].(map[string]any)
		switch key := values[":series"].(map[string]any)["S"]; key {
		case "ECB#USD", "OLD#1":
			return fmt.Sprintf(`{"Items":[{"info_type":{"S":%q},"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fields":{"M":{"value":{"N":"1.0956"}}},
				"source":{"S":"ecb"},"fetched_at":{"S":"2026-07-01T00:00:00Z"},"run":{"S":"x"}}],"Count":1}`, key)
		}
		return `{"Items":[],"Count":0}`
	})
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"all series of the catalogue that have rows", nil, "info_type,date,status,value\nECB#USD,2024-01-02,observed,1.0956\n"},
		{"one that the catalogue does not have any more", []string{"--series", "OLD#1"}, "info_type,date,status,value\nOLD#1,2024-01-02,observed,1.0956\n"},
		{"one without rows", []string{"--series", "SGS#1"}, "info_type,date,status\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := a.run(append([]string{"export"}, tt.args...)...)
			if diff := cmp.Diff(tt.want, stdout); diff != "" || code != 0 {
				t.Errorf("exit code %d (-want +got):\n%s%s", code, diff, stderr)
			}
		})
	}
}

func TestAnotherCatalogueIsTold(t *testing.T) {
	a := newAccount(t)
	a.answer("GetParameter", a.parameter(`,"catalogue":{"sha256":"00","shipped_sha256":"00"}`))
	code, _, stderr := a.run("plan", "--series", "ECB#USD", "--from", "-30d")
	if code != 0 || strings.Count(stderr, "warning: the stack was deployed with another catalogue") != 1 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

func TestVerbsThatAreForAWS(t *testing.T) {
	for _, args := range [][]string{{"dlq", "list"}, {"dlq", "drop"}, {"logs", "x"}, {"runs", "stop", "x"}, {"backfill", "--detach"}} {
		b := newBench(t)
		if code, _, stderr := b.run(args...); code != 64 || !strings.Contains(stderr, "for --target aws") {
			t.Errorf("lacuna %s: exit code %d\n%s", strings.Join(args, " "), code, stderr)
		}
	}
}
