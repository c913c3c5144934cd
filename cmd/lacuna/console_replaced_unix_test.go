//go:build unix

package main

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lacuna/internal/store/sqlite"
)

// copyOf copies a database that nobody has open.
func copyOf(t *testing.T, path, to string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A database that is replaced while the console runs is opened anew: what a person decides
// is in the file that is there, and the pages show it.
func TestConsoleOverAReplacedFile(t *testing.T) {
	for name, acts := range map[string]struct{ before, between bool }{
		"before the first act":               {false, false},
		"after an act":                       {true, false},
		"between look and act":               {false, true},
		"after an act, between look and act": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			fill := func(series string) {
				t.Helper()
				if code, _, errs := b.run("backfill", "--series", series, "--from", "2026-05-01", "--to", "2026-05-08"); code != 0 {
					t.Fatal(errs)
				}
			}
			fill("CURRENCY#USD")
			other := filepath.Join(t.TempDir(), "new.db")
			copyOf(t, b.db, other)
			c := browse(t, b.env, "--db", b.db)
			look := func(day string) string {
				t.Helper()
				return within(c.post(200, "/acts", url.Values{"act": {"mark missing"}, "day": {"CURRENCY#USD|" + day}, "reason": {"typing error"}}), `action="`, `"`)
			}
			do := func(at string) {
				t.Helper()
				if page := c.post(200, at, nil); !strings.Contains(page, "<strong>1 day</strong> changed.") {
					t.Errorf("it was not done: %s", page)
				}
			}
			if acts.before {
				do(look("2026-05-06"))
			}
			var at string
			if acts.between {
				at = look("2026-05-05")
			}
			db := b.db
			b.db = other
			fill("ECB#USD")
			b.db = db
			if err := os.Rename(other, b.db); err != nil {
				t.Fatal(err)
			}
			if !acts.between {
				at = look("2026-05-05")
			}
			do(at)
			if _, out, _ := b.run("why", "CURRENCY#USD", "2026-05-05"); !strings.Contains(out, "mark missing") {
				t.Errorf("the file does not have what was decided: %s", out)
			}
			if _, out, _ := b.run("why", "CURRENCY#USD", "2026-05-06"); strings.Contains(out, "mark missing") {
				t.Errorf("the file has what was decided in the one before: %s", out)
			}
			for tries := 0; !strings.Contains(c.page(200, "/?q=ECB%23USD"), "2026-05-08"); tries++ {
				if tries == 20 {
					t.Fatal("the overview does not show the file that is there")
				}
			}
		})
	}
}

// A database that is removed is made anew by a run, which the pages show.
func TestConsoleOverARemovedFile(t *testing.T) {
	b := newBench(t)
	if code, _, errs := b.run("backfill", "--series", "CURRENCY#USD", "--from", "2026-05-01", "--to", "2026-05-08"); code != 0 {
		t.Fatal(errs)
	}
	c := browse(t, b.env, "--db", b.db)
	c.page(200, "/series/CURRENCY%23USD")
	if err := os.Remove(b.db); err != nil {
		t.Fatal(err)
	}
	if page := c.page(200, "/runs"); !strings.Contains(page, "No runs yet") {
		t.Errorf("runs of a file that is gone: %s", page)
	}
	look := c.post(200, "/acts", url.Values{"act": {"mark absent"}, "series": {"CURRENCY#USD"}, "from": {"2026-05-04"}, "to": {"2026-05-04"}, "reason": {"x"}})
	if page := c.post(200, within(look, `action="`, `"`), nil); !strings.Contains(page, "<strong>0 days</strong> changed") || !strings.Contains(page, "there is no database") {
		t.Errorf("a decision without a file: %s", page)
	}
	plan := c.post(200, "/plans", url.Values{"series": {"CURRENCY#USD"}, "from": {"2026-05-04"}, "to": {"2026-05-05"}})
	c.post(200, within(plan, `action="`, `"`), nil) // leads to the run's page
	if _, err := os.Stat(b.db); err != nil {
		t.Error(err)
	}
	c.until("/?q=CURRENCY%23USD", "2026-05-05") // what the run has stored
}

// Who may not write the database sees what others write.
func TestConsoleOfWhoMayNotWrite(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("takes another user than the one who writes")
	}
	dir, err := os.MkdirTemp("", "console") // not below t.TempDir, whose parent is its owner's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := newBench(t)
	b.db = filepath.Join(dir, "x.db")
	program := filepath.Join(dir, "lacuna")
	text, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = errors.Join(os.WriteFile(program, text, 0o755), os.Chmod(dir, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	fill := func(from, to string) {
		t.Helper()
		if code, _, errs := b.run("backfill", "--series", "CURRENCY#USD", "--from", from, "--to", to); code != 0 {
			t.Fatal(errs)
		}
	}
	fill("2026-05-04", "2026-05-05")
	cmd := exec.CommandContext(t.Context(), program, "console", "--addr", "127.0.0.1:0", "--by", "ana", "--db", b.db)
	cmd.Env = append(b.env, asLacuna+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	c := letIn(t, out)
	c.page(200, "/?q=CURRENCY%23USD")
	c.until("/?q=CURRENCY%23USD", "2026-05-05")
	fill("2026-05-06", "2026-05-07")
	c.until("/?q=CURRENCY%23USD", "2026-05-07") // written by others who have ended
	writer, err := sqlite.Open(b.db, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	fill("2026-05-08", "2026-05-08")
	c.until("/?q=CURRENCY%23USD", "2026-05-08") // written beside another one
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil || strings.Contains(errs.String(), "error") {
		t.Errorf("%v, and it said: %s", err, &errs)
	}
}
