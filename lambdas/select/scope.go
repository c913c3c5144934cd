package selection

import (
	"slices"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// scope returns what a run sees all of that looks at the days of window in
// series. It is the one rule about that: a run that asks for what is due sees all
// of a source when it looks at each of its series up to now, and all of the stack
// when it does so for each source.
func (h *Handler) scope(series []*catalogue.Series, window span.Span, only row.Only, asOf time.Time) (s message.Scope) {
	if only != row.OnlyDue {
		return s
	}
	asked := make(map[*catalogue.Series]bool, len(series))
	for _, one := range series {
		asked[one] = true
	}
	var partly []string // sources
	for _, one := range h.Catalogue.All() {
		if one.Since < window.From {
			s.From = window.From
		}
		if !slices.Contains(partly, one.Source) && (!asked[one] || !upToNow(one, window, asOf)) {
			partly = append(partly, one.Source)
		}
		if !slices.Contains(s.Sources, one.Source) {
			s.Sources = append(s.Sources, one.Source)
		}
	}
	s.Sources = slices.DeleteFunc(s.Sources, func(source string) bool { return slices.Contains(partly, source) })
	s.Stack = len(partly) == 0
	return s
}

// upToNow reports whether window has the newest due day of one. A series of which
// nothing is due yet has none, and of one that ended before, none is looked for.
func upToNow(one *catalogue.Series, window span.Span, asOf time.Time) bool {
	due, any := one.Due(asOf)
	return !any || window.Contains(due) || one.Until != 0 && one.Until < window.From
}
