package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// oneSeries is a catalogue of one series, in JSON, which is YAML too.
const oneSeries = "testdata/ecb.json"

// A catalogue may come with a pull request. What it is refused for is told; what
// it may say is shown.
func TestCataloguesDoNotCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good, file := textOf(t, oneSeries), filepath.Join(t.TempDir(), "c.yaml")
	more := []string{"--catalogue", file, "--db", b.db}
	refusing := []string{"series validate", "series list", "status", "doctor"}
	var texts []string
	for _, name := range namesIn(good) {
		texts = append(texts, poison(good, name))
	}
	for _, name := range []string{"version", "ecb", "series", "title", "ready"} { // names of fields
		texts = append(texts, strings.Replace(good, `"`+name+`":`, `"`+evilJSON+`":`, 1))
	}
	for _, value := range []string{`"UNIT"`, `["value"]`, `3650`, `"30s"`, `"target"`} { // something else
		texts = append(texts, strings.Replace(good, value, `{"`+evilJSON+`":["`+evilJSON+`"]}`, 1))
	}
	texts = append(texts, evil, "version: 1\n"+evil, good+evil, "series: &"+evilWords+" 1", "series: *"+evilWords, "a: !"+evilWords+" 1", "%"+evil,
		"\xff\xfe"+evil, "include: "+evilWords+"\n", "x: '"+evilWords, evilWords+": 1\n"+evilWords+": 1\n")
	for _, text := range texts {
		for _, text := range []string{text, strings.ToValidUTF8(text, "")} { // for what is looked at once it is UTF-8
			writeFile(t, file, text)
			for _, verb := range refusing {
				tryVerb(t, "catalogue", b.env, "x", verb, formats[:2], more...)
			}
			harmless(t, "catalogue", append(b.env, "LACUNA_CATALOGUE="+file), []string{"__complete", "why", ""})
			harmless(t, "catalogue", b.env, []string{"__complete", "why", "--catalogue", file, ""})
		}
	}
}

// Titles and units may be anything.
func TestTitlesDoNotCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "c.yaml")
	writeFile(t, file, strings.NewReplacer("TITLE", evilWords, "UNIT", evilWords).Replace(textOf(t, oneSeries)))
	more := []string{"--catalogue", file, "--db", b.db}
	stdout, stderr := harmless(t, "title", append(b.env, "COLUMNS=9999"), append([]string{"series", "list"}, more...))
	if !strings.Contains(stdout, `\u200b`) {
		t.Fatalf("the title is not shown:\n%s%s", stdout, stderr)
	}
	tryAll(t, "title", b.env, "x", more...)
	stdout, _ = harmless(t, "title", b.env, []string{"__complete", "why", "--catalogue", file, ""})
	if !strings.Contains(stdout, "ECB#USD\t") {
		t.Errorf("the shell is offered:\n%s", stdout)
	}
}
