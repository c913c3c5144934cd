// Package row is what the store holds for one day of one series, and the rules
// by which a publisher's answer changes it. Nothing here does I/O, reads a
// clock or computes with floats: values stay the decimal text of the publisher.
package row

import (
	"slices"
	"time"

	"lacuna/internal/span"
)

// Status is the state of a day that has a row. A day without one is missing.
type Status string

const (
	Observed    Status = "observed"    // the publisher's value, all fields good
	Absent      Status = "absent"      // the publisher answered and had no value
	Incomplete  Status = "incomplete"  // a value that lacks fields or fails a check
	Quarantined Status = "quarantined" // no good value in six answers: for a person
)

// Missing is what State says of a day without a row. No row has it as its status.
const Missing Status = "missing"

// Field is one published number: its name in the catalogue and its decimal
// text, digit for digit as published.
type Field struct{ Name, Value string }

// Fields are the numbers of one day in the catalogue's order. As JSON they are
// an object of strings.
type Fields []Field

// Row is what is stored for one (series, day).
type Row struct {
	Series    string
	Day       span.Day
	Status    Status
	Fields    Fields
	Source    string
	FetchedAt time.Time // as_of, UTC, of the last run that fetched or compared it: see Fetched
	Run       string    // by which it came
	Attempts  int       // answers without a good value
	RetryAt   span.Day  // first day to ask again; zero: not on the ladder
	Reason    string    // why the value is not good, or who settled the day and why
	Trail     []Step    // what made the row what it is; empty when observed at once
	Raw       string    // hash of the body, when kept
}

// Step is one entry of a row's trail.
type Step struct {
	At     time.Time `json:"at"`
	Run    string    `json:"run,omitempty"`
	Answer string    `json:"answer"` // the answer or the act
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
}

// Mark is the part of a row that decides whether its day is asked for again.
type Mark struct {
	Day       span.Day
	Status    Status
	RetryAt   span.Day
	FetchedAt time.Time
	Withdrawn string // what Row.Withdrawn says
	Missing   bool   // what Row.MarkedMissing says
}

// Fetched returns when Run fetched r, which may have been compared since: then its trail
// says so.
func (r *Row) Fetched() time.Time {
	for _, step := range slices.Backward(r.Trail) {
		if step.Run == r.Run && (step.By == "" || step.Answer == string(Import)) { // persons, whose steps have no run either, fetch nothing
			return step.At
		}
	}
	return r.FetchedAt
}

// Mark returns the mark of r.
func (r *Row) Mark() Mark {
	return Mark{Day: r.Day, Status: r.Status, RetryAt: r.RetryAt, FetchedAt: r.FetchedAt, Withdrawn: r.Withdrawn(), Missing: r.MarkedMissing()}
}

// AsRead reports whether now, the stored row, is the one that was read as was: a row is
// changed on that condition alone. It goes by what the row says, as people edit rows too.
func AsRead(now, was *Row) bool {
	if now.Status == "" || was.Status == "" { // there is no row
		return now.Status == was.Status
	}
	return now.Status == was.Status && now.Attempts == was.Attempts && now.RetryAt == was.RetryAt &&
		now.Run == was.Run && now.FetchedAt.Equal(was.FetchedAt) && Equal(now.Fields, was.Fields)
}
