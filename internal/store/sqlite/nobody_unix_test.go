//go:build unix

package sqlite_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asNobody runs the test that calls it once more, as a user without rights.
func asNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "nobody") // not below t.TempDir, whose parent is root's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	mine := filepath.Join(dir, "test")
	err = errors.Join(os.WriteFile(mine, binary, 0o755), os.Chmod(dir, 0o755), os.Chown(dir, nobody, nobody))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), mine, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("as nobody: %v\n%s", err, out)
	}
}
