package console

import (
	"fmt"
	"html/template"
	"strings"

	"lacuna/internal/drawing"
	"lacuna/internal/standing"
)

// strip is the months of a series as a picture of so many cells.
func strip(e *entry, cells int) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="strip" viewBox="0 0 %d 10" preserveAspectRatio="none" role="img" aria-label="%s">`, cells, template.HTMLEscapeString(e.is.Words()))
	drawing.Strip(&b, stretches(e.months))
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
