package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// A state machine of somebody's own, on the embedded API, in the console: what became of
// each state, and why.
func TestServeConsole(t *testing.T) {
	b := newBench(t)
	server := b.command("serve", "--addr", "127.0.0.1:0", "--console=127.0.0.1:0")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	addresses := map[string]string{}
	for lines := bufio.NewScanner(out); len(addresses) < 2; {
		if !lines.Scan() {
			t.Fatal("it ended: ", stderr.String())
		}
		for _, name := range []string{"Step Functions API", "Console"} {
			if at, is := strings.CutPrefix(lines.Text(), name+" at "); is {
				addresses[name] = at
			}
		}
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // until it ends
	url := addresses["Step Functions API"]
	c := sfn.New(sfn.Options{BaseEndpoint: &url, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	definition := `{"StartAt":"Each","States":{"Each":{"Type":"Map","ItemProcessor":{"StartAt":"Which","States":{
		"Which":{"Type":"Choice","Choices":[{"Variable":"$.ok","BooleanEquals":true,"Next":"Good"}],"Default":"Bad"},
		"Good":{"Type":"Pass","End":true},"Bad":{"Type":"Fail","Error":"Own.Error","Cause":"<why>"}}},"MaxConcurrency":1,"End":true}}}`
	own, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("own"), Definition: &definition, RoleArn: aws.String("arn:aws:iam::123456789012:role/r")})
	if err != nil {
		t.Fatal(err)
	}
	if x := finished(t, c, *own.StateMachineArn, "first", `[{"ok":true,"key":"A#1"},{"ok":false}]`); x.Status != types.ExecutionStatusFailed {
		t.Fatalf("the execution is %s", x.Status)
	}
	apart := `{"StartAt":"Apart","States":{"Apart":{"Type":"Map","ToleratedFailurePercentage":100,"End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"Which","States":{"Which":{"Type":"Choice","Choices":[{"Variable":"$.ok","BooleanEquals":true,"Next":"Good"}],"Default":"Bad"},
		"Good":{"Type":"Pass","End":true},"Bad":{"Type":"Fail","Error":"Own.Error","Cause":"<why>"}}}}}}`
	machine, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("apart"), Definition: &apart, RoleArn: aws.String("arn:aws:iam::123456789012:role/r")})
	if err != nil {
		t.Fatal(err)
	}
	if x := finished(t, c, *machine.StateMachineArn, "second", `[{"ok":true,"key":"A#1"},{"ok":false,"n":"<2>"}]`); x.Status != types.ExecutionStatusSucceeded {
		t.Fatalf("the execution is %s", x.Status)
	}

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar}
	get := func(path string, want int) string {
		t.Helper()
		answer, err := browser.Get(path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != want {
			t.Fatalf("GET %s: %d %s, %v", path, answer.StatusCode, text, err)
		}
		return string(text)
	}
	root, _, _ := strings.Cut(addresses["Console"], "/login")
	get(root+"/runs", http.StatusUnauthorized)
	get(addresses["Console"], http.StatusOK)
	for path, wants := range map[string][]string{
		root:                                  {"own/first", `href="/runs/own%2Ffirst"`, "</span> failed</span>"},
		root + "/runs/own%2Ffirst?view=table": {"1/2, 1 failed", "Own.Error", "&lt;why&gt;", "Which"},
		root + "/runs/own%2Ffirst?view=table&state=Each":          {"Each.1", "A#1", "Iterations"},
		root + "/runs/own%2Ffirst?view=table&state=Bad&at=Each.1": {"Own.Error", `&#34;Type&#34;: &#34;Fail&#34;`, "not reached"},
		root + "/runs/own%2Ffirst?view=events":                    {"MapIterationFailed", "/runs/own%2Ffirst/event/1"},
		root + "/runs/own%2Ffirst/event/1":                        {"ExecutionStarted", "A#1"},
	} {
		page := get(path, http.StatusOK)
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("no %s in %s: %s", want, path, page)
			}
		}
	}
	children := get(root+"/runs/apart%2Fsecond?view=table&state=Apart", http.StatusOK)
	child := regexp.MustCompile(`href="(/runs/apart%2FApart:[^"]+)"`).FindAllStringSubmatch(children, -1)
	if len(child) != 2 || !strings.Contains(children, "2 iterations apart") || !strings.Contains(children, "1 to 2, those that failed first") || !strings.Contains(children, "&lt;2&gt;") || strings.Index(children, "<td>A#1<") < strings.Index(children, "<td>Own.Error ") {
		t.Fatalf("the children of a distributed Map: %s", children)
	}
	failed := get(root+child[0][1], http.StatusOK)
	for _, want := range []string{`<svg class="graph"`, "Which", "Own.Error", `Started by <a href="/runs/apart%2Fsecond?state=Apart">Apart of apart/second</a>`} {
		if !strings.Contains(failed, want) {
			t.Errorf("a child has no %s: %s", want, failed)
		}
	}
	if strings.Contains(failed, ">Apart</") {
		t.Errorf("the graph of a child has the states of its parent: %s", failed)
	}
	get(root+"/runs/apart%2FApart:none", http.StatusNotFound)
	get(root+"/runs/own%2Fnone", http.StatusNotFound)
	get(root+"/runs/none", http.StatusNotFound)

	// Another execution is called as one that was shown: nothing of that is told of it.
	other := `{"StartAt":"Other","States":{"Other":{"Type":"Pass","End":true}}}`
	if _, err := c.DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: own.StateMachineArn}); err != nil {
		t.Fatal(err)
	}
	own, err = c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("own"), Definition: &other, RoleArn: aws.String("arn:aws:iam::123456789012:role/r")})
	if err != nil {
		t.Fatal(err)
	}
	finished(t, c, *own.StateMachineArn, "first", `{}`)
	for path, want := range map[string]string{"": `<svg class="graph"`, "?view=table": "Other", "?view=events": "ExecutionSucceeded"} {
		if page := get(root+"/runs/own%2Ffirst"+path, http.StatusOK); !strings.Contains(page, want) || strings.Contains(page, "Which") || strings.Contains(page, "MapIterationFailed") {
			t.Errorf("%s of another run of that name: %s", path, page)
		}
	}
	if err := server.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v: %s", err, &stderr)
	}
}
