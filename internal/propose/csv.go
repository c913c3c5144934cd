package propose

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/calendar"
	"lacuna/internal/catalogue"
	"lacuna/internal/lazy"
	"lacuna/internal/notation"
	"lacuna/internal/span"
)

// Proposal is a catalogue made from a sample.
type Proposal struct {
	Text   []byte
	Source string
	Series []catalogue.Series
	Span   span.Span // of the sample
	Doubts []string  // what a person should look at; the text has each as a comment

	end int // of the whole lines of the sample
}

// Sample returns what was looked at of the sample, as a client of HTTP has a body: its
// whole lines, without a byte order mark.
func (p *Proposal) Sample(text []byte) []byte {
	return bytes.TrimPrefix(text[:p.end], []byte("\ufeff"))
}

// maxSeries is how many series are proposed of one sample.
const maxSeries = 100

// maxFields is how many columns the values of a source may have in a catalogue, where
// they are not called as the codes of its series.
const maxFields = 50

// FromCSV returns a catalogue with a source that reads text, which is the beginning of
// the file called name when it was cut, and the series in it. taken are the names of
// sources that it may not have.
func FromCSV(name string, text []byte, cut bool, taken []string) (*Proposal, error) {
	if end := bytes.LastIndexByte(text, '\n'); cut && end >= 0 {
		text = text[:end+1]
	}
	decoded, encoding, err := decode(text)
	if err != nil {
		return nil, err
	}
	t, err := bestTable(strings.ReplaceAll(decoded, "\r\n", "\n"))
	if err != nil {
		return nil, err
	}
	d := &draft{table: t, name: name, encoding: encoding, remarks: map[string][]string{}, Proposal: Proposal{Source: sourceName(name, taken), end: len(text)}}
	if err := d.findColumns(); err != nil {
		return nil, err
	}
	if err := d.findSeries(); err != nil {
		return nil, err
	}
	d.write()
	return &d.Proposal, nil
}

// draft is a proposal at work.
type draft struct {
	*table
	Proposal
	name, encoding string

	values  []column
	left    []string // columns with numbers that are no values
	code    int      // the column of the code; -1: none
	numbers notation.Numbers
	wide    bool // a column a series, called as its code
	cadence string
	period  string              // of a row, whose day is any of it
	daily   string              // the calendar
	remarks map[string][]string // by field
}

// doubt notes what a person should look at, in the file before a field.
func (d *draft) doubt(field, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	d.remarks[field] = append(d.remarks[field], text)
	d.Doubts = append(d.Doubts, field+": "+text)
}

var notOfNames = lazy.Regexp(`[^a-z0-9]+`)

// sourceName makes the name of a source of that of a file.
func sourceName(file string, taken []string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	base = strings.TrimSuffix(base, path.Ext(base))
	name := strings.Trim(notOfNames().ReplaceAllString(strings.ToLower(folded(base)), "-"), "-")
	if name == "" || name[0] < 'a' {
		name = strings.TrimSuffix("my-"+name, "-")
	}
	name = strings.TrimSuffix(name[:min(len(name), 30)], "-")
	for slices.Contains(taken, name) {
		name += "-csv"
	}
	return name
}

// findColumns finds the columns of values and of the code, and how numbers are written.
func (d *draft) findColumns() error {
	byColumn := map[int]column{}
	for i := range d.columns {
		c, ok := numeric(i, d.cells(i))
		years := !slices.ContainsFunc(d.rows, func(r row) bool { return !yearOf(r.cells[i], r.day) })
		if ok && i != d.day && !years {
			byColumn[i] = c
		}
	}
	d.findCode(byColumn)
	var constant []column
	for i := range d.columns {
		c, ok := byColumn[i]
		switch {
		case !ok || i == d.code:
		case c.constant && d.code >= 0 && len(d.rows) > 2:
			constant = append(constant, c)
		default:
			d.values = append(d.values, c)
		}
	}
	if len(d.values) == 0 {
		d.values, constant = constant, nil
	}
	for _, c := range constant {
		d.left = append(d.left, d.column(c.index))
	}
	if len(d.values) == 0 {
		return errors.New("no column of values beside those of the day and the code")
	}
	return d.findMarks()
}

func (d *draft) findMarks() error {
	for {
		var all []string
		for _, c := range d.values {
			all = append(all, c.numbers...)
		}
		best, text, other, ok := marksOf(all)
		if ok {
			d.numbers = best
			if text != "" {
				d.doubt("decimal", "%s could be %s as well as %s: then decimal: %s%s", text, plainOf(best, text), plainOf(other, text), strconv.Quote(other.Decimal), thousandsOf(other))
			}
			return nil
		}
		if len(d.values) == 1 {
			return fmt.Errorf("the numbers of the column %s are written in several ways, as %s", d.column(d.values[0].index), strings.Join(some(d.values[0].numbers, 4), " and "))
		}
		// The last column whose numbers cannot be read goes first, then the last one.
		bad := len(d.values) - 1
		for i, c := range d.values {
			if _, _, _, ok := marksOf(c.numbers); !ok {
				bad = i
			}
		}
		d.left = append(d.left, d.column(d.values[bad].index))
		d.values = slices.Delete(d.values, bad, bad+1)
	}
}

