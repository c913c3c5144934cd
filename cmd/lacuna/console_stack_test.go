package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"lacuna/internal/local"
)

// browsing is a console that this process runs, and a browser that has shown the token.
type browsing struct {
	*testing.T
	http.Client
	root string
}

// browse starts a console; it ends with the test.
func browse(t *testing.T, env []string, args ...string) *browsing {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	from, to := io.Pipe()
	ended := make(chan string, 1)
	go func() {
		var errs strings.Builder
		if code := run(ctx, append([]string{"console", "--addr", "127.0.0.1:0", "--by", "ana"}, args...), strings.NewReader(""), to, &errs, env); code != 0 {
			errs.WriteString(" exit code")
		}
		to.Close() //nolint:errcheck // a pipe
		ended <- errs.String()
	}()
	t.Cleanup(func() {
		cancel()
		if said := <-ended; strings.Contains(said, "exit code") {
			t.Errorf("the console ended: %s", said)
		}
	})
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(strings.TrimPrefix(line, "Console at "))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browsing{T: t, Client: http.Client{Jar: jar}}
	b.root, _, _ = strings.Cut(address, "/login")
	b.page(http.StatusOK, "/login?token="+address[strings.Index(address, "=")+1:])
	return b
}

// page returns a page, which must have the status.
func (b *browsing) page(status int, path string) string {
	b.Helper()
	answer, err := b.Get(b.root + path)
	return b.read(status, path, answer, err)
}

// post sends a form.
func (b *browsing) post(status int, path string, form url.Values) string {
	b.Helper()
	answer, err := b.PostForm(b.root+path, form)
	return b.read(status, path, answer, err)
}

func (b *browsing) read(status int, path string, answer *http.Response, err error) string {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		b.Fatalf("%s: %s, want %d, %v\n%s", path, answer.Status, status, err, text)
	}
	return string(text)
}

// The console of a stack: pages ask AWS for what they show and no more, what is started
// is an execution, and when the credentials have expired pages say so and go on by
// themselves.
func TestConsoleOfAStack(t *testing.T) {
	a := busy(t)
	definition, err := local.Definition()
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, a.env, "--catalogue", catalogueFile(t))
	if page := b.page(200, "/runs/x"); !strings.Contains(page, "could not be had") {
		t.Errorf("a definition that cannot be had: %s", page)
	}
	if page := b.page(200, "/"); !strings.Contains(page, "account 123456789012, eu-west-1") || !strings.Contains(page, "stack rates") {
		t.Errorf("the header does not say where it is: %s", page)
	}
	for path, want := range map[string]string{
		"/runs": "Lacuna.Incomplete", "/runs/x": `<svg class="graph"`, "/runs/x?view=table": "Report", "/runs/x?view=events": "ExecutionFailed",
		"/plans/new": "Show the plan",
	} {
		a.answer("DescribeStateMachineForExecution", fmt.Sprintf(`{"stateMachineArn":%q,"name":"rates","definition":%q,"roleArn":"arn","updateDate":1782864000.5}`, machineARN, definition))
		if page := b.page(200, path); !strings.Contains(page, want) {
			t.Errorf("%s has no %q: %s", path, want, page)
		}
	}
	plan := b.post(200, "/plans", url.Values{"everything": {"1"}, "from": {"2026-06-01"}, "to": {"2026-06-30"}})
	start := within(plan, `action="`, `"`)
	if !strings.HasSuffix(start, "/start") || !strings.Contains(plan, "stack rates, account 123456789012, eu-west-1") {
		t.Fatalf("no plan to start: %s", plan)
	}
	a.calls = nil
	b.post(200, start, nil)
	var started []call
	for _, c := range a.calls {
		if c.Operation == "StartExecution" {
			started = append(started, c)
		}
	}
	if len(started) != 1 || !strings.Contains(started[0].Body["input"].(string), `"from":"2026-06-01"`) {
		t.Errorf("started %v", started)
	}
	good := a.answers["ListExecutions"]
	a.answer("ListExecutions", refused("ExpiredTokenException", "The security token included in the request is expired"))
	if page := b.page(500, "/runs"); !strings.Contains(page, "the credentials have expired: aws sso login") {
		t.Errorf("expired credentials: %s", page)
	}
	a.reply("ListExecutions", good)
	b.page(200, "/runs")
}

// within returns the first text between two others.
func within(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}
