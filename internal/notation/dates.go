// Package notation has the small languages in which a catalogue says how a
// publisher writes: days (dd/MM/yyyy), numbers (1.234,56), addresses with places for
// what is asked ({from}) and the way to a row in JSON ($.data[*]). It knows no
// publisher, and does no I/O.
package notation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lacuna/internal/lazy"
	"lacuna/internal/span"
)

// Dates is how days are written. Use ParseDates.
type Dates struct {
	text  string
	parts []datePart
	zone  *time.Location // whose days they are, of dateUnix and dateMillis; nil: UTC
}

type datePart struct {
	kind    byte   // a letter of dateLetters, or one of the constants below
	width   int    // digits; 0: one or two
	literal string // of a literal
}

const (
	dateLiteral = '\''
	dateRest    = '*' // whatever follows
	dateUnix    = 'U' // seconds since 1970
	dateMillis  = 'u'
	dateName    = 'N' // of a month
)

// maxDates bounds a form of dates, in bytes; maxDate what is read by one.
const (
	maxDates = 40
	maxDate  = 80
)

// goDates turns a form in the manner of Go, which is an example, into letters.
var goDates = strings.NewReplacer("2006", "yyyy", "January", "MMMM", "Jan", "MMM", "Z07:00", "*", "-07:00", "*", "15", "HH",
	"01", "MM", "02", "dd", "04", "mm", "05", "ss", "06", "yy", "_2", "d", "1", "M", "2", "d")

// ParseDates reads a form of dates: letters such as dd/MM/yyyy, or the example
// 2006-01-02 with its parts in any order. Letters are yyyy, yy, MM, M, MMM or MMMM
// (a month's name), dd, d, Q (a quarter's number), ww (the number of a week that begins
// on Monday, by ISO 8601, of whose year the year then is), HH, mm and ss; a text between
// single quotes, and T and Z, mean themselves; a * at the end is anything. The words
// unix and unix-ms are seconds and milliseconds since 1970, in UTC or in the zone after
// the word.
func ParseDates(text string) (*Dates, error) {
	f, err := parseParts(text)
	if err != nil {
		return nil, err
	}
	return f, f.check()
}

// parseParts is ParseDates for a part of a day too, such as yyyy/MM.
func parseParts(text string) (*Dates, error) {
	f := &Dates{text: text}
	word, zone, zoned := strings.Cut(text, " ")
	switch {
	case word == "unix" || word == "unix-ms":
		f.parts = []datePart{{kind: map[string]byte{"unix": dateUnix, "unix-ms": dateMillis}[word]}}
		if zoned {
			var err error
			if f.zone, err = time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
				return nil, fmt.Errorf("%.60q: want a time zone after %s, such as Europe/Berlin", text, word)
			}
		}
		return f, nil
	case len(text) > maxDates:
		return nil, fmt.Errorf("a form of dates of %d bytes: want at most %d", len(text), maxDates)
	case strings.Contains(text, "%"):
		return nil, fmt.Errorf("%q: want a form such as yyyy-MM-dd, dd/MM/yyyy or 2006-01-02", text)
	case isExample(text):
		text = goDates.Replace(text)
	}
	if err := f.compile(text); err != nil {
		return nil, fmt.Errorf("%q: %w", f.text, err)
	}
	return f, f.checkOnce()
}

// isExample reports whether a form is one in the manner of Go: it has digits, and no
// letters that stand for a part of a day.
func isExample(text string) bool {
	outside := strings.NewReplacer("January", "", "Jan", "").Replace(quotedText().ReplaceAllString(text, ""))
	return strings.ContainsAny(outside, "0123456789") && !strings.ContainsAny(outside, "yYMdDQqHw")
}

var quotedText = lazy.Regexp(`'[^']*'`)

// letters that stand for a part, and how often each may come in a row.
var dateLetters = map[byte][]int{'y': {2, 4}, 'M': {1, 2, 3, 4}, 'd': {1, 2}, 'Q': {1}, 'w': {1, 2}, 'H': {1, 2}, 'm': {2}, 's': {2}}

