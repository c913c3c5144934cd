//go:build integration

package integration

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// serve starts `lacuna serve` and returns its URL.
func serve(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "lacuna")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/lacuna").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(program, "serve", "--addr", "127.0.0.1:0", "--offline", "--db", filepath.Join(dir, "x.db"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("lacuna serve: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "Step Functions API at "))
}

// TestServeWithBoto3 drives lacuna serve with AWS's SDK for Python, of which a second
// process answers a callback.
func TestServeWithBoto3(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "./boto3", "serve.py", serve(t)).CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "good\n") {
		t.Errorf("serve.py: %v\n%s", err, out)
	}
}

// transitions is a Map of 200 items with 5 states each: 1,001 transitions, nothing but
// the engine's work.
const transitions = `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemProcessor":{"StartAt":"A","States":{
	"A":{"Type":"Pass","ResultPath":"$.r","Result":{"a":1},"Next":"B"},"B":{"Type":"Pass","Parameters":{"x.$":"$.r.a","i.$":"$$.Map.Item.Index"},"Next":"C"},
	"C":{"Type":"Choice","Choices":[{"Variable":"$.x","NumericEquals":1,"Next":"D"}],"Default":"E"},
	"D":{"Type":"Pass","Next":"E"},"E":{"Type":"Succeed"}}}}}}`

// TestServeIsFast runs the same state machine on lacuna serve and on ministack, one
// after the other, and says how long an execution takes on each, from its start until
// it is seen to have ended. The least of five counts.
func TestServeIsFast(t *testing.T) {
	ours := quickest(t, serve(t))
	emulator := startEmulator(t).behind.String()
	createRole(t, emulator)
	theirs := quickest(t, emulator)
	ratio := float64(theirs) / float64(ours)
	t.Logf("1,001 transitions: %v on lacuna serve, %v on ministack: %.0f times", ours, theirs, ratio)
	if ratio < 20 {
		t.Errorf("lacuna serve is %.1f times as fast as the emulator, want 20", ratio)
	}
}

// createRole makes the role that the emulator wants to see.
func createRole(t *testing.T, url string) {
	t.Helper()
	form := "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("CreateRole: %s, %v", answer.Status, err)
	}
}

func quickest(t *testing.T, url string) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := sfn.New(sfn.Options{BaseEndpoint: &url, Region: region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	m, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("transitions"), Definition: aws.String(transitions), RoleArn: aws.String("arn:aws:iam::000000000000:role/r"),
	})
	if err != nil {
		t.Fatal(err)
	}
	input := "[" + strings.TrimSuffix(strings.Repeat("{},", 200), ",") + "]"
	best := time.Duration(0)
	for i := range 5 {
		began := time.Now()
		x, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Name: aws.String(fmt.Sprint("n", i)), Input: &input})
		if err != nil {
			t.Fatal(err)
		}
		for status := types.ExecutionStatusRunning; status != types.ExecutionStatusSucceeded; {
			d, err := c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: x.ExecutionArn})
			if err != nil || d.Status != status && d.Status != types.ExecutionStatusSucceeded {
				t.Fatalf("%+v, %v", d, err)
			}
			status = d.Status
		}
		if took := time.Since(began); best == 0 || took < best {
			best = took
		}
	}
	return best
}
