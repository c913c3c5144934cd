//go:build integration

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var codeBlock = regexp.MustCompile("(?ms)^```(\\w+)(?: (\\S+))?\n(.*?)^```$")

// TestUseTheDataWithPandasAndDuckDB runs the commands and the Python of
// docs/use-the-data.md in order; its SQL is run by cmd/lacuna.
func TestUseTheDataWithPandasAndDuckDB(t *testing.T) {
	page, err := os.ReadFile("../docs/use-the-data.md")
	if err != nil {
		t.Fatal(err)
	}
	python, err := filepath.Abs("pandas")
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, "lacuna"), "../cmd/lacuna").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	ran := map[string]int{}
	for _, block := range codeBlock.FindAllStringSubmatch(string(page), -1) {
		var cmd *exec.Cmd
		switch block[1] {
		case "sh":
			cmd = exec.CommandContext(t.Context(), "sh", "-euc", block[3])
		case "python":
			if block[2] == "boto3" {
				continue // TestBoto3ReadsTheTable runs it
			}
			cmd = exec.CommandContext(t.Context(), python, "-W", "error", "-c", block[3])
		default:
			continue
		}
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", block[3], err, out)
		}
		ran[block[1]]++
	}
	if ran["sh"] < 3 || ran["python"] < 3 {
		t.Errorf("blocks: %v", ran)
	}
}