func (f *Dates) compile(text string) error {
	for i := 0; i < len(text); {
		c := text[i]
		n := 1
		for i+n < len(text) && text[i+n] == c {
			n++
		}
		switch lengths, letter := dateLetters[fold(c)]; {
		case c == '\'':
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return errors.New("a quote that does not end")
			}
			f.literal(text[i+1 : i+1+end])
			n = end + 2
		case letter:
			if !slices.Contains(lengths, n) {
				return fmt.Errorf("%s is no part of a day: want yyyy, MM or dd", text[i:i+n])
			}
			f.parts = append(f.parts, part(fold(c), n))
		case c == '*' && i+n == len(text) && n == 1:
			f.parts = append(f.parts, datePart{kind: dateRest})
		case c == 'T' || c == 'Z' || c < 'A' || c > 'z' || c > 'Z' && c < 'a':
			f.literal(text[i : i+n])
		default:
			return fmt.Errorf("%c is no part of a day: want a form such as yyyy-MM-dd, and letters that mean themselves in single quotes", c)
		}
		i += n
	}
	return nil
}

// fold takes the letters that people also write: YYYY-MM-DD.
func fold(c byte) byte {
	switch c {
	case 'Y':
		return 'y'
	case 'D':
		return 'd'
	case 'q':
		return 'Q'
	}
	return c
}

func part(letter byte, n int) datePart {
	switch {
	case letter == 'M' && n > 2:
		return datePart{kind: dateName, width: n}
	case n == 1 && letter != 'Q':
		return datePart{kind: letter}
	}
	return datePart{kind: letter, width: n}
}

func (f *Dates) literal(text string) {
	f.parts = append(f.parts, datePart{kind: dateLiteral, literal: text})
}

// counts returns how often each part comes.
func (f *Dates) counts() map[byte]int {
	count := map[byte]int{}
	for _, p := range f.parts {
		kind := p.kind
		if kind == dateName {
			kind = 'M'
		}
		count[kind]++
	}
	return count
}

// checkOnce refuses forms that say a part of a day twice.
func (f *Dates) checkOnce() error {
	for kind, n := range f.counts() {
		if n > 1 && kind != dateLiteral {
			return fmt.Errorf("%q has %c twice", f.text, kind)
		}
	}
	return nil
}

// check refuses forms that leave the day open.
func (f *Dates) check() error {
	count := f.counts()
	switch {
	case count[dateUnix] > 0, count[dateMillis] > 0:
		return nil
	case count['m'] > 0 && count['H'] == 0:
		return fmt.Errorf("%q: mm is minutes, the month is MM", f.text)
	case count['y'] == 0:
		return fmt.Errorf("%q has no year: want a form such as yyyy-MM-dd", f.text)
	case count['d'] > 0 && count['M'] == 0, count['Q']+count['w'] > 0 && count['M'] > 0, count['Q'] > 0 && count['w'] > 0:
		return fmt.Errorf("%q: want a day with its month, or a quarter or a week without one", f.text)
	}
	return nil
}

// String returns the form as it was written.
func (f *Dates) String() string { return f.text }

// MarshalText returns the form as it was written.
func (f *Dates) MarshalText() ([]byte, error) { return []byte(f.text), nil }

// UnmarshalText reads a form by ParseDates.
func (f *Dates) UnmarshalText(text []byte) error {
	read, err := ParseDates(string(text))
	if err == nil {
		*f = *read
	}
	return err
}

// Format writes d, with the time at which it begins where the form has a time.
func (f *Dates) Format(d span.Day) string { return f.format(d, f.begin(d)) }

// FormatEnd writes d with the last second, or millisecond, of it.
func (f *Dates) FormatEnd(d span.Day) string {
	return f.format(d, f.begin(d+1).Add(-time.Millisecond))
}

// begin returns the first moment of d. Where clocks go forward at midnight there is none
// at 0:00, and time.Date may return one of the day before.
func (f *Dates) begin(d span.Day) time.Time {
	year, month, day := d.Date()
	at := time.Date(year, month, day, 0, 0, 0, 0, cmp.Or(f.zone, time.UTC))
	if span.DayOf(at) < d {
		at = at.Add(time.Hour)
	}
	return at
}

