package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogsAreInOrderOfTime(t *testing.T) {
	a := newAccount(t)
	a.answer("DescribeExecution", described("SUCCEEDED", `,"stopDate":1782864009.5`))
	line := func(ms int, text string) string {
		return fmt.Sprintf(`{"eventId":"1","ingestionTime":1782864010000,"logStreamName":"s","message":%q,"timestamp":%d}`, text, 1782864000000+ms)
	}
	a.reply("FilterLogEvents", func(body map[string]any) string {
		if body["filterPattern"] != `"x"` || body["startTime"] != 1782863940500.0 || body["endTime"] != 1782864909500.0 {
			t.Errorf("FilterLogEvents %v", body)
		}
		switch {
		case body["logGroupName"] == "/aws/lambda/rates-select":
			return `{"events":[` + line(600, "{\"level\":\"INFO\",\"msg\":\"done\",\"run\":\"x\"}\n") + `],"searchedLogStreams":[]}`
		case body["logGroupName"] == "/aws/lambda/rates-scrape-ecb" && body["nextToken"] == nil:
			return `{"events":[],"nextToken":"more"}`
		case body["logGroupName"] == "/aws/lambda/rates-scrape-ecb":
			return `{"events":[` + line(900, "panic: x") + `,` + line(500, `{"msg":"asked","run":"x"}`) + `]}`
		}
		return `{"events":[]}`
	})
	code, stdout, stderr := a.run("logs", "x")
	want := `2026-07-01T00:00:00.500Z scrape-ecb {"msg":"asked","run":"x"}
2026-07-01T00:00:00.600Z select {"level":"INFO","msg":"done","run":"x"}
2026-07-01T00:00:00.900Z scrape-ecb panic: x
`
	if diff := cmp.Diff(want, stdout); diff != "" || code != 0 {
		t.Errorf("exit code %d (-want +got):\n%s%s", code, diff, stderr)
	}
	_, stdout, _ = a.run("logs", "x", "-o", "jsonl")
	want = `{"time":"2026-07-01T00:00:00.5Z","function":"scrape-ecb","message":{"msg":"asked","run":"x"}}
{"time":"2026-07-01T00:00:00.6Z","function":"select","message":{"level":"INFO","msg":"done","run":"x"}}
{"time":"2026-07-01T00:00:00.9Z","function":"scrape-ecb","message":"panic: x"}
`
	if diff := cmp.Diff(want, stdout); diff != "" {
		t.Errorf("-o jsonl (-want +got):\n%s", diff)
	}
}

func TestLogsThatCannotBeHad(t *testing.T) {
	tests := []struct{ name, describe, logs, want string }{
		{"of a run that is not there", refused("ExecutionDoesNotExist", ""), `{}`, "run x is not in stack rates"},
		{"of a log group that is not there", described("RUNNING", ""), refused("ResourceNotFoundException", "The specified log group does not exist."), "log group /aws/vendedlogs/states/rates: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.answer("DescribeExecution", tt.describe)
			a.answer("FilterLogEvents", tt.logs)
			if code, _, stderr := a.run("logs", "x"); code != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d\n%s", code, stderr)
			}
		})
	}
}
