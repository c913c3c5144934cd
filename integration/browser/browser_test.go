//go:build integration

package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/source/registry"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

var (
	program string // lacuna, built
	axe     string // the script that looks for what keeps people from using a page
	chrome  context.Context
)

func TestMain(m *testing.M) { os.Exit(all(m)) }

// all builds the program, fetches what the tests need and starts one browser for all.
func all(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lacuna-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "lacuna")
	if out, err := exec.Command("go", "build", "-o", program, "lacuna/cmd/lacuna").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	if axe, err = readAxe(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	path, err := browserPath()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.Flag("host-resolver-rules", "MAP "+elsewhere+" 127.0.0.1")}
	if os.Getuid() == 0 { // a sandbox is refused to root
		options = append(options, chromedp.NoSandbox)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	defer end()
	var cancel context.CancelFunc
	chrome, cancel = chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(chrome); err != nil {
		fmt.Fprintf(os.Stderr, "start %s: %v\n", path, err)
		return 1
	}
	return m.Run()
}

// browserPath finds a browser that the protocol drives.
func browserPath() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no browser: install chromium-headless-shell or chromium (Debian packages)")
}

// elsewhere is a name of this machine that browsers take for that of another: a page of it is
// not in a secure context.
const elsewhere = "console.example"

const axeVersion = "4.14.1"

// readAxe returns axe-core, which npm fetches once.
func readAxe() (string, error) {
	cache, err := filepath.Abs("../../.cache")
	if err != nil {
		return "", err
	}
	file := filepath.Join(cache, "axe-core-"+axeVersion+".js")
	text, err := os.ReadFile(file)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return string(text), err
	}
	dir, err := os.MkdirTemp("", "axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	for _, command := range [][]string{
		{"npm", "pack", "--silent", "axe-core@" + axeVersion},
		{"tar", "xzf", "axe-core-" + axeVersion + ".tgz", "package/axe.min.js"},
	} {
		c := exec.Command(command[0], command[1:]...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, out)
		}
	}
	if text, err = os.ReadFile(filepath.Join(dir, "package/axe.min.js")); err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	return string(text), os.WriteFile(file, text, 0o644)
}

// desk is a console of its own over a database of its own, against publishers that err
// when they are told to.
type desk struct {
	*testing.T
	*publisher.Publisher
	db, root, login string
	env             []string
	process         *exec.Cmd
	stderr          lockedText
	streams         streams
	warns           string // of every tab's messages one may have it; "": none
}

// streams are the tabs that have asked for the stream of events.
type streams struct {
	mu   sync.Mutex
	tabs map[*tab]bool
}

func (s *streams) add(t *tab) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tabs[t] = true
}

// forget returns how many tabs have asked since it was called before.
func (s *streams) forget() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.tabs)
	s.tabs = map[*tab]bool{}
	return n
}

// lockedText is what a process has written so far.
type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newDesk has no console yet: start starts it.
func newDesk(t *testing.T) *desk {
	t.Helper()
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{T: t, Publisher: p, streams: streams{tabs: map[*tab]bool{}}, db: filepath.Join(t.TempDir(), "x.db"), env: append(os.Environ(), "LACUNA_NOW=2026-07-01", "LACUNA_WAIT_TIME_SCALE=0.05", "USER=ana")}
	for _, name := range publisher.Sources() {
		d.env = append(d.env, registry.URLVariable(name)+"="+p.URL(name))
	}
	return d
}

// lacuna runs the command line on the desk's database.
func (d *desk) lacuna(code int, args ...string) string {
	d.Helper()
	c := exec.Command(program, append(args, "--db", d.db)...)
	c.Env = d.env
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		d.Fatal(err)
	}
	if got := c.ProcessState.ExitCode(); got != code {
		d.Fatalf("lacuna %v: exit code %d, want %d\n%s%s", args, got, code, out, errs.String())
	}
	return string(out)
}

// start starts the console; addr is 127.0.0.1:0, or that of one before.
func (d *desk) start(addr string, args ...string) {
	d.Helper()
	d.process = exec.Command(program, append([]string{"console", "--db", d.db, "--addr", addr}, args...)...)
	d.process.Env, d.process.Stderr = d.env, &d.stderr
	out, err := d.process.StdoutPipe()
	if err != nil {
		d.Fatal(err)
	}
	if err := d.process.Start(); err != nil {
		d.Fatal(err)
	}
	process := d.process
	d.Cleanup(func() { process.Process.Kill(); process.Wait() }) //nolint:errcheck // most have ended
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		d.Fatal(err, d.stderr.String())
	}
	d.login = strings.TrimSpace(strings.TrimPrefix(line, "Console at "))
	d.root, _, _ = strings.Cut(d.login, "/login")
}