func some(list []string, n int) []string { return list[:min(len(list), n)] }

func thousandsOf(n notation.Numbers) string {
	if n.Thousands == "" {
		return ""
	}
	return ", thousands: " + thousandsText(n.Thousands)
}

func thousandsText(mark string) string {
	if mark == " " {
		return "space"
	}
	return strconv.Quote(mark)
}

// findCode finds the column that tells the rows of a day apart, where there are several:
// a text rather than a number, with few different and short ones.
func (d *draft) findCode(numbers map[int]column) {
	d.code = -1
	days := map[span.Day]bool{}
	for _, r := range d.rows {
		days[r.day] = true
	}
	if len(days) == len(d.rows) {
		return
	}
	best := 0
	for i := range d.columns {
		codes, length, tells := d.codes(i)
		weight := len(codes)*1_000_000 + min(length, 900_000)
		if _, is := numbers[i]; is {
			weight += 1_000_000_000
		}
		if i != d.day && tells && (d.code < 0 || weight < best) {
			d.code, best = i, weight
		}
	}
	if d.code < 0 {
		d.doubt("code", "there are several rows of one day, and no column alone tells them apart: of which series is a row?")
	}
}

// codes returns the different texts of a column and their length, and whether a day has
// each at most once.
func (d *draft) codes(column int) (codes []string, length int, tells bool) {
	type place struct {
		day  span.Day
		code string
	}
	seen, of := map[string]bool{}, map[place]bool{}
	for _, r := range d.rows {
		code := r.cells[column]
		if code == "" || of[place{r.day, code}] {
			return nil, 0, false
		}
		of[place{r.day, code}] = true
		if !seen[code] {
			seen[code] = true
			codes = append(codes, code)
			length += len(code)
		}
	}
	return codes, length, len(codes) > 1
}

// ofOne are the names of columns that are of one series together.
var ofOne = strings.Fields("open high low close last volume buy sell bid ask mid compra venda abertura fechamento maxima minima maximo minimo media min max mean average geld brief achat vente")

// field returns what a catalogue calls the values of a column, which no other of used has.
func (d *draft) field(c column, used map[string]bool) string {
	name := strings.Trim(notOfNames().ReplaceAllString(strings.ToLower(folded(d.table.name(c.index))), "_"), "_")
	name = strings.TrimSuffix(name[:min(len(name), 30)], "_")
	if name == "" || name[0] < 'a' || slices.Contains([]string{"info_type", "date", "status"}, name) || used[name] {
		name = fmt.Sprintf("column_%d", c.index+1)
	}
	used[name] = true
	return name
}

// findSeries finds the series, and which days they have.
func (d *draft) findSeries() error {
	fields, used := make([]string, len(d.values)), map[string]bool{}
	together := true // all columns are of one series
	for i, c := range d.values {
		fields[i] = d.field(c, used)
		together = together && slices.Contains(ofOne, fields[i])
	}
	if len(d.values) == 1 {
		fields[0], together = "value", true
	}
	d.wide = d.code < 0 && !together && !slices.ContainsFunc(d.values, func(c column) bool { return !catalogue.IsCode(d.table.name(c.index)) })
	if more := len(d.values) - maxFields; more > 0 && !d.wide {
		d.values, fields = d.values[:maxFields], fields[:maxFields]
		d.doubt("values", "%d columns more are left out", more)
	}
	prefix, unique := Prefix(d.Source), map[string]bool{}
	add := func(title, code string, fields []string, has func(r row) bool) {
		if len(d.Series) == maxSeries {
			return
		}
		key := Key(prefix, code)
		for n := 2; unique[key]; n++ {
			key = Key(prefix, code[:min(len(code), 20)]+"_"+strconv.Itoa(n))
		}
		unique[key] = true
		title = cmp.Or(strings.TrimSpace(oneLine(title)), code)
		s := catalogue.Series{Key: key, Title: title, Unit: "unknown", Source: d.Source, Code: code, Fields: fields, OnEmpty: catalogue.Recheck}
		for _, r := range d.rows {
			if has(r) && (s.Since == 0 || r.day < s.Since) {
				s.Since = r.day
			}
		}
		if s.Since != 0 { // else no row has anything of it
			d.Series = append(d.Series, s)
		}
	}
	valued := func(columns ...column) func(r row) bool {
		return func(r row) bool {
			return slices.ContainsFunc(columns, func(c column) bool { return isNumber(r.cells[c.index]) })
		}
	}
	total := 1
	switch {
	case d.code >= 0:
		total = d.addByCode(add, valued(d.values...), fields)
	case together:
		title := d.Source
		if len(d.values) == 1 && d.table.name(d.values[0].index) != "" {
			title = d.table.name(d.values[0].index)
		}
		add(title, codeOf(title, d.Source), fields, valued(d.values...))
	default:
		total = len(d.values)
		for i, c := range d.values {
			of := []string{fields[i]}
			if d.wide {
				of = []string{"value"}
			}
			title := cmp.Or(d.table.name(c.index), fmt.Sprintf("%s, column %d", d.name, c.index+1))
			add(title, codeOf(d.table.name(c.index), fields[i]), of, valued(c))
		}
	}
	if more := total - maxSeries; more > 0 {
		d.doubt("series", "%d series more are left out", more)
	}
	if len(d.Series) == 0 {
		return errors.New("no series: the codes are no codes of a catalogue: want " + catalogue.CodeForm)
	}
	return d.findCadence()
}

