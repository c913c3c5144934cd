package catalogue

import (
	"slices"
	"strings"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/goccy/go-yaml/ast"
)

// CodeForm says what IsCode takes.
const CodeForm = "letters, digits, spaces and _./:=^%$()-"

const (
	keyForm   = "up to 64 letters, digits and _.#/:- that begin with a letter or digit"
	fieldForm = "lower case letters, digits and _"
)

// columns stand before the fields in what is exported, so no field has their name.
var columns = []string{"info_type", "date", "status"}

// series reads one entry of the list of series, or a member of a family, and returns
// where it stands. One without a source has, for each field that it lacks, that of the
// series of l with its key.
func (v value) series(l *seriesList) (*declaredSeries, place) {
	o, zones := v.object(), l.zones
	defer o.done()
	o.get("each") // members has read it
	s, need := &declaredSeries{}, o.need
	s.Series = Series{Cadence: Daily, OnEmpty: Recheck, Fields: []string{"value"}}
	if v, ok := o.need("key"); ok {
		if s.Key = v.key(); s.Key != "" {
			o.field = field{of: "series[" + s.Key + "]"}
		}
	}
	if o.find("source") == nil && l.parts && s.Key != "" {
		if known, ok := l.known(s.Key); ok {
			part := *known
			s, need = &part, o.get
			s.ofFamily, s.replaces = false, false
		} else if near := nearest(s.Key, l.keys(), 1); len(near) > 0 {
			what := "shipped series"
			if len(l.shipped) == 0 {
				what = "member of a family above"
			}
			o.fail("no %s has this key, and without a source it is none of its own: did you mean %s?", what, near[0])
			o.broken = true
		}
	}
	o.names(s, need)
	fields, renamed := o.get("fields")
	if renamed {
		s.Fields = fields.fields()
	}
	fill(o.get, "on_empty", &s.OnEmpty, oneOf(Recheck, Learn))
	fill(o.get, "known_absent", &s.KnownAbsent, value.knownAbsent)
	fill(o.get, "lookback", &s.Lookback, integer(0, 1000))
	if v, ok := o.get("checks"); ok {
		s.Checks = v.checks(s.Fields)
	} else if renamed && len(s.Checks) > 0 {
		o.need("checks") // those of the shipped entry are of other fields
	}
	o.days(s, need)
	if v, ok := o.get("ready"); ok {
		s.Ready = v.ready(zones)
	} else if s.Ready.Zone == nil { // due once the next day of the series begins in UTC
		s.Ready = Ready{Zone: time.UTC, Lag: 1}
	}
	return s, o.place()
}

// names are the fields that say what a series is called.
var names = []string{"key", "title", "unit", "code", "aliases"}

// names reads what the series is called, but for its key, and its source; need reads
// what it cannot be without.
func (o *object) names(s *declaredSeries, need func(name string) (value, bool)) {
	fill(need, "title", &s.Title, value.uncutText)
	fill(need, "unit", &s.Unit, value.uncutText)
	if v, ok := need("source"); ok {
		s.Source, s.sourceAt = v.text(), v.place()
		if name, ok := v.doc.resolve(v.node).(*ast.StringNode); ok && v.doc.member != nil && strings.Contains(name.Value, "{") {
			v.fail("a family is of one source")
		}
	}
	fill(need, "code", &s.Code, func(v value) string { return matching(codePattern, CodeForm)(v.uncut()) })
	if v, ok := o.get("aliases"); ok {
		s.Aliases, s.aliasesAt = nil, nil
		for _, alias := range v.list() {
			s.Aliases, s.aliasesAt = append(s.Aliases, alias.key()), append(s.aliasesAt, alias.place())
		}
	}
}

