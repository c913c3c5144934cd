package console

import (
	"fmt"
	"html/template"

	"lacuna/internal/standing"
)

// shape is the path of a shade in a strip of a height: from a place on, so many cells of
// width 1. Shades differ by their shapes, for those who see no colours.
func shape(of standing.Shade, at, width, height int) string {
	box := func(from, to int) string { // in tenths of the height
		return fmt.Sprintf("M%d %dh%dv%dh-%dz", at, from*height/10, width, (to-from)*height/10, width)
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
