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
	indexes  []int
	fromEnd  bool // indexes are less than the length of the list: [(@.length-1)]
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
	cost     int // steps of a definite path
}

// MemberSteps is what a member of a new object costs: its key, its value and its place in
// an index.
const MemberSteps = 6

// Compile compiles a path such as `$.a['b'][0]`, `$..a`, `$[1:]` or `$.a[?(@.b > 1)]`.
// A function of JSONPath, such as length(), is taken for a member of that name: Step
// Functions has none.
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

// Definite tells whether the path selects one value at most.
func (p *Path) Definite() bool { return p.definite }

// Get returns what the path selects in doc: for a definite path the value, or a
// *MissingError; for any other path the list of values in document order, which may
// be empty and is new each time, or a *MissingError where a slice meets what is no list.
// Where finding them costs more than is left in b the error is a *PathError with that of b.
// The values are shared with doc.
func (p *Path) Get(b *Budget, doc any) (any, error) {
	if !p.definite {
		return p.all(b, doc)
	}
	if err := b.Spend(p.cost); err != nil {
		return nil, p.spent(err)
	}
	return p.one(doc)
}

// all follows an indefinite path.
func (p *Path) all(b *Budget, doc any) (any, error) {
	w := walker{search: &search{budget: b}}
	w.walk(p.steps, doc)
	switch {
	case w.slice != nil:
		return nil, p.notSliced(w.slice, w.noList)
	case w.err != nil:
		return nil, p.spent(w.err)
	}
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
			if node, ok = s.item(list, 0); !ok && i == len(p.steps)-1 {
				return nil, p.pastEnd()
			}
			continue
		}
		o, ok := node.(*Object)
		if !ok {
			return nil, p.notObject(i)
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

// member is the name of a step to one member, "" for any other.
func (s *step) member() string {
	if s.kind != property {
		return ""
	}
	return s.names[0]
}

// item is the item of the step's index i, which is null where list ends before it or
// begins after it.
func (s *step) item(list []any, i int) (item any, ok bool) {
	at := s.indexes[i]
	if s.fromEnd {
		at += len(list)
	}
	if at < 0 || at >= len(list) {
		return nil, false
	}
	return list[at], true
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

func (s *step) normal() string {
	switch s.kind {
	case property, properties:
		return "['" + strings.Join(s.names, "', '") + "']"
	case index, indexes:
		texts := make([]string, len(s.indexes))
		for i, n := range s.indexes {
			texts[i] = strconv.Itoa(n)
		}
		list := strings.Join(texts, ",")
		if s.fromEnd {
			list = "@.size()" + list
		}
		return "[" + list + "]"
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
