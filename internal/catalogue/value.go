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
	lacks  []string // needed, and not there
	broken bool     // not a mapping: its fields are not missed
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

// need returns a field; done reports when it is not there.
func (o *object) need(name string) (v value, ok bool) {
	v, ok = o.get(name)
	if !ok {
		o.lacks = append(o.lacks, name)
	}
	return v, ok
}

// done reports the fields that nobody asked for and then those that lack, but for
// those that were misspelt.
func (o *object) done() {
	if o.broken {
		return
	}
	line := o.doc.lineOf(o.node)
	after := line
	for _, name := range o.order {
		if slices.Contains(o.asked, name) {
			continue
		}
		at := o.unknown(name)
		at.fail("unknown field%s", didYouMean(name, o.asked))
		if near := nearest(name, o.asked, 1); len(near) > 0 {
			after = max(after, at.line)
			o.lacks = slices.DeleteFunc(o.lacks, func(missing string) bool { return missing == near[0] })
		}
	}
	for _, name := range o.lacks {
		o.doc.reportAfter(after, line, join(o.field, name), "missing")
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

// percent reads a percentage, and returns it without its sign.
func (v value) percent() string {
	switch n := v.doc.resolve(v.node).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode:
		if text := n.GetToken().Value; decimalPattern.MatchString(text) && text[0] != '-' {
			v.fail("%s: want a percentage: did you mean %s%%?", short(text), short(ofHundred(text)))
			return ""
		}
	}
	return strings.TrimSuffix(v.matching(percentPattern, "a percentage such as 15%"), "%")
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

// days reads a number of days such as 10d.
func (v value) days(low, high int) int {
	const want = "a number of days, such as 10d"
	if n, ok := v.doc.resolve(v.node).(*ast.IntegerNode); ok {
		v.fail("%.20s: want %s", n.GetToken().Value, want)
		return low
	}
	text := v.matching(daysPattern, want)
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
