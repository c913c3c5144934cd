package calendar

import (
	"slices"
	"time"

	"lacuna/internal/span"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ecb"
)

// The calendars that need no declaration.
const (
	Daily      = "daily"       // every day
	Weekdays   = "weekdays"    // Monday to Friday
	BrazilBank = "brazil-bank" // Brazilian banks, from 2000 on: PTAX, Selic, CDI
	Target     = "target"      // the euro's payment system: ECB reference rates
)

// Names are the names that Named knows.
func Names() []string { return []string{BrazilBank, Daily, Target, Weekdays} }

// Named returns a new calendar of one of Names.
//
// Source: ANBIMA's list of holidays (2000-2078) and the days on which the
// European Central Bank published rates (1999-2026) agree with brazil-bank and
// target on every weekday; the holidays of rickar/cal alone do not.
func Named(name string) (c *Calendar, ok bool) {
	switch name {
	case Daily:
		return newCalendar(name, everyDay), true
	case Weekdays:
		return newCalendar(name, weekdaysWithout(nil)), true
	case BrazilBank:
		return newCalendar(name, weekdaysWithout(brazilHolidays())), true
	case Target:
		return newCalendar(name, weekdaysWithout(targetHolidays())), true
	}
	return nil, false
}

// brazilHolidays are the national holidays, the Monday of Carnival, on which
// banks are closed by custom, and 20 November, a holiday since Law 14.759/2023.
func brazilHolidays() []*cal.Holiday {
	return append(slices.Clone(br.Holidays),
		&cal.Holiday{Name: "Segunda-feira de Carnaval", Offset: -48, Func: cal.CalcEasterOffset},
		&cal.Holiday{
			Name:  "Dia Nacional de Zumbi e da Consciência Negra",
			Month: time.November, Day: 20, StartYear: 2024, Func: cal.CalcDayOfMonth,
		})
}

// targetHolidays are those of today, all but two of which began in 2000, and
// the two last days of a year on which TARGET was closed.
func targetHolidays() []*cal.Holiday {
	from2000 := &cal.Holiday{StartYear: 2000}
	return []*cal.Holiday{
		ecb.NewYear,
		ecb.GoodFriday.Clone(from2000),
		ecb.EasterMonday.Clone(from2000),
		ecb.LabourDay.Clone(from2000),
		ecb.ChristmasDay,
		ecb.ChristmasHoliday.Clone(from2000),
		newYearsEve(1999, "Change of the millennium"),
		newYearsEve(2001, "Introduction of euro cash"),
	}
}

func newYearsEve(y int, name string) *cal.Holiday {
	return &cal.Holiday{
		Name: name, Month: time.December, Day: 31, StartYear: y, EndYear: y, Func: cal.CalcDayOfMonth,
	}
}

func everyDay(y int) year { return year{open: span.Runs{wholeYear(y)}} }

func wholeYear(y int) span.Span {
	return span.Span{From: span.Date(y, time.January, 1), To: span.Date(y, time.December, 31)}
}

func weekdaysWithout(holidays []*cal.Holiday) func(y int) year {
	return func(y int) year {
		of := year{closed: make(map[span.Day]string, len(holidays))}
		for _, h := range holidays {
			if d, ok := holidayIn(h, y); ok && of.closed[d] == "" {
				of.closed[d] = h.Name
			}
		}
		all := wholeYear(y)
		monday := all.From - span.Day(all.From.Weekday()+6)%7
		for ; monday <= all.To; monday += 7 {
			if week, ok := all.Intersect(span.Span{From: monday, To: monday + 4}); ok {
				of.open = append(of.open, week)
			}
		}
		of.open = of.open.Subtract(daysOf(of.closed))
		return of
	}
}

// holidayIn returns the day of h in year y, if it has one. Midnight of the
// machine's zone, which rickar/cal returns, may not exist: summer time began at
// midnight of 2 November 2004 in Brazil. Noon is safe.
func holidayIn(h *cal.Holiday, y int) (d span.Day, ok bool) {
	at, _ := h.Calc(y)
	return span.DayOf(at.Add(12 * time.Hour)), !at.IsZero()
}

func daysOf[V any](days map[span.Day]V) span.Runs {
	spans := make([]span.Span, 0, len(days))
	for d := range days {
		spans = append(spans, span.Span{From: d, To: d})
	}
	return span.Collect(spans...)
}
