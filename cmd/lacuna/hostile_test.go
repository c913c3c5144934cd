package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lacuna/internal/output"
	"lacuna/internal/output/outputtest"

	"github.com/spf13/cobra"
)

// What is printed must not command. The tests of this file and of its neighbours
// put evil wherever a text comes from somewhere else, and look at what every verb
// prints then.

// evil is such a text: lines that look like ours, all that must not be seen, and
// bytes that are no text.
var evil = "\nFAKE\r\nFAKE\rFAKE" + string(outputtest.Unseen()) + strings.Join(outputtest.NotUTF8, "|") + "\u2028FAKE\u2029FAKE\x1b[2J\x1b]0;FAKE\a\nFAKE\n"

// evilWords is evil without control characters: it is taken where a line is wanted.
var evilWords = strings.Map(func(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return -1
	}
	return r
}, string(outputtest.Unseen()))

// everyVerb says how each verb of the program can be called; TestEveryVerbIsTried
// holds it complete.
var everyVerb = map[string][][]string{
	"plan":                          {shortRange},
	"backfill":                      {shortRange},
	"status":                        {{"--heat"}},
	"why":                           {{"ECB#USD", "2026-06-10"}, {"SGS#1", "2026-06-11"}},
	"runs":                          {{}, {"RUN"}},
	"runs stop":                     {{"x"}, {"--all"}},
	"logs":                          {{"x"}},
	"dlq":                           {{}},
	"dlq list":                      {{}},
	"dlq drop":                      {{"--yes"}},
	"export":                        {{}},
	"import":                        {{"nowhere.csv"}},
	"mark":                          {{}},
	"mark absent":                   {{"--series", "SGS#1", "--from", "2026-06-16", "--to", "2026-06-16", "--by", "ana", "--reason", "why", "--yes"}},
	"mark missing":                  {{"--series", "ECB#USD", "--from", "2026-06-11", "--to", "2026-06-11", "--by", "ana", "--reason", "why", "--yes"}},
	"quarantine":                    {{}},
	"quarantine list":               {{}},
	"quarantine release":            {{"--series", "ECB#USD", "--from", "2026-06-16", "--to", "2026-06-17", "--by", "ana", "--reason", "why", "--yes"}},
	"quarantine accept":             {{"--series", "ECB#USD", "--from", "2026-06-16", "--to", "2026-06-17", "--by", "ana", "--reason", "why", "--yes"}},
	"series":                        {{}},
	"series list":                   {{}},
	"series validate":               {{}},
	"series try":                    {{"ECB#USD"}},
	"series add":                    {{"nobody", "X"}}, // TestWhatIsAddedDoesNotCommand adds
	"series search":                 {{"ecb"}, {"ecb", "usd"}, {"fred"}},
	"init":                          {{"nowhere/series.yaml"}, {"nowhere/series.yaml", "--from-csv", "testdata/ecb.json"}},
	"doctor":                        {{"--catalogue", oneSeries}}, // or it would ask every publisher
	"serve":                         {{"--addr", "nowhere"}},      // TestServePrintsNothingThatCommands serves
	"console":                       {{"--addr", "nowhere"}},
	"version":                       {{}},
	"latest":                        {{}, {"ECB#USD"}},
	"reparse":                       {{}, {"--dry-run"}},
	"man":                           {{"nowhere/below"}},
	"help":                          {{}, {"plan"}},
	"completion bash":               {{}},
	"completion fish":               {{}},
	"completion powershell":         {{}},
	"completion zsh":                {{}},
	cobra.ShellCompRequestCmd:       {{"why", ""}, {"status", "--series", ""}, {"status", ""}, {"runs", ""}, {"series", "add", ""}},
	cobra.ShellCompNoDescRequestCmd: {{"why", ""}},
}

// commands are the verbs of the program that can be run, by their names.
func commands(t *testing.T) map[string]*cobra.Command {
	t.Helper()
	root, err := (&app{stdout: output.NewScreen(io.Discard), stderr: output.NewScreen(io.Discard)}).root()
	if err != nil {
		t.Fatal(err)
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	found := map[string]*cobra.Command{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Runnable() && c.HasParent() {
			found[strings.TrimPrefix(c.CommandPath(), "lacuna ")] = c
		}
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk(root)
	return found
}

// TestEveryVerbIsTried: a new verb has to say how it is called, and is then in all
// tests of what is printed.
func TestEveryVerbIsTried(t *testing.T) {
	found := commands(t)
	for name := range found {
		if everyVerb[name] == nil {
			t.Errorf("verb %q is not in everyVerb", name)
		}
	}
	for name := range everyVerb {
		if found[name] == nil && !strings.HasPrefix(name, "__") {
			t.Errorf("there is no verb %q", name)
		}
	}
}

// calls returns how a verb is called, with a run that is there.
func calls(verb, run string) (list [][]string) {
	for _, args := range everyVerb[verb] {
		call := append(strings.Fields(verb), args...)
		if i := slices.Index(call, "RUN"); i >= 0 {
			call[i] = run
		}
		list = append(list, call)
	}
	return list
}

var unseenSet = func() map[rune]bool {
	set := map[rune]bool{}
	for _, r := range outputtest.Unseen() {
		set[r] = true
	}
	delete(set, '\n')
	return set
}()

// commanding says what in printed text a terminal would obey, would not show, or
// would take for a line of ours; "" if nothing. Tabs are for shells.
func commanding(text string, tabs bool) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "FAKE") || strings.HasPrefix(line, "lacuna: FAKE") {
			return fmt.Sprintf("a line of its own: %q", line)
		}
		for i := 0; i < len(line); {
			r, size := utf8.DecodeRuneInString(line[i:])
			if r == utf8.RuneError && size == 1 || unseenSet[r] && !(tabs && r == '\t') {
				return fmt.Sprintf("%U in the line %.300q", r, line)
			}
			i += size
		}
	}
	return ""
}

