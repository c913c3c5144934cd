package xlsx

import (
	"strconv"
	"strings"
	"time"

	"lacuna/internal/span"
)

// Serial numbers of days. Before the first one here programs differ: for some there
// was a 1900-02-29.
const (
	epoch    = 25569  // 1970-01-01
	firstDay = 61     // 1900-03-01
	lastDay  = 109574 // 2199-12-31
)

// Day returns the day of a serial number, which counts days from 1899-12-30. ok is
// false for a text that is none, a time of day, and a day before 1900-03-01 or after
// 2199-12-31.
func Day(text string) (day span.Day, ok bool) {
	number, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(number)
	if err != nil || strings.Trim(fraction, "0") != "" || n < firstDay || n > lastDay {
		return 0, false
	}
	return span.Day(n - epoch), true
}

// DayAndTime returns a serial number with a fraction as programs show it, such as
// 2024-01-02 18:00:00: seconds are rounded, for the number is binary in between.
func DayAndTime(text string) (shown string, ok bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	day, ok := Day(whole)
	billionths, err := strconv.ParseUint((fraction + "000000000")[:9], 10, 64)
	if !ok || err != nil {
		return "", false
	}
	at := day.Time().Add(time.Duration((billionths*86400+500_000_000)/1_000_000_000) * time.Second)
	return at.Format("2006-01-02 15:04:05"), true
}
