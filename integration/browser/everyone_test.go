//go:build integration

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// scheme has the browser prefer light or dark.
func (t *tab) scheme(name string) {
	t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}
	if _, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		t.Fatal(err)
	}
}

// violations runs axe on the page, and returns what keeps people from using it.
func (t *tab) violations() []string {
	t.Helper()
	t.do(chromedp.Evaluate[chromedp.Void](axe))
	list, err := chromedp.Run(t.ctx, chromedp.Evaluate[[]string](
		`axe.run().then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target + " " + n.failureSummary)))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// pages are all pages, with a state of each.
func (d *desk) pages() map[string]string {
	d.Helper()
	run := strings.Fields(strings.TrimSpace(strings.SplitN(d.lacuna(0, "runs", "-o", "csv", "--limit", "1"), "\n", 2)[1]))[0]
	run, _, _ = strings.Cut(run, ",")
	return map[string]string{
		"series": "/", "series-filtered": "/?state=gaps&q=usd", "one": usd + "?year=2026", "day": usd + "?year=2026&day=2026-05-04", "table": usd + "?view=table&from=2026-05-18&to=2026-05-30",
		"runs": "/runs", "run": "/runs/" + run, "state": "/runs/" + run + "?state=Scrape", "states": "/runs/" + run + "?view=table", "events": "/runs/" + run + "?view=events",
		"plan-new": "/plans/new", "held": "/held", "problem": "/nothing",
	}
}

// Everyone can use every page: no violation of what axe knows, in light and in dark, and on a
// telephone nothing needs the page to be pushed sideways.
func TestEveryPageIsForEveryone(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	tab.expect("404")
	for name, path := range d.pages() {
		for _, scheme := range []string{"light", "dark"} {
			tab.scheme(scheme)
			tab.do(chromedp.EmulateViewport(1280, 900))
			tab.goTo(path)
			for _, v := range tab.violations() {
				t.Errorf("%s, %s: %s", name, scheme, v)
			}
			tab.shot(name + "-" + scheme)
			tab.do(chromedp.EmulateViewport(390, 844))
			if over := value[int](tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
				wide := value[string](tab, `[...document.querySelectorAll("body *")].filter((e) => !e.parentElement.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")`)
				t.Errorf("%s is %d pixels too wide on a telephone: %s", name, over, wide)
			}
			tab.shot(name + "-" + scheme + "-390")
		}
	}
}

// Shades are told apart by those who see no colours: each has a shape of its own, and the
// signs of the grid differ.
func TestShadesWithoutColours(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	shapes := value[[]string](tab, `[...document.querySelectorAll(".legend path")].map((p) => p.getAttribute("d"))`)
	seen := map[string]bool{}
	for _, s := range shapes {
		if seen[s] {
			t.Errorf("two shades have the shape %s", s)
		}
		seen[s] = true
	}
	if len(shapes) < 8 {
		t.Errorf("only %d shades in the legend", len(shapes))
	}
}

// The pages of a database that is not there yet, and of ten thousand series.
func TestEmptyAndMany(t *testing.T) {
	d := newDesk(t)
	d.start("127.0.0.1:0")
	tab := d.open()
	tab.has("No rows yet")
	tab.shot("empty")
	tab.goTo("/runs")
	tab.has("No runs yet")
	tab.expect("ERR_CONNECTION")
	d.stop()

	m := newDesk(t)
	m.patchy()
	var b strings.Builder
	b.WriteString("version: 1\ninclude: shipped\nseries:\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "- {key: RATE#%d, title: Rate %d, unit: x, source: ecb, code: C%d, calendar: target, since: 2004-01-02}\n", i, i, i)
	}
	file := filepath.Join(t.TempDir(), "many.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	m.start("127.0.0.1:0", "--catalogue", file)
	many := m.open()
	many.has("CURRENCY#USD")
	many.until(`document.querySelectorAll("tbody tr").length === 100`)
	many.until(`document.getElementById("canvas").height > 9000`)
	if path := value[int](many, `performance.getEntriesByType("paint").find((e) => e.name === "first-contentful-paint").startTime | 0`); path > 3000 {
		t.Errorf("first paint after %d ms", path)
	}
	many.shot("many")
}
