package catalogue

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lacuna/internal/calendar"
)

// resolve looks up the names that declarations use and reports those that lead
// nowhere.
func (d declarations) resolve() *Catalogue {
	found := &whole{list: make([]*Series, len(d.series)), byName: make(map[string]*Series, len(d.series))}
	c := &Catalogue{calendars: d.calendars, series: found}
	c.Sources = append(c.Sources, d.sources...)
	slices.SortFunc(c.Sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	calendars := newCalendars(d.calendars)
	for _, declared := range d.calendars {
		calendars.find(declared.Name)
	}
	for i, s := range d.series {
		s.checkSource(c)
		s.Calendar = s.findCalendar(calendars)
		found.list[i] = &s.Series
	}
	found.index(d.series)
	return c
}

func (s *declaredSeries) checkSource(c *Catalogue) {
	if s.Source == "" {
		return
	}
	of, ok := c.Source(s.Source)
	if ok && of.Declared != nil {
		of.Declared.needs(s)
	}
	if !ok {
		var names []string
		for _, of := range c.Sources {
			names = append(names, of.Name)
		}
		s.sourceAt.unknown("source", s.Source, names)
	}
}

func (s *declaredSeries) findCalendar(among *calendars) *calendar.Calendar {
	found, root := among.find(s.calendar)
	switch {
	case s.calendarAt.doc == nil || s.calendar == "": // not given
	case found == nil && among.isDeclared(s.calendar): // what is wrong with it is reported there
	case found == nil:
		s.calendarAt.unknown("calendar", s.calendar, among.names())
	case s.Cadence != Daily && s.Cadence != "" && root != calendar.Daily:
		s.calendarAt.fail("a %s series wants the calendar daily or one derived from it", s.Cadence)
	}
	return found
}

// unknown reports a name that none of names is.
func (p place) unknown(kind, name string, names []string) {
	if !p.doc.stopped { // or the nearest names would be looked for again and again
		hint := DidYouMean(name, names)
		if slices.Contains([]string{Weekly, Monthly, Quarterly}, name) {
			hint = ": that is a cadence: want cadence: " + name
		} else if hint == "" && len(names) <= 8 {
			hint = ": there are " + strings.Join(names, ", ")
		}
		p.fail("unknown %s %q%s", kind, name, hint)
	}
}

// index makes keys and aliases findable.
func (w *whole) index(declared []*declaredSeries) {
	for _, s := range w.list {
		if s.Key != "" {
			w.byName[s.Key] = s
		}
	}
	for _, s := range declared {
		for j, alias := range s.Aliases {
			if other, taken := w.byName[alias]; taken {
				s.aliasesAt[j].fail("%s is already a name of %s", alias, other.Key)
			} else if alias != "" {
				w.byName[alias] = &s.Series
			}
		}
	}
}

// calendars finds calendars by name, declared ones with their bases first.
type calendars struct {
	declared map[string]declaredCalendar
	found    map[string]*calendar.Calendar
	root     map[string]string // the built-in calendar under each
	pending  map[string]bool   // being found: coming back to one is a circle
}

func newCalendars(declared []declaredCalendar) *calendars {
	c := &calendars{
		declared: map[string]declaredCalendar{},
		found:    map[string]*calendar.Calendar{},
		root:     map[string]string{},
		pending:  map[string]bool{},
	}
	for _, d := range declared {
		c.declared[d.Name] = d
	}
	return c
}

// find returns the calendar called name and the name of the built-in calendar
// under it; nil if there is none.
func (c *calendars) find(name string) (found *calendar.Calendar, root string) {
	if found, ok := c.found[name]; ok {
		return found, c.root[name]
	}
	if built, ok := calendar.Named(name); ok {
		c.found[name], c.root[name] = built, name
		return built, name
	}
	d, ok := c.declared[name]
	if !ok {
		return nil, ""
	}
	c.pending[name] = true
	defer delete(c.pending, name)
	if c.pending[d.Base] {
		d.baseAt.fail("a circle of bases")
	} else if len(c.pending) > maxBases {
		d.baseAt.fail("more than %d calendars that stand on one another", maxBases)
	} else if under, root := c.find(d.Base); under != nil {
		c.found[name] = calendar.Derive(name, under, d.Closed, d.Open)
		c.root[name] = root
		return c.found[name], root
	} else if d.Base != "" && !c.isDeclared(d.Base) {
		d.baseAt.unknown("calendar", d.Base, c.names())
	}
	c.found[name] = nil // reported once
	return nil, ""
}

func (c *calendars) isDeclared(name string) bool {
	_, ok := c.declared[name]
	return ok
}

func (c *calendars) names() []string {
	names := slices.AppendSeq(calendar.Names(), maps.Keys(c.declared))
	slices.Sort(names)
	return names
}

// either joins choices for a sentence: "a, b or c".
func either(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
