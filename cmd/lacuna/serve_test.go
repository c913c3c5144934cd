package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/sfnapi"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// TestServe runs the pipeline through the API of a process of its own: an execution
// that succeeds, a mocked one, and one that fails and is redriven. After an interrupt
// the process has kept those that were not mocked.
func TestServe(t *testing.T) {
	b := newBench(t)
	mocks := filepath.Join(t.TempDir(), "mocks.json")
	err := os.WriteFile(mocks, []byte("\ufeff"+`{"Version":1,"StateMachines":{"lacuna":{"TestCases":{"BadInput":{"Select":"Refused"}}}},
		"MockedResponses":{"Refused":{"0":{"Throw":{"Error":"Input.Invalid","Cause":"{}"}}}}}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	b.env = append(b.env, "SFN_MOCK_CONFIG="+mocks, "AWS_ACCOUNT_ID=111111111111", "AWS_DEFAULT_REGION=sa-east-1")
	server := b.command("serve", "--addr", "127.0.0.1:0")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(line, "Step Functions API at "))
	c := sfn.New(sfn.Options{BaseEndpoint: &url, Region: "sa-east-1", Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	const machine = "arn:aws:states:sa-east-1:111111111111:stateMachine:lacuna"

	real := finished(t, c, machine, "real", `{"from":"-30d","series":["CURRENCY#USD"]}`)
	if real.Status != types.ExecutionStatusSucceeded || !strings.Contains(aws.ToString(real.Output), `"status":"complete"`) {
		t.Errorf("run %s: %s %s", real.Status, aws.ToString(real.Output), aws.ToString(real.Cause))
	}
	mocked := finished(t, c, machine+"#BadInput", "mocked", "{}")
	if mocked.Status != types.ExecutionStatusFailed || aws.ToString(mocked.Error) != "Input.Invalid" {
		t.Errorf("mocked run %s: %s", mocked.Status, aws.ToString(mocked.Error))
	}
	_, err = c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machine), Name: aws.String("real")})
	if exists := (*types.ExecutionAlreadyExists)(nil); !errors.As(err, &exists) {
		t.Errorf("the name again: %v", err)
	}
	failed := finished(t, c, machine, "failed", `{"series":["NOPE"]}`)
	if failed.Status != types.ExecutionStatusFailed || failed.RedriveStatus != types.ExecutionRedriveStatusRedrivable {
		t.Errorf("run of a series that does not exist: %s, %s", failed.Status, failed.RedriveStatus)
	}
	if _, err := c.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: failed.ExecutionArn}); err != nil {
		t.Fatal(err)
	}
	if err := server.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v: %s", err, &stderr)
	}
	if want := "warning: mock configuration " + mocks + ":1:2: Version: unknown field, not read"; !strings.Contains(stderr.String(), want) {
		t.Errorf("stderr %q, want %s", &stderr, want)
	}
	runs := b.runsByName()
	if len(runs) != 2 || runs["real"] != "SUCCEEDED" || runs["failed"] != "FAILED" && runs["failed"] != "ABORTED" {
		t.Errorf("runs %v, want those that were not mocked", runs)
	}
	var tree json.RawMessage
	b.read(&tree, 0, "runs", "real")
	if !strings.Contains(string(tree), "EachStream") {
		t.Errorf("the run's tree: %.300s", tree)
	}
	if b.read(&tree, 0, "runs", "failed"); !strings.Contains(string(tree), "BadInput") {
		t.Errorf("the tree of the redriven run: %.300s", tree)
	}
}

// TestServeEndsWhileAWorkerPolls does not wait for a task that will not come.
func TestServeEndsWhileAWorkerPolls(t *testing.T) {
	api := sfnapi.New(sfnapi.Options{})
	defer api.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	polls := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() {
		served <- serveUntil(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "GetActivityTask") {
				polls <- struct{}{}
			}
			api.ServeHTTP(w, r)
		}))
	}()
	c := sfn.New(sfn.Options{BaseEndpoint: &url, Region: "us-east-1", RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	worker, err := c.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	polled := make(chan error)
	go func() {
		task, err := c.GetActivityTask(t.Context(), &sfn.GetActivityTaskInput{ActivityArn: worker.ActivityArn})
		if err == nil && task.TaskToken != nil {
			err = errors.New("a task came")
		}
		polled <- err
	}()
	<-polls
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := <-polled; err != nil {
		t.Error(err)
	}
}

// finished starts an execution and waits for its end.
func finished(t *testing.T, c *sfn.Client, machine, name, input string) *sfn.DescribeExecutionOutput {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	started, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	for {
		x, err := c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != types.ExecutionStatusRunning {
			return x
		}
	}
}

func TestServeRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{\n\"StateMachines\": 7}"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		env  string
		code int
		want string
	}{
		{name: "no port", args: []string{"--addr", "localhost"}, code: exit.CodeUsage, want: "--addr localhost: want host:port"},
		{name: "port in use", args: []string{"--addr", taken.Addr().String()}, code: exit.CodeError, want: "--addr " + taken.Addr().String() + ": listen tcp"},
		{name: "bad mock file", args: []string{"--mock-config", bad}, code: exit.CodeError, want: "mock configuration " + bad + ":2:18: StateMachines: want an object, not 7"},
		{name: "no mock file", args: []string{"--mock-config", bad + "x"}, code: exit.CodeError, want: bad + "x"},
		{name: "mock file by its variable", env: "SFN_MOCK_CONFIG=" + bad, code: exit.CodeError, want: bad + ":2:18"},
		{name: "bad account", env: "AWS_ACCOUNT_ID=me", code: exit.CodeUsage, want: "AWS_ACCOUNT_ID=me: want 12 digits"},
		{name: "every address", args: []string{"--addr", "0.0.0.0:0"}, code: exit.CodeUsage, want: "whoever reaches it can start executions, there is no authentication"},
		{name: "every address, in short", args: []string{"--addr", ":0"}, code: exit.CodeUsage, want: "--allow-host NAME"},
		{name: "every address of IPv6", args: []string{"--addr", "[::]:0"}, code: exit.CodeUsage, want: "--allow-host NAME"},
		{name: "name with a port", args: []string{"--allow-host", "box:8083"}, code: exit.CodeUsage, want: `--allow-host "box:8083": want a name`},
		{name: "every name", args: []string{"--allow-host", "*"}, code: exit.CodeUsage, want: `--allow-host "*": want a name`},
		{name: "empty name", env: "LACUNA_ALLOW_HOST=,", code: exit.CodeUsage, want: `--allow-host "": want a name`},
		{name: "no unit", args: []string{"--memory", "512"}, code: exit.CodeUsage, want: "want a number and a unit, such as 512MB or 1GB"},
		{name: "another unit", args: []string{"--memory", "1TiB"}, code: exit.CodeUsage, want: "want a number and a unit"},
		{name: "a fraction", args: []string{"--memory", "1.5GB"}, code: exit.CodeUsage, want: "want a whole number before GB"},
		{name: "less than none", args: []string{"--memory", "-1GB"}, code: exit.CodeUsage, want: "want a whole number before GB"},
		{name: "more than there is", args: []string{"--memory", "99999999999GB"}, code: exit.CodeUsage, want: "want a whole number before GB"},
		{name: "too little", env: "LACUNA_MEMORY=64MB", code: exit.CodeUsage, want: "want at least 128MB"},
		{name: "in AWS", args: []string{"--target", "aws"}, code: exit.CodeUsage, want: "serve is for --target local"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs strings.Builder
			code := run(t.Context(), append([]string{"serve"}, tt.args...), strings.NewReader(""), &out, &errs, []string{tt.env, "LACUNA_DB=" + filepath.Join(t.TempDir(), "x.db")})
			if code != tt.code || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("exit code %d, want %d\n%s\nwant %s", code, tt.code, errs.String(), tt.want)
			}
		})
	}
}

// TestServeForOthers listens on every address: only the names that were given are answered.
func TestServeForOthers(t *testing.T) {
	server := newBench(t).command("serve", "--addr", "0.0.0.0:0", "--allow-host", "build-box", "--allow-host", "10.1.2.3", "--memory", "256MB")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(strings.TrimSpace(strings.TrimPrefix(line, "Step Functions API at http://")))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"build-box": 200, "Build-Box:" + port: 200, "10.1.2.3": 200, "localhost": 200, "127.0.0.1:" + port: 200,
		"0.0.0.0:" + port: 403, "evil.example": 403, "build-box.evil.example": 403, "10.1.2.4": 403,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:"+port, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListStateMachines")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != want {
			t.Errorf("Host %s: %s, %v, want %d", host, answer.Status, err, want)
		}
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
}

// While there is no room for more, answers say that their connection ends with them.
func TestCrowdSaysWhoGivesWay(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections := newCrowd(listener, 2)
	server := &http.Server{ConnState: connections.state, Handler: connections.handler(http.NotFoundHandler())}
	go server.Serve(connections) //nolint:errcheck // it ends with Close
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	ends := func() bool {
		answer, err := client.Get("http://" + listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
		return answer.Close
	}
	if ends() {
		t.Error("the only connection ends with its answer")
	}
	other, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Write([]byte("GET / HTTP/1.1\r\n")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !ends(); runtime.Gosched() { // until the other one is let in
		if time.Now().After(end) {
			t.Fatal("no connection ends with its answer while there is no room")
		}
	}
}

// TestCrowd has more connections than may be: one that is idle gives way, and one that is at
// work does not.
func TestCrowd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered, leave := make(chan struct{}), make(chan struct{})
	connections := newCrowd(listener, 2)
	server := &http.Server{ConnState: connections.state, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/work" {
			entered <- struct{}{}
			<-leave
		}
	})}
	go server.Serve(connections) //nolint:errcheck // it ends with Close
	defer server.Close()
	ask := func(path string) net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := conn.Write([]byte("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	answered := func(conn net.Conn) error {
		_, err := http.ReadResponse(bufio.NewReader(conn), nil)
		return err
	}
	working := ask("/work")
	<-entered
	var idle []net.Conn
	for range 5 {
		conn := ask("/")
		if err := answered(conn); err != nil {
			t.Fatal(err)
		}
		idle = append(idle, conn)
	}
	if _, err := idle[0].Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the first idle connection: %v, want its end", err)
	}
	close(leave)
	if err := answered(working); err != nil {
		t.Errorf("the one at work: %v", err)
	}
}
