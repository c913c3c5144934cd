// Package span has civil days and runs of days: the arithmetic under gaps and
// plans. A day has no time and no zone; nothing here reads a clock.
package span

import (
	"errors"
	"fmt"
	"time"
)

// Day is a civil date, counted in days from 1970-01-01. As text it is
// YYYY-MM-DD, from year 0000 to 9999.
type Day int32

const (
	minDay = Day(-719528) // 0000-01-01
	maxDay = Day(2932896) // 9999-12-31
)

var errForm = errors.New("want YYYY-MM-DD")

// Date returns the day of a year, month and day of month; values outside
// their usual ranges are carried over as time.Date does.
func Date(year int, month time.Month, day int) Day {
	return DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DayOf returns the civil date that t shows in its own location.
func DayOf(t time.Time) Day {
	_, offset := t.Zone()
	s := t.Unix() + int64(offset)
	if s < 0 {
		s -= 86399 // towards the earlier day
	}
	return Day(s / 86400)
}

// Parse reads YYYY-MM-DD.
func Parse(text string) (Day, error) {
	if len(text) != len("2006-01-02") || text[4] != '-' || text[7] != '-' {
		return 0, fmt.Errorf("day %.80q: %w", text, errForm)
	}
	year, okY := digits(text[0:4])
	month, okM := digits(text[5:7])
	day, okD := digits(text[8:10])
	if !okY || !okM || !okD {
		return 0, fmt.Errorf("day %.80q: %w", text, errForm)
	}
	d := Date(year, time.Month(month), day)
	if y, m, dd := d.Date(); y != year || int(m) != month || dd != day {
		return 0, fmt.Errorf("day %.80q: no such date", text)
	}
	return d, nil
}

func digits(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// Time returns midnight UTC of d.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Date returns the year, month and day of month.
func (d Day) Date() (year int, month time.Month, day int) { return d.Time().Date() }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday {
	w := (int(d) + 4) % 7 // 1970-01-01 was a Thursday
	if w < 0 {
		w += 7
	}
	return time.Weekday(w)
}

// String returns YYYY-MM-DD.
func (d Day) String() string { return string(d.append(make([]byte, 0, 10))) }

func (d Day) append(b []byte) []byte {
	y, m, day := d.Date()
	return append(b, byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// AppendText implements encoding.TextAppender.
func (d Day) AppendText(b []byte) ([]byte, error) {
	if d < minDay || d > maxDay {
		return b, fmt.Errorf("day %d from 1970-01-01: year outside 0000..9999", int32(d))
	}
	return d.append(b), nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Day) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
