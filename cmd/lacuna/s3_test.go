package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lacuna/internal/exit"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const copies = `{"StartAt": "Copy", "States": {"Copy": {"Type": "Map", "End": true,
	"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "Parameters": {"Bucket": "data", "Key.$": "$.key"}},
	"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": true}}},
	"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "copies"}, "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}}}}`

// runCopies runs copies in a server that is started with args.
func runCopies(t *testing.T, args ...string) *sfn.DescribeExecutionOutput {
	t.Helper()
	server := newBench(t).command(append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("the server ended with %v: %s", err, &stderr)
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(line, "Step Functions API at "))
	c := sfn.New(sfn.Options{BaseEndpoint: &url, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	machine, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("copies"), Definition: aws.String(copies), RoleArn: aws.String("arn:aws:iam::123456789012:role/any"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return finished(t, c, *machine.StateMachineArn, "one", `{"key":"rates/2024.csv"}`)
}

// TestServeFolderAsS3: a Map reads a file below --s3 and writes its results there.
func TestServeFolderAsS3(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, folder := range []string{"data/rates", "out"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "rates", "2024.csv"), []byte("day,value\n2024-01-02,4.8916\n2024-01-03,4.9212\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := runCopies(t, "--s3", dir)
	if x.Status != types.ExecutionStatusSucceeded {
		t.Fatalf("execution %s: %s", x.Status, aws.ToString(x.Cause))
	}
	var output struct{ ResultWriterDetails struct{ Bucket, Key string } }
	if err := json.Unmarshal([]byte(*x.Output), &output); err != nil {
		t.Fatal(err)
	}
	place := output.ResultWriterDetails
	results, err := os.ReadFile(filepath.Join(dir, place.Bucket, filepath.FromSlash(strings.TrimSuffix(place.Key, "manifest.json")+"SUCCEEDED_0.json")))
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"day":"2024-01-02","value":"4.8916"},{"day":"2024-01-03","value":"4.9212"}]`
	var got, expected any
	if err := json.Unmarshal(results, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatal(err)
	}
	if a, b := asJSON(t, got), asJSON(t, expected); a != b {
		t.Errorf("results %s, want %s", a, b)
	}
}

func asJSON(t *testing.T, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestServeWithoutS3: the cause names the flag.
func TestServeWithoutS3(t *testing.T) {
	x := runCopies(t)
	if x.Status != types.ExecutionStatusFailed || aws.ToString(x.Error) != "States.ItemReaderFailed" || !strings.Contains(aws.ToString(x.Cause), "--s3 DIR") {
		t.Errorf("execution %s: %s: %s", x.Status, aws.ToString(x.Error), aws.ToString(x.Cause))
	}
}

// TestServeRefusesAFolderThatDoesNotExist: a misspelt --s3 is told at once.
func TestServeRefusesAFolderThatDoesNotExist(t *testing.T) {
	var out, errs strings.Builder
	missing := filepath.Join(t.TempDir(), "missing")
	code := run(t.Context(), []string{"serve", "--offline", "--s3", missing}, strings.NewReader(""), &out, &errs, []string{"LACUNA_DB=" + filepath.Join(t.TempDir(), "x.db")})
	if code != exit.CodeError || !strings.Contains(errs.String(), "--s3 "+missing) {
		t.Errorf("exit code %d, want %d\n%s", code, exit.CodeError, errs.String())
	}
}
