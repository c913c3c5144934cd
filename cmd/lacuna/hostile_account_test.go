package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// ofAWS are the verbs that ask AWS.
var ofAWS = []string{
	"plan", "status", "why", "runs", "runs stop", "logs", "dlq list", "dlq drop", "export", "mark absent", "mark missing", "quarantine list",
	"quarantine release", "quarantine accept", "backfill", "doctor",
}

// account in which there is some of everything.
func busy(t *testing.T) *account {
	a := healthy(t)
	a.answer("Query", `{"Items":[`+storedItem+`],"Count":1}`)
	a.answer("TransactWriteItems", `{}`)
	a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864000.5}`)
	a.answer("StopExecution", `{"stopDate":1782864009.5}`)
	a.answer("ListExecutions", fmt.Sprintf(`{"executions":[{"executionArn":"arn","stateMachineArn":%q,"name":"x","status":"FAILED","startDate":1782864000.5}]}`, machineARN))
	a.answer("DescribeExecution", described("FAILED", `,"stopDate":1782864009.5,"error":"Lacuna.Incomplete","cause":"stream ecb-001"`))
	a.answer("GetExecutionHistory", `{"events":[`+strings.Join(reversed(reported(failedSummary, "ExecutionFailed")), ",")+`]}`)
	a.answer("FilterLogEvents", `{"events":[{"eventId":"1","logStreamName":"s","message":"panic: x","timestamp":1782864000500},
		{"eventId":"2","logStreamName":"s","message":"{\"msg\":\"asked\",\"run\":\"x\"}","timestamp":1782864000600}]}`)
	a.answer("ReceiveMessage", `{"Messages":[`+deadMessage("1", scrapeBody, 6, time.Now())+`,`+deadMessage("1", "hello", 6, time.Now())+`]}`)
	a.answer("GetQueueAttributes", queueCounts(1, 0))
	a.answer("ChangeMessageVisibility", `{}`)
	a.answer("DeleteMessage", `{}`)
	return a
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// tryVerb runs a verb and returns the operations that it called.
func (a *account) tryVerb(about, verb string, formats ...string) (asked []string) {
	a.Helper()
	a.calls = nil
	for _, call := range calls(verb, "x") {
		switch verb {
		case "plan":
			call = append([]string{verb}, days4...)
		case "backfill":
			call = append([]string{verb, "--detach"}, days4...)
		}
		for _, format := range formats {
			harmless(a.T, about, a.env, slices.Concat(call, []string{"--catalogue", catalogueFile(a.T), "-o", format}))
		}
	}
	for _, c := range a.calls {
		asked = append(asked, c.Operation)
	}
	return asked
}

// What AWS answers holds text of publishers, of whoever may send a message or
// start an execution, and of whatever answers in its place.
func TestAWSDoesNotCommand(t *testing.T) {
	a := busy(t)
	good := maps.Clone(a.answers)
	ofOperation := map[string][]string{} // the verbs that call it
	for _, verb := range ofAWS {         // all is well: so they have what they show
		for _, operation := range a.tryVerb("good", verb, "table", "json") {
			if !slices.Contains(ofOperation[operation], verb) {
				ofOperation[operation] = append(ofOperation[operation], verb)
			}
		}
	}
	ofOperation["GetParameter"] = []string{"status", "doctor", "dlq list", "runs"} // all of them would take long
	ofOperation["GetExecutionHistory"] = []string{"runs"}
	tried := 0
	lie := func(about, operation, answer string, formats ...string) {
		a.answer(operation, answer)
		for _, verb := range ofOperation[operation] {
			if tried++; inTurn(tried) {
				a.tryVerb(operation+", "+about, verb, formats...)
			}
		}
	}
	if len(ofOperation) < 15 {
		t.Fatalf("the verbs call too little: %v", ofOperation)
	}
	for operation := range ofOperation {
		text := `{"message":"x"}` // of what a test would have to make up
		if reply := good[operation]; reply != nil {
			text = reply(map[string]any{})
		}
		lie("every text", operation, poison(text, ""), "table", "json")
		for _, answer := range []string{
			evil, poison(`{"__type":"AccessDeniedException","message":"x"}`, "message"), poison(`{"__type":"x","message":"x"}`, ""),
			poison(`{"errorType":"x","errorMessage":"x"}`, ""), "<Error><Code>" + evil + "</Code><Message>" + evil + "</Message></Error>",
		} {
			lie("an error", operation, answer, "table")
		}
		if good[operation] == nil {
			good[operation] = always("{}")
		}
		a.reply(operation, good[operation])
	}
	for operation, names := range map[string][]string{
		"GetParameter":        {"table", "state_machine_arn", "ecb", "url", "dlq_url", "select", "scrape-ecb", "machine", "region"},
		"Query":               {"S", "N"},
		"ListExecutions":      {"name", "status"},
		"DescribeExecution":   {"name", "status", "input", "error", "cause"},
		"GetExecutionHistory": {"name", "input", "output", "error", "cause", "id", "message", "Error", "type"},
		"FilterLogEvents":     {"message", "msg", "run"},
		"ReceiveMessage":      {"Body", "run", "id", "series", "MessageId"},
	} {
		for _, name := range names {
			lie(name, operation, poison(good[operation](map[string]any{}), name), "table", "json")
			if operation == "GetExecutionHistory" && name != "type" { // without types it would never end
				harmless(t, name, a.env, slices.Concat([]string{"backfill", "--catalogue", catalogueFile(t)}, days4))
			}
		}
		a.reply(operation, good[operation])
	}
	a.env = append(a.env, "LACUNA_STACK="+evil)
	for _, verb := range ofAWS {
		a.tryVerb("stack", verb, "table")
	}
}
