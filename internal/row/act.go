package row

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/span"
)

// Act is what a person decides about a day.
type Act string

// The acts.
const (
	MarkAbsent  Act = "mark absent"        // there never was a value: the day is settled
	MarkMissing Act = "mark missing"       // what is stored is withdrawn, and the day asked for again
	Release     Act = "quarantine release" // the day is asked for again, as if for the first time
	Accept      Act = "quarantine accept"  // the value that was not believed, or withdrawn, counts
	Import      Act = "import"             // a value that a person has counts, whatever is stored: Enter
)

// Hand is who decides, when and why. All of it is required.
type Hand struct {
	At     time.Time
	By     string
	Reason string
}

// Decide returns the row that a person's act makes of old; where there is no
// row, old has Series and Day and an empty Status. fields are the names of the
// series' numbers. The trail keeps the act and the value that it took away.
//
// The error says why the act does not fit the row.
func Decide(old Row, act Act, hand Hand, fields []string) (Row, error) {
	next := old
	next.Trail = slices.Clip(old.Trail)
	next.RetryAt, next.Attempts = 0, 0
	next.Reason = fmt.Sprintf("%s by %s: %s", act, hand.By, hand.Reason)
	today := span.DayOf(hand.At.UTC())
	switch act {
	case MarkAbsent:
		if old.Status == Observed && old.Withdrawn() == "" {
			return old, errors.New("is observed: mark it missing first, which withdraws the value")
		}
		next.Status, next.Fields = Absent, nil
	case MarkMissing:
		if old.State() == Missing {
			return old, errors.New("is missing already")
		}
		next.Status, next.Fields, next.RetryAt = Absent, nil, today
	case Release:
		if old.Status != Quarantined {
			return old, fmt.Errorf("is %s, not quarantined", old.State())
		}
		next.Status, next.RetryAt = Absent, today
		if len(old.Fields) > 0 {
			next.Status = Incomplete
		}
	case Accept:
		if old.Status != Quarantined && old.Status != Incomplete && old.Withdrawn() == "" {
			return old, fmt.Errorf("is %s, neither quarantined nor incomplete nor withdrawn", old.State())
		}
		for _, name := range fields {
			if _, ok := old.Fields.Get(name); !ok {
				return old, fmt.Errorf("has no value of %s to accept", name)
			}
		}
		next.Status, next.Reason = Observed, ""
	default:
		return old, fmt.Errorf("unknown act %.80q", act)
	}
	if old.Status == "" {
		next.FetchedAt = hand.At.UTC()
	}
	step := Step{At: hand.At.UTC(), Answer: string(act), Reason: hand.Reason, By: hand.By}
	if len(old.Fields) > 0 && len(next.Fields) == 0 {
		step.Reason += fmt.Sprintf(" (was %s %v)", old.Status, old.Fields)
	}
	next.Trail = append(next.Trail, step)
	return next, nil
}

// Enter returns the row that a value from a person's file or table makes of old, which
// has another one: the trail keeps the act and the value that it took away.
func Enter(old Row, value Answer, hand Hand) Row {
	next := value.row(old, Observed, Asking{At: hand.At})
	next.RetryAt, next.Attempts, next.Reason = 0, 0, ""
	step := Step{At: next.FetchedAt, Answer: string(Import), Reason: hand.Reason, By: hand.By}
	if len(old.Fields) > 0 {
		step.Reason += fmt.Sprintf(" (was %s %v)", old.Status, old.Fields)
	}
	next.Trail = append(next.Trail, step)
	return next
}

// MarkedMissing reports whether r is what a person's MarkMissing left, and no answer has
// come since. Its reason says so, which is read where a trail is not.
func (r *Row) MarkedMissing() bool {
	return r.Status == Absent && r.RetryAt != 0 && strings.HasPrefix(r.Reason, string(MarkMissing)+" by ")
}

// State is the status of r, or Missing where there is none or a person made it so.
func (r *Row) State() Status {
	if r.Status == "" || r.MarkedMissing() {
		return Missing
	}
	return r.Status
}

// Marked returns the act by which a person said that there is no value, or took it away,
// where none has come since and no other person has decided.
func (r *Row) Marked() (Step, bool) {
	if len(r.Fields) > 0 {
		return Step{}, false
	}
	for _, step := range slices.Backward(r.Trail) {
		if step.By != "" {
			return step, step.Answer == string(MarkAbsent) || step.Answer == string(MarkMissing)
		}
	}
	return Step{}, false
}

// String says who did what and why.
func (s Step) String() string { return fmt.Sprintf("%s by %s: %s", s.Answer, s.By, s.Reason) }

// String lists the fields as `buy 5.1995, sell 5.2001`.
func (f Fields) String() string {
	var words []string
	for _, field := range f {
		words = append(words, field.Name+" "+field.Value)
	}
	return strings.Join(words, ", ")
}
