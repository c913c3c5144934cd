//go:build integration && linux

package hostile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	maxPeak      = 256 << 20 // bytes of memory of a process that reads a publisher or a file
	maxProcessor = 20 * time.Second
	maxWall      = 3 * time.Minute // a machine may be slow; processor time counts
)

// An attack gives one hostile input to one reader: to the function run, or to
// the command lacuna with args. Both work in a folder that setup has filled.
type attack struct {
	name  string
	setup func(dir string) error // in the process of the test, so that it does not count
	run   func(ctx context.Context, dir string) error
	args  []string // of lacuna; {dir} is the folder
	env   []string
	says  string // a part of the error, or of what lacuna prints; "" when there is nothing to refuse
	peak  int64  // bytes; 0: maxPeak
}

const (
	childKey     = "HOSTILE_CHILD" // set in the process that is attacked: the folder
	addressSpace = 8 << 30         // bytes: an attack that works must not take the machine with it
)

// try does each attack as a subtest.
func try(t *testing.T, attacks []attack) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			if dir := os.Getenv(childKey); dir != "" {
				suffer(t, a, dir)
				return
			}
			dir := t.TempDir()
			if a.setup != nil {
				if err := a.setup(dir); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), maxWall)
			defer cancel()
			var cmd *exec.Cmd
			if a.run != nil {
				cmd = exec.CommandContext(ctx, os.Args[0], "-test.v", "-test.run", "^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
				a.env = append([]string{"GOMEMLIMIT=192MiB"}, a.env...) // as verbs and functions set for themselves
			} else {
				cmd = exec.CommandContext(ctx, lacuna(t))
				for _, arg := range a.args {
					cmd.Args = append(cmd.Args, strings.ReplaceAll(arg, "{dir}", dir))
				}
			}
			cmd.Dir = dir
			cmd.Env = append(append(os.Environ(), childKey+"="+dir, "HOME="+dir), a.env...)
			out, err := cmd.CombinedOutput()
			measure(t, cmd, a.peak)
			switch exit := (*exec.ExitError)(nil); {
			case a.run != nil && err != nil,
				err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 0 || exit.ExitCode() == 2 && strings.Contains(string(out), "goroutine ")):
				t.Errorf("%v: %.4000s", err, out)
			case a.run == nil && !strings.Contains(string(out), a.says):
				t.Errorf("lacuna says %.2000q (%v), want %q in it", out, err, a.says)
			}
		})
	}
}

// suffer is what the attacked process does.
func suffer(t *testing.T, a attack, dir string) {
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: addressSpace, Max: addressSpace}); err != nil {
		t.Fatal(err)
	}
	err := a.run(t.Context(), dir)
	switch {
	case a.says == "" && err != nil:
		t.Errorf("%.2000s", err.Error())
	case a.says != "" && (err == nil || !strings.Contains(err.Error(), a.says)):
		t.Errorf("error %.2000v, want one with %q", err, a.says)
	case err != nil && len(err.Error()) > 4096:
		t.Errorf("an error of %d bytes: %.200s...", len(err.Error()), err.Error())
	}
}

// measure prints what the process that has ended cost, and fails above the
// limits. peak is in bytes, 0 for maxPeak. Linux counts the memory of the test
// itself at the start of the process too, so setup writes its files in pieces.
func measure(t *testing.T, cmd *exec.Cmd, peak int64) {
	t.Helper()
	if cmd.ProcessState == nil {
		t.Fatal("the process did not start")
	}
	if peak == 0 {
		peak = maxPeak
	}
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	processor := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%-50s %5d MB %7.2f s", t.Name(), used>>20, processor.Seconds())
	if used > peak {
		t.Errorf("a peak of %d MB, want at most %d", used>>20, peak>>20)
	}
	if processor > maxProcessor {
		t.Errorf("%s of processor time, want at most %s", processor, maxProcessor)
	}
}

var (
	built    sync.Once
	buildErr error
	bin      string // the folder of the command
)

// lacuna returns the path of the command, built once.
func lacuna(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if bin, buildErr = os.MkdirTemp("", "hostile"); buildErr == nil {
			out, err := exec.Command("go", "build", "-o", bin, "lacuna/cmd/lacuna").CombinedOutput()
			if err != nil {
				buildErr = fmt.Errorf("%w: %s", err, out)
			}
		}
	})
	if buildErr != nil {
		t.Fatal(buildErr)
	}
	return filepath.Join(bin, "lacuna")
}

func TestMain(m *testing.M) {
	code := m.Run()
	if bin != "" {
		os.RemoveAll(bin)
	}
	os.Exit(code)
}
