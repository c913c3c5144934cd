package catalogue

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// value is one value of a document and the name of its field. Its methods
// report what is wrong with it and then return a zero.
type value struct {
	doc   *part
	node  ast.Node
	field field
}

// field is how a value is called, such as series[CURRENCY#USD].ready.zone: what it is
// a part of, and its own name. They are joined where somebody is told.
type field struct{ of, name string }

func (f field) String() string {
	if f.name == "" {
		return f.of
	}
	return join(f.of, f.name)
}

// dot returns the field called name of f.
func (f field) dot(name string) field { return field{f.String(), name} }

func (v value) fail(format string, args ...any) { v.place().fail(format, args...) }

// place is where a value stands. It outlives the piece that has the value.
type place struct {
	doc   *document
	line  int
	field field
}

func (v value) place() place { return place{v.doc.document, v.doc.lineOf(v.node), v.field} }

func (p place) fail(format string, args ...any) {
	if !p.doc.stopped { // or the texts would be made for nothing
		p.doc.report(p.line, p.field.String(), fmt.Sprintf(format, args...))
	}
}

// object is a mapping. Fields that nobody asked for are unknown ones.
type object struct {
	value
	entries []entry
	byName  map[string]int // of entries, once there are many
	asked   []string
	lacks   []string // needed, and not there
	broken  bool     // not a mapping: its fields are not missed
}

// entry is a field of an object, and where its name stands.
type entry struct {
	name       string
	value, key ast.Node
	asked      bool
}

func (v value) object() *object {
	v.field = field{of: v.field.String()}
	o := &object{value: v, asked: make([]string, 0, 16)}
	mapping, ok := v.doc.resolve(v.node).(*ast.MappingNode)
	if !ok {
		v.fail("want fields with values")
		o.broken = true
		return o
	}
	if !v.doc.visit(v.node, len(mapping.Values)) {
		o.broken = true
		return o
	}
	o.entries = make([]entry, 0, len(mapping.Values))
	for _, e := range mapping.Values {
		if _, merge := e.Key.(*ast.MergeKeyNode); merge {
			continue
		}
		name := e.Key.GetToken().Value
		if o.find(name) != nil {
			v.doc.report(v.doc.lineOf(e.Key), join(v.field.of, name), "set twice")
			continue
		}
		o.entries = append(o.entries, entry{name: name, value: e.Value, key: e.Key})
	}
	for _, e := range mapping.Values {
		if _, merge := e.Key.(*ast.MergeKeyNode); merge {
			o.merge(value{v.doc, e.Value, v.field.dot("<<")})
		}
	}
	return o
}

// find returns the field called name, nil when there is none.
func (o *object) find(name string) *entry {
	const few = 16 // are compared sooner than they are hashed
	for i := range o.entries[:min(few, len(o.entries))] {
		if o.entries[i].name == name {
			return &o.entries[i]
		}
	}
	for i := few + len(o.byName); i < len(o.entries); i++ {
		if o.byName == nil {
			o.byName = map[string]int{}
		}
		o.byName[o.entries[i].name] = i
	}
	if i, ok := o.byName[name]; ok {
		return &o.entries[i]
	}
	return nil
}

// merge adds the fields of v that o does not have.
func (o *object) merge(v value) {
	mapping, ok := v.doc.resolve(v.node).(*ast.MappingNode)
	if !ok {
		v.fail("want the alias of an anchor with fields")
		return
	}
	if !v.doc.visit(v.node, len(mapping.Values)) {
		return
	}
	for _, e := range mapping.Values {
		if name := e.Key.GetToken().Value; o.find(name) == nil {
			o.entries = append(o.entries, entry{name: name, value: e.Value, key: e.Key})
		}
	}
}

// get returns a field that need not be there.
func (o *object) get(name string) (v value, ok bool) {
	o.asked = append(o.asked, name)
	v = value{doc: o.doc, field: o.field.dot(name)}
	e := o.find(name)
	if e == nil {
		return v, false
	}
	e.asked = true
	v.node = e.value
	return v, true
}

