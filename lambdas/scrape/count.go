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
	c := store.SeriesCount{Key: p.series.Key}
	for i := range rows {
		r := &rows[i]
		if r.Status == row.Observed {
			c.Latest = max(c.Latest, r.Day)
		}
		if r.RetryAt != 0 { // also when another run asked for it meanwhile
			c.Pending++
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
	return c
}

// contradicts reports whether r is a value that the calendar, the catalogue or an
// earlier verdict says should not be there.
func (p *part) contradicts(r *row.Row) bool {
	return r.Status == row.Observed && (r.Contradicts() || !p.expected.Contains(r.Day))
}

// ended returns how many days run quarantined right after days that were
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
		case after:
			ended++
		}
	}
	return ended
}

// warnings says what a person should look at in the rows that run wrote: at
// most a line for values on closed days and one for long stretches without any.
func (p *part) warnings(run string, rows []row.Row) []string {
	var values, empty span.Runs
	for i := range rows {
		r := &rows[i]
		if r.Run != run {
			continue
		}
		if p.contradicts(r) {
			values = values.Append(r.Day)
		}
		if r.IsSuspicious() {
			empty = empty.Append(r.Day)
		}
	}
	var lines []string
	if n := values.Days(); n > 0 {
		day := values[0].From
		expected, why := p.series.Explain(day)
		if expected {
			why = "the day was settled as absent"
		}
		lines = append(lines, fmt.Sprintf("%s %s: published, but %s%s", p.series.Key, day, why, more(n-1)))
	}
	if n := empty.Days(); n > 0 {
		all := span.Span{From: empty[0].From, To: empty[len(empty)-1].To}
		lines = append(lines, fmt.Sprintf("%s %s: suspicious: %d days without a value, between published ones", p.series.Key, all, n))
	}
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
