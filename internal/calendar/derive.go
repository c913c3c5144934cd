package calendar

import (
	"maps"

	"lacuna/internal/span"
)

// Exception is a day on which a calendar differs from its base.
type Exception struct {
	Day    span.Day
	Reason string
}

// Derive returns the calendar that is like base apart from the days closed and
// the days open; a day in both is open.
func Derive(name string, base *Calendar, closed, open []Exception) *Calendar {
	reasons := make(map[span.Day]string, len(closed))
	closedDays, openDays := make([]span.Span, len(closed)), make([]span.Span, len(open))
	for i, e := range closed {
		reasons[e.Day] = e.Reason
		closedDays[i] = span.Span{From: e.Day, To: e.Day}
	}
	for i, e := range open {
		openDays[i] = span.Span{From: e.Day, To: e.Day}
	}
	never, always := span.Collect(closedDays...), span.Collect(openDays...)
	return newCalendar(name, func(y int) year {
		all, of := wholeYear(y), base.year(y)
		derived := year{of.open.Subtract(never).Union(always.Within(all)), map[span.Day]string{}}
		maps.Copy(derived.closed, of.closed)
		for d := range never.Within(all).All() {
			derived.closed[d] = reasons[d]
		}
		return derived
	})
}
