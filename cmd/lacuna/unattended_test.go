package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/span"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var runLineOf = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (complete|incomplete|pending): \d+ days? observed, \d+ failed, \d+ new, \d+ waiting, \d+ quarantined, \d+ requests?, (next in [12]s|the last one)$`)

// A day in a container: nothing is there but the program and a folder for its data. It
// fills, finds its publisher down, tells that, is mended, tells that too, and ends at once
// when it is told to.
func TestUnattended(t *testing.T) {
	t.Parallel()
	b, h := newBench(t), newHook(t)
	file := filepath.Join(t.TempDir(), "lacuna.prom")
	if err := b.Fail(publisher.Fault{Kind: publisher.Status, Source: publisher.SGS, Times: 8}); err != nil { // six tries of one run, and two
		t.Fatal(err)
	}
	cmd := b.command("backfill", "--series", "SGS#1", "--from", "2024-06-01", "--to", "2024-06-30", "--every", "1s", "--notify", h.URL+"/T000/s3cr3t", "--metrics", file)
	cmd.Dir, cmd.Env = t.TempDir(), goesOn(cmd.Env)
	for i, v := range cmd.Env {
		if strings.HasPrefix(v, "HOME=") || strings.HasPrefix(v, "USER=") || strings.HasPrefix(v, "TMPDIR=") {
			t.Fatalf("%s: a container has none", cmd.Env[i])
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	read := func() string {
		if !lines.Scan() {
			t.Fatalf("it has ended: %v\n%s", cmd.Wait(), stderr.String())
		}
		if !runLineOf.MatchString(lines.Text()) {
			t.Errorf("line %q", lines.Text())
		}
		return lines.Text()
	}
	if got := read(); !strings.Contains(got, " incomplete: 0 days observed, 20 failed") {
		t.Errorf("of a publisher that is down: %s", got)
	}
	if n := h.last.Load(); n == nil || n.Event != needsPerson || n.ExitCode != 3 || n.Status != "incomplete" || !strings.Contains(n.Text, "SGS#1") || !strings.Contains(n.Text, "runs "+n.Run) {
		t.Errorf("notice %+v", n)
	}
	if got := read(); !strings.Contains(got, " complete: 20 days observed, 0 failed") {
		t.Errorf("of the next run: %s", got)
	}
	if n := h.last.Load(); n.Event != mended || n.ExitCode != 0 {
		t.Errorf("notice %+v", n)
	}
	if got := read(); !strings.Contains(got, " complete: 0 days observed, 0 failed, 0 new, 0 waiting, 0 quarantined, 0 requests") || h.n.Load() != 2 {
		t.Errorf("of a run with nothing to do: %s, %d notices", got, h.n.Load())
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(f)
	if err != nil || families["lacuna_observed_days"].GetMetric()[0].GetGauge().GetValue() != 20 {
		t.Errorf("metrics %v, error %v", families, err)
	}
	asked := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, out) //nolint:errcheck // Wait says how it ended
	if err := cmd.Wait(); err != nil || time.Since(asked) > 5*time.Second {
		t.Errorf("it ended after %s: %v\n%s", time.Since(asked), err, stderr.String())
	}
	if text := stderr.String(); strings.Contains(text, "s3cr3t") {
		t.Errorf("stderr has the address:\n%s", text)
	}
	// What was told of has not changed what is stored.
	days := span.Span{From: span.Date(2024, 6, 1), To: span.Date(2024, 6, 30)}
	if got, want := len(b.exportedRows("SGS#1")), len(published(b.Data, "SGS#1", days)); got != want {
		t.Errorf("%d rows, want %d", got, want)
	}
}

// What keeps a run from beginning is told too, and what stays true is told once.
func TestUnattendedThatCannotBegin(t *testing.T) {
	b, h := newBench(t), newHook(t)
	file := filepath.Join(t.TempDir(), "lacuna.prom")
	in := []string{"backfill", "--series", "SGS#1", "--from", "-9d", "--notify", h.URL, "--metrics", file}
	code, stdout, stderr := b.run(in...)
	if code != 0 || strings.Count(stderr, "catalogue: ") != 1 || strings.Contains(stderr, "there is no database") || h.n.Load() != 0 {
		t.Errorf("exit code %d, %d notices\n%s%s", code, h.n.Load(), stdout, stderr)
	}
	writeFile(t, b.db, strings.Repeat("no database ", 1000))
	if code, stdout, stderr := b.run(in...); code != 1 || h.n.Load() != 1 {
		t.Fatalf("exit code %d, %d notices; want 1 and one\n%s%s", code, h.n.Load(), stdout, stderr)
	}
	if n := h.last.Load(); n.Event != needsPerson || n.ExitCode != 1 || n.Run != "" || !strings.Contains(n.Text, "is not a SQLite database") {
		t.Errorf("notice %+v", n)
	}
	if text := textOf(t, file); !strings.Contains(text, "lacuna_last_run_exit_code 1\n") || strings.Contains(text, "{series=") {
		t.Errorf("metrics of a run that could not begin:\n%s", text)
	}
}

// goesOn returns env without the time that it is taken to be, which --every refuses.
func goesOn(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "LACUNA_NOW=") })
}

