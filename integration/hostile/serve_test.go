//go:build integration && linux

package hostile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The server is attacked with a small budget, so that it is soon reached.
const (
	serveMemory = "256MB"
	servePeak   = 256 << 20
	// A small execution beside an attack ends within that, on a machine whose two processors
	// ten others share.
	soon = 30 * time.Second
	// SIGTERM ends the server within that.
	atOnce = 3 * time.Second
)

// api is a server that is attacked, and a client of it.
type api struct {
	*testing.T
	address string
	http    *http.Client
}

// call does an operation, whose request body writes, and returns the status, what is in
// out of the answer, and the name of the error.
func (a *api) call(operation string, body io.Reader, out any) (status int, name string, size int64, err error) {
	r, err := http.NewRequestWithContext(a.Context(), http.MethodPost, "http://"+a.address, body)
	if err != nil {
		return 0, "", 0, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	answer, err := a.http.Do(r)
	if err != nil {
		return 0, "", 0, err
	}
	defer answer.Body.Close()
	counted := &counter{r: answer.Body}
	var failure struct {
		Type string `json:"__type"`
	}
	if answer.StatusCode != http.StatusOK {
		out = &failure
	}
	if out != nil {
		err = json.NewDecoder(counted).Decode(out)
	}
	if _, readErr := io.Copy(io.Discard, counted); err == nil {
		err = readErr
	}
	return answer.StatusCode, failure.Type, counted.n, err
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(buf []byte) (int, error) {
	n, err := c.r.Read(buf)
	c.n += int64(n)
	return n, err
}

// must is call of what the server cannot refuse.
func (a *api) must(operation string, in, out any) {
	a.Helper()
	text, err := json.Marshal(in)
	if err != nil {
		a.Fatal(err)
	}
	if status, name, _, err := a.call(operation, strings.NewReader(string(text)), out); err != nil || status != http.StatusOK {
		a.Fatalf("%s: status %d %s, %v", operation, status, name, err)
	}
}

type fields map[string]any

func (a *api) create(name, definition string) string {
	a.Helper()
	var out struct{ StateMachineArn string }
	a.must("CreateStateMachine", fields{"name": name, "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/r"}, &out)
	return out.StateMachineArn
}

// start starts an execution; input is a stream of JSON, which the request escapes. refused
// is the name of the error.
func (a *api) start(machine, name string, input io.Reader) (arn, refused string) {
	a.Helper()
	var out struct{ ExecutionArn string }
	body := io.MultiReader(strings.NewReader(`{"stateMachineArn":"`+machine+`","name":"`+name+`","input":"`), &escaped{bufio.NewReader(input)}, strings.NewReader(`"}`))
	status, refused, _, err := a.call("StartExecution", body, &out)
	if err != nil || status != http.StatusOK && refused != "ThrottlingException" && refused != "ExecutionLimitExceeded" {
		a.Fatalf("StartExecution: status %d %s, %v", status, refused, err)
	}
	return out.ExecutionArn, refused
}

// escaped is text in a JSON string, as far as quotation marks go.
type escaped struct{ in *bufio.Reader }

func (e *escaped) Read(buf []byte) (n int, err error) {
	for n < len(buf)-1 {
		c, err := e.in.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		if c == '"' {
			buf[n] = '\\'
			n++
		}
		buf[n] = c
		n++
	}
	return n, nil
}

// repeated is head, n times item with commas between, and tail.
func repeated(head, item string, n int, tail string) io.Reader {
	return io.MultiReader(strings.NewReader(head), io.LimitReader(&cycle{text: item + ","}, int64(n*(len(item)+1)-1)), strings.NewReader(tail))
}

type cycle struct {
	text string
	at   int
}

func (c *cycle) Read(buf []byte) (n int, err error) {
	for n < len(buf) {
		copied := copy(buf[n:], c.text[c.at:])
		n += copied
		c.at = (c.at + copied) % len(c.text)
	}
	return n, nil
}

func longText(size int) io.Reader { return repeated(`{"text":"`, "xxxxxxxxx", size/10, `"}`) }

type described struct{ Status, Error, Cause string }

// ended waits until an execution has ended, however that is. One that was forgotten has.
func (a *api) ended(arn string) described {
	a.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; {
		var out described
		status, name, _, err := a.call("DescribeExecution", strings.NewReader(`{"executionArn":"`+arn+`"}`), &out)
		switch {
		case err != nil:
			a.Fatal(err)
		case name == "ExecutionDoesNotExist":
			return described{Status: "FORGOTTEN"}
		case status == http.StatusOK && out.Status != "RUNNING":
			return out
		}
	}
	a.Fatalf("%s does not end", arn)
	return described{}
}

const small = `{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"S"},"S":{"Type":"Succeed"}}}`

// answers starts a small execution and waits until it has succeeded.
func (a *api) answers(machine, name string) {
	a.Helper()
	a.http.CloseIdleConnections() // the server may be closing them to make room
	began := time.Now()
	arn, refused := a.start(machine, name, strings.NewReader(`{}`))
	if refused != "" {
		a.Errorf("%s: refused with %s", name, refused)
		return
	}
	if got := a.ended(arn); got.Status != "SUCCEEDED" {
		a.Errorf("%s: %+v", name, got)
	}
	if took := time.Since(began); took > soon {
		a.Errorf("%s took %v", name, took)
	}
}

// TestServe attacks a server of a process of its own. It keeps to its budget, a small
// execution succeeds meanwhile and afterwards, and SIGTERM ends it at once.
func TestServe(t *testing.T) {
	const waits = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`
	distributed := func(more string, states string) string {
		return `{"StartAt":"I","States":{"I":{"Type":"Pass","Parameters":{"list.$":"States.ArrayRange(1,100,1)","text.$":"$.text"},"Next":"M"},
			"M":{"Type":"Map","ItemsPath":"$.list","ItemSelector":{"text.$":"$.text"},"End":true` + more + `,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},` + states + `}}}}`
	}
	// A child makes 200 texts of 100 KB, 100 children do.
	grow := `"StartAt":"L","States":{"L":{"Type":"Pass","Parameters":{"list.$":"States.ArrayRange(1,200,1)","text.$":"$.text"},"Next":"E"},"E":{"Type":"Map","ItemsPath":"$.list","ItemSelector":{"text.$":"$.text","i.$":"$$.Map.Item.Index"},"ResultPath":null,"End":true,
		"ItemProcessor":{"StartAt":"G","States":{"G":{"Type":"Pass","Parameters":{"u.$":"States.UUID()","text.$":"$.text"},"End":true}}}}}`
	for _, attack := range []struct {
		name string
		do   func(a *api, small string)
	}{
		{"distributed Map of 20,000 x 100 KB", func(a *api, small string) {
			m := a.create("m", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.list","ItemSelector":{"text.$":"$.text","i.$":"$$.Map.Item.Index"},"End":true,
				"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`)
			arn, _ := a.start(m, "e", io.MultiReader(repeated(`{"text":"`, "xxxxxxxxx", 10_000, `",`), repeated(`"list":[`, "1", 20_000, `]}`)))
			a.answers(small, "during")
			if got := a.ended(arn); got.Status != "FAILED" || got.Error != "States.Runtime" && got.Error != "States.ExceedToleratedFailureThreshold" {
				a.Errorf("%+v", got)
			}
		}},
		{"distributed Map of children that grow", func(a *api, small string) {
			arn, _ := a.start(a.create("m", distributed(`,"ToleratedFailurePercentage":100`, grow)), "e", longText(100_000))
			a.answers(small, "during")
			a.ended(arn) // its children may fail
		}},
		{"history of 25,000 events x 250 KB", func(a *api, small string) {
			m := a.create("m", `{"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"u.$":"States.UUID()","text.$":"$.text"},"Next":"C"},
				"C":{"Type":"Choice","Choices":[{"Variable":"$.u","IsNull":true,"Next":"S"}],"Default":"P"},"S":{"Type":"Succeed"}}}`)
			arn, _ := a.start(m, "e", longText(250_000))
			a.answers(small, "during")
			got := a.ended(arn)
			if got.Status != "FAILED" || got.Error != "States.Runtime" || !strings.Contains(got.Cause, "may keep no more") {
				a.Errorf("%+v", got)
			}
		}},
		{"20 such histories at once", func(a *api, small string) {
			m := a.create("m", `{"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"u.$":"States.UUID()","list.$":"$.list"},"Next":"C"},
				"C":{"Type":"Choice","Choices":[{"Variable":"$.u","IsNull":true,"Next":"S"}],"Default":"P"},"S":{"Type":"Succeed"}}}`)
			arns := []string{}
			for i := range 20 {
				if arn, refused := a.start(m, fmt.Sprint("e", i), repeated(`{"list":[`, "{}", 80_000, `]}`)); refused == "" {
					arns = append(arns, arn)
				}
			}
			a.answers(small, "during")
			for _, arn := range arns {
				a.ended(arn)
			}
		}},
		{"10,000 ended executions", func(a *api, small string) {
			m := a.create("m", `{"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"u.$":"States.UUID()","text.$":"$.text"},"End":true}}}`)
			inParallel(16, 10_000, func(i int) { a.start(m, fmt.Sprint("e", i), longText(25_000)) })
			a.answers(small, "during")
		}},
		{"fork bomb", func(a *api, small string) {
			branch := func(name string) string {
				return `{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution",
					"Parameters":{"StateMachineArn.$":"$$.StateMachine.Id","Input":{"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$":"$$.Execution.Id"}},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":100,"IntervalSeconds":1}],"End":true}}}`
			}
			m := a.create("m", `{"StartAt":"F","States":{"F":{"Type":"Parallel","End":true,"Branches":[`+branch("A")+`,`+branch("B")+`,`+branch("C")+`]}}}`)
			a.start(m, "e", strings.NewReader("{}"))
			for i := range 100 { // the bomb needs time
				a.answers(small, fmt.Sprint("during-", i))
			}
		}},
		{"fork bomb of executions that wait for theirs", func(a *api, small string) {
			m := a.create("m", `{"StartAt":"F","States":{"F":{"Type":"Map","ItemsPath":"$.list","End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
				"Parameters":{"StateMachineArn.$":"$$.StateMachine.Id","Input":{"list":[1,2,3,4,5,6,7,8]}},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":100,"IntervalSeconds":1}],"End":true}}}}}}`)
			a.start(m, "e", strings.NewReader(`{"list":[1,2,3]}`))
			for i := range 100 {
				a.answers(small, fmt.Sprint("during-", i))
			}
		}},
		{"GetExecutionHistory of 301 MB", func(a *api, small string) {
			// Within the budget that is a history of 60 MB; clients ask for all of it at once.
			m := a.create("m", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.list","ItemSelector":{"text.$":"$.text","i.$":"$$.Map.Item.Index"},"ResultSelector":{},"End":true,
				"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","OutputPath":null,"End":true}}}}}}`)
			arn, _ := a.start(m, "e", repeated(`{"list":[`, "1", 130, `],"text":"`+strings.Repeat("<", 200_000)+`"}`))
			if got := a.ended(arn); got.Status != "SUCCEEDED" {
				a.Errorf("%+v", got)
			}
			inParallel(32, 64, func(int) {
				status, name, size, err := a.call("GetExecutionHistory", strings.NewReader(`{"executionArn":"`+arn+`","maxResults":1000}`), nil)
				if err != nil || status != http.StatusOK && name != "ThrottlingException" || size > 3<<20 {
					a.Errorf("status %d %s, %d bytes, %v", status, name, size, err)
				}
			})
			a.answers(small, "during")
		}},
		{"100 half-sent bodies", func(a *api, small string) { a.half(100, "CreateStateMachine", 4<<20); a.answers(small, "during") }},
		{"2,000 half-sent bodies", func(a *api, small string) { a.half(2000, "StartExecution", 30<<10); a.answers(small, "during") }},
		{"100 answers that nobody reads", func(a *api, small string) {
			m := a.create("m", `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`)
			arn, _ := a.start(m, "e", longText(250_000))
			a.ended(arn)
			for range 100 {
				a.raw("GetExecutionHistory", `{"executionArn":"`+arn+`"}`, -1)
			}
			a.answers(small, "during")
		}},
		{"headers without end", func(a *api, small string) {
			for range 600 {
				conn, err := net.Dial("tcp", a.address)
				if err != nil {
					a.Fatal(err)
				}
				a.Cleanup(func() { conn.Close() })
				fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nX: %s", strings.Repeat("x", 15_000))
			}
			a.answers(small, "during")
		}},
		{"5,000 waits", func(a *api, small string) {
			m := a.create("m", waits)
			inParallel(16, 5_000, func(i int) { a.start(m, fmt.Sprint("e", i), strings.NewReader("{}")) })
			a.answers(small, "during")
		}},
		{"2,000 waits with 250 KB each", func(a *api, small string) {
			m := a.create("m", waits)
			inParallel(16, 2_000, func(i int) { a.start(m, fmt.Sprint("e", i), repeated("[", "{}", 80_000, "]")) })
		}},
		{"5,000 waits of one execution", func(a *api, small string) {
			m := a.create("m", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.list","End":true,
				"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}}}}`)
			a.start(m, "e", repeated(`{"list":[`, "1", 5000, "]}"))
			a.answers(small, "during")
		}},
		{"5,000 workers that wait", func(a *api, small string) {
			a.must("CreateActivity", fields{"name": "a"}, nil)
			for range 5000 {
				a.raw("GetActivityTask", `{"activityArn":"arn:aws:states:us-east-1:123456789012:activity:a"}`, -1)
			}
			a.answers(small, "during")
		}},
		{"200 definitions of 1 MB", func(a *api, small string) {
			inParallel(8, 200, func(i int) {
				body := io.MultiReader(strings.NewReader(fmt.Sprintf(`{"name":"d%d","roleArn":"arn:aws:iam::1:role/r","definition":"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true,\"Parameters\":{\"a.$\":\"$`, i)),
					io.LimitReader(&cycle{text: "[0]"}, 999_999), strings.NewReader(`\"}}}}"}`))
				status, name, _, err := a.call("CreateStateMachine", body, nil)
				if err != nil || status != http.StatusOK && name != "ThrottlingException" && name != "InvalidDefinition" {
					a.Errorf("status %d %s, %v", status, name, err)
				}
			})
			a.answers(small, "during")
		}},
		{"activities with tags", func(a *api, small string) {
			inParallel(8, 10_000, func(i int) {
				tags := repeated(fmt.Sprintf(`{"name":"a%d","tags":[{"key":"k","value":"v"},`, i), `{"key":"`+strings.Repeat("k", 100)+`","value":"`+strings.Repeat("v", 250)+`"}`, 40, `]}`)
				status, name, _, err := a.call("CreateActivity", tags, nil)
				if err != nil || status != http.StatusOK && name != "ThrottlingException" {
					a.Errorf("status %d %s, %v", status, name, err)
				}
			})
		}},
	} {
		t.Run(attack.name, func(t *testing.T) {
			a, end := serve(t)
			small := a.create("small", small)
			a.answers(small, "before")
			attack.do(a, small)
			end()
		})
	}
}

