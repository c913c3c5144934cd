package row

import (
	"slices"
	"time"

	"lacuna/internal/span"
)

// Answer is what the publisher said of one day of one series.
type Answer struct {
	Fields Fields // what it published; empty: no value
	Reason string // why the value is not good; empty: it is, or there is none
	Source string
	Raw    string // hash of the body, when kept
}

// Asking is the circumstance of an answer.
type Asking struct {
	At     time.Time // the run's as_of
	Run    string
	Wanted bool // false: the day lies between wanted ones and came along
}

// Change says what an answer did to a row.
type Change int

// The changes.
const (
	Unchanged Change = iota
	Added            // there was no row
	Replaced         // the row was not observed: a conditional update
	Revised          // an observed value differs: the old row belongs to the revisions
)

// maxAttempts is the answer without a good value that ends the ladder.
const maxAttempts = 6

// Next returns the row that an answer makes of old, and what changed. Where
// there is no row, old has Series and Day and an empty Status. It is the only
// way by which an answer changes a row, and gives back old when it does not.
//
// An observed row only gives way to another good value. Days that were not
// wanted are stored when a good value comes and never marked. Attempts rise
// when the day to ask again has come, and not before: impatient runs and
// duplicates bring no day nearer to quarantine.
func Next(old Row, answer Answer, asking Asking) (Row, Change) {
	status := answer.status()
	if status == Observed {
		return observe(old, answer, asking)
	}
	if !asking.Wanted || old.Status == Observed || old.Status == Quarantined {
		return old, Unchanged
	}
	today := span.DayOf(asking.At.UTC())
	settled := old.Status != "" && old.RetryAt == 0 // by a person, or learned
	early := old.RetryAt > today
	if settled && status == Absent || early && (status == Absent || old.Status == status && Equal(old.Fields, answer.Fields)) {
		return old, Unchanged
	}
	next := answer.row(old, status, asking)
	next.Reason = answer.Reason
	if status == Absent {
		next.Reason = "no value published"
	}
	next.Trail = append(next.Trail, Step{At: next.FetchedAt, Run: asking.Run, Answer: string(status), Reason: next.Reason})
	if early {
		return next, Replaced
	}
	next.Attempts++
	if next.Attempts < maxAttempts {
		next.RetryAt = today + 1<<(next.Attempts-1)
	} else {
		next.Status, next.RetryAt = Quarantined, 0
	}
	return next, replacedOrAdded(old)
}

// observe is Next for a good value.
func observe(old Row, answer Answer, asking Asking) (Row, Change) {
	if old.Status == Observed && Equal(old.Fields, answer.Fields) {
		return old, Unchanged
	}
	next := answer.row(old, Observed, asking)
	next.RetryAt, next.Reason = 0, ""
	if old.Status == "" {
		return next, Added
	}
	step := Step{At: next.FetchedAt, Run: asking.Run, Answer: string(Observed)}
	change := Replaced
	if old.Status == Observed {
		step.Answer, change = "revised", Revised
	}
	next.Trail = append(next.Trail, step)
	return next, change
}

func (a Answer) status() Status {
	switch {
	case a.Reason != "":
		return Incomplete
	case len(a.Fields) == 0:
		return Absent
	}
	return Observed
}

// row returns old with what a brought. It shares no memory with old that a
// longer trail would write to.
func (a Answer) row(old Row, status Status, asking Asking) Row {
	next := old
	next.Status = status
	next.Fields, next.Source, next.Raw = a.Fields, a.Source, a.Raw
	next.FetchedAt, next.Run = asking.At.UTC(), asking.Run
	next.Trail = slices.Clip(old.Trail)
	return next
}

func replacedOrAdded(old Row) Change {
	if old.Status == "" {
		return Added
	}
	return Replaced
}