// need returns a field; done reports when it is not there.
func (o *object) need(name string) (v value, ok bool) {
	v, ok = o.get(name)
	if !ok {
		o.lacks = append(o.lacks, name)
	}
	return v, ok
}

// fill reads the field that get returns into what it is of, which without it stays as
// it is.
func fill[T any](get func(name string) (value, bool), name string, into *T, read func(value) T) {
	if v, ok := get(name); ok {
		*into = read(v)
	}
}

// named calls take with the members, at most most, of an object that may have any names.
func (v value) named(most int, take func(name string, v value)) {
	o := v.object()
	if !v.atMost(most, len(o.entries)) {
		return
	}
	for _, e := range o.entries {
		member, _ := o.get(e.name)
		take(e.name, member)
	}
}

// done reports the fields that nobody asked for and then those that lack, but for
// those that were misspelt.
func (o *object) done() {
	if o.broken {
		return
	}
	line := o.doc.lineOf(o.node)
	after := line
	for _, e := range o.entries {
		if e.asked {
			continue
		}
		at := place{o.doc.document, o.doc.lineOf(e.key), o.field.dot(e.name)}
		at.fail("unknown field%s", DidYouMean(e.name, o.asked))
		if near := nearest(e.name, o.asked, 1); len(near) > 0 {
			after = max(after, at.line)
			o.lacks = slices.DeleteFunc(o.lacks, func(missing string) bool { return missing == near[0] })
		}
	}
	for _, name := range o.lacks {
		o.doc.reportAfter(after, line, join(o.field.String(), name), "missing")
	}
}

func (v value) list() []value { return v.listFrom(0) }

// listFrom is list for a piece of a list that begins with the item number first.
func (v value) listFrom(first int) []value {
	sequence, ok := v.doc.resolve(v.node).(*ast.SequenceNode)
	if !ok {
		v.fail("want a list")
		return nil
	}
	if !v.doc.visit(v.node, len(sequence.Values)) {
		return nil
	}
	items, of := make([]value, len(sequence.Values)), v.field.String()
	for i, n := range sequence.Values {
		items[i] = value{v.doc, n, field{of: of + "[" + strconv.Itoa(first+i) + "]"}}
	}
	return items
}

// oneOrMany returns the items of a list of at most most, or v where it is none.
func (v value) oneOrMany(most int) []value {
	if _, several := v.doc.resolve(v.node).(*ast.SequenceNode); several {
		return v.listOf(most)
	}
	return []value{v}
}

// listOf is list for one of at most most items.
func (v value) listOf(most int) []value {
	items := v.list()
	if !v.atMost(most, len(items)) {
		return nil
	}
	return items
}

// atMost reports a list or an object of more than most entries.
func (v value) atMost(most, entries int) bool {
	if entries > most {
		v.fail("%d entries: want at most %d", entries, most)
	}
	return entries <= most
}

// text reads a line of text without control characters.
func (v value) text() string {
	var text string
	switch n := v.doc.resolve(v.node).(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		v.fail("want a text: put %s in quotes", n.GetToken().Value)
		return ""
	default:
		v.fail("want a text")
		return ""
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			v.fail("want one line without control characters")
			return ""
		}
	}
	if text == "" {
		v.fail("empty")
	}
	return v.filled(text)
}

func (v value) uncutText() string { return v.uncut().text() }

// uncut reads a text as text does, and refuses one that a comment may have cut:
// YAML reads SGS where SGS #432 is written.
func (v value) uncut() value {
	n, ok := v.doc.resolve(v.node).(*ast.StringNode)
	if !ok {
		return v
	}
	t := n.GetToken()
	if c := t.Next; t.Type == token.StringType && c != nil && c.Type == token.CommentType && c.Position.Line == t.Position.Line && !strings.HasPrefix(c.Value, " ") {
		v.fail("`#` after a space begins a comment, so this is %s: put the text in quotes, %s", t.Value, strconv.Quote(t.Value+" #"+strings.TrimSpace(c.Value)))
	}
	return v
}

