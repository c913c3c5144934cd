package standing

import "lacuna/internal/span"

type Shade = shade

func (c *Coverage) Shade(s span.Span) Shade { return c.shade(s) }
func (s shade) Letter() string {
	if l, ok := looks[s]; ok {
		return l.letter
	}
	return "."
}
func (s shade) Word() string { return looks[s].says }
func (s shade) Class() string {
	return []string{"closed", "settled", "observed", "partly", "open", "held"}[s]
}

var Legend = []Shade{there, settled, partly, open, held}
