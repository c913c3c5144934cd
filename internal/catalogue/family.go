package catalogue

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// What families may have.
const (
	maxMembers = 100_000 // of all families
	maxLists   = 10
	maxMember  = 200 // bytes of a text that stands for a name

	maxFamilyVisits = 4_000_000 // fields and items of a family's members; 100,000 of them with all fields have 2.5 million
)

// seriesList is the list of series while it is read.
type seriesList struct {
	series  []*declaredSeries
	zones   map[string]*time.Location
	shipped map[string]*declaredSeries // by key: with the members of families those of which an entry may change a part
	at      map[string]int             // by key: its place in series
	parts   bool                       // an entry may change a part of something
	left    int                        // members that there may still be
	items   int                        // entries read
}

func newSeriesList(base []*declaredSeries) *seriesList {
	l := &seriesList{zones: map[string]*time.Location{}, shipped: make(map[string]*declaredSeries, len(base)), at: map[string]int{}, left: maxMembers}
	for _, s := range base {
		l.shipped[s.Key], l.parts = s, true
	}
	return l
}

// known returns the series of which an entry with its key may change a part.
func (l *seriesList) known(key string) (*declaredSeries, bool) {
	if i, ok := l.at[key]; ok && l.series[i].ofFamily {
		return l.series[i], true
	}
	s, ok := l.shipped[key]
	return s, ok
}

