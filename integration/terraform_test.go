//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// terraform is a copy of the stack's root, in force on an emulator. Nothing is
// written into the checkout.
type terraform struct {
	*emulator
	dir       string
	variables map[string]any
}

// newTerraform makes the zips for this machine, copies the root and inits it.
func newTerraform(t *testing.T, e *emulator) *terraform {
	t.Helper()
	copied := t.TempDir()
	for _, name := range []string{"terraform", "statemachine"} {
		if err := os.CopyFS(filepath.Join(copied, name), os.DirFS("../"+name)); err != nil {
			t.Fatal(err)
		}
	}
	series, err := os.ReadFile("../series.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copied, "series.yaml"), series, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copied, "terraform", "people.tf"), []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{".terraform", ".terraform.lock.hcl", "terraform.tfstate", "terraform.tfvars"} { // of a deployment from this checkout
		if err := os.RemoveAll(filepath.Join(copied, "terraform", left)); err != nil {
			t.Fatal(err)
		}
	}
	run(t, e.environ(), "..", "go", "run", "./internal/zips", "-arch", runtime.GOARCH, "-out", filepath.Join(copied, "dist"))
	tf := &terraform{emulator: e, dir: filepath.Join(copied, "terraform"), variables: map[string]any{
		"architecture": map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH],
	}}
	tf.init(t)
	return tf
}

func (tf *terraform) init(t *testing.T) {
	t.Helper()
	args := []string{"init", "-input=false", "-no-color"}
	if plugins := os.Getenv("TF_PLUGIN_DIR"); plugins != "" {
		args = append(args, "-plugin-dir="+plugins)
	}
	tf.run(t, args...)
}

// run runs Terraform and returns what it printed on stdout.
func (tf *terraform) run(t *testing.T, args ...string) []byte {
	t.Helper()
	return run(t, tf.environ("TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1"), tf.dir, "terraform", args...)
}

// try runs Terraform and returns how it failed.
func (tf *terraform) try(t *testing.T, args ...string) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "terraform", args...)
	cmd.Dir, cmd.Env = tf.dir, tf.environ("TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	return cmd.Run()
}

// rewrite replaces text in a file of the copy.
func (tf *terraform) rewrite(t *testing.T, name, old, replacement string) {
	t.Helper()
	name = filepath.Join(tf.dir, "..", name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s: no %s", name, old)
	}
	if err := os.WriteFile(name, bytes.ReplaceAll(text, []byte(old), []byte(replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// apply applies, with variables in force from now on.
func (tf *terraform) apply(t *testing.T, variables map[string]any) {
	t.Helper()
	for name, value := range variables {
		tf.variables[name] = value
	}
	text, err := json.Marshal(tf.variables)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tf.dir, "test.auto.tfvars.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	// SQS resources wait for a while, so many at once.
	tf.run(t, "apply", "-auto-approve", "-input=false", "-no-color", "-parallelism=30")
}

// output returns an output.
func output[T any](t *testing.T, tf *terraform, name string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(tf.run(t, "output", "-json", name), &v); err != nil {
		t.Fatalf("output %s: %v", name, err)
	}
	return v
}

// changes returns what a plan would change, as addresses with the attributes
// that differ.
func (tf *terraform) changes(t *testing.T) map[string][]string {
	t.Helper()
	tf.run(t, "plan", "-input=false", "-no-color", "-out=again.tfplan")
	var plan struct {
		Changes []struct {
			Address string
			Change  struct {
				Actions       []string
				Before, After map[string]json.RawMessage
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(tf.run(t, "show", "-json", "again.tfplan"), &plan); err != nil {
		t.Fatal(err)
	}
	changes := map[string][]string{}
	for _, c := range plan.Changes {
		if slices.Equal(c.Change.Actions, []string{"no-op"}) || slices.Equal(c.Change.Actions, []string{"read"}) {
			continue
		}
		var differ []string
		for name := range c.Change.After {
			if !bytes.Equal(c.Change.Before[name], c.Change.After[name]) {
				differ = append(differ, name)
			}
		}
		slices.Sort(differ)
		changes[c.Address] = append(c.Change.Actions, differ...)
	}
	return changes
}

// resources returns the addresses in force.
func (tf *terraform) resources(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(strings.Fields(string(tf.run(t, "state", "list"))), func(address string) bool { return strings.HasPrefix(address, "data.") })
}

// run runs a program; what fails ends the test.
func run(t *testing.T, env []string, dir, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%s: %v\n%s\n%s", cmd, err, out, exit.Stderr)
		}
		t.Fatalf("%s: %v", cmd, err)
	}
	return out
}
