//go:build integration

package boot_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/boot/runtimetest"
)

var tasks = []string{"select", "query", "detect", "fanout", "scrape", "report"}

var buildDir string // of the zips; set once before the tests

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lacuna-bootstrap-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	buildDir = dir
	return m.Run()
}

// built makes the real zips for this machine and unpacks them as Lambda does.
var built = sync.OnceValue(func() error {
	cmd := exec.Command("go", "run", "./internal/zips", "-arch", runtime.GOARCH, "-out", buildDir)
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make zips: %w\n%s", err, out)
	}
	for _, task := range tasks {
		if err := unpack(filepath.Join(buildDir, task+".zip"), filepath.Join(buildDir, task)); err != nil {
			return err
		}
	}
	return nil
})

func unpack(name, dir string) error {
	z, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer z.Close()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(r)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.Name), text, f.Mode())
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// process is a function as a process.
type process struct {
	*runtimetest.Server
	cmd    *exec.Cmd
	log    bytes.Buffer // what it wrote, to be read once it has ended
	exited chan error
}

// environment is what AWS sets and what Terraform sets for task.
func environment(task, awsURL string) map[string]string {
	env := map[string]string{
		"LAMBDA_TASK_ROOT": filepath.Join(buildDir, task), "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": awsURL,
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_LAMBDA_FUNCTION_NAME": "lacuna-" + task,
	}
	maps.Copy(env, map[string]map[string]string{
		"select": {"LACUNA_QUEUES": `{"bcb-ptax":"https://sqs/p","bcb-sgs":"https://sqs/s","ecb":"https://sqs/e"}`},
		"query":  {"LACUNA_TABLE": "lacuna"},
		"fanout": {"LACUNA_SCRAPERS": `{"bcb-ptax":120,"bcb-sgs":120,"ecb":120}`},
		"scrape": {"LACUNA_TABLE": "lacuna", "LACUNA_SOURCE": "ecb"},
		"report": {"LACUNA_TABLE": "lacuna", "LACUNA_METRICS": "fleet", "LACUNA_METRICS_NAMESPACE": "Lacuna"},
	}[task])
	return env
}

// start runs task with no other environment than env.
func start(t testing.TB, task string, env map[string]string) *process {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	p := &process{Server: runtimetest.Start(t), exited: make(chan error, 1)}
	p.cmd = exec.Command(filepath.Join(buildDir, task, "bootstrap"))
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + p.Addr()}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		p.cmd.Env = append(p.cmd.Env, name+"="+env[name])
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.exited <- p.cmd.Wait() }()
	t.Cleanup(func() {
		if p.cmd.Process.Kill() == nil { // it runs still
			<-p.exited
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", task, p.log.String())
		}
	})
	return p
}

// soon bounds each step of a test with real processes.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// invoke hands event to p and returns its answer.
func (p *process) invoke(t testing.TB, event string) runtimetest.Answer {
	t.Helper()
	a, err := p.Invoke(soon(t), []byte(event), 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// end waits for the end of p and returns its exit code.
func (p *process) end(t testing.TB) int {
	t.Helper()
	select {
	case err := <-p.exited:
		p.exited <- err // for the cleanup
		return p.cmd.ProcessState.ExitCode()
	case <-soon(t).Done():
		t.Fatal("the process does not end")
		return -1
	}
}

func (p *process) terminate(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// said ends p and returns what it wrote, of which the last is there only then.
func (p *process) said(t testing.TB) string {
	t.Helper()
	p.terminate(t)
	p.end(t)
	return p.log.String()
}

// resident returns the most memory that p has had, in KB. (What wait tells
// includes the test's own: a child starts as a copy of it.)
func (p *process) resident(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kb int
	if _, err := fmt.Sscan(after, &kb); err != nil {
		t.Fatalf("VmHWM in %s: %v", text, err)
	}
	return kb
}