// stop ends the console, which takes no longer than a second or two.
func (d *desk) stop() {
	d.Helper()
	if err := d.process.Process.Signal(syscall.SIGTERM); err != nil {
		d.Fatal(err)
	}
	begun := time.Now()
	if err := d.process.Wait(); err != nil || time.Since(begun) > 10*time.Second {
		d.Errorf("the console ended after %s: %v\n%s", time.Since(begun), err, d.stderr.String())
	}
}

// kill ends the console as a machine that fails does.
func (d *desk) kill() {
	d.Helper()
	if err := d.process.Process.Kill(); err != nil {
		d.Fatal(err)
	}
	d.process.Wait() //nolint:errcheck // it says that it was killed
}

// tab is a page of the browser. It fails the test for an error of a script, what the
// policy of the page forbids, and a request to anywhere else.
type tab struct {
	*desk
	ctx      context.Context
	mu       sync.Mutex
	expected []string // what messages may have: the console is gone
}

// open opens a tab that is let in; another has the cookies of the first.
func (d *desk) open() *tab {
	d.Helper()
	t := &tab{desk: d}
	if d.warns != "" {
		t.expect(d.warns)
	}
	var cancel context.CancelFunc
	t.ctx, cancel = chromedp.NewContext(chrome, chromedp.WithNewBrowserContext())
	d.Cleanup(cancel)
	return t.prepared()
}

// another opens a tab beside t, in the same browser window.
func (t *tab) another() *tab {
	t.Helper()
	o := &tab{desk: t.desk, expected: slices.Clone(t.expected)}
	var cancel context.CancelFunc
	o.ctx, cancel = chromedp.NewContext(t.ctx)
	t.Cleanup(cancel)
	return o.prepared()
}

func (t *tab) prepared() *tab {
	t.Helper()
	var bounded context.CancelFunc
	t.ctx, bounded = context.WithTimeout(t.ctx, 6*time.Minute)
	t.Cleanup(bounded)
	messages := chromedp.Console(t.ctx)
	requests := chromedp.Events(t.ctx, network.RequestWillBeSent)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if (m.Type == "error" || m.Type == chromedp.ConsoleException) && !t.isExpected(m.Text) {
				t.Errorf("console: %s %s", m.Text, m.URL)
			}
		}
	}()
	go func() {
		for r, err := range requests {
			if err != nil {
				return
			}
			if at, err := url.Parse(r.Request.URL); err != nil || at.Scheme != "data" && "http://"+at.Host != t.root {
				t.Errorf("the page asks %s", r.Request.URL)
			} else if at.Path == "/live" {
				t.streams.add(t)
			}
		}
	}()
	t.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(t.login))
	return t
}

func (t *tab) expect(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = append(t.expected, text)
}

func (t *tab) isExpected(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.expected {
		if strings.Contains(text, e) {
			return true
		}
	}
	return false
}

func (t *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(t.ctx, steps...); err != nil {
		at, _ := chromedp.Run(t.ctx, chromedp.Location())
		t.Fatalf("at %s: %v\n%s", at, err, t.stderr.String())
	}
}

// value returns what an expression is in a tab.
func value[T any](t *tab, expression string) T {
	t.Helper()
	v, err := chromedp.Run(t.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits until an expression is true, on whatever page the tab is by then.
func (t *tab) until(expression string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute) // beside other tests
	for {
		is, err := chromedp.Run(t.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			at, _ := chromedp.Run(t.ctx, chromedp.Location())
			text, _ := chromedp.Run(t.ctx, chromedp.Evaluate[string]("document.body.innerText"))
			t.Fatalf("at %s: never %s, %v\n%s", at, expression, err, text)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// goTo opens a page of the console.
func (t *tab) goTo(path string) {
	t.Helper()
	t.do(chromedp.Navigate(t.root + path))
}

// press types keys: what has the focus gets them, on a page whose scripts have run.
func (t *tab) press(keys ...string) {
	t.Helper()
	t.until(`document.readyState === "complete"`)
	for _, k := range keys {
		t.do(chromedp.KeyEvent(k))
	}
}

// has waits until the page has a text.
func (t *tab) has(text string) {
	t.Helper()
	t.until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

func (t *tab) emulate(timezone string) {
	t.Helper()
	if _, err := chromedp.Call(t.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: timezone}); err != nil {
		t.Fatal(err)
	}
}
