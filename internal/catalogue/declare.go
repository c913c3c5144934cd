package catalogue

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // zones where the machine has none, as on Lambda

	"lacuna/internal/calendar"
	"lacuna/internal/lazy"
	"lacuna/internal/span"
)

// The same patterns stand in series.schema.json.
var (
	namePattern     = lazy.Regexp(`^[a-z][a-z0-9-]*$`)
	keyPattern      = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9_.#/:-]{0,63}$`)
	codePattern     = lazy.Regexp(`^[\p{L}\p{N}^][\p{L}\p{M}\p{N} _./:=^%$()-]*$`)
	fieldPattern    = lazy.Regexp(`^[a-z][a-z0-9_]*$`)
	decimalPattern  = lazy.Regexp(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	percentPattern  = lazy.Regexp(`^(0|[1-9][0-9]*)(\.[0-9]+)?%$`)
	timePattern     = lazy.Regexp(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	daysPattern     = lazy.Regexp(`^[1-9][0-9]{0,2}d$`)
	durationPattern = lazy.Regexp(`^[1-9][0-9]*(s|m)$`)
)

// declarations are what a file says, before names are looked up.
type declarations struct {
	calendars []declaredCalendar
	sources   []Source
	series    []*declaredSeries
}

// declaredCalendar has the tags of Compile.
type declaredCalendar struct {
	Name   string               `json:"name"`
	Base   string               `json:"base"`
	Closed []calendar.Exception `json:"closed"`
	Open   []calendar.Exception `json:"open"`
	baseAt place
}

type declaredSeries struct {
	Series
	calendar             string
	sourceAt, calendarAt place
	aliasesAt            []place
	ofFamily, replaces   bool // a member of a family, or an entry that replaces one
}

// with returns d extended by own, whose entries replace those of the same name.
func (d declarations) with(own declarations) declarations {
	d.calendars = extend(d.calendars, own.calendars, func(c declaredCalendar) string { return c.Name })
	d.sources = extend(d.sources, own.sources, func(s Source) string { return s.Name })
	d.series = extend(d.series, own.series, func(s *declaredSeries) string { return s.Key })
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
		integer(1, 1)(v)
	}
	v, includes := root.get("include")
	if includes && oneOf("shipped")(v) != "" {
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
func (v value) seriesList(pieces []piece, base []*declaredSeries) (out []*declaredSeries) {
	l := newSeriesList(base)
	read := func(items []value) {
		for _, item := range items {
			if v.doc.stopped {
				return
			}
			l.add(item)
		}
		out = l.series
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
			read(list.listFrom(l.items))
		}
	}
	return out
}

// entries calls declare with each named object of v.
func (v value) entries(declare func(name string, o *object)) {
	v.named(maxEntries, func(name string, entry value) {
		if !namePattern().MatchString(name) {
			entry.fail("want a name of lower case letters, digits and hyphens")
			return
		}
		declare(name, entry.object())
	})
}

func (o *object) calendar(name string) declaredCalendar {
	defer o.done()
	c := declaredCalendar{Name: name}
	if slices.Contains(calendar.Names(), name) {
		o.fail("the name of a built-in calendar")
	}
	if v, ok := o.need("base"); ok {
		c.Base, c.baseAt = v.text(), v.place()
	}
	fill(o.get, "closed", &c.Closed, value.exceptions)
	fill(o.get, "open", &c.Open, value.exceptions)
	open := map[span.Day]bool{}
	for _, e := range c.Open {
		open[e.Day] = true
	}
	for _, e := range c.Closed {
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
		fill(o.need, "day", &e.Day, parsed(span.Parse))
		fill(o.need, "reason", &e.Reason, value.text)
		o.done()
		out = append(out, e)
	}
	return out
}

func (o *object) source(name string) Source {
	defer o.done()
	s := Source{Name: name, MaxDays: 3650, MaxSeries: 1, RequestCostDays: 365, Concurrency: 2, RatePerS: 5, Timeout: 30 * time.Second}
	if v, ok := o.get("kind"); ok {
		if kind := oneOf(HTTPCSV, HTTPJSON, HTTPXLSX)(v); kind != "" {
			s.Declared = o.declared(kind)
			s.MaxSeries, s.MaxDays = s.Declared.windows()
		} else {
			o.broken = true // what it may have is unknown
		}
	} else if o.find("url") != nil {
		o.fail("want kind: %s: what the publisher answers with", either([]string{HTTPCSV, HTTPJSON, HTTPXLSX}))
		o.broken = true
	}
	most := s.MaxSeries
	fill(o.get, "max_days", &s.MaxDays, integer(1, 36500))
	fill(o.get, "max_series", &s.MaxSeries, integer(1, 1000))
	if e := o.find("max_series"); e != nil && s.Declared != nil && s.MaxSeries > most && most == 1 {
		value{o.doc, e.value, o.field.dot(e.name)}.fail("want 1: {code} asks for one series, and nothing in an answer tells several apart")
	}
	fill(o.get, "request_cost_days", &s.RequestCostDays, integer(0, 36500))
	fill(o.get, "concurrency", &s.Concurrency, integer(1, 1000))
	fill(o.get, "rate_per_s", &s.RatePerS, integer(1, 1000))
	fill(o.get, "timeout", &s.Timeout, duration(time.Second, 10*time.Minute))
	if v, ok := o.get("keep"); ok {
		s.KeepsBodies = oneOf("bodies")(v) != ""
	}
	return s
}

// knownAbsent reads ranges with their reasons.
func (v value) knownAbsent() []KnownAbsent {
	var out []KnownAbsent
	for _, item := range v.listOf(maxExcepted) {
		o, k := item.object(), KnownAbsent{}
		fill(o.need, "days", &k.Span, parsed(span.ParseSpan))
		fill(o.need, "reason", &k.Reason, value.text)
		o.done()
		out = append(out, k)
	}
	return out
}
