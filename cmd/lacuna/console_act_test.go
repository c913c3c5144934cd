package main

import (
	"net/url"
	"strings"
	"testing"
)

// What a person decides in the browser is what `why` tells and `quarantine list` lacks, and
// what the browser saves is what `export` writes, byte for byte.
func TestConsoleDecidesAndExports(t *testing.T) {
	b := newBench(t)
	if code, _, errs := b.run("backfill", "--series", "CURRENCY#USD", "--from", "2026-05-01", "--to", "2026-05-08"); code != 0 {
		t.Fatal(errs)
	}
	c := browse(t, b.env, "--db", b.db)
	look := c.post(200, "/acts", url.Values{"act": {"mark missing"}, "day": {"CURRENCY#USD|2026-05-05"}, "reason": {"typing error"}})
	at := within(look, `action="`, `"`)
	if !strings.HasSuffix(at, "/do") {
		t.Fatalf("nothing to do: %s", look)
	}
	if page := c.post(200, at, nil); !strings.Contains(page, "<strong>1 day</strong> changed.") {
		t.Errorf("it was not done: %s", page)
	}
	if _, out, _ := b.run("why", "CURRENCY#USD", "2026-05-05"); !strings.Contains(out, "mark missing") || !strings.Contains(out, "typing error") || !strings.Contains(out, "ana") {
		t.Errorf("why does not tell of it: %s", out)
	}
	if code, want, errs := b.run("status", "-o", "json"); code != 0 || c.page(200, "/?format=json") != want {
		t.Errorf("the overview as JSON is not what status writes: %s, want %s%s", c.page(200, "/?format=json"), want, errs)
	}
	for _, format := range []string{"csv", "jsonl"} {
		for query, flags := range map[string][]string{
			"":                            nil,
			"&series=CURRENCY%23USD":      {"--series", "CURRENCY#USD"},
			"&from=2026-05-06&to=-50d":    {"--from", "2026-05-06", "--to", "-50d"},
			"&as_of=2026-06-30&series=C*": {"--as-of", "2026-06-30", "--series", "C*"},
		} {
			code, want, errs := b.run(append([]string{"export", "-o", format}, flags...)...)
			if got := c.page(200, "/export?format="+format+query); code != 0 || got != want || query == "" && strings.Count(got, "\n") < 5 {
				t.Errorf("%s%s: %q, want %q %s", format, query, got, want, errs)
			}
		}
	}
}

// In a stack a decision is one transaction of its table, made once, and what AWS refuses
// is told of the day.
func TestConsoleDecidesInAStack(t *testing.T) {
	a := busy(t)
	c := browse(t, a.env, "--catalogue", catalogueFile(t))
	form := url.Values{"act": {"mark missing"}, "day": {"ECB#USD|2024-01-02"}, "reason": {"typing error"}}
	written := func() (n int) {
		for _, c := range a.calls {
			if c.Operation == "TransactWriteItems" {
				n++
			}
		}
		return n
	}
	at := within(c.post(200, "/acts", form), `action="`, `"`)
	if n := written(); n != 0 {
		t.Errorf("a preview wrote %d times", n)
	}
	for range 2 {
		if page := c.post(200, at, nil); !strings.Contains(page, "<strong>1 day</strong> changed.") || written() != 1 {
			t.Errorf("%d transactions: %s", written(), page)
		}
	}
	a.answer("TransactWriteItems", refused("AccessDeniedException", "not authorized to perform: dynamodb:PutItem"))
	at = within(c.post(200, "/acts", form), `action="`, `"`)
	if page := c.post(200, at, nil); !strings.Contains(page, "<strong>0 days</strong> changed") || !strings.Contains(page, "dynamodb:PutItem") {
		t.Errorf("a refusal is not told: %s", page)
	}
	if page := c.post(403, "/acts", form); !strings.Contains(page, "these credentials lack dynamodb:PutItem") {
		t.Errorf("a refusal is forgotten: %s", page)
	}
}
