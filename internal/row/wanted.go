package row

import (
	"fmt"

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
// A quarantined day never is.
func (o Only) Wants(m Mark, asOf span.Day) bool {
	switch m.Status {
	case Observed:
		return o == OnlyAll
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
