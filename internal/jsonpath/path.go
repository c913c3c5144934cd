package jsonpath

import (
	"strconv"
	"strings"
)

// kind says what one step of a path selects.
type kind uint8

const (
	property   kind = iota // .a, ['a']
	properties             // ['a','b']
	index                  // [0], [-1]
	indexes                // [0,2]
	slice                  // [1:], [:2], [1:2]
	wildcard               // .*, [*]
	descent                // .. : the following step, at every depth
	predicate              // [?(...)]
)

// step is one step of a path.
type step struct {
	kind     kind
	names    []string
	quote    byte // around names in texts, as written
	indexes  []int
	from, to *int
	filter   condition
	text     string // normal form, as Jayway prints it
}

// Path is a compiled path; it never changes.
type Path struct {
	text     string
	root     byte // '$', or '@' inside a filter
	steps    []step
	definite bool
}

// Compile compiles a path such as `$.a['b'][0]`, `$..a`, `$[1:]` or `$.a[?(@.b > 1)]`.
// The functions of JSONPath, such as length(), are refused: Step Functions has none.
func Compile(text string) (*Path, error) {
	path, err := compile(text)
	if err != nil {
		return nil, &PathError{Path: text, Msg: err.Error()}
	}
	return path, nil
}

func compile(text string) (*Path, error) {
	p := parser{text: strings.TrimSpace(text)}
	return p.path('$')
}

// String is the path as it was written.
func (p *Path) String() string { return p.text }

// Definite tells whether the path selects one value at most; Get of any other path
// gives a list.
func (p *Path) Definite() bool { return p.definite }

// Get returns what the path selects in doc: for a definite path the value, or a
// *MissingError; for any other path the list of values in document order, which may
// be empty and is new each time. The values are shared with doc.
func (p *Path) Get(doc any) (any, error) {
	if p.definite {
		return p.one(doc)
	}
	w := walker{root: doc}
	w.walk(p.steps, doc)
	return w.list(), nil
}

// one follows a definite path from node.
func (p *Path) one(node any) (any, error) {
	for i := range p.steps {
		s := &p.steps[i]
		if s.kind == index {
			list, ok := node.([]any)
			if !ok {
				return nil, p.notArray(i, node)
			}
			at := s.indexes[0]
			if at < 0 {
				at += len(list)
			}
			if at < 0 || at >= len(list) {
				return nil, p.noResults()
			}
			node = list[at]
			continue
		}
		o, ok := node.(*Object)
		if !ok {
			return nil, p.notObject(i, node)
		}
		if s.kind == properties {
			return merge(o, s.names), nil // always the last step
		}
		if node, ok = o.Get(s.names[0]); !ok {
			return nil, p.missingProperty(i)
		}
	}
	return node, nil
}

// merge is the object of those members of o that names lists, in that order.
func merge(o *Object, names []string) *Object {
	merged := &Object{}
	for _, name := range names {
		if value, ok := o.Get(name); ok {
			merged.Set(name, value)
		}
	}
	return merged
}

// walker collects what an indefinite path selects. A step that does not fit the
// value it meets selects nothing there: AWS answers [] even when a parent is missing.
type walker struct {
	root    any
	found   []any
	lacking bool // a member was missing
}

func (w *walker) list() []any {
	if w.found == nil {
		return []any{}
	}
	return w.found
}

func (w *walker) walk(steps []step, node any) {
	if len(steps) == 0 {
		w.found = append(w.found, node)
		return
	}
	s, rest := &steps[0], steps[1:]
	switch s.kind {
	case property, properties:
		w.members(s, rest, node)
	case index, indexes:
		w.items(s, rest, node)
	case slice:
		if list, ok := node.([]any); ok {
			from, to := s.bounds(len(list))
			for i := from; i < to; i++ {
				w.walk(rest, list[(i+len(list))%len(list)])
			}
		}
	case wildcard:
		w.children(node, func(child any) { w.walk(rest, child) })
	case descent:
		w.descend(rest, node)
	case predicate:
		w.filter(s, rest, node)
	}
}

func (w *walker) members(s *step, rest []step, node any) {
	o, ok := node.(*Object)
	if !ok {
		return
	}
	if s.kind == properties && len(rest) == 0 {
		merged := merge(o, s.names)
		w.found = append(w.found, merged)
		w.lacking = w.lacking || merged.Len() < len(s.names)
		return
	}
	for _, name := range s.names {
		if value, ok := o.Get(name); ok {
			w.walk(rest, value)
		} else {
			w.lacking = true
		}
	}
}

func (w *walker) items(s *step, rest []step, node any) {
	list, ok := node.([]any)
	if !ok {
		return
	}
	for _, at := range s.indexes {
		if at < 0 {
			at += len(list)
		}
		if at >= 0 && at < len(list) {
			w.walk(rest, list[at])
		}
	}
}

func (w *walker) children(node any, visit func(any)) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			visit(child)
		}
	case *Object:
		for _, child := range node.values {
			visit(child)
		}
	}
}

// descend applies steps to node and to everything below it, parents first.
func (w *walker) descend(steps []step, node any) {
	if fits(&steps[0], len(steps) == 1, node) {
		w.walk(steps, node)
	}
	w.children(node, func(child any) { w.descend(steps, child) })
}

// fits tells whether the step after `..` is tried on node: a name where there is
// such a member, names merged into one object where all are there, a filter on
// objects only, because it comes to the items of a list by itself.
func fits(s *step, last bool, node any) bool {
	o, isObject := node.(*Object)
	switch {
	case s.kind == predicate:
		return isObject
	case s.kind == property, s.kind == properties && last:
		if !isObject {
			return false
		}
		for _, name := range s.names {
			if _, ok := o.Get(name); !ok {
				return false
			}
		}
	}
	return true
}

// filter keeps an object, or the items of a list, for which the condition holds.
func (w *walker) filter(s *step, rest []step, node any) {
	switch node := node.(type) {
	case *Object:
		if s.filter.holds(node, w.root) {
			w.walk(rest, node)
		}
	case []any:
		for _, item := range node {
			if s.filter.holds(item, w.root) {
				w.walk(rest, item)
			}
		}
	}
}

// bounds is the half-open range that a slice selects of n items. In Jayway a
// negative start that comes with an end does not count from the end: [-2:3] walks
// from item -2, the last but one, over the end to item 2.
func (s *step) bounds(n int) (from, to int) {
	switch {
	case s.to == nil:
		if from = *s.from; from < 0 {
			from = max(from+n, 0)
		}
		return from, n
	case s.from == nil:
		if to = *s.to; to < 0 {
			to += n
		}
		return 0, min(to, n)
	default:
		return max(*s.from, -n), min(*s.to, n)
	}
}

func (s *step) normal() string {
	switch s.kind {
	case property, properties:
		q := string(s.quote)
		return "[" + q + strings.Join(s.names, q+","+q) + q + "]"
	case index, indexes:
		texts := make([]string, len(s.indexes))
		for i, n := range s.indexes {
			texts[i] = strconv.Itoa(n)
		}
		return "[" + strings.Join(texts, ",") + "]"
	case slice:
		return "[" + bound(s.from) + ":" + bound(s.to) + "]"
	case wildcard:
		return "[*]"
	case descent:
		return ".."
	default:
		return "[?]"
	}
}

func bound(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
