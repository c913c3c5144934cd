package folder_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/engine/objects/folder"

	"github.com/google/go-cmp/cmp"
)

// open returns the folder dir/s3 with the bucket "bucket" in it.
func open(t *testing.T) (f *folder.Folder, dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "s3", "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := folder.Open(filepath.Join(dir, "s3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, dir
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func put(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

func TestPutThenOpen(t *testing.T) {
	f, _ := open(t)
	for _, text := range []string{"first", "and its successor"} {
		size, err := f.Put(t.Context(), "bucket", "some/deep/key.json", put(text))
		if err != nil || size != int64(len(text)) {
			t.Fatalf("Put: %d, %v", size, err)
		}
		r, err := f.Open(t.Context(), "bucket", "some/deep/key.json")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || string(got) != text {
			t.Errorf("Open gives %q, %v, want %q", got, err, text)
		}
	}
}

// TestFailedPutChangesNothing: a reader sees the old object, and no part of the new one.
func TestFailedPutChangesNothing(t *testing.T) {
	f, dir := open(t)
	write(t, filepath.Join(dir, "s3", "bucket", "key"), "old")
	broken := errors.New("broken")
	_, err := f.Put(t.Context(), "bucket", "key", func(w io.Writer) error { return errors.Join(put("new")(w), broken) })
	if !errors.Is(err, broken) {
		t.Errorf("Put: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "s3", "bucket", "key"))
	if err != nil || string(text) != "old" {
		t.Errorf("the object is %q, %v", text, err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "s3", "bucket"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the bucket holds %v, %v, want the old object alone", entries, err)
	}
}

// TestPlacesOutside: whatever a bucket or a key says, nothing outside of the folder is
// read, listed or written.
func TestPlacesOutside(t *testing.T) {
	f, dir := open(t)
	write(t, filepath.Join(dir, "outside", "secret"), "secret")
	for link, target := range map[string]string{
		"s3/bucket/link": "../../outside/secret", "s3/bucket/folder": "../../outside", "s3/absolute": filepath.Join(dir, "outside"), "s3/leads-out": "../outside",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ bucket, key, want string }{
		{"..", "outside/secret", "bucket is not valid"},
		{"bucket/../..", "outside/secret", "bucket is not valid"},
		{"", "bucket/key", "bucket is not valid"},
		{".hidden", "key", "bucket is not valid"},
		{"a..b", "key", "bucket is not valid"},
		{"absolute", "secret", "escapes"},
		{"leads-out", "secret", "escapes"},
		{"bucket", "../../outside/secret", "is not valid in a folder"},
		{"bucket", "/etc/passwd", "is not valid in a folder"},
		{"bucket", "a/../../../outside/secret", "is not valid in a folder"},
		{"bucket", `..\outside`, "is not valid in a folder"},
		{"bucket", "", "is not valid in a folder"},
		{"bucket", ".", "is not valid in a folder"},
		{"bucket", "a//b", "is not valid in a folder"},
		{"bucket", "a\x00b", "is not valid in a folder"},
		{"bucket", "folder/secret", "escapes"},
		{"bucket", ".lacuna-part-x", "is not valid in a folder"},
		{"bucket", strings.Repeat("x/", 600) + "x", "is not valid in a folder"},
		{"none", "key", "bucket does not exist"},
	}
	for _, tt := range tests {
		t.Run(tt.bucket+" "+tt.key, func(t *testing.T) {
			if r, err := f.Open(t.Context(), tt.bucket, tt.key); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open gives %v, %v, want an error with %q", r, err, tt.want)
			}
			if _, err := f.Put(t.Context(), tt.bucket, tt.key, put("overwritten")); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Put gives %v, want an error with %q", err, tt.want)
			}
		})
	}
	if _, err := f.Open(t.Context(), "bucket", "link"); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("Open of a link that leads out: %v", err)
	}
	if _, err := f.Put(t.Context(), "bucket", "link", put("in its place")); err != nil { // the link itself is replaced
		t.Errorf("Put over a link that leads out: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "outside", "secret")); err != nil || string(text) != "secret" {
		t.Errorf("the file outside is %q, %v", text, err)
	}
	if got := list(t, f, "bucket", ""); !slices.Equal(got, []string{"link"}) {
		t.Errorf("the bucket lists %v, want the object that was put", got)
	}
}

func list(t *testing.T, f *folder.Folder, bucket, prefix string) (keys []string) {
	t.Helper()
	for o, err := range f.List(t.Context(), bucket, prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

// TestListInTheOrderOfBytes: as Amazon S3 lists, where a slash is a byte like others.
func TestListInTheOrderOfBytes(t *testing.T) {
	f, dir := open(t)
	for _, key := range []string{"a/x", "a-b", "a.b", "a0", "a/b/c", "b", ".lacuna-part-1"} {
		write(t, filepath.Join(dir, "s3", "bucket", key), key)
	}
	if err := os.Symlink("b", filepath.Join(dir, "s3", "bucket", "link")); err != nil {
		t.Fatal(err)
	}
	want := []string{"a-b", "a.b", "a/b/c", "a/x", "a0", "b", "link"}
	if diff := cmp.Diff(want, list(t, f, "bucket", "")); diff != "" {
		t.Errorf("List mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a/b/c", "a/x"}, list(t, f, "bucket", "a/")); diff != "" {
		t.Errorf("List below a/ mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a/b/c"}, list(t, f, "bucket", "a/b")); diff != "" {
		t.Errorf("List below a/b mismatch (-want +got):\n%s", diff)
	}
}