// keys returns those that known knows.
func (l *seriesList) keys() []string {
	keys := slices.Collect(maps.Keys(l.shipped))
	for _, s := range l.series {
		if s.ofFamily {
			keys = append(keys, s.Key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// add reads an entry: one series, or a family of them.
func (l *seriesList) add(item value) {
	l.items++
	each, ok := item.each()
	if !ok {
		s, at := item.series(l)
		l.take(s, at)
		return
	}
	problems, visits, spent := len(item.doc.problems), item.doc.left, 0
	members := each.members(l.left)
	if len(item.doc.problems) > problems {
		return
	}
	l.series = slices.Grow(l.series, members.count)
	var first *alike
	before := len(l.series)
	for i := range members.count {
		spent += visits - item.doc.left
		if spent > maxFamilyVisits {
			item.fail("the members of a family have more than %d fields and items: give it shorter lists", maxFamilyVisits)
			return
		}
		item.doc.left = visits // a family is read as often as it has members
		item.doc.member = members.member(i)
		s, at := item.another(first, l)
		s.ofFamily = true
		other, twice := l.at[s.Key]
		l.take(s, at)
		item.doc.member = nil
		if len(item.doc.problems) > problems { // the other members have the same
			note := ""
			if twice && other >= before {
				note = members.same(other-before, i)
			} else if members.file != "" {
				note = members.place(i)
			}
			if note != "" {
				for p := range item.doc.problems[problems:] {
					item.doc.problems[problems+p].what += " (" + short(note) + ")"
				}
			}
			return
		}
		if i == 0 {
			first = item.alike(s)
		}
		l.left--
	}
}

// take adds a series. An entry after a family replaces its member, once.
func (l *seriesList) take(s *declaredSeries, at place) {
	i, twice := l.at[s.Key]
	switch {
	case s.Key == "":
	case twice && !s.ofFamily && l.series[i].ofFamily && !l.series[i].replaces:
		s.ofFamily, s.replaces = true, true
		l.series[i] = s
		return
	case twice && s.ofFamily && !l.series[i].ofFamily:
		at.fail("the key comes twice: an entry for a member of a family stands below the family")
	case twice && l.series[i].replaces:
		at.fail("the key comes twice: a member of a family is changed by one entry")
	case twice:
		at.fail("the key comes twice")
	}
	l.at[s.Key] = len(l.series)
	l.series = append(l.series, s)
	l.parts = l.parts || s.ofFamily
}

// alike is what the members of a family have in common with the first one, where they
// differ in names alone: the others are that one with other names.
type alike struct {
	first   *declaredSeries
	differs []entry
}

// alike returns nil where members differ in more than their names, or change parts of
// other series.
func (v value) alike(first *declaredSeries) *alike {
	o, a := v.object(), &alike{first: first}
	if o.find("source") == nil {
		return nil
	}
	for _, e := range o.entries {
		switch {
		case e.name == "aliases", slices.Contains(names, e.name) && v.doc.hasBraces(e.value):
			a.differs = append(a.differs, e)
		case e.name != "each" && v.doc.hasBraces(e.value):
			return nil
		}
	}
	return a
}

// hasBraces reports whether a text of n may have the name of a list.
func (p *part) hasBraces(n ast.Node) bool {
	found := &braces{}
	ast.Walk(found, p.resolve(n))
	return found.any
}

type braces struct{ any bool }

// Visit implements ast.Visitor.
func (b *braces) Visit(n ast.Node) ast.Visitor {
	_, isAlias := n.(*ast.AliasNode)
	text, isText := n.(*ast.StringNode)
	b.any = b.any || isAlias || isText && strings.Contains(text.Value, "{")
	return b
}

// another reads a member of a family by the first one, which it is where that is nil.
func (v value) another(of *alike, l *seriesList) (*declaredSeries, place) {
	if of == nil {
		return v.series(l)
	}
	s, o := *of.first, &object{value: v, entries: of.differs, asked: make([]string, 0, len(names)+1)}
	fill(o.get, "key", &s.Key, value.key)
	if s.Key != "" {
		o.field = field{of: "series[" + s.Key + "]"}
	}
	s.sourceAt.field.of, s.calendarAt.field.of = o.field.of, o.field.of
	o.names(&s, o.get)
	return &s, o.place()
}

// each returns the lists of a family; ok is false for an entry that is one series.
func (v value) each() (each value, ok bool) {
	mapping, isMapping := v.doc.resolve(v.node).(*ast.MappingNode)
	if !isMapping {
		return each, false
	}
	for _, entry := range mapping.Values {
		if entry.Key.GetToken().Value == "each" {
			return value{v.doc, entry.Value, v.field.dot("each")}, true
		}
	}
	return each, false
}

// members are those of a family: what stands, in each, for the names of its lists.
type members struct {
	names  []string
	lists  [][]string // by name; every combination is a member
	paired bool       // but lists are columns: what stands in the same place is one
	file   string     // of them
	lines  []int      // in it, of each member
	count  int
}

// place says where the i-th member stands.
func (m members) place(i int) string {
	if m.file != "" {
		return fmt.Sprintf("%s line %d", m.file, m.lines[i])
	}
	of := m.member(i)
	var texts []string
	for n, name := range of.names {
		texts = append(texts, name+" "+of.texts[n])
	}
	return strings.Join(texts, ", ")
}

// same says of two members with one key where they stand, and what the key lacks.
func (m members) same(i, j int) string {
	a, b := m.member(i), m.member(j)
	note := m.place(i)
	if other := m.place(j); other != note {
		note += ", and " + other
	} else {
		note += " stands twice"
	}
	for n, name := range m.names {
		if a.texts[n] != b.texts[n] {
			note += ": the key has no {" + name + "}"
		}
	}
	return note
}

// member returns what stands in the i-th member, by name. The last list goes round first.
func (m members) member(i int) *member {
	of := &member{names: m.names, texts: make([]string, len(m.names))}
	for n := len(m.names) - 1; n >= 0; n-- {
		if m.paired {
			of.texts[n] = m.lists[n][i]
			continue
		}
		of.texts[n] = m.lists[n][i%len(m.lists[n])]
		i /= len(m.lists[n])
	}
	return of
}

// member is one of a family: names, and the texts that stand for them.
type member struct{ names, texts []string }

// members reads the lists of a family, of which there may be most members: every
// combination of them, or each line of a file.
func (v value) members(most int) (m members) {
	o := v.object()
	if from, ok := o.get("from"); ok {
		if o.done(); len(o.entries) > 1 {
			return m
		}
		return from.membersOfFile(most)
	}
	if len(o.entries) == 0 && !o.broken {
		v.fail("want a list by its name, such as {code: [USD, BRL]}, or from: a file")
	}
	if !v.atMost(maxLists, len(o.entries)) {
		return m
	}
	count := 1
	for _, e := range o.entries {
		list, _ := o.get(e.name)
		if !fieldPattern().MatchString(e.name) {
			list.fail("want a name: %s", fieldForm)
			return m
		}
		problems := len(v.doc.problems)
		items := list.list()
		if len(items) == 0 {
			if len(v.doc.problems) == problems {
				list.fail("want at least one text")
			}
			return m
		}
		if count *= len(items); count > most {
			v.fail("more than %d members of families", maxMembers)
			return m
		}
		texts := make([]string, len(items))
		for i, item := range items {
			texts[i] = item.shortText()
		}
		m.names, m.lists = append(m.names, e.name), append(m.lists, texts)
	}
	m.count = count
	return m
}

func (v value) shortText() string {
	text := v.text()
	if len(text) > maxMember {
		v.fail("a text of %d bytes: want at most %d", len(text), maxMember)
	}
	return text
}

// membersOfFile reads a CSV file beside the catalogue, whose columns are the names.
func (v value) membersOfFile(most int) (m members) {
	name := v.text()
	switch {
	case name == "":
		return m
	case !fs.ValidPath(name) || strings.Contains(name, "\\") || !strings.HasSuffix(name, ".csv"):
		v.fail("%q: want the name of a CSV file beside the catalogue, such as codes.csv", name)
		return m
	case v.doc.files == nil:
		v.fail("%q: there are no files beside this catalogue", name)
		return m
	}
	text, err := v.doc.files(name)
	if err != nil {
		v.fail("%v", err)
		return m
	}
	m, err = readMembers(text, most)
	if err != nil {
		v.fail("%s: %v", name, err)
	}
	m.file = name
	return m
}

func readMembers(text []byte, most int) (m members, err error) {
	if len(text) > maxBytes {
		return m, fmt.Errorf("longer than %d bytes", maxBytes)
	}
	text, what, line := decode(text)
	if what != "" {
		return m, fmt.Errorf("line %d: %s", line, what)
	}
	if n := bytes.Count(text, []byte{'\n'}); n > most+1 {
		return m, fmt.Errorf("more than %d members of families", maxMembers)
	}
	in := csv.NewReader(bytes.NewReader(text))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return m, errors.New("no header: the file is empty")
	}
	if err != nil {
		return m, fmt.Errorf("no header: %w", err)
	}
	if err := checkColumns(header); err != nil {
		return m, fmt.Errorf("line 1: %w", err)
	}
	m = members{names: slices.Clone(header), lists: make([][]string, len(header)), paired: true}
	in.ReuseRecord = true
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) && m.count == 0 {
			return m, errors.New("no line below the header")
		}
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		for i, name := range header {
			if why := notCell(record[i]); why != "" {
				line, _ := in.FieldPos(i)
				return m, fmt.Errorf("line %d: %s: %s", line, name, why)
			}
			m.lists[i] = append(m.lists[i], record[i])
		}
		line, _ := in.FieldPos(0)
		m.lines = append(m.lines, line)
		m.count++
	}
}

// checkColumns refuses names of columns that are none.
func checkColumns(header []string) error {
	if len(header) > maxLists {
		return fmt.Errorf("%d columns: want at most %d", len(header), maxLists)
	}
	for i, name := range header {
		switch {
		case slices.Contains(header[:i], name):
			return fmt.Errorf("the column %s stands twice", name)
		case fieldPattern().MatchString(name):
		case strings.ContainsAny(name, ";\t"):
			return fmt.Errorf("%.50q: want commas between the names of columns", name)
		case fieldPattern().MatchString(strings.ToLower(name)):
			return fmt.Errorf("%.50q: want the name of a column in lower case, as in {%s}", name, strings.ToLower(name))
		default:
			return fmt.Errorf("%.50q: want the name of a column: %s", name, fieldForm)
		}
	}
	return nil
}

// notCell returns why a text cannot stand for a name; "" when it can.
func notCell(text string) string {
	switch {
	case text == "":
		return "the cell is empty"
	case text != strings.TrimSpace(text):
		return fmt.Sprintf("%.50q has space around it", text)
	case len(text) > maxMember:
		return fmt.Sprintf("a text of %d bytes: want at most %d", len(text), maxMember)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Sprintf("%.50q has a line break or another control character", text)
	}
	return ""
}

// filled returns text with what stands, in this member of a family, for the names in
// braces.
func (v value) filled(text string) string {
	of := v.doc.member
	if of == nil || !strings.Contains(text, "{") {
		return text
	}
	var out strings.Builder
	for {
		begin := strings.IndexByte(text, '{')
		end := strings.IndexByte(text[begin+1:], '}') + begin + 1
		if begin < 0 || end == begin {
			out.WriteString(text)
			return out.String()
		}
		begin = strings.LastIndexByte(text[:end], '{') // {{a} is a { and {a}
		out.WriteString(text[:begin])
		name := text[begin+1 : end]
		if i := slices.Index(of.names, name); i >= 0 {
			out.WriteString(of.texts[i])
		} else {
			known := slices.Sorted(slices.Values(of.names))
			v.fail("{%s}: no list of each has this name, which has %s%s", name, strings.Join(known, ", "), DidYouMean(name, known))
		}
		text = text[end+1:]
	}
}
