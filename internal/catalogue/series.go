package catalogue

import (
	"fmt"
	"slices"
	"time"

	"lacuna/internal/calendar"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Expected returns the days in r that the series should have: those of its
// cadence and calendar, from Since to Until, without the known absent ones.
func (s *Series) Expected(r span.Span) span.Runs {
	if s.Until != 0 {
		r.To = min(r.To, s.Until)
	}
	days := s.published(r)
	if len(s.KnownAbsent) == 0 {
		return days
	}
	absent := make([]span.Span, len(s.KnownAbsent))
	for i, k := range s.KnownAbsent {
		absent[i] = k.Span
	}
	return days.Subtract(span.Collect(absent...))
}

// published returns the days of cadence and calendar in r since the beginning:
// the days that lag counts.
func (s *Series) published(r span.Span) span.Runs {
	r.From = max(r.From, s.Since)
	if r.From > r.To {
		return nil
	}
	open := s.Calendar.Open(r)
	if s.Cadence == Daily {
		return open
	}
	var days span.Runs
	for d := s.periodFrom(r.From); d <= r.To; d = s.periodFrom(d + 1) {
		days = days.Append(d)
	}
	return days.Intersect(open)
}

// periodOf returns the first day of the period that has d, which is not before
// Since.
func (s *Series) periodOf(d span.Day) span.Day {
	year, month, _ := d.Date()
	switch s.Cadence {
	case Weekly:
		return d - (d-s.Since)%7
	case Monthly:
		return span.Date(year, month, 1)
	case Quarterly:
		return span.Date(year, month-(month-1)%3, 1)
	}
	return d
}

// periodFrom returns the first day of a period on or after d, which is not
// before Since.
func (s *Series) periodFrom(d span.Day) span.Day {
	year, month, day := d.Date()
	switch s.Cadence {
	case Weekly:
		return d + (7-(d-s.Since)%7)%7
	case Monthly:
		if day > 1 {
			month++
		}
	case Quarterly:
		into := (month - 1) % 3
		if day > 1 || into > 0 {
			month += 3 - into
		}
	default:
		return d
	}
	return span.Date(year, month, 1)
}

// Due returns the newest expected day whose time of publication has come at
// asOf; ok is false when there is none.
func (s *Series) Due(asOf time.Time) (d span.Day, ok bool) {
	last := span.DayOf(asOf.In(s.Ready.Zone)) // of the days with publications
	if asOf.Before(s.Ready.on(last)) {
		last--
	}
	if s.Ready.After > 0 { // of the days whose period ended so long ago
		last = s.periodOf(max(s.Since, last-span.Day(s.Ready.After)+1)) - 1
	}
	for reach := span.Day(64); ; reach *= 4 {
		r := span.Span{From: max(s.Since, last-reach), To: last}
		if newest, ok := fromEnd(s.published(r), s.Ready.Lag); ok {
			due := s.Expected(span.Span{From: r.From, To: newest})
			if len(due) > 0 {
				return due[len(due)-1].To, true
			}
		}
		if r.From == s.Since {
			return 0, false
		}
	}
}

// LastDue returns the newest n due days at asOf, fewer when there are no more.
func (s *Series) LastDue(asOf time.Time, n int) (days span.Runs) {
	last, ok := s.Due(asOf)
	if !ok {
		return nil
	}
	all := slices.Collect(s.Expected(span.Span{From: s.Since, To: last}).All())
	for _, d := range all[max(0, len(all)-n):] {
		days = days.Append(d)
	}
	return days
}

// fromEnd returns the n-th last day of r, the last one for 0.
func fromEnd(r span.Runs, n int) (d span.Day, ok bool) {
	for i := len(r) - 1; i >= 0; i-- {
		if n < r[i].Days() {
			return r[i].To - span.Day(n), true
		}
		n -= r[i].Days()
	}
	return 0, false
}

// LookbackAt returns the newest due days at asOf whose values are compared
// again, Lookback of them, and the day before which they must have been fetched
// to be: asOf's, or once the series has ended the one after its last day was due.
func (s *Series) LookbackAt(asOf time.Time) (newest span.Runs, before span.Day) {
	before = span.DayOf(asOf.UTC())
	last, ok := s.Due(asOf)
	if !ok || s.Lookback == 0 {
		return nil, before
	}
	if s.Until != 0 && len(s.Expected(span.Span{From: last + 1, To: max(s.Until, last+1)})) == 0 {
		before = min(before, span.DayOf(s.DueAt(last).UTC())+1)
	}
	return s.Expected(span.Span{From: s.before(last+1, s.Lookback), To: last}), before
}

// Around returns r, made longer by n expected days on each side, as far as the
// series goes.
func (s *Series) Around(r span.Span, n int) span.Span {
	return span.Span{From: min(r.From, s.before(r.From, n)), To: max(r.To, s.after(r.To, n))}
}

// before returns the n-th expected day before d, or the beginning of the series.
func (s *Series) before(d span.Day, n int) span.Day {
	for reach := span.Day(2 * n); ; reach *= 4 {
		from := max(s.Since, d-reach)
		if day, ok := fromEnd(s.Expected(span.Span{From: from, To: d - 1}), n-1); ok {
			return day
		}
		if from == s.Since {
			return s.Since
		}
	}
}

// after returns the n-th expected day after d, or the last one there is within a
// few years; d itself without any.
func (s *Series) after(d span.Day, n int) span.Day {
	for reach := span.Day(2 * n); ; reach *= 4 {
		days := s.Expected(span.Span{From: d + 1, To: d + reach})
		if days.Days() >= n {
			day, _ := fromEnd(days, days.Days()-n)
			return day
		}
		if reach > span.Day(400*n) {
			last, ok := fromEnd(days, 0)
			if !ok {
				return d
			}
			return last
		}
	}
}

// End returns the last day of the period that the expected day d stands for.
func (s *Series) End(d span.Day) span.Day { return s.periodFrom(d+1) - 1 }

// StandsFor returns the day that stands for the month of text, such as 2026-06; ok
// is false when it is no month, or the periods of the series are shorter.
func (s *Series) StandsFor(text string) (d span.Day, ok bool) {
	first, err := span.Parse(text + "-01")
	if err != nil || s.Cadence != Monthly && s.Cadence != Quarterly {
		return 0, false
	}
	return s.periodOf(first), true
}

// DueAt returns the time at which the expected day d is due.
func (s *Series) DueAt(d span.Day) time.Time {
	if s.Ready.After > 0 {
		return s.Ready.on(s.End(d) + span.Day(s.Ready.After))
	}
	for n := s.Ready.Lag; n > 0; n-- {
		d = s.nextPublished(d)
	}
	return s.Ready.on(d)
}

// nextPublished returns the first day of cadence and calendar after d; d itself
// when there is none within a thousand days.
func (s *Series) nextPublished(d span.Day) span.Day {
	for reach := span.Day(8); reach <= 8<<7; reach *= 2 {
		if days := s.published(span.Span{From: d + 1, To: d + reach}); len(days) > 0 {
			return days[0].From
		}
	}
	return d
}

// on returns the time of publication on d.
func (r Ready) on(d span.Day) time.Time {
	year, month, day := d.Date()
	return time.Date(year, month, day, r.Hour, r.Minute, 0, 0, r.Zone)
}

// Explain says whether d is expected, and by which rule it is or is not.
func (s *Series) Explain(d span.Day) (expected bool, why string) {
	if d < s.Since {
		return false, fmt.Sprintf("before %s, when the series begins", s.Since)
	}
	if s.Until != 0 && d > s.Until {
		return false, fmt.Sprintf("after %s, when the series ended", s.Until)
	}
	if first := s.periodFrom(d); first != d {
		return false, fmt.Sprintf("the series is %s: the next first day of a period is %s", s.Cadence, first)
	}
	name := s.Calendar.Name()
	if reason, closed := s.Calendar.Closed(d); closed {
		return false, fmt.Sprintf("closed in the calendar %s: %s", name, reason)
	}
	for _, k := range s.KnownAbsent {
		if k.Span.Contains(d) {
			return false, fmt.Sprintf("known absent (%s): %s", k.Span, k.Reason)
		}
	}
	due := s.DueAt(d).Format("2006-01-02 15:04 MST")
	if s.Cadence == Daily && name != calendar.Daily {
		return true, fmt.Sprintf("a %s, open in the calendar %s, due at %s", d.Weekday(), name, due)
	}
	return true, fmt.Sprintf("the series is %s, due at %s", s.Cadence, due)
}

// Check returns why f is not believed, or nothing when it is: a field lacks, is
// no decimal number, or fails a check of the catalogue.
func (s *Series) Check(f row.Fields) (reason string) {
	for _, name := range s.Fields {
		value, ok := f.Get(name)
		if !ok {
			return name + " is missing"
		}
		if _, err := row.Canonical(value); err != nil {
			return fmt.Sprintf("%s: %v", name, err)
		}
	}
	for _, c := range s.Checks {
		if reason := c.fails(f); reason != "" {
			return reason
		}
	}
	return ""
}

// Neighbour is an observed day beside one whose value is checked.
type Neighbour struct {
	Day    span.Day
	Fields row.Fields
	Steps  int // expected days from one to the other
}

// CheckChange returns why f, which Check found good, is not believed beside n:
// a value differs by more than its check allows for so many steps. It returns
// nothing when f is believed.
func (s *Series) CheckChange(f row.Fields, n Neighbour) (reason string) {
	for _, c := range s.Checks {
		value, _ := f.Get(c.Field)
		near, ok := n.Fields.Get(c.Field)
		if c.MaxChange == "" || !ok {
			continue
		}
		if exceeds, err := row.Exceeds(value, near, c.MaxChange, n.Steps); err == nil && exceeds {
			limit := c.MaxChange + "%"
			if n.Steps > 1 {
				limit = fmt.Sprintf("%d times %s", n.Steps, limit)
			}
			return fmt.Sprintf("%s %s is more than %s away from %s on %s", c.Field, value, limit, near, n.Day)
		}
	}
	return ""
}

// fails returns why f, whose values are decimals, fails c.
func (c Check) fails(f row.Fields) string {
	value, _ := f.Get(c.Field)
	below := func(a, b string) bool {
		order, err := row.Compare(a, b)
		return err == nil && order < 0
	}
	if c.Min != "" && below(value, c.Min) {
		return fmt.Sprintf("%s %s is below %s", c.Field, value, c.Min)
	}
	if c.Max != "" && below(c.Max, value) {
		return fmt.Sprintf("%s %s is above %s", c.Field, value, c.Max)
	}
	if other, ok := f.Get(c.NotBelow); ok && below(value, other) {
		return fmt.Sprintf("%s %s is below %s %s", c.Field, value, c.NotBelow, other)
	}
	return ""
}