func (f *Dates) format(d span.Day, at time.Time) string {
	var b strings.Builder
	year, month, day := d.Date()
	week := 0
	if f.counts()['w'] > 0 {
		year, week = at.ISOWeek()
	}
	number := func(n, width int) { fmt.Fprintf(&b, "%0*d", width, n) }
	for _, p := range f.parts {
		switch p.kind {
		case dateLiteral:
			b.WriteString(p.literal)
		case 'y':
			if p.width == 2 {
				year %= 100
			}
			number(year, p.width)
		case 'M':
			number(int(month), p.width)
		case dateName:
			name := month.String()
			if p.width == 3 {
				name = name[:3]
			}
			b.WriteString(name)
		case 'd':
			number(day, p.width)
		case 'Q':
			number((int(month)+2)/3, 1)
		case 'w':
			number(week, p.width)
		case 'H':
			number(at.Hour(), p.width)
		case 'm':
			number(at.Minute(), p.width)
		case 's':
			number(at.Second(), p.width)
		case dateUnix:
			number(int(at.Unix()), 1)
		case dateMillis:
			number(int(at.UnixMilli()), 1)
		}
	}
	return b.String()
}

// Parse reads a day; one of a form without a day, or a month, is the first one. Its
// error shows the text, and a form by which it could be read.
func (f *Dates) Parse(text string) (span.Day, error) {
	day, err := f.parse(text)
	if err == nil {
		return day, nil
	}
	hint := ""
	for _, other := range UsualDates() {
		if _, err := other.parse(text); err == nil {
			hint = "; it could be " + other.text
			break
		}
	}
	if errors.Is(err, ErrNoDate) {
		return 0, fmt.Errorf("%.40q: %w%s", text, ErrNoDate, hint)
	}
	return 0, fmt.Errorf("%.40q is not %s%s", text, f.text, hint)
}

// Read is Parse for those who try several forms: ok says whether text has this one.
func (f *Dates) Read(text string) (day span.Day, ok bool) {
	day, err := f.parse(text)
	return day, err == nil
}

// ErrNoDate is in the error of Parse about what has the form, and is no date.
var ErrNoDate = errors.New("no such date")

var errForm = errors.New("another form")

// UsualDates are the forms in which publishers write days, the likelier one first where a
// text can be meant by both.
var UsualDates = sync.OnceValue(func() (list []*Dates) {
	for _, text := range []string{
		"yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "dd-MM-yyyy", "MM-dd-yyyy", "yyyy/MM/dd", "yyyy.MM.dd", "d/M/yyyy", "M/d/yyyy", "d.M.yyyy", "d-M-yyyy",
		"yyyy-MM-ddT*", "yyyy-MM-dd *", "dd/MM/yyyy *", "MM/dd/yyyy *", "dd.MM.yyyy *",
		"d MMM yyyy", "d-MMM-yyyy", "d/MMM/yyyy", "d. MMM yyyy", "MMM d, yyyy", "d 'de' MMM 'de' yyyy", "d-MMM-yy", "dd/MM/yy", "MM/dd/yy", "dd.MM.yy",
		"yyyy-MM", "MM/yyyy", "yyyy/MM", "MM-yyyy", "MM.yyyy", "M/yyyy", "yyyy'M'MM", "yyyy-'M'MM", "MMM/yyyy", "MMM yyyy", "MMM-yyyy", "yyyy-MMM", "yyyy MMM", "MMM/yy", "MMM-yy",
		"yyyy-'Q'Q", "yyyy'Q'Q", "yyyy 'Q'Q", "'Q'Q yyyy", "'Q'Q/yyyy", "'Q'Q-yyyy", "Q/yyyy", "yyyy-'W'ww", "yyyy'W'ww",
		"yyyyMMdd", "yyyyMM", "unix", "unix-ms",
	} {
		dates, err := ParseDates(text)
		if err != nil { // a test reads each of them
			panic(err)
		}
		list = append(list, dates)
	}
	return list
})

