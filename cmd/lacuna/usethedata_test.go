//go:build !windows

package main

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var codeBlock = regexp.MustCompile("(?ms)^```(\\w+)(?: (\\S+))?\n(.*?)^```$")

// TestUseTheData runs docs/use-the-data.md: its commands in a shell, its SQL on the files
// that it names. The tests with real parts run its Python.
func TestUseTheData(t *testing.T) {
	blocks := codeBlock.FindAllStringSubmatch(textOf(t, filepath.Join("..", "..", "docs", "use-the-data.md")), -1)
	t.Chdir(t.TempDir())
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(program, filepath.Join(bin, "lacuna")); err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	for _, block := range blocks {
		kind, file, text := block[1], block[2], block[3]
		ran[kind]++
		switch kind {
		case "sh":
			cmd := exec.CommandContext(t.Context(), "sh", "-euc", text)
			cmd.Env = append(os.Environ(), asLacuna+"=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", text, err, out)
			}
		case "sql":
			if got := answers(t, file, text); got == "" {
				t.Errorf("%s: %s\nhas no rows", file, text)
			} else if strings.Contains(text, "invoices") && got != "1 2026-05-29 2026-05-29 5.0569 505.69\n2 2026-05-31 2026-05-29 5.0569 1266.75\n" {
				t.Errorf("the invoices are\n%s", got)
			}
		}
	}
	if ran["sh"] < 3 || ran["sql"] < 3 || ran["python"] < 3 {
		t.Errorf("blocks: %v", ran)
	}
}

// answers runs statements, and returns the rows of the last one.
func answers(t *testing.T, file, statements string) string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(statements)
	if err != nil {
		t.Fatalf("%s: %v\n%s", file, err, statements)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells, into := make([]string, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	var b strings.Builder
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		b.WriteString(strings.Join(cells, " ") + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
