//go:build integration

package browser

import (
	"database/sql"
	"fmt"
	"testing"

	_ "lacuna/internal/store/sqlite" // and its driver

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A person chooses a range of held days with Shift, says why, looks at what would become of
// them, and accepts them; the pages on the way are for everyone.
func TestHeldDaysAreAccepted(t *testing.T) {
	d := newDesk(t)
	d.patchy()
	db, err := sql.Open("sqlite", d.db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE rows SET status = 'quarantined', attempts = 6, reason = 'looks odd, ' || hex(zeroblob(200)) WHERE info_type = 'CURRENCY#USD' AND date BETWEEN '2026-05-19' AND '2026-05-22'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	d.start("127.0.0.1:0")
	tab := d.open()
	tab.goTo("/held")
	tab.until(`document.querySelectorAll(".held input").length === 4`)
	tab.isForEveryone("held-days")
	box := func(i int) chromedp.CSS { return chromedp.CSS(fmt.Sprintf(".held tr:nth-child(%d) input", i)) }
	tab.do(chromedp.Click(box(1)))
	tab.do(chromedp.Focus(box(3)))
	tab.do(chromedp.KeyEvent(" ", chromedp.KeyModifiers(kb.ModifierShift)))
	tab.until(`[...document.querySelectorAll(".held input")].map((e) => e.checked).join() === "true,true,true,false"`)
	tab.do(chromedp.Click(chromedp.CSS("#reason")))
	tab.press("they are right")
	tab.do(chromedp.Click(chromedp.CSS(`button[value="quarantine accept"]`)))
	tab.until(`location.pathname.startsWith("/acts/")`)
	tab.has("3 days in")
	tab.isForEveryone("act")
	tab.do(chromedp.Click(chromedp.CSS(`form[action$="/do"] button`)))
	tab.has("3 days changed")
	tab.isForEveryone("act-done")
	tab.goTo("/held")
	tab.until(`document.querySelectorAll(".held input").length === 1`)
}
