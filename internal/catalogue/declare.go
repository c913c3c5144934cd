package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"time"
	_ "time/tzdata" // zones where the machine has none, as on Lambda

	"lacuna/internal/calendar"
	"lacuna/internal/span"
)

// The same patterns stand in series.schema.json.
var (
	namePattern     = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	keyPattern      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.#/:-]{0,63}$`)
	codePattern     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _./-]*$`)
	fieldPattern    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	decimalPattern  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	percentPattern  = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?%$`)
	timePattern     = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	daysPattern     = regexp.MustCompile(`^[1-9][0-9]{0,2}d$`)
	durationPattern = regexp.MustCompile(`^[1-9][0-9]*(s|m)$`)
)

// declarations are what a file says, before names are looked up.
type declarations struct {
	calendars []declaredCalendar
	sources   []Source
	series    []declaredSeries
}

type declaredCalendar struct {
	name, base   string
	closed, open []calendar.Exception
	baseAt       place
}

type declaredSeries struct {
	Series
	calendar             string
	sourceAt, calendarAt place
	aliasesAt            []place
}

// with returns d extended by own, whose entries replace those of the same name.
func (d declarations) with(own declarations) declarations {
	d.calendars = extend(d.calendars, own.calendars, func(c declaredCalendar) string { return c.name })
	d.sources = extend(d.sources, own.sources, func(s Source) string { return s.Name })
	d.series = extend(d.series, own.series, func(s declaredSeries) string { return s.Key })
	return d
}

func extend[T any](base, own []T, name func(T) string) []T {
	at := map[string]int{}
	for i, entry := range base {
		at[name(entry)] = i
	}
	for _, entry := range own {
		i, there := at[name(entry)]
		if !there {
			i = len(base)
			at[name(entry)] = i
			base = append(base, entry)
		}
		base[i] = entry
	}
	return base
}

// declarations reads text; included returns those of the file that it includes, if
// it does.
func (d *document) declarations(text []byte, included func() declarations) declarations {
	if len(text) > maxBytes {
		d.report(1, "", fmt.Sprintf("longer than %d bytes", maxBytes))
		return declarations{}
	}
	text, what, line := decode(text)
	if what != "" {
		d.report(line, "", what)
		return declarations{}
	}
	rest, pieces := split(text)
	top, ok := d.open(rest, 0)
	if !ok {
		return declarations{}
	}
	root := top.object()
	defer root.done()
	var base, out declarations
	if v, ok := root.need("version"); ok {
		v.integer(1, 1)
	}
	v, includes := root.get("include")
	if includes && v.oneOf("shipped") != "" {
		base = included()
	}
	if v, ok := root.get("calendars"); ok {
		v.entries(func(name string, o *object) { out.calendars = append(out.calendars, o.calendar(name)) })
	}
	if v, ok := root.get("sources"); ok {
		v.entries(func(name string, o *object) { out.sources = append(out.sources, o.source(name)) })
	}
	if v, ok := root.get("series"); ok {
		out.series = v.seriesList(pieces, base.series)
	} else if !includes {
		root.need("series")
	}
	if base.sources == nil { // nothing is included
		return out
	}
	return base.with(out)
}

// seriesList reads the list of series, the items of which are in pieces unless
// there are none. An entry may change a part of one of base.
func (v value) seriesList(pieces []piece, base []declaredSeries) (out []declaredSeries) {
	zones, seen := map[string]*time.Location{}, map[string]bool{}
	read := func(items []value) {
		for _, item := range items {
			if v.doc.stopped {
				return
			}
			s, at := item.series(zones, base)
			if s.Key != "" && seen[s.Key] {
				at.fail("the key comes twice")
			}
			seen[s.Key] = true
			out = append(out, s)
		}
	}
	if len(pieces) == 0 {
		read(v.list())
	} else if list := v.list(); len(list) != 1 || v.doc.lineOf(list[0].node) != pieces[0].before+1 {
		v.fail("want one list with a line for each item") // what was taken out is within a text
		return nil
	}
	for _, p := range pieces {
		if v.doc.stopped {
			break
		}
		if list, ok := v.doc.open(p.text, p.before); ok {
			list.field = v.field
			read(list.listFrom(len(out)))
		}
	}
	return out
}

// entries calls declare with each named object of v.
func (v value) entries(declare func(name string, o *object)) {
	named := v.object()
	if !v.atMost(maxEntries, len(named.order)) {
		return
	}
	for _, name := range named.order {
		entry, _ := named.get(name)
		if !namePattern.MatchString(name) {
			entry.fail("want a name of lower case letters, digits and hyphens")
			continue
		}
		declare(name, entry.object())
	}
}

func (v value) oneOf(choices ...string) string {
	text := v.text()
	if text != "" && !slices.Contains(choices, text) {
		v.fail("%q: want %s%s", text, either(choices), didYouMean(text, choices))
		return ""
	}
	return text
}

func (o *object) calendar(name string) declaredCalendar {
	defer o.done()
	c := declaredCalendar{name: name}
	if slices.Contains(calendar.Names(), name) {
		o.fail("the name of a built-in calendar")
	}
	if v, ok := o.need("base"); ok {
		c.base, c.baseAt = v.text(), v.place()
	}
	if v, ok := o.get("closed"); ok {
		c.closed = v.exceptions()
	}
	if v, ok := o.get("open"); ok {
		c.open = v.exceptions()
	}
	open := map[span.Day]bool{}
	for _, e := range c.open {
		open[e.Day] = true
	}
	for _, e := range c.closed {
		if open[e.Day] {
			o.fail("%s is both closed and open", e.Day)
		}
	}
	return c
}

func (v value) exceptions() []calendar.Exception {
	var out []calendar.Exception
	for _, item := range v.listOf(maxExcepted) {
		o, e := item.object(), calendar.Exception{}
		if day, ok := o.need("day"); ok {
			e.Day = parsed(day, span.Parse)
		}
		if reason, ok := o.need("reason"); ok {
			e.Reason = reason.text()
		}
		o.done()
		out = append(out, e)
	}
	return out
}

func (o *object) source(name string) Source {
	defer o.done()
	number := func(name string, low, high, otherwise int) int {
		if v, ok := o.get(name); ok {
			return v.integer(low, high)
		}
		return otherwise
	}
	s := Source{
		Name:            name,
		MaxDays:         number("max_days", 1, 36500, 3650),
		MaxSeries:       number("max_series", 1, 1000, 1),
		RequestCostDays: number("request_cost_days", 0, 36500, 365),
		Concurrency:     number("concurrency", 1, 1000, 2),
		RatePerS:        number("rate_per_s", 1, 1000, 5),
		Timeout:         30 * time.Second,
	}
	if v, ok := o.get("timeout"); ok {
		s.Timeout = v.duration(time.Second, 10*time.Minute)
	}
	return s
}

// knownAbsent reads ranges with their reasons.
func (v value) knownAbsent() []KnownAbsent {
	var out []KnownAbsent
	for _, item := range v.listOf(maxExcepted) {
		o, k := item.object(), KnownAbsent{}
		if days, ok := o.need("days"); ok {
			k.Span = parsed(days, span.ParseSpan)
		}
		if reason, ok := o.need("reason"); ok {
			k.Reason = reason.text()
		}
		o.done()
		out = append(out, k)
	}
	return out
}
