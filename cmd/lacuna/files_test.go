package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/output"
	"lacuna/internal/plan"
)

// A plan replaces a plan and nothing else, whichever way its name leads there.
func TestPlanIsWrittenWhereNothingElseIs(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	good, err := json.Marshal(plan.Plan{SchemaVersion: output.SchemaVersion})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"days.db": "a database", "days.db-wal": "pages", "plan.json": string(good), "empty": "", "notes.txt": "mine", "other.json": `{"schema_version": 1}`} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"to-plan": "plan.json", "to-db": "days.db", "to-nothing": "made-by-link"} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(at("days.db"), at("hard.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, at("folder")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, want string }{
		{"new.json", ""},
		{"plan.json", ""},
		{"empty", ""},
		{"days.db", "is the database or a file beside it"},
		{"days.db-wal", "is the database or a file beside it"},
		{"days.db-shm", "is the database or a file beside it"},
		{"days.db-run-X", "is the database or a file beside it"},
		{"hard.json", "is the database or a file beside it"},
		{"folder/days.db", "is the database or a file beside it"},
		{"to-db", "is the database or a file beside it"},
		{"to-plan", "no regular file"},
		{"to-nothing", "no regular file"},
		{"folder", "no regular file"},
		{"notes.txt", "is not replaced: it is no plan: invalid character"},
		{"other.json", "is not replaced: it is no plan: input: missing"},
		{"none/new.json", "no such folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &app{target: targetLocal, db: at("days.db")}
			before, _ := os.ReadFile(at(tt.name))
			err := a.savePlan(&plan.Plan{SchemaVersion: output.SchemaVersion, Requests: 7}, at(tt.name))
			after, _ := os.ReadFile(at(tt.name))
			if tt.want == "" {
				if err != nil || !strings.Contains(string(after), `"requests": 7`) {
					t.Errorf("error %v, text %q; want the plan", err, after)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !bytes.Equal(before, after) {
				t.Errorf("error %v, want %q; before %q, after %q", err, tt.want, before, after)
			}
		})
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".lacuna-") || e.Name() == "made-by-link" {
			t.Errorf("%s was left", e.Name())
		}
	}
}

// A database that is not there yet is not taken for a plan's place either.
func TestPlanIsNotWrittenWhereTheDatabaseWillBe(t *testing.T) {
	t.Chdir(t.TempDir())
	a := &app{target: targetLocal, db: "new.db"}
	if err := a.savePlan(&plan.Plan{}, "./new.db"); err == nil || !strings.Contains(err.Error(), "is the database") {
		t.Errorf("error %v", err)
	}
}

func TestStdoutIsNotTheDatabase(t *testing.T) {
	db := filepath.Join(t.TempDir(), "days.db")
	out, err := os.OpenFile(db, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := (&app{target: targetLocal, db: db, stdout: output.NewScreen(out)}).checkStdout(); err == nil || !strings.Contains(err.Error(), "stdout is the database") {
		t.Errorf("error %v", err)
	}
	if err := (&app{target: targetLocal, db: db + "x", stdout: output.NewScreen(out)}).checkStdout(); err != nil {
		t.Errorf("another file: %v", err)
	}
}
