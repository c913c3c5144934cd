package scrape

import (
	"fmt"
	"log/slog"
	"slices"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// note writes down what did's run left in rows, the rows of p's range; p is the
// i-th series of the stream.
func (p *part) note(did *store.Stream, i int, rows []row.Row, log *slog.Logger) {
	did.Series[i] = p.count(did.Run, rows)
	warn(did, log, p.warnings(did.Run, rows)...)
}

// noteFailed is note for a series that could not be had.
func (p *part) noteFailed(did *store.Stream, i int, log *slog.Logger) {
	p.note(did, i, p.stored(), log)
	did.Series[i].Failed = p.wanted.Days()
}

// warn writes down warnings that are not there already.
func warn(did *store.Stream, log *slog.Logger, warnings ...string) {
	for _, warning := range warnings {
		if !slices.Contains(did.Warnings, warning) {
			log.Warn(warning)
			did.Warnings = append(did.Warnings, warning)
		}
	}
}

// count counts those of rows, the rows of p's range, that run wrote, so that a
// retry after a crash counts the same. Latest and Pending are those of all rows.
func (p *part) count(run string, rows []row.Row) store.SeriesCount {
	c := store.SeriesCount{Key: p.series.Key, Beside: slices.Collect(p.outside.All())}
	for i := range rows {
		r := &rows[i]
		if r.Status == row.Observed {
			c.Latest = max(c.Latest, r.Day)
		}
		if r.RetryAt != 0 { // also when another run asked for it meanwhile
			c.Pending++
		}
		if r.WithdrawnBy(run) {
			c.Withdrawn++
			c.New++
		}
		if r.FoundBy(run) {
			c.New++
		} else if r.RetryAt != 0 && (r.Run == run || p.wanted.Contains(r.Day)) {
			c.Still++
		}
		if r.Run != run {
			continue
		}
		switch r.Status {
		case row.Observed:
			c.Observed++
		case row.Absent:
			c.Absent++
		case row.Incomplete:
			c.Incomplete++
		case row.Quarantined:
			c.Quarantined++
		}
		if r.Healed() {
			c.Healed++
		}
		if r.WasRevised() {
			c.Revised++
		}
		if r.CameEarly() {
			c.Early++
		}
		if p.contradicts(r) {
			c.Contradicted++
		}
		if r.IsSuspicious() {
			c.Suspicious++
		}
	}
	c.Ended = p.ended(run, rows)
	c.New -= c.Ended
	return c
}

// contradicts reports whether r is a value that the calendar, the catalogue or an
// earlier verdict says should not be there.
func (p *part) contradicts(r *row.Row) bool {
	return r.Status == row.Observed && (r.Contradicts() || !p.expected.Contains(r.Day))
}

// ended returns how many days of the range run quarantined right after days that were
// quarantined before: the series has ended, and a person knows.
func (p *part) ended(run string, rows []row.Row) int {
	quarantined := map[span.Day]bool{} // whether by this run
	for _, list := range [][]row.Row{p.around, rows} {
		for _, r := range list {
			if r.Status == row.Quarantined {
				quarantined[r.Day] = r.Run == run
			}
		}
	}
	ended := 0
	after := false // the expected day before is quarantined, and it or one before it was so already
	for day := range p.due.All() {
		now, is := quarantined[day]
		switch {
		case !is:
			after = false
		case !now:
			after = true
		case after && p.days.Contains(day): // another stream of this run counts its own
			ended++
		}
	}
	return ended
}

// warnings says what a person should look at in the rows that run wrote and in
// what its answer lacked: at most a line of each kind.
func (p *part) warnings(run string, rows []row.Row) []string {
	var values, empty, unproven, withdrawn span.Runs
	why := map[span.Day]string{} // of the first unproven or withdrawn one
	for i := range rows {
		r := &rows[i]
		if r.WithdrawnBy(run) {
			withdrawn = withdrawn.Append(r.Day)
			why[r.Day] = r.Reason
		}
		if r.Run != run {
			continue
		}
		if p.contradicts(r) {
			values = values.Append(r.Day)
		}
		if r.IsSuspicious() {
			empty = empty.Append(r.Day)
		}
		if r.IsUnproven() {
			unproven = unproven.Append(r.Day)
			why[r.Day] = r.Reason
		}
	}
	var lines []string
	line := func(days span.Runs, what func(first span.Day) string) {
		if n := days.Days(); n > 0 {
			first := days[0].From
			lines = append(lines, fmt.Sprintf("%s %s: %s%s", p.series.Key, first, what(first), more(n-1)))
		}
	}
	line(values, func(day span.Day) string {
		expected, reason := p.series.Explain(day)
		if expected {
			reason = "the day was settled as absent"
		}
		return "published, but " + reason
	})
	if n := empty.Days(); n > 0 {
		lines = append(lines, fmt.Sprintf("%s %s: suspicious: %d days without a value, between published ones", p.series.Key, hull(empty), n))
	}
	line(unproven, func(day span.Day) string { return why[day] })
	line(withdrawn, func(day span.Day) string { return why[day] })
	line(p.lost, func(span.Day) string {
		return "published before, and the answer neither has it nor shows that it is withdrawn"
	})
	return lines
}

func more(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", and one more such day"
	}
	return fmt.Sprintf(", and %d more such days", n)
}
