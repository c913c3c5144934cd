package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entry is a file of a zip as Lambda unpacks it.
type entry struct {
	Name, Mode, Text string
}

func TestWriteIsTheSameEachTime(t *testing.T) {
	dir := t.TempDir()
	program, name := filepath.Join(dir, "program"), filepath.Join(dir, "task.zip")
	var before []byte
	for _, mode := range []os.FileMode{0o600, 0o777} { // nothing of the file but its bytes counts
		if err := os.WriteFile(program, bytes.Repeat([]byte("ELF"), 1000), mode); err != nil {
			t.Fatal(err)
		}
		size, err := write(name, program, []byte("lacuna catalogue\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || len(got) != size {
			t.Fatalf("%d bytes, %v; want %d", len(got), err, size)
		}
		if before != nil && !bytes.Equal(before, got) {
			t.Error("the second zip differs from the first")
		}
		before = got
	}
	want := []entry{{"bootstrap", "-rwxr-xr-x", strings.Repeat("ELF", 1000)}, {"catalogue.jsonl", "-rw-r--r--", "lacuna catalogue\n"}}
	if diff := cmp.Diff(want, entries(t, name)); diff != "" {
		t.Errorf("entries mismatch (-want +got):\n%s", diff)
	}
}

func entries(t *testing.T, name string) []entry {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var found []entry
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Modified.Year() != 1980 { // the time of day would make each zip another one
			t.Errorf("%s was modified at %s", f.Name, f.Modified)
		}
		found = append(found, entry{f.Name, f.Mode().String(), string(text)})
	}
	return found
}

// What cannot become a function is refused before anything is built.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	wrong := filepath.Join(dir, "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("version: 1\nseries:\n- {key: A}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"an architecture that Lambda lacks", []string{"-arch", "riscv64"}, 64, `-arch "riscv64": want arm64 or amd64`},
		{"an unknown flag", []string{"-zip"}, 64, "-zip"},
		{"no catalogue", []string{"-catalogue", filepath.Join(dir, "none.yaml")}, 1, "none.yaml"},
		{"a catalogue that is wrong", []string{"-catalogue", wrong}, 1, "wrong.yaml:3"},
	} {
		var stdout, stderr bytes.Buffer
		out := filepath.Join(dir, "dist")
		code := run(t.Context(), append(tt.args, "-out", out), &stdout, &stderr)
		if code != tt.code || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%s: exit code %d, stderr %s; want %d, %s", tt.name, code, stderr.String(), tt.code, tt.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: something was written", tt.name)
		}
	}
}

// The tasks are the folders that have a program.
func TestTasksAreTheFolders(t *testing.T) {
	programs, err := filepath.Glob("../../lambdas/*/bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, p := range programs {
		got[filepath.Base(filepath.Dir(p))] = true
	}
	want := map[string]bool{}
	for _, task := range tasks {
		want[task] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tasks mismatch (-want +got):\n%s", diff)
	}
}
