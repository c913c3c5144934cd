package standing

import (
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/gap"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Coverage counts the days of one series in a range. Each expected day counts
// once: Expected = Observed + Absent + Incomplete + Quarantined + Missing + NotDue.
type Coverage struct {
	Key         string   `json:"key"`
	From        span.Day `json:"from"`
	To          span.Day `json:"to"`
	Expected    int      `json:"expected"`
	Observed    int      `json:"observed"`
	Absent      int      `json:"absent"`
	Incomplete  int      `json:"incomplete"`
	Quarantined int      `json:"quarantined"`
	Missing     int      `json:"missing"`    // due, without a row or marked missing
	NotDue      int      `json:"not_due"`    // the same, not due
	Waiting     int      `json:"waiting"`    // absent or incomplete, to be asked for again
	Withdrawn   int      `json:"withdrawn"`  // of Observed: the publisher no longer has the value
	Unexpected  int      `json:"unexpected"` // rows of days that the calendar or the catalogue has closed

	daysOf
	withdrawn []string // what is to be said of those days
	marked    int      // rows that were marked missing
	recheck   span.Day // the first RetryAt of those waiting; zero: none
}

// daysOf are the days that were counted.
type daysOf struct {
	expected, due, missing, observed, gone, absent span.Runs
	incomplete, quarantined, waiting, unexpected   span.Runs // gone is of observed, unexpected not of expected
}

// Rows counts the rows.
func (c *Coverage) Rows() int {
	return c.Observed + c.Absent + c.Incomplete + c.Quarantined + c.Unexpected + c.marked
}

// Cover counts what marks, the rows of s in days, oldest first, cover at asOf.
func Cover(s *catalogue.Series, days span.Span, marks []row.Mark, asOf time.Time) Coverage {
	expected := s.Expected(days)
	c := Coverage{Key: s.Key, From: days.From, To: days.To, Expected: expected.Days(), daysOf: daysOf{expected: expected}}
	var rows span.Runs
	next := expected
	for _, m := range marks {
		for len(next) > 0 && next[0].To < m.Day {
			next = next[1:]
		}
		if len(next) == 0 || m.Day < next[0].From {
			c.unexpected = c.unexpected.Append(m.Day)
			continue
		}
		if m.Missing {
			c.marked++
			continue
		}
		rows = rows.Append(m.Day)
		c.take(m)
	}
	if last, ok := s.Due(asOf); ok {
		c.due = expected.Within(span.Span{From: days.From, To: last})
	}
	without := expected.Subtract(rows)
	c.missing = without.Intersect(c.due)
	c.Observed, c.Absent, c.Incomplete, c.Quarantined = c.observed.Days(), c.absent.Days(), c.incomplete.Days(), c.quarantined.Days()
	c.Missing, c.Waiting, c.Withdrawn, c.Unexpected = c.missing.Days(), c.waiting.Days(), c.gone.Days(), c.unexpected.Days()
	c.NotDue = without.Days() - c.Missing
	return c
}

// take takes the row of an expected day.
func (c *Coverage) take(m row.Mark) {
	switch m.Status {
	case row.Observed:
		if m.Withdrawn != "" {
			c.gone = c.gone.Append(m.Day)
			c.withdrawn = append(c.withdrawn, m.Day.String()+": "+m.Withdrawn)
		}
		c.observed = c.observed.Append(m.Day)
	case row.Absent:
		c.absent = c.absent.Append(m.Day)
	case row.Incomplete:
		c.incomplete = c.incomplete.Append(m.Day)
	case row.Quarantined:
		c.quarantined = c.quarantined.Append(m.Day)
	}
	if m.RetryAt != 0 {
		c.waiting = c.waiting.Append(m.Day)
		if c.recheck == 0 || m.RetryAt < c.recheck {
			c.recheck = m.RetryAt
		}
	}
}

// Gaps returns the runs of the due days in lack, with days between that are not due.
func (c *Coverage) Gaps(lack span.Runs) []span.Span { return gap.Detect(c.due, c.due.Subtract(lack)) }

// Withdrawals says of each day what was found of a value that the publisher no longer has.
func (c *Coverage) Withdrawals() []string { return c.withdrawn }

// Days is a range as JSON has it, with the number of days that lack in it.
type Days struct {
	From span.Day `json:"from"`
	To   span.Day `json:"to"`
	Days int      `json:"days"`
}

// Wanted returns the due days of s that a run with only asks for.
func (c *Coverage) Wanted(s *catalogue.Series, marks []row.Mark, only row.Only, asOf time.Time) span.Runs {
	newest, before := s.LookbackAt(asOf)
	return only.Wanted(c.due, only.Sort(marks, newest, before, span.DayOf(asOf)))
}