// half sends most of the bodies of n requests, and then nothing.
func (a *api) half(n int, operation string, size int64) {
	for range n {
		a.raw(operation, "{", size)
	}
}

// raw sends a request whose body begins with head and has size bytes, but for the last
// ones; with size -1 it is head and complete. Nothing is read.
func (a *api) raw(operation, head string, size int64) {
	conn, err := net.Dial("tcp", a.address)
	if err != nil {
		a.Fatal(err)
	}
	a.Cleanup(func() { conn.Close() })
	length := size
	if size < 0 {
		length = int64(len(head))
	}
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AWSStepFunctions.%s\r\nContent-Length: %d\r\n\r\n%s", operation, length, head)
	if size > 0 {
		conn.SetWriteDeadline(time.Now().Add(time.Second))                         //nolint:errcheck // the server may have closed it
		io.Copy(conn, io.LimitReader(&cycle{text: " "}, size-int64(len(head))-10)) //nolint:errcheck // likewise
	}
}

func inParallel(workers, n int, do func(i int)) {
	var running sync.WaitGroup
	next := make(chan int)
	for range workers {
		running.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	running.Wait()
}

// serve starts a server. end ends it and measures it.
func serve(t *testing.T) (a *api, end func()) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), lacuna(t), "serve", "--addr", "127.0.0.1:0", "--offline", "--db", dir+"/x.db", "--memory", serveMemory)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := &strings.Builder{}
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	a = &api{t, strings.TrimSpace(strings.TrimPrefix(line, "Step Functions API at http://")), &http.Client{Timeout: time.Minute}}
	return a, func() {
		t.Helper()
		began := time.Now()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		err := cmd.Wait()
		if took := time.Since(began); err != nil || took > atOnce {
			t.Errorf("the server ended after %v: %v %.2000s", took, err, stderr)
		}
		measure(t, cmd, servePeak)
	}
}
