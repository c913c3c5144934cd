package main

import (
	"os"
	"strings"
	"time"

	"lacuna/internal/span"

	"golang.org/x/term"
)

// isTerminal reports whether stream is a terminal that can do more than print lines.
func (a *app) isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && a.env["TERM"] != "dumb" && term.IsTerminal(int(file.Fd()))
}

// years is a picture of the coverage, a letter a year, on a terminal alone.
func (s *status) years(a *app) string {
	if len(s.Series) == 0 || !a.isTerminal(a.stdout) {
		return ""
	}
	return s.picture() + "\n"
}

func (s *status) picture() string {
	first, last, width := s.Series[0].From, s.Series[0].To, 0
	for _, st := range s.Series {
		first, last, width = min(first, st.From), max(last, st.To), max(width, len(st.Key))
	}
	from, _, _ := first.Date()
	to, _, _ := last.Date()
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width) + "  " + axis(from, to) + "\n")
	for _, st := range s.Series {
		b.WriteString(st.Key + strings.Repeat(" ", width-len(st.Key)) + "  ")
		for year := from; year <= to; year++ {
			b.WriteString(shade(st.coverage, year))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// axis names every fifth year above its letter: `'05  '10`.
func axis(from, to int) string {
	line := []byte(strings.Repeat(" ", to-from+3))
	for year := from; year <= to; year++ {
		if year%5 == 0 {
			copy(line[year-from:], "'"+string([]byte{byte('0' + year/10%10), byte('0' + year%10)}))
		}
	}
	return strings.TrimRight(string(line), " ")
}

// shade shows which part of a year's due days is observed.
func shade(c coverage, year int) string {
	whole := span.Span{From: span.Date(year, time.January, 1), To: span.Date(year, time.December, 31)}
	due := c.due.Within(whole)
	all, have := due.Days(), due.Intersect(c.observed).Days()
	switch {
	case all == 0:
		return " "
	case have == 0:
		return "·"
	case have == all:
		return "█"
	case 3*have >= 2*all:
		return "▓"
	case 3*have >= all:
		return "▒"
	}
	return "░"
}
