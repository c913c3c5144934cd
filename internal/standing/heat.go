package standing

import (
	"fmt"
	"strings"
	"time"

	"lacuna/internal/output"
	"lacuna/internal/span"
)

// look is how a shade is drawn. The colours are apart for every kind of colour
// vision, and the blocks without any. Source of the colours: Okabe and Ito,
// "Color Universal Design" (2008), the nearest of the 256 of terminals.
type look struct {
	letter, block string
	colour        int
	says          string
}

var looks = map[Shade]look{
	Observed:    {"o", "█", 32, "observed"},
	Settled:     {"a", "░", 245, "no value, settled"},
	Partly:      {"p", "▄", 214, "partly missing"},
	Missing:     {"m", "▒", 214, "missing or asked again"},
	Quarantined: {"q", "▓", 175, "quarantined"},
}

// drawn is the shade of the days in s in a terminal, which has fewer: what is asked
// again is drawn as missing, what the publisher withdrew as observed, and rows of
// closed days not at all.
func (c *Coverage) drawn(s span.Span) Shade {
	switch {
	case s.From > s.To:
		return Closed
	case len(c.quarantined.Within(s)) > 0:
		return Quarantined
	case len(c.missing.Within(s)) > 0 || len(c.waiting.Within(s)) > 0:
		if len(c.due.Within(s).Subtract(c.missing).Subtract(c.waiting)) > 0 {
			return Partly
		}
		return Missing
	case len(c.observed.Within(s)) > 0:
		return Observed
	case len(c.due.Within(s)) > 0:
		return Settled
	}
	return Closed
}

// Heat draws coverages: a year a line, and as many days a cell as fit.
type Heat struct {
	Width  int
	Colour bool
}

func (h Heat) draw(shown Shade) string {
	l, ok := looks[shown]
	switch {
	case !ok:
		return " "
	case h.Colour:
		return fmt.Sprintf("\x1b[38;5;%dm%s\x1b[0m", l.colour, l.block)
	}
	return l.letter
}

// Legend explains the shades.
func (h Heat) Legend() output.Drawn {
	var b strings.Builder
	used := 0
	for i, s := range []Shade{Observed, Settled, Partly, Missing, Quarantined} {
		n := len("o ") + len(looks[s].says)
		switch {
		case i == 0:
		case used+len("   ")+n > h.Width:
			b.WriteByte('\n')
			used = 0
		default:
			used += len("   ")
			b.WriteString("   ")
		}
		used += n
		b.WriteString(h.draw(s) + " " + looks[s].says)
	}
	return output.Drawn(b.String())
}

// margin is what stands before the cells of a line: the year.
const margin = "     "

// leapYear is the first day of 2000. Days of a year are counted as in that one, so
// that months stand below each other; 29 February is empty in common years.
const leapYear = span.Day(10957)

// dayOfYear counts from 0.
func dayOfYear(d span.Day) int {
	_, month, day := d.Date()
	return int(span.Date(2000, month, day) - leapYear)
}

// scale is which part of the year has cells, in days from 0, and how many days
// one of them is: as few as the width has room for, but no fewer than least.
type scale struct{ from, to, cell int }

func (h Heat) scale(days span.Span, least int) scale {
	s := scale{from: 0, to: 365}
	first, _, _ := days.From.Date()
	if last, _, _ := days.To.Date(); first == last {
		s.from, s.to = dayOfYear(days.From), dayOfYear(days.To)
	}
	room := max(h.Width-len(margin), 1)
	s.cell = max((s.to-s.from+room)/room, least)
	return s
}

func (s scale) cells() int { return (s.to - s.from + s.cell) / s.cell }

// days returns the days of a cell in a year, From after To where there are none.
func (s scale) days(year, cell int) span.Span {
	from := s.from + cell*s.cell
	to := min(from+s.cell-1, s.to)
	day := func(n int) span.Day { // 29 February of a common year is 1 March
		y, month, dd := (leapYear + span.Day(n)).Date()
		return span.Date(year+y-2000, month, dd)
	}
	return span.Span{From: day(from), To: day(to+1) - 1}
}

// axis has the months above the cells in which they begin, in three letters where they
// fit, and the month in which the range begins above the first cell. A cell in which
// several begin has the first of them.
func (s scale) axis() string {
	letters, apart := 3, 4
	if s.cell > 7 {
		letters, apart = 1, 1
	}
	cell := func(month time.Month) int { return max(int(span.Date(2000, month, 1)-leapYear)-s.from, 0) / s.cell }
	_, first, _ := (leapYear + span.Day(s.from)).Date()
	_, last, _ := (leapYear + span.Day(s.to)).Date()
	line := []byte(strings.Repeat(" ", s.cells()+3))
	free := 0
	for month := first; month <= last; month++ {
		at := cell(month)
		if next := cell(min(month+1, last)); at < free || month == first && month < last && next > 0 && next < apart {
			continue // there is the label of an earlier month, or that of the next one would not fit
		}
		copy(line[at:], month.String()[:letters])
		free = at + letters
	}
	return strings.TrimRight(string(line), " ")
}

// inYear returns the days of c in a year, without the counts.
func (c *Coverage) inYear(year int) *Coverage {
	s := span.Span{From: span.Date(year, time.January, 1), To: span.Date(year, time.December, 31)}
	return &Coverage{daysOf: daysOf{
		missing: c.missing.Within(s), due: c.due.Within(s), observed: c.observed.Within(s),
		waiting: c.waiting.Within(s), quarantined: c.quarantined.Within(s),
	}}
}

// rhythm is how many days there are for one that is due: 1, or 7 for a weekly series,
// which would be full of holes in cells of fewer.
func (c *Coverage) rhythm() int {
	if c.due.Days() < 2 {
		return 1
	}
	return int(c.due[len(c.due)-1].To-c.due[0].From) / (c.due.Days() - 1)
}

// Picture draws c in its range.
func (h Heat) Picture(c *Coverage) output.Drawn {
	s := h.scale(span.Span{From: c.From, To: c.To}, c.rhythm())
	var b strings.Builder
	if axis := s.axis(); axis != "" {
		b.WriteString(margin + axis + "\n")
	}
	first, _, _ := c.From.Date()
	last, _, _ := c.To.Date()
	for year := first; year <= last; year++ {
		of := c.inYear(year)
		line := fmt.Sprintf("%04d ", year)
		for cell := range s.cells() {
			line += h.draw(of.drawn(s.days(year, cell)))
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return output.Drawn(b.String())
}
