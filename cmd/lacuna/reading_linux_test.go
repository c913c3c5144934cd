package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// readingVerbs are the verbs that read the database, and what they print of it.
var readingVerbs = map[string][]string{
	"Complete: 1 series":          {"status", "--series", "ECB#USD", "--from", "2026-06-01"},
	"ECB#USD,2026-06-30,observed": {"export"},
	"ECB#USD 2026-06-30":          {"why", "ECB#USD", "2026-06-30"},
	"complete":                    {"runs"},
	"Nothing to ask for":          {"plan", "--series", "ECB#USD", "--from", "2026-06-01"},
	"1.1394":                      {"latest", "ECB#USD"},
	"Nothing is quarantined":      {"quarantine", "list", "--series", "ECB#USD"},
}

// The verbs that read do so as somebody who may not write, whether nobody has the
// database open or a process that writes to it.
func TestReadingNeedsNoRightToWrite(t *testing.T) {
	dir, err := os.MkdirTemp("", "reading") // not below t.TempDir, whose parent is its owner's alone
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "lacuna")
	db := filepath.Join(dir, "lacuna.db")
	t.Cleanup(func() { errors.Join(os.Chmod(dir, 0o755), os.RemoveAll(dir)) }) //nolint:errcheck
	text, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(program, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"backfill", "--offline", "--db", db, "--series", "ECB#USD", "--from", "2026-06-01"}, nil, &out, &out, nil); code != 0 {
		t.Fatalf("backfill: exit code %d\n%s", code, &out)
	}
	if err := errors.Join(os.Chmod(db, 0o444), os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	readAll(t, "alone", program, db)

	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(db, 0o644)); err != nil {
		t.Fatal(err)
	}
	writer, err := sqlite.Open(db, sqlite.Offline)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := writer.StartExecution(t.Context(), store.Execution{Name: "going-on", Machine: "lacuna", Status: engine.Running, Input: []byte("{}"), Started: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(db, 0o444), os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	readAll(t, "beside a run", program, db)
}

func readAll(t *testing.T, when, program, db string) {
	t.Helper()
	for want, args := range readingVerbs {
		cmd := exec.CommandContext(t.Context(), program, append(slices.Clone(args), "--offline", "--db", db)...)
		cmd.Env = []string{asLacuna + "=1"}
		if os.Getuid() == 0 { // who may write everywhere
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: lacuna %s: %v, want %s\n%s", when, strings.Join(args, " "), err, want, out)
		}
	}
}

// forAll returns a folder in which anyone may write, and the program there. It takes root,
// who can be anyone.
func forAll(t *testing.T) (dir, program string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("takes root: it is somebody else")
	}
	dir, err := os.MkdirTemp("", "acting")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program = filepath.Join(dir, "lacuna")
	text, err := os.ReadFile(os.Args[0])
	if err = errors.Join(err, os.WriteFile(program, text, 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	return dir, program
}

// Who acts is whom $USER names, else whom the operating system does; a user that it
// has no entry of, as in a container, has to say who they are.
func TestWhoActs(t *testing.T) {
	dir, program := forAll(t)
	tests := []struct {
		name, user string
		uid        uint32
		args       []string
		want       string
	}{
		{"by the operating system", "", 0, []string{"--reason", "x"}, `"by": "root"`},
		{"by a variable", "ana", 0, []string{"--reason", "x"}, `"by": "ana"`},
		{"by nobody", "", 54321, nil, "mark absent: --reason and --by are missing: there is no $USER"},
		{"by a flag", "", 54321, []string{"--reason", "x", "--by", "bia"}, `"by": "bia"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := filepath.Join(dir, tt.name+".db")
			s, err := sqlite.Open(db, sqlite.Offline)
			if err = errors.Join(err, s.Close(), os.Chown(db, int(tt.uid), int(tt.uid))); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"mark", "absent", "--offline", "--db", db, "--series", "ECB#USD", "--from", "2026-06-02", "--to", "2026-06-02", "-o", "json"}, tt.args...)
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env = []string{asLacuna + "=1", "USER=" + tt.user}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: tt.uid, Gid: tt.uid}}
			if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), tt.want) {
				t.Errorf("want %s\n%s", tt.want, out)
			}
		})
	}
}

// doctor, to which every Store.Unusable leads, says what keeps a backfill from writing: the
// file, its folder, or that there is no room.
func TestDoctorWhereNothingCanBeWritten(t *testing.T) {
	b := newBench(t)
	b.env = append(b.env, "LACUNA_CATALOGUE="+smallCatalogue(t))
	for _, there := range []bool{false, true} {
		if there {
			if code, _, stderr := b.run("backfill", "--from", "2026-06-01"); code != 0 {
				t.Fatal(stderr)
			}
		}
		limited := b.command("doctor")
		limited.Args = append([]string{"sh", "-c", `ulimit -f 1000; exec "$0" "$@"`, limited.Path}, limited.Args[1:]...)
		limited.Path = "/bin/sh"
		out, err := limited.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "failed  database: database "+b.db+": a megabyte cannot be written beside it: ") || !strings.Contains(string(out), "mend: room on its disk") {
			t.Errorf("a file %t: error %v\n%s", there, err, out)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(b.db), ".lacuna-*")); err != nil || len(left) > 0 {
			t.Errorf("files left: %v, %v", left, err)
		}
	}
}

// So it does of a file that may be written in a folder that may not.
func TestDoctorWhereTheFolderIsNotTheirs(t *testing.T) {
	dir, program := forAll(t)
	db := filepath.Join(dir, "x.db")
	s, err := sqlite.Open(db, sqlite.Offline)
	if err = errors.Join(err, s.Close(), os.Chown(db, 54321, 54321), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "doctor", "--offline", "--db", db)
	cmd.Env = []string{asLacuna + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 54321, Gid: 54321}}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "a megabyte cannot be written beside it: ") || !strings.Contains(string(out), "permission denied") {
		t.Errorf("error %v\n%s", err, out)
	}
}
