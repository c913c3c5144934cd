package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

const (
	keyForm   = "up to 64 letters, digits and _.#/:- that begin with a letter or digit"
	codeForm  = "letters, digits, spaces and _./-"
	fieldForm = "lower case letters, digits and _"
)

// columns stand before the fields in what is exported, so no field has their name.
var columns = []string{"info_type", "date", "status"}

// series reads one entry of the list of series, and returns where it stands. One
// without a source has, for each field that it lacks, that of the series of base
// with its key.
func (v value) series(zones map[string]*time.Location, base []declaredSeries) (declaredSeries, place) {
	o := v.object()
	defer o.done()
	s, need := declaredSeries{}, o.need
	s.Series = Series{Cadence: Daily, OnEmpty: Recheck, Fields: []string{"value"}}
	if v, ok := o.need("key"); ok {
		if s.Key = v.key(); s.Key != "" {
			o.field = fmt.Sprintf("series[%s]", s.Key)
		}
	}
	if _, whole := o.fields["source"]; !whole && len(base) > 0 && s.Key != "" {
		i := slices.IndexFunc(base, func(b declaredSeries) bool { return b.Key == s.Key })
		if i >= 0 {
			s, need = base[i], o.get
		} else if near := nearest(s.Key, keysOf(base), 1); len(near) > 0 {
			o.fail("no shipped series has this key, and without a source it is none of its own: did you mean %s?", near[0])
			o.broken = true
		}
	}
	if v, ok := need("title"); ok {
		s.Title = v.uncut().text()
	}
	if v, ok := need("unit"); ok {
		s.Unit = v.uncut().text()
	}
	if v, ok := need("source"); ok {
		s.Source, s.sourceAt = v.text(), v.place()
	}
	if v, ok := need("code"); ok {
		s.Code = v.uncut().matching(codePattern, codeForm)
	}
	if v, ok := o.get("aliases"); ok {
		s.Aliases, s.aliasesAt = nil, nil
		for _, alias := range v.list() {
			s.Aliases, s.aliasesAt = append(s.Aliases, alias.key()), append(s.aliasesAt, alias.place())
		}
	}
	fields, renamed := o.get("fields")
	if renamed {
		s.Fields = fields.fields()
	}
	if v, ok := o.get("on_empty"); ok {
		s.OnEmpty = v.oneOf(Recheck, Learn)
	}
	if v, ok := o.get("known_absent"); ok {
		s.KnownAbsent = v.knownAbsent()
	}
	if v, ok := o.get("lookback"); ok {
		s.Lookback = v.integer(0, 1000)
	}
	if v, ok := o.get("checks"); ok {
		s.Checks = v.checks(s.Fields)
	} else if renamed && len(s.Checks) > 0 {
		o.need("checks") // those of the shipped entry are of other fields
	}
	o.days(&s, need)
	if v, ok := o.get("ready"); ok {
		s.Ready = v.ready(zones)
	} else if s.Ready.Zone == nil { // due once the next day of the series begins in UTC
		s.Ready = Ready{Zone: time.UTC, Lag: 1}
	}
	return s, o.place()
}

func keysOf(series []declaredSeries) []string {
	keys := make([]string, len(series))
	for i, s := range series {
		keys[i] = s.Key
	}
	return keys
}

// days reads which days the series has; need reads what it cannot be without.
func (o *object) days(s *declaredSeries, need func(name string) (value, bool)) {
	shipped := s.Series
	if v, ok := o.get("cadence"); ok {
		s.Cadence = v.oneOf(Daily, Weekly, Monthly, Quarterly)
	}
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
		s.Since, at = parsed(v, span.Parse), v.place()
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
		s.Until, at = parsed(v, span.Parse), v.place()
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
		if text := v.matching(timePattern, `a time such as "18:00"`); text != "" {
			r.Hour = int(text[0]-'0')*10 + int(text[1]-'0')
			r.Minute = int(text[3]-'0')*10 + int(text[4]-'0')
		}
	}
	if v, ok := at.need("zone"); ok {
		r.Zone = v.zone(zones)
	}
	v, lags := at.get("lag")
	if lags {
		r.Lag = v.integer(0, 366)
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
	key := v.uncut().matching(keyPattern, keyForm)
	for _, prefix := range []string{"RUN#", "RUNS#", "SOURCE#"} {
		if strings.HasPrefix(key, prefix) {
			v.fail("%s: keys that begin with %s are reserved", key, prefix)
		}
	}
	if strings.HasSuffix(key, "#REVISIONS") {
		v.fail("%s: keys that end in #REVISIONS are reserved", key)
	}
	return key
}

func (v value) fields() []string {
	var names []string
	for _, item := range v.listOf(maxCheckOf) {
		name := item.matching(fieldPattern, fieldForm)
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
func (v value) checks(fields []string) []Check {
	named := v.object()
	if !v.atMost(maxCheckOf, len(named.order)) {
		return nil
	}
	var checks []Check
	for _, name := range named.order {
		entry, _ := named.get(name)
		if !slices.Contains(fields, name) {
			entry.fail("the series has no such field%s", didYouMean(name, fields))
		}
		checks = append(checks, entry.object().check(name, fields))
	}
	return checks
}

func (o *object) check(field string, fields []string) Check {
	defer o.done()
	c := Check{Field: field}
	if v, ok := o.get("min"); ok {
		c.Min = v.decimal()
	}
	if v, ok := o.get("max"); ok {
		c.Max = v.decimal()
		if order, err := row.Compare(c.Max, c.Min); err == nil && order < 0 {
			v.fail("%s is below min, %s", c.Max, c.Min)
		}
	}
	if v, ok := o.get("max_change"); ok {
		c.MaxChange = v.percent()
	}
	if v, ok := o.get("not_below"); ok {
		c.NotBelow = v.text()
		if c.NotBelow == field || c.NotBelow != "" && !slices.Contains(fields, c.NotBelow) {
			v.fail("%q: want another field of the series%s", c.NotBelow, didYouMean(c.NotBelow, fields))
		}
	}
	return c
}