// days reads which days the series has; need reads what it cannot be without.
func (o *object) days(s *declaredSeries, need func(name string) (value, bool)) {
	shipped := s.Series
	fill(o.get, "cadence", &s.Cadence, oneOf(Daily, Weekly, Monthly, Quarterly))
	v, ok := o.get("calendar")
	switch {
	case ok:
		s.calendar, s.calendarAt = v.text(), v.place()
	case s.Cadence == shipped.Cadence && s.calendar != "":
	case s.Cadence == Daily:
		o.need("calendar")
	default:
		s.calendar, s.calendarAt = Daily, place{}
	}
	at := o.place() // of what may be wrong with since
	if v, ok := need("since"); ok {
		s.Since, at = parsed(span.Parse)(v), v.place()
	}
	switch _, month, day := s.Since.Date(); {
	case s.Cadence == Monthly && day != 1:
		at.fail("%s is not the first day of a month", s.Since)
	case s.Cadence == Quarterly && (day != 1 || month%3 != 1):
		at.fail("%s is not the first day of a quarter", s.Since)
	case s.Cadence == Weekly && shipped.Cadence == Weekly && s.Since != 0 && (s.Since-shipped.Since)%7 != 0:
		at.fail("%s is a %s: the weeks of the shipped series begin on a %s", s.Since, s.Since.Weekday(), shipped.Since.Weekday())
	}
	if v, ok := o.get("until"); ok {
		s.Until, at = parsed(span.Parse)(v), v.place()
	}
	if s.Until != 0 && s.Until < s.Since {
		at.fail("%s is before since, %s", s.Until, s.Since)
	}
}

// ready reads when days are due.
func (v value) ready(zones map[string]*time.Location) Ready {
	r, at := Ready{Zone: time.UTC}, v.object()
	defer at.done()
	if v, ok := at.need("at"); ok {
		if text := matching(timePattern, `a time such as "18:00"`)(v); text != "" {
			r.Hour = int(text[0]-'0')*10 + int(text[1]-'0')
			r.Minute = int(text[3]-'0')*10 + int(text[4]-'0')
		}
	}
	fill(at.need, "zone", &r.Zone, func(v value) *time.Location { return v.zone(zones) })
	v, lags := at.get("lag")
	if lags {
		r.Lag = integer(0, 366)(v)
	}
	if v, ok := at.get("after"); ok && lags {
		v.fail("beside lag: want one of the two")
	} else if ok {
		r.After = v.days(1, MaxAfter)
	}
	return r
}

// zone reads a time zone; zones has those that were read before.
func (v value) zone(zones map[string]*time.Location) *time.Location {
	name := v.text()
	if zone, ok := zones[name]; ok {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		if name != "" {
			v.fail("unknown time zone %q%s", name, nearZones(name))
		}
		zone = time.UTC
	}
	zones[name] = zone
	return zone
}

// key reads the key or an alias of a series.
func (v value) key() string {
	key := matching(keyPattern, keyForm)(v.uncut())
	if what := reserved(key); what != "" {
		v.fail("%s: %s", key, what)
	}
	return key
}

func (v value) fields() []string {
	var names []string
	for _, item := range v.listOf(maxCheckOf) {
		name := matching(fieldPattern, fieldForm)(item)
		if slices.Contains(columns, name) {
			item.fail("%s is reserved", name)
		}
		if name != "" && slices.Contains(names, name) {
			item.fail("%s comes twice", name)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		v.fail("want at least one field")
	}
	return names
}

// checks reads the checks of a series that has fields.
func (v value) checks(fields []string) (checks []Check) {
	v.named(maxCheckOf, func(name string, entry value) {
		if !slices.Contains(fields, name) {
			entry.fail("the series has no such field%s", DidYouMean(name, fields))
		}
		checks = append(checks, entry.object().check(name, fields))
	})
	return checks
}

func (o *object) check(field string, fields []string) Check {
	defer o.done()
	c := Check{Field: field}
	fill(o.get, "min", &c.Min, value.decimal)
	if v, ok := o.get("max"); ok {
		c.Max = v.decimal()
		if order, err := row.Compare(c.Max, c.Min); err == nil && order < 0 {
			v.fail("%s is below min, %s", c.Max, c.Min)
		}
	}
	fill(o.get, "max_change", &c.MaxChange, value.percent)
	if v, ok := o.get("not_below"); ok {
		c.NotBelow = v.text()
		if c.NotBelow == field || c.NotBelow != "" && !slices.Contains(fields, c.NotBelow) {
			v.fail("%q: want another field of the series%s", c.NotBelow, DidYouMean(c.NotBelow, fields))
		}
	}
	return c
}
