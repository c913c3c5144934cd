package propose

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"lacuna/internal/notation"
	"lacuna/internal/span"
)

// form is a way to write days.
type form struct{ *notation.Dates }

// forms are those by which a column can be read, the likeliest first.
type forms []form

// usualForms are the forms that are tried.
var usualForms = sync.OnceValue(func() (list forms) {
	for _, dates := range notation.UsualDates() {
		list = append(list, form{dates})
	}
	return list
})

// plausible are the days that a series may have.
var plausible = span.Span{From: span.Date(1800, 1, 1), To: span.Date(2100, 12, 31)}

func (f form) day(text string) (span.Day, bool) {
	day, ok := f.Read(text)
	return day, ok && plausible.Contains(day)
}

// digitsAlone are the forms that a column of numbers may have by chance.
func (f form) digitsAlone() bool {
	return !strings.ContainsAny(f.String(), "-/.: '") || strings.HasPrefix(f.String(), "unix")
}

// bestForms returns the forms that read the most of texts, and how many that are. A
// form of digits alone has to read days that mostly go one way.
func bestForms(texts []string) (best forms, most int) {
	days := map[form][]span.Day{}
	for _, f := range usualForms() {
		var list []span.Day
		for _, text := range texts {
			if day, ok := f.day(text); ok {
				list = append(list, day)
			}
		}
		if len(list) == 0 || len(list) < most || f.digitsAlone() && !oneWay(list) {
			continue
		}
		if len(list) > most {
			best, most = nil, len(list)
		}
		best = append(best, f)
		days[f] = list
	}
	slices.SortStableFunc(best, func(a, b form) int { return spread(days[a]) - spread(days[b]) })
	return best, most
}

// turns counts the steps from day to day that go up, and down.
func turns(days []span.Day) (up, down int) {
	for i := range max(0, len(days)-1) {
		switch {
		case days[i+1] > days[i]:
			up++
		case days[i+1] < days[i]:
			down++
		}
	}
	return up, down
}

func oneWay(days []span.Day) bool {
	up, down := turns(days)
	return up+down > 0 && min(up, down) <= (up+down)/4
}

// spread is small for days in order that are close to one another, and smallest for
// the first days of one month after the other: what one form reads as such days,
// another may read as the days of a month, without its second half.
func spread(days []span.Day) (sum int) {
	up, down := turns(days)
	sum, months := 1000*min(up, down), len(days) > 2
	for i, day := range days {
		if _, _, of := day.Date(); of != 1 || i > 0 && monthsBetween(days[i-1], day) > 1 {
			months = false
		}
		if i > 0 {
			sum += int(max(day-days[i-1], days[i-1]-day))
		}
	}
	if months {
		return -1
	}
	return sum
}

func monthsBetween(a, b span.Day) int {
	year, month, _ := min(a, b).Date()
	lastYear, last, _ := max(a, b).Date()
	return 12*(lastYear-year) + int(last-month)
}

// others returns the forms by which some of texts is another day than by the first.
func (f forms) others(texts []string) (names []string) {
	for _, other := range f[1:] {
		differs := slices.ContainsFunc(texts, func(text string) bool {
			one, ok := f[0].day(text)
			two, _ := other.day(text)
			return ok && one != two
		})
		if differs {
			names = append(names, other.String())
		}
	}
	return names
}

// hasDays reports whether a form has the day of the month, and has months.
func (f form) hasDays() bool {
	return strings.Contains(f.String(), "d") || strings.HasPrefix(f.String(), "unix")
}

func (f form) hasWeeks() bool { return strings.Contains(f.String(), "w") }

func (f form) hasQuarters() bool { return strings.Contains(f.String(), "Q") }

// place returns the place {from} or {to} of an address for days of this form.
func (f form) place(name string) string {
	if strings.HasSuffix(f.String(), "*") {
		return "{" + name + ":yyyy-MM-dd}"
	}
	return "{" + name + "}"
}

// yearOf reports whether text is the year of a day: such a column is no value.
func yearOf(text string, day span.Day) bool {
	year, _, _ := day.Date()
	return text == strconv.Itoa(year)
}
