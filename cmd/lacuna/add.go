package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lacuna"
	"lacuna/internal/calendar"
	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/propose"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

// addition is what the flags say of a series that is added.
type addition struct {
	key, title, unit, calendar, cadence, since string
	fields                                     []string
}

func (a *app) seriesAddCommand() *cobra.Command {
	var with addition
	cmd := &cobra.Command{
		Use:   "add SOURCE CODE",
		Short: "add a series to the catalogue file, whose every other byte stays; what is not said is as in other series of the source",
		Args:  cobra.ExactArgs(2),

		ValidArgsFunction: a.completeSources,
		RunE: a.verb(func(_ *cobra.Command, args []string, _ string) error {
			return a.addSeries(args[0], args[1], with)
		}, "table"),
	}
	f := cmd.Flags()
	f.StringVar(&with.key, "key", "", "`key` of the series (default: as of the other series of the source, such as SGS#433)")
	f.StringVar(&with.title, "title", "", "`title` of the series")
	f.StringVar(&with.unit, "unit", "", "`unit` of its values")
	f.StringSliceVar(&with.fields, "field", nil, "`name` of a number of a day; may be repeated (default value)")
	f.StringVar(&with.calendar, "calendar", "", "`calendar` of its days: brazil-bank, target, weekdays, daily or one of the catalogue's own")
	f.StringVar(&with.cadence, "cadence", "", "`cadence`: daily, weekly, monthly or quarterly")
	f.StringVar(&with.since, "since", "", "first `day` of the series")
	return cmd
}

