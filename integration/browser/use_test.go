//go:build integration

package browser

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/publisher"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const usd = "/series/CURRENCY%23USD"

// patchy stores a month and a half of a series with a hole of ten working days, which
// begins on 4 May, and one of another whose publisher has failed.
func (d *desk) patchy() {
	d.Helper()
	d.lacuna(0, "backfill", "--series", "CURRENCY#USD", "--from", "2026-04-01", "--to", "2026-04-30")
	d.lacuna(0, "backfill", "--series", "CURRENCY#USD", "--from", "2026-05-18", "--to", "2026-06-15")
	if err := d.Fail(publisher.Fault{Kind: publisher.Status, Status: 503, Source: publisher.SGS, Times: 100}); err != nil {
		d.Fatal(err)
	}
	d.lacuna(3, "backfill", "--series", "SGS#1", "--from", "2026-05-04", "--to", "2026-05-15")
	d.Heal()
}

// A person finds a hole, plans it, starts the run, watches it end, and the hole is gone:
// with the mouse.
func TestHoleIsFilled(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	tab.has("CURRENCY#USD")
	tab.do(chromedp.Click(chromedp.CSS(`a[href="` + usd + `"]`)))
	tab.until(`location.pathname === "` + usd + `"`)
	tab.goTo(usd + "?year=2026&day=2026-05-04")
	tab.has("missing")
	tab.do(chromedp.Click(chromedp.CSS(`#grid a[aria-label^="2026-05-15"]`), chromedp.NodeVisible))
	tab.until(`location.search.includes("2026-05-15")`)
	tab.goTo(usd + "?from=2026-05-04&to=2026-05-15")
	tab.do(chromedp.Click(chromedp.CSS(`#selection button[formaction="/plans/new"]`)))
	tab.until(`document.querySelector("textarea[name=series]")?.value === "CURRENCY#USD" && document.querySelector("[name=from]").value === "2026-05-04" && document.querySelector("[name=to]").value === "2026-05-15"`)
	tab.do(chromedp.Click(chromedp.CSS(`form.plan button`)))
	tab.has("10 days")
	tab.has("bcb-ptax-001")
	tab.isForEveryone("plan")
	if err := d.Fail(publisher.Fault{Kind: publisher.Slow, Wait: 10 * time.Second, Times: 1}); err != nil {
		t.Fatal(err)
	}
	tab.do(chromedp.Click(chromedp.CSS(`form[action$="/start"] button`)))
	tab.until(`location.pathname.startsWith("/runs/") && document.querySelector("svg.graph .running")`)
	tab.isForEveryone("run-running")
	tab.until(`document.querySelector(".status.done")`) // read again by itself
	tab.until(`document.querySelectorAll("svg.graph .done").length > 5`)
	tab.goTo(usd + "?year=2026&day=2026-05-08")
	tab.has("observed")
	tab.until(`document.querySelector('#grid a[aria-label^="2026-05-08"]').getAttribute("aria-label").includes("observed")`)
	if out := d.lacuna(0, "status", "CURRENCY#USD", "--from", "2026-04-01", "--to", "2026-06-15", "--detailed-exitcode"); !strings.Contains(out, "Complete") {
		t.Errorf("the hole is there: %s", out)
	}
	tab.expect("ERR_CONNECTION") // when the console takes a while to end
	d.stop()
}

// The same without a mouse: arrows go to the day, Shift selects, Tab and Enter do the rest.
func TestKeyboardAlone(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	tab.press("/")
	tab.until(`document.activeElement.id === "filter"`)
	tab.press(kb.Backspace, "u", "s", "d", kb.Enter) // the protocol types the slash, which a keyboard does not
	tab.until(`location.search.includes("q=usd")`)
	focusLink(tab, usd)
	tab.press(kb.Enter)
	tab.until(`document.querySelector("#grid a[tabindex='0']")`)
	tab.goTo(usd + "?year=2026&day=2026-05-04")
	tab.until(`document.querySelector("#grid a[tabindex='0']")`)
	tab.do(chromedp.Focus(chromedp.CSS(`#grid a[tabindex="0"]`)))
	day := func() string {
		return value[string](tab, `(document.activeElement.getAttribute("aria-label") ?? "").slice(0, 10)`)
	}
	moves := []struct {
		key  string
		want string
	}{
		{kb.ArrowDown, "2026-05-05"}, {kb.ArrowRight, "2026-05-12"}, {kb.ArrowLeft, "2026-05-05"}, {kb.ArrowUp, "2026-05-04"},
	}
	for _, m := range moves {
		if tab.press(m.key); day() != m.want {
			t.Fatalf("%q goes to %s, want %s", m.key, day(), m.want)
		}
	}
	tab.do(chromedp.KeyEvent(kb.ArrowRight, chromedp.KeyModifiers(kb.ModifierShift)))
	if from, to := value[string](tab, `document.querySelector("#selection [name=from]").value`), value[string](tab, `document.querySelector("#selection [name=to]").value`); from != "2026-05-04" || to != "2026-05-11" {
		t.Fatalf("selected %s to %s", from, to)
	}
	tab.do(chromedp.Focus(chromedp.CSS(`#selection button[formaction="/plans/new"]`)))
	tab.press(kb.Enter)
	tab.until(`location.pathname === "/plans/new"`)
	tab.do(chromedp.Focus(chromedp.CSS(`form.plan button`)))
	tab.press(kb.Enter)
	tab.has("6 days")
	tab.do(chromedp.Focus(chromedp.CSS(`form[action$="/start"] button`)))
	tab.press(kb.Enter)
	tab.until(`location.pathname.startsWith("/runs/") && document.querySelector(".status.done")`)
	tab.press("g", "s")
	tab.until(`location.pathname === "/" && document.readyState === "complete"`)
	tab.press("?")
	tab.until(`document.getElementById("help").open`)
	tab.press(kb.Escape)
	tab.until(`!document.getElementById("help").open`)
}

