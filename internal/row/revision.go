package row

import "time"

// Revision is an observed row that gave way: the publisher revised its value,
// or a person withdrew it.
type Revision struct {
	Row
	ReplacedAt time.Time // as_of of the run, or the time of the act, that replaced it
	ReplacedBy string    // the run or the person
}

// RevisionOf returns old as the revision that next makes of it.
func RevisionOf(old, next Row) Revision {
	r := Revision{Row: old, ReplacedAt: next.FetchedAt, ReplacedBy: next.Run}
	if n := len(next.Trail); n > 0 {
		last := next.Trail[n-1]
		r.ReplacedAt, r.ReplacedBy = last.At, last.Run
		if last.By != "" {
			r.ReplacedBy = last.By
		}
	}
	return r
}

// IsRevision reports whether next, put in place of old, takes away an observed
// value, so that old must be kept as a Revision.
func IsRevision(old, next Row) bool {
	return old.Status == Observed && !(next.Status == Observed && Equal(old.Fields, next.Fields))
}

// AsOf returns the row of a day as it was known at a time, from the row of now
// and its revisions, oldest first. ok is false when nothing was known. What a
// row was before it became what it is comes from its trail, without values.
func AsOf(now Row, revisions []Revision, at time.Time) (r Row, ok bool) {
	for _, old := range revisions {
		if at.Before(old.ReplacedAt) {
			return old.Row.asOf(at)
		}
	}
	return now.asOf(at)
}

func (r *Row) asOf(at time.Time) (Row, bool) {
	if !at.Before(r.since()) {
		return *r, true
	}
	was := Row{Series: r.Series, Day: r.Day}
	for _, step := range r.Trail {
		if at.Before(step.At) {
			break
		}
		was.Status, was.Reason, was.FetchedAt, was.Run = statusOf(step.Answer), step.Reason, step.At, step.Run
	}
	return was, was.Status != ""
}

// since returns the time from which on r has its status and value: that a value
// was withdrawn, or is shown again, changes neither.
func (r *Row) since() time.Time {
	n := len(r.Trail)
	if n == 0 {
		return r.FetchedAt
	}
	for ; n > 1 && r.Status == Observed && r.keeps(n-1); n-- {
	}
	return r.Trail[n-1].At
}

// keeps reports whether step i of the trail of the observed row r found it observed.
func (r *Row) keeps(i int) bool {
	step, before := r.Trail[i], statusOf(r.Trail[i-1].Answer)
	return before == Observed && (step.Answer == withdrawn || step.Answer == string(Observed) || step.Answer == string(Accept))
}

// statusOf returns the status of a row after a step of its trail.
func statusOf(answer string) Status {
	switch answer {
	case revised, contradicted, withdrawn, string(Accept), string(Import):
		return Observed
	case witnessed, unproven, string(MarkAbsent), string(MarkMissing), string(Release):
		return Absent
	}
	return Status(answer)
}
