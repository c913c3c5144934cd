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
	OnlyMissing Only = "missing" // no row
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
	return "", fmt.Errorf("only %q: want due, missing, failed or all", text)
}

// WantsMissing reports whether a due day without a row is asked for.
func (o Only) WantsMissing() bool { return o != OnlyFailed }

// Wants reports whether a due day with the row m is asked for on the day asOf.
// A quarantined day never is. again is what Lookback returned.
func (o Only) Wants(m Mark, asOf span.Day, again span.Runs) bool {
	switch m.Status {
	case Observed:
		return o == OnlyAll || again.Contains(m.Day)
	case Absent, Incomplete:
		switch o {
		case OnlyAll, OnlyFailed:
			return true
		case OnlyDue:
			return m.RetryAt != 0 && m.RetryAt <= asOf
		}
	}
	return false
}

// Lookback returns those of newest, the days that a series looks back on, whose
// values are compared again: all of them as long as the newest observed one was
// fetched before the day given, else none. marks are sorted.
func (o Only) Lookback(marks []Mark, newest span.Runs, before span.Day) span.Runs {
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
