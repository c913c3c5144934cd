//go:build integration

package integration

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browsing is a console on a stack, and a browser that has shown its token.
type browsing struct {
	*command
	http.Client
	login, root string
}

// console starts the console; it ends with the test.
func (c *command) console() *browsing {
	c.Helper()
	cmd := exec.Command(c.program, "console", "--addr", "127.0.0.1:0", "--by", "ana", "--target", "aws", "--stack", c.stack)
	cmd.Dir, cmd.Env, cmd.Stderr = "..", c.env, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			c.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			c.Errorf("the console ended: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		c.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.Fatal(err)
	}
	b := &browsing{command: c, Client: http.Client{Jar: jar}, login: strings.TrimSpace(strings.TrimPrefix(line, "Console at "))}
	b.root, _, _ = strings.Cut(b.login, "/login")
	b.page(http.StatusOK, b.login[len(b.root):])
	return b
}

// page returns a page, which must have the status; post sends a form, and returns where it
// has led to.
func (b *browsing) page(status int, path string) string {
	b.Helper()
	answer, err := b.Get(b.root + path)
	text, _ := b.read(status, path, answer, err)
	return text
}

func (b *browsing) post(status int, path string, form url.Values) (page, at string) {
	b.Helper()
	answer, err := b.PostForm(b.root+path, form)
	return b.read(status, path, answer, err)
}

func (b *browsing) read(status int, path string, answer *http.Response, err error) (page, at string) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		b.Fatalf("%s: %s, want %d, %v\n%s", path, answer.Status, status, err, text)
	}
	return string(text), strings.TrimPrefix(answer.Request.URL.String(), b.root)
}

// has fails the test for what is not in a page.
func (b *browsing) has(path string, wants ...string) {
	b.Helper()
	page := b.page(http.StatusOK, path)
	for _, want := range wants {
		if !strings.Contains(page, want) {
			b.Errorf("%s has no %s:\n%s", path, want, page)
		}
	}
}

// theConsole looks at a stack in a browser: plans a run, starts it, and watches it to its
// end. What a reader may not do is not offered once it was refused. The pages are tried in
// a real browser too.
func theConsole(t *testing.T, s *stack) {
	began := time.Now()
	c := newCommand(t, s)
	c.run(0, "backfill", "--series", "ECB#USD", "--from", "2024-02-01", "--to", "2024-02-29")
	c.deleteRows("ECB#USD", "2024-02-14", "2024-02-15", "2024-02-16")
	b := c.console()
	wish := url.Values{"series": {"ECB#USD"}, "from": {"2024-02-01"}, "to": {"2024-02-29"}, "only": {"due"}}
	_, plan := b.post(http.StatusOK, "/plans", wish)
	b.has(plan, "Start: 1 request in stack lacuna", "ecb-001", "2024-02-14/2024-02-16")
	_, run := b.post(http.StatusOK, plan+"/start", nil)
	if !strings.HasPrefix(run, "/runs/") {
		t.Fatalf("a start leads to %s", run)
	}
	if _, again := b.post(http.StatusOK, plan+"/start", nil); again != run {
		t.Errorf("a second click leads to %s, the first to %s", again, run)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	until(ctx, t, "the run is complete", func() bool {
		return strings.Contains(b.page(http.StatusOK, run), "</span> complete</span>")
	})
	b.has(run, `<svg class="graph"`, "3 days observed", `href="https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/arn:aws:states:us-east-1:`)
	b.has(run+"?view=table&state=Select", "EachSource", "Scrape", "<h2 id=\"state-name\">Select</h2>", "&#34;ecb&#34;") // the emulator tells nothing of what is inside of a Map
	b.has(run+"?view=events", "ExecutionStarted", "ExecutionSucceeded")
	b.has("/runs", `href="`+run+`"`, "</span> complete</span>")
	b.has("/series/ECB%23USD?year=2024&day=2024-02-15", `aria-label="2024-02-15 observed"`, strings.TrimPrefix(run, "/runs/"))
	until(ctx, t, "the overview has read the series", func() bool {
		page := b.page(http.StatusOK, "/?q=ECB%23USD")
		return strings.Contains(page, `href="/series/ECB%23USD"`) && !strings.Contains(page, `<td colspan="7"`)
	})
	b.tried("/?q=ECB%23USD", "/series/ECB%23USD?year=2024&day=2024-02-15", "/runs", run, run+"?view=table&state=EachSource", run+"?view=events", plan, "/held")

	reader := c.as(s.as(t, "reader")).console()
	wish.Set("only", "all") // nothing lacks any more
	_, plan = reader.post(http.StatusOK, "/plans", wish)
	if page, _ := reader.post(http.StatusForbidden, plan+"/start", nil); !strings.Contains(page, "AccessDenied") {
		t.Errorf("a reader starts a run: %s", page)
	}
	reader.has(plan, "disabled", "these credentials lack states:StartExecution")
	reader.has(run, `<svg class="graph"`)
	fmt.Printf("console: plan, start, watch and a reader's, %s\n", time.Since(began).Round(100*time.Millisecond))
}

// tried has the browser's tests look at pages.
func (b *browsing) tried(paths ...string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "go", "test", "-count=1", "-tags", "integration", "-run", "^TestPagesElsewhere$", "./browser")
	cmd.Env = append(os.Environ(), "LACUNA_CONSOLE="+b.login, "LACUNA_CONSOLE_PAGES="+strings.Join(paths, " "))
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Errorf("in a browser: %v\n%s", err, out)
	}
}
