package row

import (
	"fmt"
	"slices"

	"lacuna/internal/span"
)

// Empty is what an answer shows of a day for which it has no value. Nothing is
// concluded from an answer that does not show it.
type Empty struct {
	Kind Kind
	// Witnesses are the days on either side that the same answer has values for;
	// of Between.
	Witnesses span.Span
	Learn     bool   // of Between: such a day is a holiday that nobody declared
	Old       bool   // of Between: the value would have come by now
	Why       string // of Unproven: what the answer lacks
}

// Kind says what an empty answer may be.
type Kind int

// What an empty answer may be.
const (
	Late       Kind = iota // perhaps the value comes later
	Between                // a few days between two that the answer has
	Itself                 // the answer has the day, and says that it is empty
	Suspicious             // a long stretch between published days: rather the publisher's fault
	Unproven               // the answer lacks what is known to be published: it says nothing of the day
)

// Answers in a trail for a day without a value.
const (
	witnessed = "absent between witnesses"
	unproven  = "absent, unproven"
)

const suspicious = "no value in a long stretch between published days, which is suspicious"

// settles reports whether e ends the asking for the day of old: at once where
// the day is old enough, else as the second answer of its kind.
func (e Empty) settles(old Row) bool {
	return e.Kind == Between && e.Learn && (e.Old || old.wasWitnessed())
}

// answer is what the trail calls e.
func (e Empty) answer() string {
	switch {
	case e.Kind == Between && e.Learn:
		return witnessed
	case e.Kind == Unproven:
		return unproven
	}
	return string(Absent)
}

// reason says for people what e shows.
func (e Empty) reason(settles bool) string {
	switch {
	case settles:
		return "taken for a holiday: " + e.proof()
	case e.Kind == Between && e.Learn:
		return e.proof() + ", to be asked once more"
	case e.Kind == Suspicious:
		return suspicious
	case e.Kind == Unproven:
		return "no value, and no proof that there is none: " + e.Why
	}
	return "no value published"
}

// proves reports whether e shows that the publisher has no value for the day now.
func (e Empty) proves() bool { return e.Kind == Between || e.Kind == Itself }

// proof says how.
func (e Empty) proof() string {
	if e.Kind == Itself {
		return "the answer has the day, and no value"
	}
	return fmt.Sprintf("no value between the witnesses %s and %s, which the same answer has", e.Witnesses.From, e.Witnesses.To)
}

// wasWitnessed reports whether an answer since a person last decided showed r
// between witnesses.
func (r *Row) wasWitnessed() bool {
	for _, step := range slices.Backward(r.Trail) {
		if step.By != "" {
			return false
		}
		if step.Answer == witnessed {
			return true
		}
	}
	return false
}

// IsSuspicious reports whether r is a day of a long stretch without values.
func (r *Row) IsSuspicious() bool { return r.Status != Observed && r.Reason == suspicious }

// IsUnproven reports whether the last answer about r, which has no value, said
// nothing of it.
func (r *Row) IsUnproven() bool { return r.Status != Observed && r.lastAnswer() == unproven }
