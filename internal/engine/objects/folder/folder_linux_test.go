package folder_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipeIsNoObject: opening one would wait for a writer for ever.
func TestPipeIsNoObject(t *testing.T) {
	f, dir := open(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "s3", "bucket", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open(t.Context(), "bucket", "pipe"); err == nil || !strings.Contains(err.Error(), "The specified key does not exist.") {
		t.Errorf("Open: %v", err)
	}
	if got := list(t, f, "bucket", ""); got != nil {
		t.Errorf("listed: %v", got)
	}
}
