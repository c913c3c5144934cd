package catalogue

// Restrict returns the catalogue with what keep makes of each series, without
// those for which it returns false. keep must not change Key or Aliases.
func (c *Catalogue) Restrict(keep func(Series) (Series, bool)) *Catalogue {
	out := &Catalogue{Sources: c.Sources, byName: map[string]int{}}
	moved := make([]int, len(c.Series)) // where each series is now, -1 if it is not
	for i, s := range c.Series {
		moved[i] = -1
		if kept, ok := keep(s); ok {
			moved[i] = len(out.Series)
			out.Series = append(out.Series, kept)
		}
	}
	for name, i := range c.byName {
		if moved[i] >= 0 {
			out.byName[name] = moved[i]
		}
	}
	return out
}
