//go:build integration

package browser

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Pages of a console of another test: LACUNA_CONSOLE is the address that it printed,
// LACUNA_CONSOLE_PAGES what to look at.
func TestPagesElsewhere(t *testing.T) {
	d := &desk{T: t, login: os.Getenv("LACUNA_CONSOLE"), streams: streams{tabs: map[*tab]bool{}}}
	if d.login == "" {
		t.Skip("LACUNA_CONSOLE is not set: TestStack sets it, for the console of a stack")
	}
	d.root, _, _ = strings.Cut(d.login, "/login")
	tab := d.open()
	for i, path := range strings.Fields(os.Getenv("LACUNA_CONSOLE_PAGES")) {
		tab.goTo(path)
		tab.isForEveryone(fmt.Sprintf("aws-%d", i))
	}
}
