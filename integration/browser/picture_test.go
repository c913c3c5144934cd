//go:build integration

package browser

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// The picture of the README: the series that `make run` fills. LACUNA_PICTURE says where it
// is written to, as make pictures does; else it lies with those that people look at.
func TestPicture(t *testing.T) {
	d := newDesk(t)
	d.env = append(os.Environ(), "USER=ana")
	d.lacuna(0, "backfill", "--offline", "--from", "2008-01-02", "--to", "2026-05-31")
	d.start("127.0.0.1:0", "--offline")
	tab := d.open()
	tab.until(`document.getElementById("reading").textContent === "" && document.querySelectorAll("tbody tr").length > 10`)
	tab.until(`document.getElementById("canvas").width > 300`)
	// where the database happens to lie is nothing to show
	tab.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".where").textContent = "lacuna.db"`))
	picture, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if len(picture) > 150<<10 {
		t.Errorf("the picture has %d bytes, which is much for a README", len(picture))
	}
	path := os.Getenv("LACUNA_PICTURE")
	if path == "" {
		tab.shot("picture")
		return
	}
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
