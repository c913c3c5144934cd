package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"lacuna/internal/calendar"
)

// resolve looks up the names that declarations use and reports those that lead
// nowhere.
func (d declarations) resolve() *Catalogue {
	c := &Catalogue{byName: map[string]int{}}
	for _, s := range d.sources {
		c.Sources = append(c.Sources, s.Source)
	}
	slices.SortFunc(c.Sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	calendars := newCalendars(d.calendars)
	for _, declared := range d.calendars {
		calendars.find(declared.name)
	}
	for _, s := range d.series {
		s.at.checkSource(s.Source, c)
		s.Calendar = s.at.findCalendar(s.calendar, s.Cadence, calendars)
		c.Series = append(c.Series, s.Series)
	}
	c.index(d.series)
	return c
}

func (o *object) checkSource(name string, c *Catalogue) {
	if name == "" {
		return
	}
	if _, ok := c.Source(name); !ok {
		var names []string
		for _, s := range c.Sources {
			names = append(names, s.Name)
		}
		v, _ := o.get("source")
		v.fail("unknown source %q%s", name, didYouMean(name, names))
	}
}

func (o *object) findCalendar(name, cadence string, among *calendars) *calendar.Calendar {
	found, root := among.find(name)
	v, given := o.get("calendar")
	switch {
	case !given || name == "":
	case found == nil && among.isDeclared(name): // what is wrong with it is reported there
	case found == nil:
		v.fail("unknown calendar %q%s", name, didYouMean(name, among.names()))
	case cadence != Daily && cadence != "" && root != calendar.Daily:
		v.fail("a %s series wants the calendar daily or one derived from it", cadence)
	}
	return found
}

// index makes keys and aliases findable.
func (c *Catalogue) index(declared []declaredSeries) {
	for i, s := range declared {
		if s.Key != "" {
			c.byName[s.Key] = i
		}
	}
	for i, s := range declared {
		if len(s.Aliases) == 0 {
			continue
		}
		v, _ := s.at.get("aliases")
		for j, item := range v.list() {
			alias := s.Aliases[j]
			if other, taken := c.byName[alias]; taken {
				item.fail("%s is already a name of %s", alias, c.Series[other].Key)
			} else if alias != "" {
				c.byName[alias] = i
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
		c.declared[d.name] = d
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
	base, _ := d.at.get("base")
	if c.pending[d.base] {
		base.fail("a circle of bases")
	} else if under, root := c.find(d.base); under != nil {
		c.found[name] = calendar.Derive(name, under, d.closed, d.open)
		c.root[name] = root
		return c.found[name], root
	} else if d.base != "" && !c.isDeclared(d.base) {
		base.fail("unknown calendar %q%s", d.base, didYouMean(d.base, c.names()))
	}
	c.found[name] = nil // reported once
	return nil, ""
}

func (c *calendars) isDeclared(name string) bool {
	_, ok := c.declared[name]
	return ok
}

func (c *calendars) names() []string {
	names := calendar.Names()
	for name := range c.declared {
		names = append(names, name)
	}
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
