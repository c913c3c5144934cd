package sqlite

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// selectText reads the marks of a series as one text with a line each, in a fifth of the
// time that as many rows take: day, letter of the status, time; of a day that is asked for
// again or was withdrawn also when, and why in hex. With how many lines there have to be.
const selectText = `SELECT count(*), coalesce(group_concat(date ||
	CASE status WHEN 'observed' THEN 'o' WHEN 'absent' THEN 'a' WHEN 'incomplete' THEN 'i' WHEN 'quarantined' THEN 'q' ELSE '?' END ||
	iif(retry_at IS NULL AND (status <> 'observed' OR reason IS NULL), fetched_at,
		fetched_at || ' ' || coalesce(retry_at, '') || ' ' || hex(coalesce(reason, ''))), char(10)), '')
	FROM rows WHERE info_type = ? AND date BETWEEN ? AND ?`

var statuses = [256]row.Status{'o': row.Observed, 'a': row.Absent, 'i': row.Incomplete, 'q': row.Quarantined}

// Marks implements store.Store. People edit rows by hand: what cannot be read as a text is
// read row by row, which is the one that tells what is wrong.
func (s *Store) Marks(ctx context.Context, series string, days span.Span) ([]row.Mark, error) {
	if text, n, err := s.marksText(ctx, series, days); err == nil {
		if marks, ok := readMarks(text, n); ok {
			return marks, nil
		}
	}
	return s.marks(ctx, series, days)
}

// marksText returns the marks of a series, and how many there are.
func (s *Store) marksText(ctx context.Context, series string, days span.Span) (text string, n int, err error) {
	query, err := s.prepared(ctx, s.reader, selectText)
	if err == nil {
		err = query.QueryRowContext(ctx, series, days.From.String(), days.To.String()).Scan(&n, &text)
	}
	return text, n, err
}

// readMarks reads n marks; ok is false when they are not what selectText makes of rows of
// ours, in the order of days, which SQL does not promise, or more than a call may hold.
func readMarks(text string, n int) (marks []row.Mark, ok bool) {
	if n == 0 || n*rowCost > maxRead {
		return nil, n == 0
	}
	marks = make([]row.Mark, 0, n)
	var times clock
	for line := range strings.SplitSeq(text, "\n") {
		m, err := readMark(line, &times)
		if err != nil || len(marks) > 0 && m.Day <= marks[len(marks)-1].Day {
			return nil, false
		}
		marks = append(marks, m)
	}
	return marks, len(marks) == n
}

func readMark(line string, times *clock) (m row.Mark, err error) {
	const day = len("2006-01-02")
	if len(line) <= day || statuses[line[day]] == "" {
		return m, fmt.Errorf("mark %q", short(line))
	}
	m.Status = statuses[line[day]]
	if m.Day, err = span.Parse(line[:day]); err != nil {
		return m, err
	}
	fetched, more, others := strings.Cut(line[day+1:], " ")
	if m.FetchedAt, err = times.decode(fetched); err != nil || !others {
		return m, err
	}
	retry, why, two := strings.Cut(more, " ")
	if !two || strings.Contains(why, " ") || retry+why == "" { // a time that somebody has written a space into
		return m, fmt.Errorf("mark %q", short(line))
	}
	if retry != "" {
		if m.RetryAt, err = span.Parse(retry); err != nil {
			return m, err
		}
	}
	reason, err := hex.DecodeString(why)
	r := row.Row{Day: m.Day, Status: m.Status, FetchedAt: m.FetchedAt, RetryAt: m.RetryAt, Reason: string(reason)}
	return r.Mark(), err
}
