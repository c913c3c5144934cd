package row

import "slices"

// withdrawn is the answer in a trail for an observed day that the publisher no
// longer has.
const withdrawn = "withdrawn by the publisher"

// Withdrawn says since when and by what proof r is an observed day that the
// publisher no longer has; nothing when it is not, or when a person has decided.
// Of observed rows only these have a reason.
func (r *Row) Withdrawn() string {
	if r.Status != Observed {
		return ""
	}
	return r.Reason
}

// WithdrawnBy reports whether run found out that r is Withdrawn.
func (r *Row) WithdrawnBy(run string) bool {
	return r.Withdrawn() != "" && r.lastAnswer() == withdrawn && r.Trail[len(r.Trail)-1].Run == run
}

// Shown reports whether r is an observed day that the publisher still had when
// it was last compared. A person who accepts a withdrawn value does not bring
// it back.
func (r *Row) Shown() bool { return r.Status == Observed && !r.gone() }

// gone reports whether the publisher took the value of the observed row r away.
func (r *Row) gone() bool {
	for _, step := range slices.Backward(r.Trail) {
		switch {
		case step.Answer == withdrawn:
			return true
		case step.By == "":
			return false
		}
	}
	return false
}
