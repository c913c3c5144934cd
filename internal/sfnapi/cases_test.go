package sfnapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/engine/enginetest"
	"lacuna/internal/sfnapi"
	"lacuna/internal/sfnapi/mockfile"
)

const account = "111111111111" // of the recordings

// TestCases runs the cases of testdata/asl or of the directory that ASL_CASES names
// through the API: the mocks as a mock configuration file, the machine created, an
// execution started as ARN#Case, its history read back.
func TestCases(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, c enginetest.Case) {
		synctest.Test(t, func(t *testing.T) { runCase(t, c) })
	})
}

func runCase(t *testing.T, c enginetest.Case) {
	s := sfnapi.New(sfnapi.Options{AccountID: account, Mocks: mocksOf(t, c), Objects: c.Objects(t)})
	defer s.Close()
	api := startPipe(t, s)
	definition := map[string]any{"definition": c.Text()}
	if c.Type != "" {
		definition["type"] = c.Type
	}
	if c.Expect.Status == "VALIDATED" {
		var out struct{ Diagnostics []map[string]any }
		api.must("ValidateStateMachineDefinition", definition, &out)
		c.CheckDiagnostics(t, out.Diagnostics)
		return
	}
	definition["name"], definition["roleArn"] = "machine", "arn:aws:iam::"+account+":role/r"
	if c.Expect.Status == "INVALID_DEFINITION" {
		err := api.call("CreateStateMachine", definition, nil)
		refused := (*engine.APIError)(nil)
		c.CheckRefusal(t, refusal{err}, errors.As(err, &refused) && refused.Name == "InvalidDefinition")
		return
	}
	var machine struct{ StateMachineArn string }
	api.must("CreateStateMachine", definition, &machine)
	input, err := enginetest.Compact(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	var started struct{ ExecutionArn string }
	api.must("StartExecution", map[string]any{"stateMachineArn": machine.StateMachineArn + "#Case", "name": "run", "input": string(input)}, &started)
	if c.Expect.Status == engine.Aborted {
		synctest.Wait()
		stop := map[string]any{"executionArn": started.ExecutionArn}
		if c.Expect.Error != nil {
			stop["error"] = *c.Expect.Error
		}
		if c.Expect.Cause != nil {
			stop["cause"] = *c.Expect.Cause
		}
		api.must("StopExecution", stop, nil)
	}
	c.CheckResult(t, api.wait(started.ExecutionArn))
	c.CheckHistory(t, api.history(started.ExecutionArn))
}

// refusal is an error of the API whose text is its message.
type refusal struct{ error }

func (r refusal) Error() string {
	if api := (*engine.APIError)(nil); errors.As(r.error, &api) {
		return api.Message
	}
	return r.error.Error()
}

// mocksOf is the mock configuration file of a case.
func mocksOf(t *testing.T, c enginetest.Case) *mockfile.File {
	states := map[string]string{}
	for state := range c.Mocks {
		states[state] = state
	}
	text, err := json.Marshal(map[string]any{
		"StateMachines":   map[string]any{"machine": map[string]any{"TestCases": map[string]any{"Case": states}}},
		"MockedResponses": c.Mocks,
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := mockfile.Parse("MockConfigFile.json", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// client calls the API in the plain protocol.
type client struct {
	t    *testing.T
	url  string
	http *http.Client
}

// startPipe serves s on connections in memory, which time in a synctest bubble can
// wait for.
func startPipe(t *testing.T, s http.Handler) *client {
	listener := make(pipeListener)
	server := &http.Server{Handler: s}
	go server.Serve(listener) //nolint:errcheck // it ends with Close
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case listener <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &client{t, "http://localhost/", &http.Client{Transport: transport}}
}

type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l pipeListener) Close() error { close(l); return nil }

func (l pipeListener) Addr() net.Addr { return &net.IPAddr{} }

// call does an operation. An error of the API is an *engine.APIError.
func (c *client) call(operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	answer, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		var failure struct {
			Type    string `json:"__type"`
			Message string
		}
		if err := json.Unmarshal(text, &failure); err != nil {
			return err
		}
		return &engine.APIError{Name: failure.Type, Message: failure.Message}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (c *client) must(operation string, in, out any) {
	c.t.Helper()
	if err := c.call(operation, in, out); err != nil {
		c.t.Fatalf("%s: %v", operation, err)
	}
}

// wait asks until an execution has ended. In a synctest bubble that takes no time.
func (c *client) wait(arn string) engine.Result {
	c.t.Helper()
	for pause := time.Millisecond; ; pause *= 2 {
		var out struct {
			Status       string
			Output       *string
			Error, Cause *string
		}
		c.must("DescribeExecution", map[string]any{"executionArn": arn}, &out)
		if out.Status != engine.Running {
			r := engine.Result{Status: out.Status, Error: out.Error, Cause: out.Cause}
			if out.Output != nil {
				r.Output = json.RawMessage(*out.Output)
			}
			return r
		}
		<-time.After(pause)
	}
}

// history reads all pages of an execution's history.
func (c *client) history(arn string) []any {
	c.t.Helper()
	var events []any
	in := map[string]any{"executionArn": arn, "maxResults": 7}
	for {
		var out struct {
			Events    []any
			NextToken string
		}
		c.must("GetExecutionHistory", in, &out)
		events = append(events, out.Events...)
		if out.NextToken == "" {
			return events
		}
		in["nextToken"] = out.NextToken
	}
}