// focusLink presses Tab until the link has the focus, as a person does.
func focusLink(t *tab, to string) {
	t.Helper()
	for range 60 {
		if value[bool](t, fmt.Sprintf(`document.activeElement.getAttribute("href") === %q`, to)) {
			return
		}
		t.press(kb.Tab)
	}
	t.Fatalf("Tab never reaches %s", to)
}

// A run whose publisher failed is red where it failed, and shows its attempts.
func TestFailedRun(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	tab.goTo("/runs")
	tab.do(chromedp.Click(chromedp.CSS(`tbody tr:first-child th a`)))
	tab.until(`document.querySelector("svg.graph .failed")`)
	tab.do(chromedp.Click(chromedp.CSS(`svg.graph a[href*="state=Scrape"]`)))
	tab.has("Source.Unavailable")
	tab.has("Attempts")
	tab.press("g", "t")
	tab.until(`location.search.includes("view=table")`)
	tab.press("g", "e")
	tab.until(`location.search.includes("view=events")`)
	tab.has("TaskFailed")
}

// What is exported is what the command line exports.
func TestExportIsTheCommandLines(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	want := d.lacuna(0, "export", "--series", "CURRENCY#USD", "--from", "2026-05-18", "--to", "2026-06-15", "-o", "csv")
	d.start("127.0.0.1:0")
	tab := d.open()
	path := "/export?series=" + url.QueryEscape("CURRENCY#USD") + "&from=2026-05-18&to=2026-06-15&format=csv"
	got, err := chromedp.Run(tab.ctx, chromedp.Evaluate[string](fmt.Sprintf(`fetch(%q).then((answer) => answer.text())`, path), chromedp.EvalAwaitPromise))
	if err != nil || got != want {
		t.Errorf("%q, want %q, %v", got, want, err)
	}
}

// Pages and forms work without scripts.
func TestWithoutScripts(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	if _, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	text := func() string {
		t.Helper()
		html, err := chromedp.Run(tab.ctx, chromedp.OuterHTML(chromedp.CSS("main")))
		if err != nil {
			t.Fatal(err)
		}
		return html
	}
	tab.goTo("/")
	if !strings.Contains(text(), usd) {
		t.Error("the overview is empty")
	}
	tab.goTo(usd + "?day=2026-05-04")
	if !strings.Contains(text(), "missing") {
		t.Error("the day is not told")
	}
	tab.goTo("/plans/new?series=CURRENCY%23USD&from=2026-05-04&to=2026-05-15")
	tab.do(chromedp.Click(chromedp.CSS("form.plan button")))
	tab.do(chromedp.Click(chromedp.CSS(`form[action$="/start"] button`), chromedp.NodeVisible))
	tab.do(chromedp.Query(chromedp.CSS("svg.graph"), chromedp.NodeVisible))
}

// Days are those of the series wherever the browser is.
func TestTimeZones(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	tab := d.open()
	var said []string
	for _, zone := range []string{"Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		tab.emulate(zone)
		tab.goTo(usd + "?year=2026&day=2026-05-04")
		said = append(said, value[string](tab, `[...document.querySelectorAll("#grid a, #day, header time")].map((e) => e.getAttribute("aria-label") ?? e.textContent).join("\n")`))
	}
	if said[0] != said[1] || !strings.Contains(said[0], "2026-05-04") {
		t.Errorf("the days of one zone:\n%s\nof the other:\n%s", said[0], said[1])
	}
}

