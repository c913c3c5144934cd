package main

import (
	"regexp"
	"strings"
	"testing"

	"lacuna/internal/publisher"
)

// The tree of a run that failed: when each state began, what has failed, and why in one
// place.
func TestTreeOfARunThatFailed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.Fail(publisher.Fault{Kind: publisher.Status, Status: 400, Source: publisher.ECB}); err != nil {
		t.Fatal(err)
	}
	var got result
	b.read(&got, 3, "backfill", "--series", "ECB#USD", "--from", "2026-06-01")
	_, tree, _ := b.run("runs", got.Run)
	if n := strings.Count(tree, "status 400"); n != 1 {
		t.Errorf("the error's text stands there %d times", n)
	}
	for _, want := range []string{
		`^2026-07-01T000000Z-[0-9a-f]+  FAILED  [0-9-]+ [0-9:]+ UTC  [0-9.]+m?s$`,
		`^[0-9]{2}:[0-9]{2}:[0-9]{2}  ├─ Select  `,
		`^[0-9]{2}:[0-9]{2}:[0-9]{2}  │ .* Scrape  [^ ]+  Source.Rejected$`,
		`^[0-9]{2}:[0-9]{2}:[0-9]{2}  └─ Incomplete  0s  failed$`,
	} {
		if !regexp.MustCompile("(?m)" + want).MatchString(tree) {
			t.Errorf("no line is %s in\n%s", want, tree)
		}
	}
	if strings.Contains(tree, "not ended") {
		t.Errorf("something goes on after the end:\n%s", tree)
	}
}