func (f *Dates) parse(text string) (span.Day, error) {
	if len(text) > maxDate {
		return 0, errForm
	}
	year, month, day, week := 0, 1, 1, 0
	named := false // a month's name came before
	for _, p := range f.parts {
		n, rest, ok := 0, "", true
		switch p.kind {
		case dateLiteral:
			literal := p.literal
			if point, ok := strings.CutPrefix(literal, "."); ok && named { // which went with the name
				literal = point
			}
			rest, ok = strings.CutPrefix(text, literal)
		case dateRest:
		case dateName:
			n, rest = monthNamed(text)
			ok = n > 0
		case dateUnix, dateMillis:
			return f.parseUnix(text, p.kind == dateMillis)
		default:
			n, rest, ok = leading(text, p.width)
		}
		if !ok {
			return 0, errForm
		}
		text, named = rest, p.kind == dateName
		switch p.kind {
		case 'y':
			if year = n; p.width == 2 {
				year += 1900
				if n < 70 {
					year += 100
				}
			}
		case 'M', dateName:
			month = n
		case 'd':
			day = n
		case 'Q':
			if n < 1 || n > 4 {
				return 0, ErrNoDate
			}
			month = 3*n - 2
		case 'w':
			if week = n; n < 1 {
				return 0, ErrNoDate
			}
		}
	}
	if text != "" {
		return 0, errForm
	}
	if week > 0 {
		return weekOf(year, week)
	}
	d := span.Date(year, time.Month(month), day)
	if y, m, of := d.Date(); y != year || int(m) != month || of != day || year < 1 {
		return 0, ErrNoDate
	}
	return d, nil
}

// weekOf returns the Monday of a week by ISO 8601: the first week has 4 January.
func weekOf(year, week int) (span.Day, error) {
	fourth := span.Date(year, 1, 4)
	d := fourth - span.Day(fourth.Time().Weekday()+6)%7 + span.Day(7*(week-1))
	if y, w := d.Time().ISOWeek(); y != year || w != week || year < 1 {
		return 0, ErrNoDate
	}
	return d, nil
}

// leading reads a number of so many digits; 0: of one or two.
func leading(text string, width int) (n int, rest string, ok bool) {
	digits := 0
	for digits < len(text) && digits < max(width, 2) && text[digits] >= '0' && text[digits] <= '9' {
		digits++
	}
	if width > 0 && digits > width {
		digits = width
	}
	if digits == 0 || digits < width {
		return 0, text, false
	}
	n, err := strconv.Atoi(text[:digits])
	return n, text[digits:], err == nil
}

func (f *Dates) parseUnix(text string, millis bool) (span.Day, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if strings.Trim(fraction, "0123456789") != "" {
		return 0, errForm
	}
	at := time.Unix(n, 0)
	if millis {
		at = time.UnixMilli(n)
	}
	if err != nil || at.Unix() < -1<<36 || at.Unix() > 1<<37 {
		return 0, errForm
	}
	return span.DayOf(at.In(cmp.Or(f.zone, time.UTC))), nil
}

// months are the names of months and how they are shortened, from January on: in
// English, Portuguese, Spanish, German and French. No name is of two months.
var months = [12]string{
	"january janeiro enero januar janvier janv jan ene",
	"february fevereiro febrero februar février févr fev feb",
	"march março marzo märz mars mrz mar mär",
	"april abril avril avr abr apr",
	"may maio mayo mai",
	"june junho junio juni juin jun",
	"july julho julio juli juillet juil jul",
	"august agosto août ago aug",
	"september setembro septiembre septembre sept set sep",
	"october outubro octubre oktober octobre okt oct out",
	"november novembro noviembre novembre nov",
	"december dezembro diciembre dezember décembre déc dez dic dec",
}

// monthNamed returns the month whose name text begins with, 0 for none.
func monthNamed(text string) (month int, rest string) {
	end := strings.IndexFunc(text, func(r rune) bool { return r < 'A' || r > 'Z' && r < 'a' || r > 'z' && r < 0x80 })
	if end < 0 {
		end = len(text)
	}
	word := strings.ToLower(text[:end])
	for i, names := range months {
		for name := range strings.FieldsSeq(names) {
			if name == word {
				return i + 1, strings.TrimPrefix(text[end:], ".")
			}
		}
	}
	return 0, text
}