// Eight tabs are told of a change by one stream, and no request waits for a connection.
// When the console is gone they say so. When it is back it has another token: once a tab
// of the browser has shown that, all go on by themselves.
func TestTabsShareAStream(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0")
	address := strings.TrimPrefix(d.root, "http://")
	first := d.open()
	tabs := []*tab{first}
	for range 7 {
		tabs = append(tabs, first.another())
	}
	runs := 3
	for _, tab := range tabs {
		tab.expect("ERR_CONNECTION")
		tab.expect("ERR_INCOMPLETE_CHUNKED")
		tab.expect("Failed to fetch")
		tab.expect("401")
		tab.goTo("/runs")
	}
	all := func() {
		t.Helper()
		for _, tab := range tabs {
			tab.until(fmt.Sprintf(`document.querySelectorAll("tbody tr").length === %d && document.getElementById("notice").hidden`, runs))
		}
	}
	fill := func(day string) {
		t.Helper()
		d.lacuna(0, "backfill", "--series", "CURRENCY#USD", "--from", day, "--to", day)
		runs++
	}
	all()
	fill("2026-05-04")
	all()
	for i, end := range []func(){d.stop, d.kill} {
		d.streams.forget()
		end()
		for _, tab := range tabs {
			tab.until(`document.getElementById("notice").textContent.includes("does not answer")`)
		}
		first.shot("gone")
		first.until(`document.getElementById("notice").textContent.includes("does not answer")`)
		if n := d.streams.forget(); n > 1 {
			t.Errorf("%d tabs have a stream", n)
		}
		fill(fmt.Sprintf("2026-05-%02d", 5+i))
		d.start(address)
		for _, tab := range tabs {
			tab.until(`document.getElementById("notice").textContent.includes("started again")`)
		}
		if i == 0 {
			first.isForEveryone("started-again")
		}
		last := first.another()
		all()
		fill(fmt.Sprintf("2026-05-%02d", 7+i))
		all()
		if err := chromedp.Cancel(last.ctx); err != nil {
			t.Error(err)
		}
	}
}

// By a name that is not this machine's, over plain http, browsers have no locks: keys and
// pages work all the same, and each tab that is seen has a stream.
func TestByAnotherName(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	d.start("127.0.0.1:0", "--allow-host", elsewhere)
	d.root, d.login = strings.Replace(d.root, "127.0.0.1", elsewhere, 1), strings.Replace(d.login, "127.0.0.1", elsewhere, 1)
	d.warns = "Cross-Origin-Opener-Policy header has been ignored"
	first := d.open()
	if value[bool](first, `isSecureContext || "locks" in navigator`) {
		t.Fatal("the page has locks: this test shows nothing")
	}
	first.goTo("/runs")
	d.streams.forget()
	other := first.another()
	other.goTo("/runs")
	other.until(`document.querySelectorAll("tbody tr").length === 3`)
	d.lacuna(0, "backfill", "--series", "CURRENCY#USD", "--from", "2026-05-04", "--to", "2026-05-04")
	for _, tab := range []*tab{other, first} {
		tab.until(`document.querySelectorAll("tbody tr").length === 4 && document.getElementById("notice").hidden`)
	}
	first.press("?")
	first.until(`document.getElementById("help").open`)
	first.press(kb.Escape, "g", "s")
	first.until(`location.pathname === "/" && document.readyState === "complete"`)
	first.goTo(usd + "?year=2026&day=2026-05-04")
	first.until(`document.querySelectorAll("#grid a[tabindex='0']").length === 1`)
}

// A chart of more values than one answer has says the digits of each.
func TestLongChart(t *testing.T) {
	d := newDesk(t)
	d.lacuna(0, "backfill", "--series", "CURRENCY#USD", "--from", "2010-01-04", "--to", "2026-06-15")
	d.start("127.0.0.1:0")
	tab := d.open()
	tab.goTo(usd + "?from=2010-01-04&to=2026-06-15")
	tab.do(chromedp.Focus(chromedp.CSS(".chartbox")))
	tab.press(kb.ArrowLeft)
	tab.until(`document.getElementById("reading").textContent.startsWith("2026-06-15, observed: ")`)
	for _, want := range []struct {
		at  float64 // of the chart's width
		day string
	}{{0, "2010-01-0"}, {0.5, "2018-0"}, {0.75, "2022-0"}, {1, "2026-06-1"}} {
		tab.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
			const svg = document.querySelector("svg.chart"), box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
			const x = box.left + (Number(svg.dataset.left) + %v * Number(svg.dataset.width)) * scale;
			svg.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, clientX: x, clientY: box.top + 5 }));
		})()`, want.at)))
		tab.until(fmt.Sprintf(`document.getElementById("reading").textContent.startsWith(%q)`, want.day))
	}
}

// shots writes a picture of a page for people to look at.
func (t *tab) shot(name string) {
	t.Helper()
	dir := os.Getenv("LACUNA_SHOTS")
	if dir == "" {
		dir = "../../.cache/shots"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	picture, err := chromedp.Run(t.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