// The line of a run that was interrupted, or could not begin, says so, and why.
func TestUnattendedLines(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asked := make(chan bool, 10)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- true
		<-r.Context().Done()
	}))
	defer hanging.Close()
	for _, tt := range []struct {
		name, want string
		db         string
		wait       func(*bufio.Scanner)
	}{
		{"interrupted", `interrupted, the last one; what is stored stays$`, b.db, func(*bufio.Scanner) {
			select {
			case <-asked:
			case <-time.After(time.Minute):
			}
		}},
		{"no database", ` error 1: .*nodir.*, next in [12]s$`, filepath.Join(t.TempDir(), "nodir", "x.db"), func(lines *bufio.Scanner) { lines.Scan() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one := *b
			one.db = tt.db
			cmd := one.command("backfill", "--series", "ECB#USD", "--from", "2024-06-24", "--to", "2024-06-28", "--every", "1s")
			cmd.Env = append(goesOn(cmd.Env), "LACUNA_ECB_URL="+hanging.URL)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			tt.wait(lines)
			first := lines.Text()
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if first == "" && lines.Scan() {
				first = lines.Text()
			}
			io.Copy(io.Discard, out) //nolint:errcheck // Wait says how it ended
			if err := cmd.Wait(); err != nil || !regexp.MustCompile(tt.want).MatchString(first) || strings.Contains(stderr.String(), "lacuna: ") {
				t.Errorf("%q, %v; want %s\n%s", first, err, tt.want, stderr.String())
			}
		})
	}
}

func TestUnattendedFlags(t *testing.T) {
	b := newBench(t)
	b.env = goesOn(b.env)
	for want, args := range map[string][]string{
		"--every 10ms: want at least 1s":      {"--every", "10ms"},
		"--every 0s: want at least 1s":        {"--every", "0s"},
		"--detach: not with --every":          {"--every", "1h", "--detach"},
		"--output: not with --every":          {"--every", "1h", "-o", "json"},
		"--plan: not with --every":            {"--every", "1h", "--plan", "x"},
		"--dry-run: not with --every":         {"--every", "1h", "--dry-run"},
		"--now: not with --every":             {"--every", "1h", "--now", "2026-06-20"},
		"--notify: want a URL such as":        {"--notify", "hooks.example"},
		"--from: ":                            {"--every", "1h", "--from", "never"},
		"warning: --notify is plain http: wh": {"--notify", "http://alerts.example/", "--max-requests", "0", "--series", "SGS#1"},
	} {
		code, stdout, stderr := b.run(append([]string{"backfill"}, args...)...)
		if code == 0 || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%v: exit code %d, want %q\n%s%s", args, code, want, stdout, stderr)
		}
	}
}
