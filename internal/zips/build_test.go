//go:build integration

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Built here, and built anew from a copy that lies elsewhere and is no checkout.
func TestTheSameSourcesGiveTheSameZips(t *testing.T) {
	first := zipsOf(t, "../..", "amd64")
	second := zipsOf(t, copyOf(t, "../.."), "amd64")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("hashes mismatch (-first +second):\n%s", diff)
	}
}

func TestZipsForARM(t *testing.T) { zipsOf(t, "../..", "arm64") }

// zipsOf builds the zips of the module in dir, checks their sizes and returns
// their hashes.
func zipsOf(t *testing.T, dir, arch string) map[string]string {
	t.Helper()
	const maxSize = 6_000_000 // bytes
	out := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-source", dir, "-catalogue", filepath.Join(dir, "series.yaml"), "-arch", arch, "-out", out}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	t.Logf("%s:\n%s", arch, stdout.String())
	hashes := map[string]string{}
	for _, task := range tasks {
		text, err := os.ReadFile(filepath.Join(out, task+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > maxSize {
			t.Errorf("%s.zip for %s has %d bytes, want at most %d", task, arch, len(text), maxSize)
		}
		hashes[task] = fmt.Sprintf("%x", sha256.Sum256(text))
	}
	return hashes
}

// copyOf returns a folder with the files of the checkout dir.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-co", "--exclude-standard") // what is embedded too
	list.Dir = dir
	names, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	to := t.TempDir()
	for name := range strings.Lines(string(names)) {
		name = strings.TrimSpace(name)
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
