package row

import "slices"

// FoundBy reports whether run found out that r has no good value and is not
// settled: nobody did before it since r was settled, or it left r to a person.
func (r *Row) FoundBy(run string) bool {
	switch {
	case r.Run != run || r.Status == Observed || r.settled():
		return false
	case r.Status == Quarantined:
		return true
	}
	for _, step := range slices.Backward(r.Trail) {
		if step.Run != run || step.Answer == doubted {
			return step.Run == run
		}
	}
	return true
}

// Healed reports whether r is an observed day that was quarantined until a value
// came by itself.
func (r *Row) Healed() bool {
	return r.Status == Observed && r.Attempts >= maxAttempts && r.lastAnswer() == string(Observed)
}
