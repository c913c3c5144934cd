package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/plan"

	"github.com/spf13/pflag"
)

// Arguments, flags, variables and names of files are told in errors and hints.
func TestArgumentsDoNotCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := append(b.env, "LACUNA_DB="+b.db)
	found := commands(t)
	tried := 0
	for _, verb := range slices.Sorted(maps.Keys(everyVerb)) {
		for _, call := range calls(verb, "x") {
			for _, more := range [][]string{{evil}, {"--" + evil}, {"-" + evil}, {"--series", evil}, {"--help"}} {
				harmless(t, "argument", in, slices.Concat(call, more))
			}
			for i := range call {
				other := slices.Clone(call)
				other[i] = evil
				harmless(t, "argument", in, other)
			}
			if found[verb] == nil {
				continue
			}
			each := func(f *pflag.Flag) {
				if tried++; !inTurn(tried) {
					return
				}
				harmless(t, "flag", in, slices.Concat(call, []string{"--" + f.Name + "=" + evil}))
				if inherited := found[verb].InheritedFlags().Lookup(f.Name) != nil; inherited && verb != "status" {
					return // one place reads those from variables
				}
				harmless(t, "variable", append(slices.Clone(in), "LACUNA_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))+"="+evil), call)
				if f.Name == "reason" || f.Name == "by" || f.Name == "stack" { // no control characters, and taken
					harmless(t, "flag", in, slices.Concat(call, []string{"--" + f.Name + "=" + evilWords[:900]}))
				}
			}
			found[verb].Flags().VisitAll(each)
			found[verb].InheritedFlags().VisitAll(each)
		}
	}
}

// A database, a catalogue and a plan with such a name are told of in hints.
func TestFileNamesDoNotCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dir := t.TempDir()
	const name = "\x1b[2J\nFAKE\r\u202e\u009b\xff;echo '"
	in := append(b.env, "USER=ana\x1b")
	b.db = filepath.Join(dir, name+".db")
	db := []string{"--db", b.db}
	if stdout, stderr := harmless(t, "file", in, slices.Concat([]string{"backfill"}, shortRange, db)); !strings.Contains(stdout, `\x1b[2J\nFAKE\r\u202e\u009b\xff;echo '\''`) {
		t.Fatalf("no hint with the file:\n%s%s", stdout, stderr)
	}
	plan := filepath.Join(dir, name+".json")
	harmless(t, "file", in, slices.Concat([]string{"plan", "--out", plan}, shortRange, db))
	harmless(t, "file", in, slices.Concat([]string{"backfill", "--plan", plan}, db))
	harmless(t, "file", in, slices.Concat([]string{"series", "validate", plan}, db))
	harmless(t, "file", in, slices.Concat([]string{"serve", "--addr", "127.0.0.1:0", "--mock-config", b.db}, db))
	tryAll(t, "file", in, "x", db...)
	for _, verb := range []string{"plan", "status", "doctor", "series list"} {
		tryVerb(t, "folder", in, "x", verb, formats, "--db", dir, "--catalogue", filepath.Join(dir, name))
	}
}

// A plan is a file that anybody may have written.
func TestPlansDoNotCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "plan.json")
	b.read(&plan.Plan{}, 0, append([]string{"plan", "--out", file}, shortRange...)...)
	text := textOf(t, file)
	for _, name := range namesIn(text) {
		writeFile(t, file, poison(text, name))
		for _, format := range formats {
			harmless(t, "plan with "+name, b.env, []string{"backfill", "--plan", file, "--db", b.db, "-o", format})
		}
	}
	writeFile(t, file, `{"schema_version":1,"`+evilJSON+`":`+evil)
	harmless(t, "plan", b.env, []string{"backfill", "--plan", file, "--db", b.db})
}
