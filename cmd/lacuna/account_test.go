package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	machineARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:rates"
	queueBase  = "https://sqs.eu-west-1.amazonaws.com/123456789012/rates-"
)

// call is a request to AWS: the operation and its JSON.
type call struct {
	Operation string
	Body      map[string]any
}

// account is an AWS account with the stack rates: it answers each operation in
// the form that AWS was recorded with. Whatever a test does not lay down, it
// does not know.
type account struct {
	*testing.T
	url string
	env []string

	mu      sync.Mutex
	answers map[string]func(body map[string]any) string
	calls   []call
}

// refused is the answer of AWS to a request that it refuses; throttled ones have
// status 400 like others.
func refused(code, message string) string {
	return fmt.Sprintf(`{"__type":"com.amazonaws.any#%s","message":%q}`, code, message)
}

func always(answer string) func(map[string]any) string {
	return func(map[string]any) string { return answer }
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{T: t, answers: map[string]func(map[string]any) string{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_PROFILE": "", "AWS_CA_BUNDLE": "", "AWS_SESSION_TOKEN": "", "AWS_MAX_ATTEMPTS": "1", // no test waits for a retry that it does not test
	} {
		t.Setenv(name, value)
	}
	a.env = []string{"LACUNA_TARGET=aws", "LACUNA_STACK=rates"}
	a.answer("GetParameter", a.parameter(""))
	a.answer("Query", `{"Items":[],"Count":0}`)
	return a
}

// parameter is the answer with the parts of the stack; more is JSON of others.
func (a *account) parameter(more string) string {
	var functions []string
	for _, task := range []string{"select", "query", "detect", "fanout", "report", "scrape-ecb"} {
		functions = append(functions, fmt.Sprintf(`%q:%q`, task, versionARN(task)))
	}
	value := fmt.Sprintf(`{"table":"rates","state_machine_arn":%q,"queues":{"ecb":{"url":"%[2]secb","dlq_url":"%[2]secb-dlq"}},"functions":{%[3]s},
		"log_groups":{"machine":"/aws/vendedlogs/states/rates","scrape-ecb":"/aws/lambda/rates-scrape-ecb","select":"/aws/lambda/rates-select"},
		"region":"eu-west-1","dashboard_url":""%[4]s}`, machineARN, queueBase, strings.Join(functions, ","), more)
	return fmt.Sprintf(`{"Parameter":{"Name":"/lacuna/rates","Type":"String","Value":%q,"Version":3}}`, strings.ReplaceAll(value, "\n\t\t", ""))
}

func versionARN(task string) string {
	return "arn:aws:lambda:eu-west-1:123456789012:function:rates-" + task + ":7"
}

func (a *account) answer(operation, body string) { a.reply(operation, always(body)) }

func (a *account) reply(operation string, body func(map[string]any) string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[operation] = body
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	operation, body := operationOf(r, text)
	a.mu.Lock()
	a.calls = append(a.calls, call{operation, body})
	reply := a.answers[operation]
	a.mu.Unlock()
	answer := refused("UnknownOperationException", operation)
	if reply != nil {
		answer = reply(body)
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") {
		answer = refused("IncompleteSignature", r.Header.Get("Authorization"))
	}
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(answer))), 10)) // DynamoDB's SDK looks
	if strings.Contains(answer, `"errorType"`) {                                                      // of a function
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	if strings.Contains(answer, `"__type"`) {
		w.WriteHeader(http.StatusBadRequest)
	} else if strings.Contains(answer, "<Error>") {
		w.WriteHeader(http.StatusForbidden)
	}
	io.WriteString(w, answer) //nolint:errcheck // lacuna would say so
}

// operationOf reads the protocols: JSON by header, STS's form, Lambda's path.
func operationOf(r *http.Request, text []byte) (string, map[string]any) {
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		var body map[string]any
		if err := json.Unmarshal(text, &body); err != nil {
			return "no JSON", nil
		}
		return operation, body
	}
	if strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/") {
		arn := strings.Split(strings.Split(r.URL.Path, "/")[3], ":")
		if len(arn) < 8 {
			return "no ARN", nil
		}
		if strings.HasSuffix(r.URL.Path, "/invocations") {
			var event map[string]any
			if err := json.Unmarshal(text, &event); err != nil {
				return "no JSON", nil
			}
			return "Invoke", map[string]any{"name": arn[6], "version": arn[7], "event": event}
		}
		return "GetFunctionConfiguration", map[string]any{"name": arn[6], "version": arn[7]}
	}
	return "GetCallerIdentity", nil
}

// of returns the bodies of the calls of one operation, oldest first.
func (a *account) of(operation string) []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	var bodies []map[string]any
	for _, c := range a.calls {
		if c.Operation == operation {
			bodies = append(bodies, c.Body)
		}
	}
	return bodies
}

// run runs lacuna on the account and returns its exit code and what it wrote.
func (a *account) run(args ...string) (code int, stdout, stderr string) {
	a.Helper()
	return a.runUntil(a.Context(), args...)
}

func (a *account) runUntil(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	a.Helper()
	var out, errs bytes.Buffer
	code = run(ctx, append(args, "--catalogue", catalogueFile(a.T)), strings.NewReader(""), &out, &errs, a.env)
	return code, out.String(), errs.String()
}

// catalogueFile is the shipped catalogue by its path, so that no test depends on
// the folder it runs in.
func catalogueFile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "series.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// history serves DescribeExecution and GetExecutionHistory of one run, newest
// event first, a few a page. At each first page the run has grown by a step.
func (a *account) history(describe string, events []string, step int) {
	const page = 4
	grown := 0
	a.answer("DescribeExecution", describe)
	a.reply("GetExecutionHistory", func(body map[string]any) string {
		from := 0
		if token, ok := body["nextToken"].(string); ok {
			from, _ = strconv.Atoi(token)
		} else {
			grown = min(grown+step, len(events))
		}
		var parts []string
		for i := grown - 1 - from; i >= 0 && len(parts) < page; i-- {
			parts = append(parts, events[i])
		}
		next := ""
		if from+page < grown {
			next = fmt.Sprintf(`,"nextToken":"%d"`, from+page)
		}
		return `{"events":[` + strings.Join(parts, ",") + `]` + next + `}`
	})
}
