package row

import (
	"fmt"
	"slices"

	"lacuna/internal/span"
)

// Only narrows which due days a run asks for.
type Only string

const (
	OnlyDue     Only = "due"     // no row, or absent or incomplete whose RetryAt has come
	OnlyMissing Only = "missing" // no row, or marked missing
	OnlyFailed  Only = "failed"  // absent or incomplete, whatever their RetryAt
	OnlyAll     Only = "all"     // every day, compared with what is stored
)

// ParseOnly reads an Only; the empty text is OnlyDue.
func ParseOnly(text string) (Only, error) {
	switch o := Only(text); o {
	case "":
		return OnlyDue, nil
	case OnlyDue, OnlyMissing, OnlyFailed, OnlyAll:
		return o, nil
	}
	return "", fmt.Errorf("only %.80q: want due, missing, failed or all", text)
}

// wants reports whether a due day with the row m is asked for on the day asOf.
// A quarantined day never is. again is what lookback returned.
func (o Only) wants(m Mark, asOf span.Day, again span.Runs) bool {
	switch m.Status {
	case Observed:
		return o == OnlyAll || again.Contains(m.Day)
	case Absent, Incomplete:
		switch o {
		case OnlyAll, OnlyFailed:
			return true
		case OnlyMissing:
			return m.Missing
		case OnlyDue:
			return m.RetryAt != 0 && m.RetryAt <= asOf
		}
	}
	return false
}

// Sorted are the days that have a row, by what a run does about them.
type Sorted struct {
	Recheck     span.Runs // it asks for them again
	Compared    span.Runs // those of Recheck that are observed, as the newest of their series
	Waiting     span.Runs // it leaves them to a later day
	Quarantined span.Runs // it leaves them to a person
	Settled     span.Runs // nobody asks for them again
	Latest      span.Day  // the last observed one; zero: none
}

// Sort sorts the rows of a series, oldest first, on the day asOf. newest and before
// are what the series looks back on.
func (o Only) Sort(marks []Mark, newest span.Runs, before, asOf span.Day) Sorted {
	s := Sorted{Compared: o.lookback(marks, newest, before)}
	for _, m := range marks {
		if m.Status == Observed {
			s.Latest = m.Day
		}
		switch {
		case o.wants(m, asOf, s.Compared):
			s.Recheck = s.Recheck.Append(m.Day)
		case m.Status == Quarantined:
			s.Quarantined = s.Quarantined.Append(m.Day)
		case m.RetryAt > asOf:
			s.Waiting = s.Waiting.Append(m.Day)
		default:
			s.Settled = s.Settled.Append(m.Day)
		}
	}
	return s
}

// Wanted returns those of due, the due days of a series, that a run asks for.
func (o Only) Wanted(due span.Runs, s Sorted) span.Runs {
	if o == OnlyFailed {
		return due.Intersect(s.Recheck)
	}
	return due.Subtract(s.Settled).Subtract(s.Waiting).Subtract(s.Quarantined)
}

// lookback returns those of newest, the days that a series looks back on, whose
// values are compared again: all of them as long as the newest observed one was
// fetched before the day given, else none. marks are sorted.
func (o Only) lookback(marks []Mark, newest span.Runs, before span.Day) span.Runs {
	if o != OnlyDue {
		return nil
	}
	for _, m := range slices.Backward(marks) {
		if m.Status == Observed && newest.Contains(m.Day) {
			if span.DayOf(m.FetchedAt.UTC()) < before {
				return newest
			}
			return nil
		}
	}
	return nil
}