// harmless runs lacuna in process, and reports what of its output commands. It
// returns what was printed.
func harmless(t *testing.T, about string, env, args []string) (stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	run(ctx, args, strings.NewReader(""), &out, &errs, env)
	if ctx.Err() != nil {
		t.Fatalf("%s: lacuna %.200q does not end", about, args)
	}
	tabs := strings.HasPrefix(args[0], "__complete") || args[0] == "completion"
	for name, text := range map[string]string{"stdout": out.String(), "stderr": errs.String()} {
		if what := commanding(text, tabs); what != "" {
			t.Errorf("%s: lacuna %.200q: %s has %s", about, args, name, what)
		}
	}
	if strings.HasSuffix(strings.Join(args, " "), "-o json") && out.Len() > 0 && !json.Valid(out.Bytes()) {
		t.Errorf("%s: lacuna %.200q: stdout is no JSON: %.300q", about, args, out.String())
	}
	return out.String(), errs.String()
}

var formats = []string{"table", "json", "jsonl", "csv"}

// tryAll runs every verb in every format.
func tryAll(t *testing.T, about string, env []string, run string, more ...string) {
	t.Helper()
	for _, verb := range slices.Sorted(maps.Keys(everyVerb)) {
		tryVerb(t, about, env, run, verb, formats, more...)
	}
}

func tryVerb(t *testing.T, about string, env []string, run, verb string, formats []string, more ...string) {
	t.Helper()
	for _, call := range calls(verb, run) {
		if strings.HasPrefix(verb, "__") || strings.HasPrefix(verb, "completion") || verb == "help" {
			harmless(t, about, env, call)
			continue
		}
		for _, format := range formats {
			harmless(t, about, env, slices.Concat(call, more, []string{"-o", format}))
		}
	}
}

// inTurn says whether the nth of many is tried now.
func inTurn(n int) bool { return thorough || n%3 == 0 }

const evilMark = "EVIL0EVIL"

// evilJSON is evil inside of a string of JSON: escaped where it must be, else raw.
var evilJSON = func() string {
	var b strings.Builder
	for i := range len(evil) {
		if c := evil[i]; c < ' ' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}()

// poison returns JSON with evil for every string that is called name, also in JSON
// that is inside of strings; name "" is any. Text that is no JSON is evil.
func poison(text, name string) string {
	var document any
	if json.Unmarshal([]byte(text), &document) != nil {
		return evil
	}
	poisoned, err := json.Marshal(poisonValue(document, "", name))
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(poisoned), evilMark, evilJSON)
}

func poisonValue(v any, called, name string) any {
	switch v := v.(type) {
	case map[string]any:
		for key, of := range v {
			v[key] = poisonValue(of, key, name)
		}
	case []any:
		for i, of := range v {
			v[i] = poisonValue(of, called, name)
		}
	case string:
		if inner := strings.TrimSpace(v); strings.HasPrefix(inner, "{") && json.Valid([]byte(inner)) && called != name {
			return poison(inner, name)
		}
		if name == "" || called == name {
			return evilMark
		}
	}
	return v
}

// namesIn returns the names of the strings in JSON, those in JSON that is inside
// of strings too, and "".
func namesIn(text string) []string {
	names := map[string]bool{"": true}
	var walk func(v any, called string)
	walk = func(v any, called string) {
		switch v := v.(type) {
		case map[string]any:
			for key, of := range v {
				walk(of, key)
			}
		case []any:
			for _, of := range v {
				walk(of, called)
			}
		case string:
			names[called] = true
			var inner map[string]any
			if json.Unmarshal([]byte(v), &inner) == nil {
				walk(inner, called)
			}
		}
	}
	var document any
	if json.Unmarshal([]byte(text), &document) == nil {
		walk(document, "")
	}
	return slices.Sorted(maps.Keys(names))
}

// TestPoison keeps the tests from looking at harmless text.
func TestPoison(t *testing.T) {
	got := poison(`{"a":["x"],"b":"{\"a\":\"y\",\"c\":\"z\"}","c":1}`, "a")
	var read struct {
		A []string
		B string
	}
	if err := json.Unmarshal([]byte(got), &read); err != nil {
		t.Fatal(err)
	}
	want := strings.ToValidUTF8(evil, "\ufffd")
	if len(read.A) != 1 || strings.ReplaceAll(strings.ToValidUTF8(read.A[0], ""), "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
		t.Errorf("a is %+q", read.A)
	}
	if !strings.Contains(read.B, "FAKE") || !strings.Contains(read.B, `"c":"z"`) {
		t.Errorf("b is %+q", read.B)
	}
	for _, text := range []string{"FAKE\n", "x\ry", "x\x1b", "x\u202e", "x\x9b", "a\tb"} {
		if commanding(text, false) == "" {
			t.Errorf("%q passes for harmless", text)
		}
	}
	if what := commanding("Dólar — R$\n", false); what != "" {
		t.Errorf("harmless text: %s", what)
	}
}
