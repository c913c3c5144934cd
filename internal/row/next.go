package row

import (
	"fmt"
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
	At       time.Time // the run's as_of
	Run      string
	Wanted   bool // false: the day lies between wanted ones and came along
	Compared bool // the day was read as observed, and asked for again to be compared
	Lookback bool // of Compared: as one of the newest days of its series
	Empty    Empty
}

// Change says what an answer did to a row.
type Change int

// The changes.
const (
	Unchanged Change = iota
	Added            // there was no row
	Replaced         // the row was not observed: a conditional update
	Revised          // an observed value differs: the old row belongs to the revisions
	Refreshed        // the observed value is still the same, and was compared or withdrawn
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
	if status == Observed && !(old.Status == Observed && Equal(old.Fields, answer.Fields)) {
		return observe(old, answer, asking)
	}
	if old.Status == Observed {
		return keep(old, status, asking)
	}
	if !asking.Wanted || old.Status == Quarantined {
		return old, Unchanged
	}
	today := span.DayOf(asking.At.UTC())
	early := old.RetryAt > today
	if old.settled() && status == Absent || early && (status == Absent || old.Status == status && Equal(old.Fields, answer.Fields)) {
		return old, Unchanged
	}
	next := answer.row(old, status, asking)
	next.Reason = answer.Reason
	said := string(status)
	settles := false
	if old.settled() {
		said = doubted
	}
	if status == Absent {
		settles = asking.Empty.settles(old)
		next.Reason, said = asking.Empty.reason(settles), asking.Empty.answer()
	}
	next.Trail = append(next.Trail, Step{At: next.FetchedAt, Run: asking.Run, Answer: said, Reason: next.Reason})
	if early {
		return next, Replaced
	}
	next.Attempts++
	switch {
	case settles:
		next.RetryAt = 0
	case next.Attempts < maxAttempts:
		next.RetryAt = today + 1<<(next.Attempts-1)
	default:
		next.Status, next.RetryAt = Quarantined, 0
	}
	if old.Status == "" {
		return next, Added
	}
	return next, Replaced
}

// settled reports whether r is a day without a value by a person's word, or one
// that was taken for a holiday.
func (r *Row) settled() bool { return r.Status == Absent && r.RetryAt == 0 }

// observe is Next for a good value that is new.
func observe(old Row, answer Answer, asking Asking) (Row, Change) {
	next := answer.row(old, Observed, asking)
	next.RetryAt, next.Reason = 0, ""
	if old.Status == "" {
		return next, Added
	}
	step := Step{At: next.FetchedAt, Run: asking.Run, Answer: string(Observed)}
	change := Replaced
	switch {
	case old.Status == Observed:
		step.Answer, step.Reason, change = revised, fmt.Sprintf("was %v", old.Fields), Revised
	case old.settled():
		step.Answer = contradicted
	}
	next.Trail = append(next.Trail, step)
	return next, change
}

// Answers in a trail that are no status.
const (
	revised      = "revised"
	contradicted = "observed, though settled as absent"
	doubted      = "incomplete, though settled as absent"
)

// keep is Next for an observed row whose value the answer does not replace. A
// value that the publisher no longer shows stays.
func keep(old Row, status Status, asking Asking) (Row, Change) {
	switch newer := asking.At.After(old.FetchedAt); {
	case newer && status == Observed && old.gone():
		return compared(old, asking, string(Observed), ""), Refreshed
	case newer && status == Absent && asking.Compared && asking.Empty.proves() && !old.gone():
		reason := fmt.Sprintf("withdrawn by the publisher, seen on %s: %s", span.DayOf(asking.At.UTC()), asking.Empty.proof())
		return compared(old, asking, withdrawn, reason), Refreshed
	case newer && asking.Lookback:
		next := firstSeen(old)
		next.FetchedAt = asking.At.UTC()
		return next, Refreshed
	}
	return old, Unchanged
}

// compared returns an observed row with what a comparison showed.
func compared(old Row, asking Asking, answer, reason string) Row {
	next := firstSeen(old)
	next.FetchedAt, next.Reason = asking.At.UTC(), reason
	next.Trail = append(next.Trail, Step{At: next.FetchedAt, Run: asking.Run, Answer: answer, Reason: reason})
	return next
}

// firstSeen puts when an observed row was first observed into its trail, where
// FetchedAt is about to no longer tell it. Its trail shares no memory with old's.
func firstSeen(old Row) Row {
	next := old
	next.Trail = slices.Clip(old.Trail)
	if len(old.Trail) == 0 {
		next.Trail = []Step{{At: old.FetchedAt, Run: old.Run, Answer: string(Observed)}}
	}
	return next
}

// WasRevised reports whether the last thing that made r was a revision.
func (r *Row) WasRevised() bool { return r.lastAnswer() == revised }

// Contradicts reports whether r is a value for a day that was settled as absent.
func (r *Row) Contradicts() bool { return r.lastAnswer() == contradicted }

// CameEarly reports whether r, a day between wanted ones, got its value before
// its day to ask again had come.
func (r *Row) CameEarly() bool {
	n := len(r.Trail)
	if r.Status != Observed || n < 2 || r.Attempts == 0 || r.Attempts >= maxAttempts {
		return false
	}
	retryAt := span.DayOf(r.Trail[n-2].At.UTC()) + 1<<(r.Attempts-1)
	return r.lastAnswer() == string(Observed) && retryAt > span.DayOf(r.Trail[n-1].At.UTC())
}

func (r *Row) lastAnswer() string {
	if len(r.Trail) == 0 {
		return ""
	}
	return r.Trail[len(r.Trail)-1].Answer
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
