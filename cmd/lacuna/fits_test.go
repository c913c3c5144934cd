package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lacuna/internal/publisher"
	"lacuna/internal/span"
)

// longKeys are series whose keys are as long as keys can be, by what everyVerb calls them.
var longKeys = map[string]string{
	"CURRENCY#USD": "CURRENCY#" + strings.Repeat("U", 55),
	"ECB#USD":      "ECB#" + strings.Repeat("E", 60),
	"SGS#1":        "SGS#" + strings.Repeat("S", 30),
}

const longTitle = "a title that says all there is to say of a series, and then says it again in other words"

// longNamed writes the catalogue with longKeys, which have the usual ones as aliases.
func longNamed(t *testing.T) (file string) {
	t.Helper()
	text := textOf(t, catalogueFile(t))
	t.Chdir(t.TempDir())
	for key, long := range longKeys {
		text = strings.Replace(text, "- key: "+key+"\n  title: ", fmt.Sprintf("- key: %q\n  aliases: [%q]\n  title: %s ", long, key, longTitle), 1)
	}
	writeFile(t, "c.yaml", text)
	return "c.yaml"
}

// wide returns the lines of what lacuna printed that are wider than width.
func wide(text string, width int) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > width {
			lines = append(lines, line)
		}
	}
	return lines
}

// Whatever a verb shows people, no line of it is wider than the terminal, and no key
// is cut.
func TestEveryVerbFitsItsTerminal(t *testing.T) {
	b := newBench(t)
	b.hurry(longNamed(t))
	for _, kind := range []publisher.Fault{
		{Kind: publisher.LeftOut, Source: publisher.ECB, Span: span.Span{From: span.Date(2026, 6, 10), To: span.Date(2026, 6, 11)}},
		{Kind: publisher.Status, Source: publisher.SGS, Status: 400},
	} {
		if err := b.Fail(kind); err != nil {
			t.Fatal(err)
		}
	}
	var first result
	b.read(&first, 3, append([]string{"backfill", "--log-level", "error"}, shortRange...)...)
	b.edit(`UPDATE rows SET status = 'quarantined', reason = '` + longTitle + `' WHERE date IN ('2026-06-16', '2026-06-17')`)
	again := *b
	again.db = "x.db"
	for _, width := range []int{80, 200, 70} {
		for _, verb := range slices.Sorted(maps.Keys(everyVerb)) {
			if strings.HasPrefix(verb, "__") || strings.HasPrefix(verb, "completion") || verb == "help" {
				continue
			}
			for _, call := range calls(verb, first.Run) {
				call = append(call, "--db", "x.db", "-o", "table")
				again.copyOf(b.db)
				stdout, _ := harmless(t, "width", append(b.env, fmt.Sprint("COLUMNS=", width)), call)
				for _, line := range wide(stdout, width) {
					t.Errorf("%d columns: lacuna %s: %d in the line\n%s", width, strings.Join(call, " "), utf8.RuneCountInString(line), line)
				}
				for _, key := range longKeys {
					begins, ends := key[:12], key[len(key)-12:]
					if whole := strings.Count(stdout, key); strings.Count(stdout, "#"+ends[:6]) > whole || strings.Count(stdout, begins) > whole {
						t.Errorf("%d columns: lacuna %s cuts the key %s:\n%s", width, strings.Join(call, " "), key, stdout)
					}
				}
			}
		}
	}
}

// Where nothing says how wide it is, tables have 80 columns.
func TestTablesFitEightyColumnsInAPipe(t *testing.T) {
	a := newAccount(t)
	body := strings.ReplaceAll(scrapeBody, `["ECB#USD"]`, fmt.Sprintf(`[%q,%q]`, longKeys["ECB#USD"], longKeys["SGS#1"]))
	a.deadQueue(deadMessage("1", body, 6, time.Now()), deadMessage("2", longTitle, 7, time.Now()))
	code, stdout, stderr := a.run("dlq", "list", "-o", "table")
	if lines := wide(stdout, 80); code != 0 || len(lines) > 0 || !strings.Contains(stdout, longKeys["ECB#USD"]) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	var out, errs bytes.Buffer
	run(t.Context(), []string{"series", "list", "--catalogue", longNamed(t), "--target", "local"}, strings.NewReader(""), &out, &errs, nil)
	if lines := wide(out.String(), 80); len(lines) > 0 || !strings.Contains(out.String(), longKeys["ECB#USD"]) {
		t.Errorf("%s%s", out.String(), errs.String())
	}
}
