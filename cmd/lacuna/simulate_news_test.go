package main

import (
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// wrong returns the days of each series that have no good value and are not settled, and
// those whose value is withdrawn.
func (w *world) wrong() map[string]map[span.Day]row.Row {
	all := map[string]map[span.Day]row.Row{}
	for _, s := range w.All() {
		all[s.Key] = map[span.Day]row.Row{}
		for _, r := range w.stored(s.Key) {
			if r.RetryAt != 0 || r.Status == row.Quarantined || r.Withdrawn() != "" {
				all[s.Key][r.Day] = r
			}
		}
	}
	return all
}

// checkNews compares what a run that was alone, in calm, says is newly wrong, and was
// wrong before, with what was wrong before it and is now.
func (w *world) checkNews(run string, sum message.Summary, before map[string]map[span.Day]row.Row) {
	after := w.wrong()
	for _, s := range sum.Series {
		want := message.SeriesResult{Count: row.Count{New: -w.ended(run, s.Key)}}
		for day, r := range after[s.Key] {
			was, any := before[s.Key][day]
			known := any && (was.Status == row.Observed) == (r.Status == row.Observed)
			switch {
			case r.Status == row.Quarantined:
				want.Quarantine++
				if was.Status != row.Quarantined {
					want.New++
				}
			case !known:
				want.New++
			case r.RetryAt != 0:
				want.Waiting++
			}
		}
		if s.New != want.New || s.Waiting != want.Waiting || s.Quarantine != want.Quarantine {
			w.t.Errorf("%s says of %s: %d new, %d waiting, %d in quarantine; want %d, %d and %d", run, s.Key,
				s.New, s.Waiting, s.Quarantine, want.New, want.Waiting, want.Quarantine)
		}
	}
}
