package choice_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/choice"
)

// What stands beside a catalogue is a file: a pipe would be waited for, for ever.
func TestBesideAreFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "codes.csv"), []byte("code\nUSD\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "more.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	beside := choice.Beside(filepath.Join(dir, "series.yaml"))
	if text, err := beside("codes.csv"); err != nil || string(text) != "code\nUSD\n" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := beside("more.csv"); err == nil || !strings.HasSuffix(err.Error(), "more.csv is no file") {
		t.Errorf("a folder: %v", err)
	}
}