// addSeries writes an entry behind those of the catalogue file.
func (a *app) addSeries(name, code string, with addition) error {
	file, text, err := choice.Text(a.catalogue)
	if err != nil {
		return err
	}
	if a.catalogue == "" && file == choice.BuiltIn {
		return exit.New(exit.CodeRefused, "the built-in catalogue cannot be changed: `lacuna init` writes a file that has its series")
	}
	c, err := catalogue.ParseBeside(file, text, lacuna.Series, choice.Beside(file))
	if err != nil {
		return err
	}
	shipped, err := catalogue.Parse("shipped", lacuna.Series, nil)
	if err != nil {
		return err
	}
	if err := known(c, shipped, file, name); err != nil {
		return err
	}
	of, _ := c.Source(name)
	n := newcomer(c, shipped, of, code, span.DayOf(a.asOf))
	if err := n.take(with); err != nil {
		return err
	}
	if there, ok := c.Lookup(n.Key); ok {
		return fmt.Errorf("%s has a series %s, of %s %s: name another one with --key", file, n.Key, there.Source, there.Code)
	}
	var entry []byte
	after, err := catalogue.Append(text, func(indent string) []byte {
		entry = propose.Entry(indent, &n.Series, n.calendar, n.open...)
		return entry
	})
	if err == nil {
		err = onlyAdded(c, file, after, n.Key)
	}
	if err != nil {
		return fmt.Errorf("%s stays as it is: %w", file, err)
	}
	err = a.writeFile(followed(file), after, func(name string) error {
		_, is, err := choice.Text(name)
		if err == nil && !bytes.Equal(is, text) {
			err = errors.New("it has changed meanwhile")
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.tellAdded(c, file, string(entry), n)
}

// known says what is wrong with a source that the catalogue does not have.
func known(c, shipped *catalogue.Catalogue, file, name string) error {
	if _, ok := c.Source(name); ok {
		return nil
	}
	if _, ok := shipped.Source(name); ok {
		return exit.Usage("source %s: %s does not have it; with the line `include: shipped` it has", name, file)
	}
	names := sourceNames(c)
	return exit.Usage("source %s: %s has %s%s", name, file, cmp.Or(strings.Join(names, ", "), "none"), catalogue.DidYouMean(name, names))
}

func sourceNames(c *catalogue.Catalogue) (names []string) {
	for _, s := range c.Sources {
		names = append(names, s.Name)
	}
	return names
}

// added is a series before it is one of a catalogue.
type added struct {
	catalogue.Series
	calendar string
	open     []string // what a person has to fill in
	like     string   // the series from which the rest is; "": none
}

// newcomer returns a series of code as it is likely to be: as the one that a catalogue
// has of that code, else in its days and fields as a shipped one of the source, and
// where there is none as one of c.
func newcomer(c, shipped *catalogue.Catalogue, of *catalogue.Source, code string, today span.Day) *added {
	year, _, _ := today.Date()
	n := &added{
		Series: catalogue.Series{
			Title: of.Name + " " + code, Unit: "unknown", Source: of.Name, Code: code, Fields: fieldsOf(of),
			Cadence: catalogue.Daily, Since: span.Date(year, 1, 1), OnEmpty: catalogue.Recheck,
		},
		calendar: calendar.Weekdays, open: []string{"title", "unit", "calendar", "since"},
	}
	prefix := propose.Prefix(of.Name)
	for _, all := range [][]*catalogue.Series{c.All(), shipped.All()} {
		if like, named := likely(all, of.Name); like != nil {
			n.is(like)
			n.open = []string{"title", "unit", "since"}
			if unit, ok := unitOf(like, code); ok {
				n.Unit, n.open = unit, []string{"title", "since"}
			}
			if named {
				prefix = strings.TrimSuffix(like.Key, like.Code)
			}
		}
	}
	n.Key = propose.Key(prefix, code)
	for _, twin := range slices.Concat(shipped.All(), c.All()) {
		if twin.Source == of.Name && twin.Code == code {
			n.is(twin)
			n.Title, n.Unit, n.Checks, n.KnownAbsent, n.Until, n.open = twin.Title, twin.Unit, twin.Checks, twin.KnownAbsent, twin.Until, nil
		}
	}
	return n
}

// is takes over which days and fields s has.
func (n *added) is(s *catalogue.Series) {
	n.like, n.calendar, n.Fields, n.Cadence, n.Since = s.Key, s.Calendar.Name(), s.Fields, s.Cadence, s.Since
	n.Ready, n.OnEmpty, n.Lookback = s.Ready, s.OnEmpty, s.Lookback
}

// likely returns the last series of a source, but the last one whose key ends with its
// code where there is one, as SGS#1 is named.
func likely(all []*catalogue.Series, source string) (like *catalogue.Series, named bool) {
	for _, s := range all {
		ends := strings.HasSuffix(s.Key, "#"+s.Code)
		if s.Source == source && (ends || !named) {
			like, named = s, ends
		}
	}
	return like, named
}

// unitOf returns the unit of a series of code whose other, of its own code, names that
// code in its unit, as BRL per USD.
func unitOf(other *catalogue.Series, code string) (unit string, ok bool) {
	words := strings.Fields(other.Unit)
	for i, word := range words {
		if word == other.Code {
			words[i], ok = code, true
		}
	}
	return strings.Join(words, " "), ok
}

// fieldsOf returns the fields of a series of a source: value where it can be.
func fieldsOf(of *catalogue.Source) []string {
	if of.Declared == nil || len(of.Declared.Values) == 0 {
		return []string{"value"}
	}
	if _, ok := of.Declared.Values["value"]; ok {
		return []string{"value"}
	}
	return slices.Sorted(maps.Keys(of.Declared.Values))
}

// take sets what the flags say.
func (n *added) take(with addition) error {
	said := func(name string) { n.open = slices.DeleteFunc(n.open, func(o string) bool { return o == name }) }
	set := func(name, value string, to *string) {
		if value != "" {
			*to = value
			said(name)
		}
	}
	set("key", with.key, &n.Key)
	set("title", with.title, &n.Title)
	set("unit", with.unit, &n.Unit)
	if with.cadence != "" && with.cadence != n.Cadence { // then little else is as in another series
		n.Cadence, n.Ready, n.OnEmpty, n.Lookback, n.KnownAbsent = with.cadence, catalogue.Ready{}, catalogue.Recheck, 0, nil
		n.calendar = calendar.Daily
		said("calendar")
		switch with.cadence {
		case catalogue.Daily:
			n.calendar = calendar.Weekdays
			n.open = append(n.open, "calendar")
		case catalogue.Weekly:
			if with.since == "" {
				return exit.Usage("--cadence weekly: want --since too, the day from which weeks are counted")
			}
		default: // the first day of the year is one of every period
			year, _, _ := n.Since.Date()
			n.Since = span.Date(year, 1, 1)
		}
	}
	set("calendar", with.calendar, &n.calendar)
	if with.fields != nil {
		n.Fields, n.Checks = with.fields, nil
	}
	if with.since != "" {
		since, err := span.Parse(with.since)
		if err != nil {
			return exit.Usage("--since: %w", err)
		}
		n.Since = since
		said("since")
	}
	return nil
}

// onlyAdded reports what else than the series key is in a catalogue that was c.
func onlyAdded(c *catalogue.Catalogue, file string, text []byte, key string) error {
	after, err := catalogue.ParseBeside(file, text, lacuna.Series, choice.Beside(file))
	if err != nil {
		return err
	}
	if _, ok := after.Lookup(key); !ok || len(after.All()) != len(c.All())+1 {
		return fmt.Errorf("%d series would be %d", len(c.All()), len(after.All()))
	}
	for _, s := range c.All() {
		is, _ := after.Lookup(s.Key)
		if is == nil || s.Calendar.Name() != is.Calendar.Name() {
			return fmt.Errorf("%s would change", s.Key)
		}
		one, other := *s, *is
		one.Calendar, other.Calendar = nil, nil
		if !reflect.DeepEqual(one, other) {
			return fmt.Errorf("%s would change", s.Key)
		}
	}
	return nil
}

func (a *app) tellAdded(c *catalogue.Catalogue, file, entry string, n *added) error {
	out := a.stdout.Lines()
	out.Printf("%s has a series more:\n\n", file)
	for line := range strings.Lines(entry) {
		out.Printf("%s\n", strings.TrimSuffix(line, "\n"))
	}
	out.Printf("\n")
	for _, s := range c.All() {
		if s.Source == n.Source && s.Code == n.Code {
			out.Printf("%s is %s %s too.\n", s.Key, s.Source, s.Code)
		}
	}
	if len(n.open) > 0 && n.like != "" {
		out.Printf("To be filled in: %s. The rest is as in %s.\n", strings.Join(n.open, ", "), n.like)
	} else if len(n.open) > 0 {
		out.Printf("To be filled in: %s.\n", strings.Join(n.open, ", "))
	}
	out.Printf("Next: %s %s\n", a.again("series try"), output.Quote(n.Key))
	return out.Flush()
}

// completeSources offers the sources of the catalogue, until an argument is there.
func (a *app) completeSources(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, err := a.completeFrom(cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return sourceNames(c), cobra.ShellCompDirectiveNoFileComp
}
