package row

import "strings"

// SettledByOneAnswer reports whether r was settled as absent by one empty answer,
// under the rule of before witnesses decided: nothing in r tells whether that
// answer reached beyond the day. Its trail has that answer alone, so no person
// settled it, and no witness is named.
func (r *Row) SettledByOneAnswer() bool {
	return r.settled() && r.Attempts == 1 && len(r.Trail) == 1 && r.Trail[0].By == "" &&
		r.Trail[0].Answer == string(Absent) && !strings.Contains(r.Reason, "witness")
}

// Settled are the days of a series that were settled by one answer.
type Settled struct {
	Alone  []Row // the observed days around it came by other runs: a faulty answer may have settled it
	Beside []Row // the observed days on both sides came by the same run, most likely in the same answer
}

// FindSettled finds the days of a series that one answer settled; rows are those
// of the series, by day.
func FindSettled(rows []Row) (s Settled) {
	after := make([]string, len(rows)) // run of the next observed row
	for i := len(rows) - 2; i >= 0; i-- {
		if after[i] = after[i+1]; rows[i+1].Status == Observed {
			after[i] = rows[i+1].Run
		}
	}
	before := ""
	for i, r := range rows {
		switch {
		case r.Status == Observed:
			before = r.Run
		case !r.SettledByOneAnswer():
		case r.Run != "" && r.Run == before && r.Run == after[i]:
			s.Beside = append(s.Beside, r)
		default:
			s.Alone = append(s.Alone, r)
		}
	}
	return s
}
