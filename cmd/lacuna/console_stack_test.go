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
	"time"

	"lacuna/internal/local"
	"lacuna/internal/stack"
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
	return letIn(t, from)
}

// letIn shows the token to a console that prints where it is.
func letIn(t *testing.T, out io.Reader) *browsing {
	t.Helper()
	line, err := bufio.NewReader(out).ReadString('\n')
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

// until asks for a page until it has text: what others do is looked at now and then.
func (b *browsing) until(path, text string) {
	b.Helper()
	ask, end := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer ask.Stop()
	for !strings.Contains(b.page(200, path), text) {
		select {
		case <-ask.C:
		case <-end:
			b.Fatalf("%s does not show %q", path, text)
		}
	}
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
		"/":       `href="https://eu-west-1.console.aws.amazon.com/dynamodbv2/home?region=eu-west-1#table?name=`,
		"/runs/x": `href="https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:eu-west-1:123456789012:execution:rates:x"`,
	} {
		if page := b.page(200, path); !strings.Contains(page, want) {
			t.Errorf("%s does not lead to AWS's console by %s: %s", path, want, page)
		}
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

// Credentials of another account, or a stack of that name elsewhere, are refused: pages
// name the one that the console was started for.
func TestConsoleStaysWithItsStack(t *testing.T) {
	a := busy(t)
	b := browse(t, a.env, "--catalogue", catalogueFile(t))
	plan := b.post(200, "/plans", url.Values{"everything": {"1"}, "from": {"2026-06-01"}, "to": {"2026-06-30"}})
	good, own := a.answers["ListExecutions"], a.answers["GetParameter"]
	for _, tt := range []struct{ old, now, want string }{
		{":123456789012:stateMachine", ":210987654321:stateMachine", "account 210987654321, eu-west-1, "},
		{":eu-west-1:123456789012:stateMachine", ":us-east-1:123456789012:stateMachine", "account 123456789012, us-east-1, "},
		{`"table\":\"rates\"`, `"table\":\"other\"`, "account 123456789012, eu-west-1, stateMachine:rates, table other, and "},
	} {
		a.reply("GetParameter", func(body map[string]any) string { return strings.ReplaceAll(own(body), tt.old, tt.now) })
		a.answer("ListExecutions", refused("ExpiredTokenException", "The security token included in the request is expired"))
		b.page(500, "/runs")
		a.reply("ListExecutions", good)
		a.calls = nil
		for range 2 {
			if page := b.page(500, "/runs"); !strings.Contains(page, "these credentials lead to "+tt.want) || !strings.Contains(page, "the console was started for account 123456789012, eu-west-1, ") {
				t.Errorf("%s: %s", tt.now, page)
			}
		}
		b.post(500, within(plan, `action="`, `"`), nil)
		for _, c := range a.calls {
			if c.Operation != "GetParameter" {
				t.Errorf("%s: %s was asked", tt.now, c.Operation)
			}
		}
		a.reply("GetParameter", own)
		b.page(200, "/runs")
	}
}

// within returns the first text between two others.
func within(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

// Rows of a stack may have changed when a run has ended, not when one begins: reading them
// costs.
func TestRowsChangeWhenARunEnds(t *testing.T) {
	a := busy(t)
	s, err := stack.Open(t.Context(), stack.Options{Name: "rates", Note: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	var w watcher
	for _, tt := range []struct {
		name, running, newest string
		rows                  bool
	}{
		{"the first look", "", "x", false}, {"nothing", "", "x", false}, {"one begins", "y", "y", false}, {"it goes on", "y", "y", false}, {"another begins", "yz", "z", false},
		{"one of two ends", "z", "z", true}, {"both have ended", "", "z", true}, {"nothing more", "", "z", false}, {"a short one", "", "s", true}, {"one ends, another begins", "t", "t", false}, {"ends and begins", "u", "u", true},
	} {
		a.reply("ListExecutions", func(body map[string]any) string {
			names := tt.newest
			if body["statusFilter"] == "RUNNING" {
				names = tt.running
			}
			var list []string
			for _, name := range names {
				list = append(list, fmt.Sprintf(`{"executionArn":"arn","stateMachineArn":%q,"name":%q,"status":"RUNNING","startDate":1782864000.5}`, machineARN, string(name)))
			}
			return `{"executions":[` + strings.Join(list, ",") + `]}`
		})
		change, err := w.inStack(t.Context(), s, 0)
		if err != nil || (len(change.Series) > 0) != tt.rows {
			t.Errorf("%s: %+v, %v", tt.name, change, err)
		}
	}
}

// With expired credentials a page of many series asks AWS once, and again for the next page
// in a while.
func TestExpiredCredentialsAreTriedOnce(t *testing.T) {
	a := busy(t)
	a.answer("Query", refused("ExpiredTokenException", "The security token included in the request is expired"))
	b := browse(t, a.env)
	for range 3 {
		if page := b.page(200, "/"); !strings.Contains(page, "the credentials have expired: aws sso login") {
			t.Errorf("the page does not say why: %s", page)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, c := range a.calls {
		if c.Operation == "Query" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d series were tried, want one", n)
	}
}
