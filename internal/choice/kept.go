package choice

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"lacuna"
	"lacuna/internal/bound"
	"lacuna/internal/catalogue"
)

// A large catalogue takes longer to be checked than all else that a verb does, so the
// one that was good is kept compiled in the user's folder for such copies. It is found
// by what it was made from, to the byte, and by this program; where it is not, or
// cannot be read or written, nothing is said and the catalogue is read.
const (
	keptFrom  = 500       // series; fewer are checked within 30 ms
	keptText  = 32 << 10  // bytes of a catalogue that may have as many, unless it has families
	keptMost  = 8         // files
	keptBytes = 128 << 20 // of a file; 100,000 series have 35 MB
)

// files are those beside a catalogue that it was made from: their hashes by name.
type files map[string]string

// read reads a catalogue, or the compiled copy of it that was kept.
func read(name string, text []byte) (*catalogue.Catalogue, files, error) {
	var kept string // "": none is looked for
	if len(text) >= keptText || bytes.Contains(text, []byte("each:")) {
		kept = keptName(text)
	}
	if name == BuiltIn {
		c, err := catalogue.Open(lacuna.CompiledSeries)
		return c, nil, err
	}
	beside := Beside(name)
	if c, from, ok := open(kept, beside); ok {
		return c, from, nil
	}
	from := files{}
	c, err := catalogue.ParseBeside(name, text, lacuna.Series, func(name string) ([]byte, error) {
		text, err := beside(name)
		from[name] = Hash(text)
		return text, err
	})
	if err == nil && kept != "" && len(c.All()) >= keptFrom {
		keep(kept, c, from)
	}
	return c, from, err
}

// Hash is how a catalogue and what is beside it are hashed, in hexadecimal.
func Hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// keptName is where the copy of a catalogue is kept by this program, "" if nowhere.
func keptName(text []byte) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	is, err := os.Stat(program)
	if err != nil {
		return ""
	}
	build := ""
	if info, ok := debug.ReadBuildInfo(); ok { // where all files have one time, builds of a size differ in it
		build = info.String()
	}
	made := fmt.Sprint(Hash(text), Hash(lacuna.Series), build, is.Size(), is.ModTime().UnixNano())
	return filepath.Join(dir, "lacuna", "catalogue-"+Hash([]byte(made))+".jsonl")
}

// open opens a copy whose files beside it are as they were; its first line has them.
func open(kept string, beside func(name string) ([]byte, error)) (c *catalogue.Catalogue, from files, ok bool) {
	if kept == "" || !isOurs(filepath.Dir(kept)) || !isOurs(kept) {
		return nil, nil, false
	}
	text, err := bound.ReadFile(kept, keptBytes)
	if err != nil {
		return nil, nil, false
	}
	first, compiled, _ := bytes.Cut(text, []byte("\n"))
	if json.Unmarshal(first, &from) != nil {
		return nil, nil, false
	}
	for name, was := range from {
		if text, err := beside(name); err != nil || Hash(text) != was {
			return nil, nil, false
		}
	}
	if c, err = catalogue.Open(compiled); err != nil || c.Verify() != nil {
		return nil, nil, false
	}
	return c, from, true
}

// keep writes a copy, if it can, and removes the oldest of many.
func keep(kept string, c *catalogue.Catalogue, from files) {
	compiled, err := c.Compile()
	if err != nil {
		return
	}
	first, err := json.Marshal(from)
	if err != nil || len(first)+len(compiled) >= keptBytes || os.MkdirAll(filepath.Dir(kept), 0o700) != nil || !isOurs(filepath.Dir(kept)) {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(kept), "catalogue-*.new") // others may write the same one
	if err != nil {
		return
	}
	_, err = f.Write(slices.Concat(first, []byte("\n"), compiled))
	if closeErr := f.Close(); err != nil || closeErr != nil || os.Rename(f.Name(), kept) != nil {
		os.Remove(f.Name())
	}
	prune(filepath.Dir(kept))
}

// prune removes all but the newest copies.
func prune(dir string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	list = slices.DeleteFunc(list, func(e os.DirEntry) bool { return !strings.HasPrefix(e.Name(), "catalogue-") })
	age := func(e os.DirEntry) int64 {
		if is, err := e.Info(); err == nil {
			return -is.ModTime().UnixNano()
		}
		return 0
	}
	slices.SortFunc(list, func(a, b os.DirEntry) int { return cmp.Compare(age(a), age(b)) })
	for _, e := range list[min(keptMost, len(list)):] {
		os.Remove(filepath.Join(dir, e.Name()))
	}
}