// matching returns what reads a text of the form of pattern, which what describes.
func matching(pattern func() *regexp.Regexp, what string) func(value) string {
	return func(v value) string {
		text := v.text()
		if text != "" && !pattern().MatchString(text) {
			v.fail("%q: want %s", text, what)
			return ""
		}
		return text
	}
}

// oneOf returns what reads one of choices.
func oneOf(choices ...string) func(value) string {
	return func(v value) string {
		text := v.text()
		if text != "" && !slices.Contains(choices, text) {
			v.fail("%q: want %s%s", text, either(choices), DidYouMean(text, choices))
			return ""
		}
		return text
	}
}

// integer returns what reads a whole number from low to high.
func integer(low, high int) func(value) int {
	return func(v value) int {
		if n, ok := v.doc.resolve(v.node).(*ast.IntegerNode); ok {
			text := n.GetToken().Value
			if i, err := strconv.Atoi(text); err == nil && strconv.Itoa(i) == text && low <= i && i <= high {
				return i
			}
		}
		if low == high {
			v.fail("want %d", low)
		} else {
			v.fail("want a whole number from %d to %d", low, high)
		}
		return low
	}
}

// percent reads a percentage, and returns it without its sign.
func (v value) percent() string {
	switch n := v.doc.resolve(v.node).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode:
		if text := n.GetToken().Value; decimalPattern().MatchString(text) && text[0] != '-' {
			v.fail("%s: want a percentage: did you mean %s%%?", short(text), short(ofHundred(text)))
			return ""
		}
	}
	return strings.TrimSuffix(matching(percentPattern, "a percentage such as 15%")(v), "%")
}

// ofHundred returns what a person means who writes text for a percentage: 15 for
// 0.15, and what is not below 1 as it is.
func ofHundred(text string) string {
	part, ok := strings.CutPrefix(text, "0.")
	if !ok {
		return text
	}
	part += strings.Repeat("0", max(0, 2-len(part)))
	whole, rest := cmp.Or(strings.TrimLeft(part[:2], "0"), "0"), strings.TrimRight(part[2:], "0")
	return strings.TrimSuffix(whole+"."+rest, ".")
}

// decimal reads a number as its text, with or without quotes.
func (v value) decimal() string {
	switch n := v.doc.resolve(v.node).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode:
		if text := n.GetToken().Value; decimalPattern().MatchString(text) {
			return text
		}
	}
	v.fail("want a decimal number such as -1.5")
	return ""
}

// parsed returns what reads a text by parse, which says what is wrong with it.
func parsed[T any](parse func(string) (T, error)) func(value) T {
	return func(v value) (out T) {
		if text := v.text(); text != "" {
			var err error
			if out, err = parse(text); err != nil {
				v.fail("%v", err)
			}
		}
		return out
	}
}

// duration returns what reads a time such as 30s or 2m.
func duration(low, high time.Duration) func(value) time.Duration {
	return func(v value) time.Duration {
		text := matching(durationPattern, "seconds or minutes, such as 30s")(v)
		if text == "" {
			return low
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < low || d > high {
			v.fail("%s: want from %s to %s", text, low, high)
			return low
		}
		return d
	}
}

// days reads a number of days such as 10d.
func (v value) days(low, high int) int {
	const want = "a number of days, such as 10d"
	if n, ok := v.doc.resolve(v.node).(*ast.IntegerNode); ok {
		v.fail("%.20s: want %s", n.GetToken().Value, want)
		return low
	}
	text := matching(daysPattern, want)(v)
	if text == "" {
		return low
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || n < low || n > high {
		v.fail("%s: want from %dd to %dd", text, low, high)
		return low
	}
	return n
}

// join appends the name of a field, which may be any text, to that of its object.
func join(field, name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		name = strconv.Quote(name)
	}
	if field == "" {
		return name
	}
	return field + "." + name
}
