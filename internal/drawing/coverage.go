package drawing

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/output"
	"lacuna/internal/span"
	"lacuna/internal/standing"
)

// Cell is the path of a shade in a strip of a height: from a place on, so many cells of
// width 1. Shades differ by their shapes, for those who see no colours.
func Cell(of standing.Shade, at, width, height int) string {
	var boxes [][2]int
	for _, box := range shapes[of] {
		boxes = append(boxes, [2]int{box[0] * height / 10, box[1] * height / 10})
	}
	return bars(at, 0, width, boxes...)
}

// Strip writes runs of shades as cells of width 1 and height 10, side by side: a path a
// shade.
func Strip(b *strings.Builder, runs []standing.Run) {
	paths := map[standing.Shade][]byte{}
	at := 0
	for _, run := range runs {
		paths[run.Shade] = append(paths[run.Shade], Cell(run.Shade, at, run.Days, 10)...)
		at += run.Days
	}
	for _, of := range standing.Shades() {
		if path := paths[of]; len(path) > 0 {
			fmt.Fprintf(b, `<path class="%s" d="%s"/>`, of.Class(), path)
		}
	}
}

// shapes are from where to where shades are drawn, in tenths of the height.
var shapes = map[standing.Shade][][2]int{
	standing.Observed:    {{0, 10}},
	standing.Settled:     {{4, 6}},
	standing.Unexpected:  {{0, 3}},
	standing.Withdrawn:   {{0, 4}, {6, 10}},
	standing.Waiting:     {{6, 8}},
	standing.Incomplete:  {{3, 10}},
	standing.Partly:      {{0, 2}, {5, 10}},
	standing.Missing:     {{0, 2}, {8, 10}},
	standing.Quarantined: {{0, 3}, {4, 6}, {7, 10}},
	standing.NotDue:      {{9, 10}},
}

// bars is the path of boxes of one width, each from and to so far below y. What is filled
// needs no end of its outline, and a box goes on from the one above it, by a line that
// has no width.
func bars(x, y, width int, boxes ...[2]int) string {
	path, w := "", strconv.Itoa(width)
	for i, box := range boxes {
		if i == 0 {
			path = "M" + strconv.Itoa(x) + " " + strconv.Itoa(y+box[0])
		} else {
			path += "v" + strconv.Itoa(box[0]-boxes[i-1][1])
		}
		path += "h" + w + "v" + strconv.Itoa(box[1]-box[0]) + "h-" + w
	}
	return path
}

// Shades is the style sheet of cells, for a page that has some.
//
//go:embed shades.css
var Shades string

// coverageStyle is what a file by itself has beside the shades.
const coverageStyle = `
.ground { fill: #fff; }
text { font: 12px system-ui, sans-serif; fill: #1b1b1b; }
.key { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #16181a; }
  text { fill: #ececec; }
}
`

// Sizes of a coverage, in pixels.
const (
	dayWidth   = 2
	yearHeight = 14
	yearStep   = yearHeight + 3
	titleStep  = 26
	marginX    = 52
	leapDays   = 366
)

// Coverage writes coverages as one picture, a file by itself: a line a year, a cell a day.
func Coverage(w io.Writer, list []*standing.Coverage) error {
	var b strings.Builder
	y := padding
	for _, c := range list {
		y = writeCoverage(&b, c, y)
	}
	y = writeLegend(&b, y+padding)
	width := marginX + leapDays*dayWidth + padding
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="coverage" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="Coverage of %s">%s<style>%s</style><rect class="ground" width="100%%" height="100%%"/>`+"\n%s</svg>\n",
		width, y, width, y, output.Count(len(list), "series"), Made, Shades+coverageStyle, b.String())
	return err
}

// Made marks a file that was drawn here, which another picture may replace.
const Made = "<!-- drawn by lacuna -->"

// writeCoverage writes one coverage from y on and returns where the next begins.
func writeCoverage(b *strings.Builder, c *standing.Coverage, y int) int {
	fmt.Fprintf(b, `<text class="key" x="%d" y="%d">%s: %d of %d observed, %d missing</text>`+"\n", padding, y+14, escaped(c.Key), c.Observed, c.Expected, c.Missing)
	y += titleStep
	first, _, _ := c.From.Date()
	last, _, _ := c.To.Date()
	for year := first; year <= last; year++ {
		days := span.Span{From: span.Date(year, time.January, 1), To: span.Date(year, time.December, 31)}
		fmt.Fprintf(b, `<text x="%d" y="%d">%04d</text><g transform="translate(%d %d) scale(%d 1.4)">`, padding, y+11, year, marginX, y, dayWidth)
		Strip(b, c.Bridged(days))
		b.WriteString("</g>\n")
		y += yearStep
	}
	return y + 6
}

// writeLegend writes what the shades mean.
func writeLegend(b *strings.Builder, y int) int {
	x := padding
	for _, of := range standing.Shades() {
		cell := Cell(of, 0, 10, 10)
		if cell == "" {
			continue
		}
		room := 26 + widthOf(of.Word())
		if x+room > marginX+leapDays*dayWidth {
			x, y = padding, y+18
		}
		fmt.Fprintf(b, `<g transform="translate(%d %d)"><path class="%s" d="%s"/><text x="15" y="9">%s</text></g>`+"\n", x, y, of.Class(), cell, of.Word())
		x += room
	}
	return y + 24
}
