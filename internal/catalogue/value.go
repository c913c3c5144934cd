package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"
)

// value is one value of a document and the name of its field. Its methods
// report what is wrong with it and then return a zero.
type value struct {
	doc   *part
	node  ast.Node
	field string // such as series[CURRENCY#USD].ready.zone
}

func (v value) fail(format string, args ...any) { v.place().fail(format, args...) }

// place is where a value stands. It outlives the piece that has the value.
type place struct {
	doc   *document
	line  int
	field string
}

func (v value) place() place { return place{v.doc.document, v.doc.lineOf(v.node), v.field} }

func (p place) fail(format string, args ...any) {
	if !p.doc.stopped { // or the texts would be made for nothing
		p.doc.report(p.line, p.field, fmt.Sprintf(format, args...))
	}
}

// object is a mapping. Fields that nobody asked for are unknown ones.
type object struct {
	value
	fields map[string]ast.Node
	keys   map[string]ast.Node // where each field's name stands
	order  []string
	asked  []string
	broken bool // not a mapping: its fields are not missed
}

func (v value) object() *object {
	o := &object{value: v, fields: map[string]ast.Node{}, keys: map[string]ast.Node{}}
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
	for _, entry := range mapping.Values {
		if _, merge := entry.Key.(*ast.MergeKeyNode); merge {
			continue
		}
		name := entry.Key.GetToken().Value
		if _, twice := o.fields[name]; twice {
			v.doc.report(v.doc.lineOf(entry.Key), join(v.field, name), "set twice")
			continue
		}
		o.set(name, entry)
	}
	for _, entry := range mapping.Values {
		if _, merge := entry.Key.(*ast.MergeKeyNode); merge {
			o.merge(value{v.doc, entry.Value, join(v.field, "<<")})
		}
	}
	return o
}

func (o *object) set(name string, entry *ast.MappingValueNode) {
	o.fields[name], o.keys[name] = entry.Value, entry.Key
	o.order = append(o.order, name)
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
	for _, entry := range mapping.Values {
		name := entry.Key.GetToken().Value
		if _, has := o.fields[name]; !has {
			o.set(name, entry)
		}
	}
}

// get returns a field that need not be there.
func (o *object) get(name string) (v value, ok bool) {
	o.asked = append(o.asked, name)
	n, ok := o.fields[name]
	return value{o.doc, n, join(o.field, name)}, ok
}

// need returns a field and reports when it is not there.
func (o *object) need(name string) (v value, ok bool) {
	v, ok = o.get(name)
	if !ok && !o.broken {
		o.doc.report(o.doc.lineOf(o.node), v.field, "missing")
	}
	return v, ok
}

// done reports the fields that nobody asked for.
func (o *object) done() {
	for _, name := range o.order {
		if !slices.Contains(o.asked, name) {
			o.unknown(name).fail("unknown field%s", didYouMean(name, o.asked))
		}
	}
}

// unknown returns the place of the name of a field.
func (o *object) unknown(name string) place {
	return place{o.doc.document, o.doc.lineOf(o.keys[name]), join(o.field, name)}
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
	items := make([]value, len(sequence.Values))
	for i, n := range sequence.Values {
		items[i] = value{v.doc, n, fmt.Sprintf("%s[%d]", v.field, first+i)}
	}
	return items
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
	return text
}

// matching reads a text of the form of pattern, which what describes.
func (v value) matching(pattern *regexp.Regexp, what string) string {
	text := v.text()
	if text != "" && !pattern.MatchString(text) {
		v.fail("%q: want %s", text, what)
		return ""
	}
	return text
}

// integer reads a whole number from low to high.
func (v value) integer(low, high int) int {
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

// decimal reads a number as its text, with or without quotes.
func (v value) decimal() string {
	switch n := v.doc.resolve(v.node).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode:
		if text := n.GetToken().Value; decimalPattern.MatchString(text) {
			return text
		}
	}
	v.fail("want a decimal number such as -1.5")
	return ""
}

// parsed reads a text by parse, which says what is wrong with it.
func parsed[T any](v value, parse func(string) (T, error)) (out T) {
	if text := v.text(); text != "" {
		var err error
		if out, err = parse(text); err != nil {
			v.fail("%v", err)
		}
	}
	return out
}

// duration reads a time such as 30s or 2m.
func (v value) duration(low, high time.Duration) time.Duration {
	text := v.matching(durationPattern, "seconds or minutes, such as 30s")
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
