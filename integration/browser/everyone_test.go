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

// isForEveryone looks at the page that the tab is at, in light and in dark: axe knows no
// violation, on a telephone nothing needs the page to be pushed sideways; pictures for people.
func (t *tab) isForEveryone(name string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		t.scheme(scheme)
		for _, v := range t.violations() {
			t.Errorf("%s, %s: %s", name, scheme, v)
		}
		t.shot(name + "-" + scheme)
		t.do(chromedp.EmulateViewport(390, 844))
		if over := value[int](t, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			wide := value[string](t, `[...document.querySelectorAll("body *")].filter((e) => !e.parentElement.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")`)
			t.Errorf("%s is %d pixels too wide on a telephone: %s", name, over, wide)
		}
		t.shot(name + "-" + scheme + "-390")
		t.do(chromedp.EmulateViewport(1280, 900))
	}
	t.scheme("light")
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
		tab.goTo(path)
		tab.isForEveryone(name)
	}
}

// Shades are told apart by those who see no colours: the swatches of any two, drawn in
// greys, differ in a tenth of them, and so do the colours, because in the picture of
// thousands of series a cell has no room for a shape.
func TestShadesWithoutColours(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	type pair struct {
		A, B string
		Of   float64
	}
	for _, scheme := range []string{"light", "dark"} {
		tab.scheme(scheme)
		pairs := value[[]pair](tab, `(() => {
			const swatches = [...document.querySelectorAll(".legend path")].map((path) => {
				const pen = new OffscreenCanvas(20, 20).getContext("2d", { willReadFrequently: true });
				pen.fillStyle = getComputedStyle(document.body).backgroundColor;
				pen.fillRect(0, 0, 20, 20);
				pen.scale(2, 2);
				pen.fillStyle = getComputedStyle(path).fill;
				pen.fill(new Path2D(path.getAttribute("d")));
				const { data } = pen.getImageData(0, 0, 20, 20);
				return { name: path.closest("li").textContent, greys: Array.from({ length: 400 }, (_, i) => .2126 * data[4 * i] + .7152 * data[4 * i + 1] + .0722 * data[4 * i + 2]) };
			});
			return swatches.flatMap((a, i) => swatches.slice(i + 1).map((b) => ({ A: a.name, B: b.name, Of: a.greys.filter((grey, i) => Math.abs(grey - b.greys[i]) > 25).length / 400 })));
		})()`)
		if len(pairs) < 8*7/2 {
			t.Errorf("only %d pairs of shades in the legend", len(pairs))
		}
		for _, p := range pairs {
			if p.Of < .1 {
				t.Errorf("%s: %s and %s differ in %.0f %% of their swatches", scheme, p.A, p.B, 100*p.Of)
			}
		}
		contrasts := value[[]pair](tab, `(() => {
			const light = ["paper", "observed", "settled", "open", "held", "notdue"].map((name) => {
				const pen = new OffscreenCanvas(1, 1).getContext("2d");
				pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--" + name);
				pen.fillRect(0, 0, 1, 1);
				const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
				return { name, of: .2126 * r + .7152 * g + .0722 * b + .05 };
			});
			return light.flatMap((a, i) => light.slice(i + 1).map((b) => ({ A: a.name, B: b.name, Of: Math.max(a.of, b.of) / Math.min(a.of, b.of) })));
		})()`)
		for _, c := range contrasts { // WCAG's contrast, of which 1 is none
			if c.Of < 1.25 {
				t.Errorf("%s: the colours %s and %s have a contrast of %.2f", scheme, c.A, c.B, c.Of)
			}
		}
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
	many.shot("many")
}