// codeOf returns a name as the code of a series.
func codeOf(name, otherwise string) string {
	if catalogue.IsCode(name) {
		return name
	}
	return otherwise
}

func (d *draft) addByCode(add func(title, code string, fields []string, has func(r row) bool), valued func(r row) bool, fields []string) (total int) {
	codes, _, _ := d.codes(d.code)
	var bad []string
	for _, code := range codes {
		if !catalogue.IsCode(code) {
			bad = append(bad, strconv.QuoteToGraphic(code))
			continue
		}
		total++
		add(code, code, fields, func(r row) bool { return r.cells[d.code] == code && valued(r) })
	}
	if len(bad) > 0 {
		d.doubt("code", "left out, because a catalogue has no such codes: %s", strings.Join(some(bad, 5), ", "))
	}
	return total
}

// days returns the different days of the rows, ascending.
func (d *draft) days() (days []span.Day) {
	for _, r := range d.rows {
		days = append(days, r.day)
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// findCadence finds how far the days are apart, and sets what follows for the series.
func (d *draft) findCadence() error {
	days := d.days()
	steps := make([]int, 0, len(days))
	for i := range len(days) - 1 {
		steps = append(steps, int(days[i+1]-days[i]))
	}
	slices.Sort(steps)
	d.cadence, d.daily = catalogue.Daily, catalogue.Daily
	switch form := d.dates[0]; {
	case len(steps) == 0 && form.hasQuarters():
		d.cadence = catalogue.Quarterly
	case len(steps) == 0 && form.hasWeeks():
		d.cadence = catalogue.Weekly
	case len(steps) == 0 && !form.hasDays():
		d.cadence = catalogue.Monthly
	case len(steps) == 0:
		d.doubt("series", "the sample has one day alone: are the series daily?")
	default:
		switch step := steps[len(steps)/2]; {
		case step > 100:
			return fmt.Errorf("the days are %d days apart: series are daily, weekly, monthly or quarterly", step)
		case step >= 80:
			d.cadence = catalogue.Quarterly
		case step >= 25:
			d.cadence = catalogue.Monthly
		case step >= 6 && step <= 8:
			d.cadence = catalogue.Weekly
		case step > 4:
			d.doubt("series", "the days are mostly %d days apart, which is no cadence: daily is a guess", step)
		}
		for i := range len(days) - 1 {
			if firstOf(days[i], d.cadence) == firstOf(days[i+1], d.cadence) {
				d.doubt("series", "the days are mostly %d days apart, and two are of one period: daily is a guess", steps[len(steps)/2])
				d.cadence = catalogue.Daily
				break
			}
		}
	}
	d.fitDays(days)
	d.Span = span.Span{From: firstOf(days[0], d.cadence), To: days[len(days)-1]}
	return nil
}

// fitDays fits the calendar, or the first days of periods, to the days of the sample.
func (d *draft) fitDays(days []span.Day) {
	learn := false
	switch d.cadence {
	case catalogue.Daily:
		d.daily, learn = calendarOf(days)
	case catalogue.Weekly:
		for _, day := range days {
			if day.Weekday() != days[0].Weekday() {
				d.doubt("series", "weeks are counted from since, a %s, and %s is a %s", days[0].Weekday(), day, day.Weekday())
				break
			}
		}
	default:
		if slices.ContainsFunc(days, func(day span.Day) bool { return firstOf(day, d.cadence) != day }) {
			d.period = periods[d.cadence]
		}
	}
	for i := range d.Series {
		s := &d.Series[i]
		s.Cadence, s.Since = d.cadence, firstOf(s.Since, d.cadence)
		if d.cadence == catalogue.Weekly {
			s.Since -= ((s.Since-days[0])%7 + 7) % 7
		}
		if learn {
			s.OnEmpty = catalogue.Learn
		}
	}
}

// calendarOf returns the calendar that fits days best, and whether some of its days are
// missing, which may be holidays.
func calendarOf(days []span.Day) (name string, missing bool) {
	all := span.Span{From: days[0], To: days[len(days)-1]}
	var have span.Runs
	for _, day := range days {
		have = have.Append(day)
	}
	least := -1
	for _, candidate := range []string{calendar.Weekdays, calendar.BrazilBank, calendar.Target, calendar.Daily} {
		c, _ := calendar.Named(candidate)
		open := c.Open(all)
		lacks, more := open.Subtract(have).Days(), have.Subtract(open).Days()
		if wrong := lacks + 10*more; least < 0 || wrong < least {
			name, missing, least = candidate, lacks > 0, wrong
		}
	}
	return name, missing
}
