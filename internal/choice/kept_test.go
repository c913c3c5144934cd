package choice_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
)

// cached has copies of catalogues kept in a folder of the test.
func cached(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "[ci]") // no pattern
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CACHE_HOME", dir)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "lacuna")
}

func copies(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, filepath.Join(dir, e.Name()))
	}
	return names
}

// large writes a family of n members below dir, with a title.
func large(t *testing.T, dir, title string, n int) (file string) {
	t.Helper()
	file = filepath.Join(dir, "large.yaml")
	text := "version: 1\nsources: {ecb: {}}\nseries:\n- {each: {from: codes.csv}, key: 'A#{c}', aliases: ['B#{c}'], title: " + title + ", unit: u, source: ecb, code: '{c}', calendar: target, since: 2020-01-01}\n"
	codes := []byte("c\n")
	for i := range n {
		codes = fmt.Appendf(codes, "%d\n", i)
	}
	write(t, file, []byte(text))
	write(t, filepath.Join(dir, "codes.csv"), codes)
	return file
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantRead(t *testing.T, file, title string, n int) {
	t.Helper()
	c, _, err := choice.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := c.Lookup("B#7"); !ok || s.Title != title || len(c.All()) != n {
		t.Errorf("B#7 is %v, of %d series; want the title %s, and %d", s, len(c.All()), title, n)
	}
}

func TestTheCopyOfALargeCatalogueIsUsed(t *testing.T) {
	kept := cached(t)
	file := large(t, t.TempDir(), "one", 600)
	wantRead(t, file, "one", 600)
	names := copies(t, kept)
	if len(names) != 1 {
		t.Fatalf("copies %v, want one", names)
	}
	wantRead(t, file, "one", 600)
	good, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	// A copy with another title shows that it is the copy that is read.
	first, _, _ := bytes.Cut(good, []byte("\n"))
	other, err := catalogue.Parse("x", []byte("version: 1\nsources: {ecb: {}}\nseries:\n- {key: A#7, aliases: [B#7], title: copy, unit: u, source: ecb, code: x, calendar: target, since: 2020-01-01}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := other.Compile()
	if err != nil {
		t.Fatal(err)
	}
	write(t, names[0], slices.Concat(first, []byte("\n"), compiled))
	wantRead(t, file, "copy", 1)
	for _, damaged := range [][]byte{nil, good[:len(good)-1], bytes.Replace(good, []byte("one"), []byte("two"), 1), []byte("{}\n{}")} {
		write(t, names[0], damaged)
		wantRead(t, file, "one", 600)
		if is, err := os.ReadFile(names[0]); err != nil || !bytes.Equal(is, good) {
			t.Errorf("the damaged copy stays: %v", err)
		}
	}
}

func TestACopyIsOfTheBytesOfACatalogue(t *testing.T) {
	kept, dir := cached(t), t.TempDir()
	wantRead(t, large(t, dir, "one", 600), "one", 600)
	wantRead(t, large(t, dir, "two", 600), "two", 600) // another file of the same name
	wantRead(t, large(t, dir, "two", 601), "two", 601) // another file beside it
	name, own, beside, err := choice.Hashes(large(t, dir, "two", 601))
	if err != nil || name != filepath.Join(dir, "large.yaml") || len(own) != 64 || len(beside["codes.csv"]) != 64 {
		t.Errorf("Hashes = %s, %s, %v, %v", name, own, beside, err)
	}
	write(t, filepath.Join(dir, "codes.csv"), []byte("c\na b\n"))
	if _, _, err := choice.Read(filepath.Join(dir, "large.yaml")); err == nil || !strings.Contains(err.Error(), `large.yaml:4: series[0].key: "A#a b": want`) {
		t.Errorf("with a member that is none: %v", err)
	}
	if n := len(copies(t, kept)); n != 2 {
		t.Errorf("%d copies, want 2", n)
	}
}

func TestCopiesAreFew(t *testing.T) {
	kept, dir := cached(t), t.TempDir()
	wantRead(t, large(t, dir, "small", 100), "small", 100)
	if names := copies(t, kept); len(names) > 0 {
		t.Errorf("a small catalogue leaves %v", names)
	}
	for i := range 10 {
		title := fmt.Sprint("t", i)
		wantRead(t, large(t, dir, title, 600), title, 600)
	}
	if n := len(copies(t, kept)); n != 8 {
		t.Errorf("%d copies, want 8", n)
	}
}

func TestNoCopyCanBeKept(t *testing.T) {
	kept := cached(t)
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, kept, nil) // no folder
	file := large(t, t.TempDir(), "one", 600)
	wantRead(t, file, "one", 600)
	wantRead(t, file, "one", 600)
}

// A copy that others may have written is not read, and none is kept where they may write.
func TestACopyOfOthersIsNotRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a user's folder is the user's own there")
	}
	kept, dir := cached(t), t.TempDir()
	file := large(t, dir, "one", 600)
	wantRead(t, file, "one", 600)
	names := copies(t, kept)
	if len(names) != 1 {
		t.Fatalf("copies %v", names)
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	c, err := catalogue.Parse("other.yaml", bytes.Replace(lacuna.Series, []byte("US dollar"), []byte("another"), 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	write(t, names[0], slices.Concat(first, []byte("\n"), compiled))
	if got, _, err := choice.Read(file); err != nil || len(got.All()) == 600 {
		t.Fatalf("the copy is not read: %v", err) // else nothing below is proven
	}
	for _, mode := range []struct{ file, folder os.FileMode }{{0o666, 0o700}, {0o600, 0o777}} {
		if err := errors.Join(os.Chmod(names[0], mode.file), os.Chmod(kept, mode.folder)); err != nil {
			t.Fatal(err)
		}
		wantRead(t, file, "one", 600)
		write(t, names[0], slices.Concat(first, []byte("\n"), compiled))
	}
}
