package console

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"lacuna/internal/standing"
)

// shape is the path of a shade in a strip of a height: from a place on, so many cells of
// width 1. Shades differ by their shapes, for those who see no colours.
func shape(of standing.Shade, at, width, height int) string {
	x, w := strconv.Itoa(at), strconv.Itoa(width)
	box := func(from, to int) string { // in tenths of the height
		return "M" + x + " " + strconv.Itoa(from*height/10) + "h" + w + "v" + strconv.Itoa((to-from)*height/10) + "h-" + w + "z"
	}
	switch of {
	case standing.Observed:
		return box(0, 10)
	case standing.Settled:
		return box(4, 6)
	case standing.Unexpected:
		return box(0, 3)
	case standing.Withdrawn:
		return box(0, 4) + box(6, 10)
	case standing.Waiting:
		return box(6, 8)
	case standing.Incomplete:
		return box(3, 10)
	case standing.Partly:
		return box(0, 2) + box(5, 10)
	case standing.Missing:
		return box(0, 2) + box(8, 10)
	case standing.Quarantined:
		return box(0, 3) + box(4, 6) + box(7, 10)
	case standing.NotDue:
		return box(9, 10)
	}
	return ""
}

// strip is the months of a series as a picture of so many cells: a path a shade.
func strip(e *entry, cells int) template.HTML {
	paths := map[standing.Shade][]byte{}
	for _, run := range stretches(e.months) {
		paths[run.Shade] = append(paths[run.Shade], shape(run.Shade, run.At, run.Of, 10)...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="strip" viewBox="0 0 %d 10" preserveAspectRatio="none" role="img" aria-label="%s">`, cells, template.HTMLEscapeString(e.is.Words()))
	for _, of := range standing.Shades() {
		if path := paths[of]; len(path) > 0 {
			fmt.Fprintf(&b, `<path class="%s" d="%s"/>`, of.Class(), path)
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // words are escaped, and the rest is ours
}

// mark says how a series stands, as a sign and a word.
func mark(st standing.Standing) template.HTML {
	class, sign, word := "complete", "✓", "complete"
	switch {
	case st.Missing > 0:
		class, sign, word = "gaps", "✗", "with gaps"
	case st.Quarantined > 0:
		class, sign, word = "quarantined", "‼", "quarantined"
	case st.Waiting > 0:
		class, sign, word = "waiting", "◷", "waiting"
	}
	return template.HTML(fmt.Sprintf(`<span class="mark %s"><span aria-hidden="true">%s</span> %s</span>`, class, sign, word)) //nolint:gosec // nothing of it is foreign
}
