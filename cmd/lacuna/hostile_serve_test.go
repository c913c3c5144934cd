package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// serving is lacuna serve in process.
type serving struct {
	t      *testing.T
	url    string
	stop   context.CancelFunc
	ended  chan int
	out    *io.PipeReader
	stderr bytes.Buffer
	said   string // its first line
}

func (b *bench) serve(args ...string) *serving {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	out, stdout := io.Pipe()
	s := &serving{t: b.T, stop: stop, ended: make(chan int, 1), out: out}
	go func() {
		code := run(ctx, append([]string{"serve", "--addr", "127.0.0.1:0", "--log-level", "debug", "--db", b.db}, args...), strings.NewReader(""), stdout, &s.stderr, b.env)
		stdout.Close() //nolint:errcheck // it never fails
		s.ended <- code
	}()
	var err error
	if s.said, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		b.Fatalf("serve %q: exit code %d\n%s", args, <-s.ended, &s.stderr)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // until it ends
	s.url = strings.TrimSpace(strings.TrimPrefix(s.said, "Step Functions API at "))
	return s
}

// end ends the server and looks at what it has printed.
func (s *serving) end() {
	s.t.Helper()
	s.stop()
	if code := <-s.ended; code != 0 {
		s.t.Errorf("serve: exit code %d", code)
	}
	for _, text := range []string{s.said, s.stderr.String()} {
		if what := commanding(text, false); what != "" {
			s.t.Errorf("serve prints %s", what)
		}
	}
}

// ask calls an operation, however it is answered.
func (s *serving) ask(operation, body string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// Whoever reaches the API may name, start and fail things: the log of the server,
// and what is kept of the runs, print nothing that commands.
func TestServePrintsNothingThatCommands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mocks := filepath.Join(t.TempDir(), "mocks.json")
	name := strings.ToValidUTF8(evilJSON[:700], "") // a longer one is refused
	writeFile(t, mocks, `{"Version":"1.0","`+name+`":1,"StateMachines":{"lacuna":{"TestCases":{"Evil":{"Select":"Refused"}},"`+name+`":{}}},
		"MockedResponses":{"Refused":{"0":{"Throw":{"Error":"`+evilJSON+`","Cause":"`+evilJSON+`"}}}}}`)
	s := b.serve("--mock-config", mocks)
	const machine = "arn:aws:states:us-east-1:123456789012:stateMachine:lacuna"
	started := s.ask("StartExecution", `{"stateMachineArn":"`+machine+`#Evil","name":"mocked","input":"{}"}`)
	var arn struct{ ExecutionArn string }
	if err := json.Unmarshal([]byte(started), &arn); err != nil || arn.ExecutionArn == "" {
		t.Fatalf("StartExecution: %s", started)
	}
	input, err := json.Marshal(`{"series":["` + evilJSON + `"],"` + evilJSON + `":1}`)
	if err != nil {
		t.Fatal(err)
	}
	s.ask("StartExecution", `{"stateMachineArn":"`+machine+`","name":"real","input":`+string(input)+`}`)
	for _, body := range []string{
		poison(`{"stateMachineArn":"`+machine+`","name":"x","input":"{}"}`, "name"), poison(`{"stateMachineArn":"x"}`, ""),
		poison(`{"name":"x","definition":"x","roleArn":"x"}`, ""), poison(`{"taskToken":"x","error":"x","cause":"x"}`, ""), evil,
	} {
		for _, operation := range []string{"StartExecution", "CreateStateMachine", "SendTaskFailure", "DescribeExecution", evilWords} {
			s.ask(strings.Map(func(r rune) rune { return max(r, ' ') }, operation), body)
		}
	}
	raw, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(raw, "POST /"+evil+" HTTP/1.1\r\n"+evil+"\r\n\r\n") //nolint:errcheck // it is refused
	io.ReadAll(raw)                                                    //nolint:errcheck // until it is
	raw.Close()                                                        //nolint:errcheck
	for _, name := range []string{"mocked", "real"} {
		for strings.Contains(s.ask("DescribeExecution", `{"executionArn":"`+strings.TrimSuffix(arn.ExecutionArn, "mocked")+name+`"}`), "RUNNING") {
			continue // as a client would
		}
	}
	s.end()
	if !strings.Contains(s.stderr.String(), "warning: mock configuration") {
		t.Errorf("no warning of the mock configuration:\n%s", &s.stderr)
	}
	for _, call := range [][]string{{"runs"}, {"runs", "mocked"}, {"runs", "real"}} { // a mocked one is not kept
		var shown []string
		for _, format := range formats[:3] {
			stdout, _ := harmless(t, "serve", b.env, slices.Concat(call, []string{"--db", b.db, "-o", format}))
			shown = append(shown, stdout)
		}
		if slices.Contains(call, "real") && !strings.Contains(shown[0], `\nFAKE`) {
			t.Errorf("lacuna %q does not show what was said:\n%s", call, shown[0])
		}
	}
}

// A mock configuration file that is refused is told of.
func TestMockFilesDoNotCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "mocks.json")
	const good = `{"StateMachines":{"m":{"TestCases":{"c":{"Scrape":"r"}}}},"MockedResponses":{"r":{"0":{"Throw":{"Error":"e","Cause":"c"}}}}}`
	texts := []string{evil, good + evil, poison(`{"StateMachines":"x","MockedResponses":"x"}`, "")}
	for _, name := range []string{"r", "0", "Throw", "c", "Scrape"} {
		texts = append(texts, strings.Replace(good, `"`+name+`":`, `"`+evilJSON+`":7,"`+name+`2":`, 1), strings.Replace(good, `"`+name+`":{`, `"`+name+`":{"`+evilJSON+`":"x",`, 1))
	}
	for _, text := range texts {
		writeFile(t, file, text)
		harmless(t, "mock file", b.env, []string{"serve", "--addr", "256.0.0.1:0", "--mock-config", file, "--db", b.db})
	}
}
