package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/history"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// command is lacuna as a process of its own.
func (b *bench) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(b.Context(), os.Args[0], append(args, "--db", b.db)...)
	cmd.Env = append(slices.Clone(b.env), asLacuna+"=1")
	return cmd
}

// runsByName returns the status of each run.
func (b *bench) runsByName() map[string]string {
	b.Helper()
	var list struct{ Runs []history.Line }
	b.read(&list, 0, "runs", "--limit", "1000")
	status := map[string]string{}
	for _, r := range list.Runs {
		status[r.Run] = r.Execution
	}
	return status
}

// A process that dies at a random moment leaves a file that opens and has no wrong
// row; the next run completes. KILLS of them are killed, 5 by default.
func TestKilledAtARandomMoment(t *testing.T) {
	t.Parallel()
	rounds := fromEnvironment(t, "KILLS", 5)
	in := []string{"--series", strings.Join(fiveSeries, ","), "--from", "2020-01-01", "--to", "2026-06-30"}
	days := span.Span{From: span.Date(2020, 1, 1), To: span.Date(2026, 6, 30)}
	var longest time.Duration // of a process left alone
	aborted := 0
	for range rounds {
		b := newBench(t)
		cmd := b.command(append([]string{"backfill"}, in...)...)
		started := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		killed := false
		if longest > 0 {
			select {
			case <-ended:
			case <-time.After(rand.N(longest)):
				killed = true
				if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
				<-ended
			}
		} else if err := <-ended; err != nil {
			t.Fatal(err)
		} else {
			longest = time.Since(started)
		}
		if !killed {
			continue
		}
		aborted += b.checkAfterDeath(in, days)
	}
	if rounds >= 20 && aborted == 0 {
		t.Errorf("in %d rounds no run was killed in the middle", rounds)
	}
}

// checkAfterDeath returns 1 when the run that died had begun and not ended.
func (b *bench) checkAfterDeath(in []string, days span.Span) int {
	b.Helper()
	if _, err := os.Stat(b.db); err != nil {
		return 0 // it died before it made the file
	}
	aborted := 0
	for name, status := range b.runsByName() {
		switch status {
		case "ABORTED":
			aborted++
		case "SUCCEEDED":
		default:
			b.Errorf("run %s, whose process died, is %s", name, status)
		}
	}
	for _, key := range fiveSeries {
		right := map[string]bool{}
		for _, row := range published(b.Data, key, days) {
			right[row] = true
		}
		for _, row := range b.exportedRows(key) {
			if !right[row] {
				b.Errorf("wrong row after the process died: %s", row)
			}
		}
	}
	b.read(&result{}, 0, append([]string{"backfill"}, in...)...)
	for _, key := range fiveSeries {
		if diff := cmp.Diff(published(b.Data, key, days), b.exportedRows(key)); diff != "" {
			b.Errorf("%s after the next run (-published +stored):\n%s", key, diff)
		}
	}
	return aborted
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	hangups := make(chan os.Signal, 1) // below nohup a child would ignore it as this process does
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	for _, end := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(end.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.read(&result{}, 0, append([]string{"backfill"}, shortRange...)...)
			b.edit(`DELETE FROM rows WHERE date = '2026-06-10'`)
			asked := make(chan bool, 10)
			hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- true
				<-r.Context().Done()
			}))
			defer hanging.Close()
			live := b.env
			b.env = append(slices.Clone(b.env), "LACUNA_ECB_URL="+hanging.URL)
			cmd := b.command(append([]string{"backfill"}, shortRange...)...)
			errs, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			if err := cmd.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(errs)
			if err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 130 || err == nil {
				t.Errorf("exit code %d, error %v", code, err)
			}
			if !strings.Contains(string(said), "what was fetched is stored; run again to go on: lacuna backfill") {
				t.Errorf("stderr:\n%s", said)
			}
			b.env = live
			var aborted int
			for _, status := range b.runsByName() {
				if status == "ABORTED" {
					aborted++
				}
			}
			if aborted != 1 {
				t.Errorf("%d runs aborted, want 1", aborted)
			}
			b.read(&result{}, 0, append([]string{"backfill"}, shortRange...)...)
		})
	}
}

// Whoever interrupts twice does not wait: here for the database, which somebody else
// has locked when the end of the run is to be written.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.read(&result{}, 0, append([]string{"backfill"}, shortRange...)...)
	b.edit(`DELETE FROM rows WHERE date = '2026-06-10'`)
	asked := make(chan bool, 10)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- true
		<-r.Context().Done()
	}))
	defer hanging.Close()
	b.env = append(b.env, "LACUNA_ECB_URL="+hanging.URL)
	cmd := b.command(append([]string{"backfill"}, shortRange...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	unlock := b.lock()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	deadline := time.After(20 * time.Second)
	for {
		if err := cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case <-ended:
			if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
				t.Errorf("ended with %s, want by the second signal", cmd.ProcessState)
			}
			unlock()
			return
		case <-deadline:
			unlock()
			<-ended
			t.Fatal("interrupted again and again, it waits for the database")
		case <-time.After(time.Millisecond):
		}
	}
}

// An import that waits for more of its input ends with Ctrl-C, and goes on when it is
// called again.
func TestImportIsInterrupted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var text strings.Builder
	text.WriteString("info_type,date,value\n")
	const days = 10_000
	for i := range days {
		fmt.Fprintf(&text, "ECB#USD,%s,1.1\n", span.Date(1999, 1, 4)+span.Day(i))
	}
	cmd := b.command("import", "--format", "csv", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, text.String()); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	again := b.command("import", "--format", "csv", "-")
	again.Stdin = strings.NewReader(text.String())
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := b.exportedRows("ECB#USD"); len(got) != days {
		t.Errorf("%d rows, want %d", len(got), days)
	}
}
