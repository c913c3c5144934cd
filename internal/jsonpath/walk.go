package jsonpath

import "errors"

// search is the evaluation of one path with all paths inside its filters. The work of `..`
// in `..`, or of a filter in a filter, grows without bounds but those of the budget.
type search struct {
	budget *Budget
	err    error // ends the search
	noList any   // what a slice was asked of
	slice  *step
}

// goesOn spends n steps and tells whether the search goes on.
func (s *search) goesOn(n int) bool {
	if s.err == nil {
		s.err = s.budget.Spend(n)
	}
	return s.err == nil
}

// errNoList ends a search at a slice of what is no list.
var errNoList = errors.New("a slice of what is no list")

// walker collects what an indefinite path selects. A step that does not fit the
// value it meets selects nothing there: AWS answers [] even when a parent is missing.
type walker struct {
	*search
	found []any
}

func (w *walker) list() []any {
	if w.found == nil {
		return []any{}
	}
	return w.found
}

func (w *walker) walk(steps []step, node any) {
	if len(steps) == 0 {
		if w.goesOn(3) { // a list that grows is there twice
			w.found = append(w.found, node)
		}
		return
	}
	if !w.goesOn(1) {
		return
	}
	s, rest := &steps[0], steps[1:]
	switch s.kind {
	case property, properties:
		w.members(s, rest, node)
	case index, indexes:
		w.items(s, rest, node)
	case slice:
		w.part(s, rest, node)
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
		if w.goesOn(MemberSteps * len(s.names)) {
			w.found = append(w.found, merge(o, s.names))
		}
		return
	}
	for _, name := range s.names {
		if !w.goesOn(1) {
			return
		}
		if value, ok := o.Get(name); ok {
			w.walk(rest, value)
		}
	}
}

// items takes the items of a list that the step names; one that is not there is null.
func (w *walker) items(s *step, rest []step, node any) {
	list, ok := node.([]any)
	if !ok {
		return
	}
	for i := range s.indexes {
		if w.err != nil {
			return
		}
		item, _ := s.item(list, i)
		w.walk(rest, item)
	}
}

// part takes the items of a slice. A slice of what is no list ends the search: AWS does
// not take such a path for one that finds nothing.
func (w *walker) part(s *step, rest []step, node any) {
	list, ok := node.([]any)
	if !ok && node != nil && w.err == nil {
		w.slice, w.noList, w.err = s, node, errNoList
	}
	from, to := s.bounds(len(list))
	for ; from < min(to, 0) && w.err == nil; from++ {
		w.walk(rest, nil)
	}
	for i := from; i < to && w.err == nil; i++ {
		w.walk(rest, list[i])
	}
}

func (w *walker) children(node any, visit func(any)) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			if w.err != nil {
				return
			}
			visit(child)
		}
	case *Object:
		for _, child := range node.values {
			if w.err != nil {
				return
			}
			visit(child)
		}
	}
}

// descend applies steps to node and to everything below it, parents first.
func (w *walker) descend(steps []step, node any) {
	if !w.goesOn(1 + len(steps[0].names)) {
		return
	}
	if fits(&steps[0], len(steps) == 1, node) {
		w.walk(steps, node)
	}
	w.children(node, func(child any) { w.descend(steps, child) })
}

// fits tells whether the step after `..` is tried on node: a name where there is
// such a member, names merged into one object where all are there, a slice on lists, a
// filter on objects only, because it comes to the items of a list by itself.
func fits(s *step, last bool, node any) bool {
	o, isObject := node.(*Object)
	switch {
	case s.kind == slice:
		_, isList := node.([]any)
		return isList
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

// filter keeps an object, or the items of a list, for which the condition holds. AWS
// keeps no item that is neither object nor list: `@` stands for no scalar there.
func (w *walker) filter(s *step, rest []step, node any) {
	switch node := node.(type) {
	case *Object:
		if s.filter.holds(node, w.search) {
			w.walk(rest, node)
		}
	case []any:
		for _, item := range node {
			if !w.goesOn(1) {
				return
			}
			if !isScalar(item) && s.filter.holds(item, w.search) {
				w.walk(rest, item)
			}
		}
	}
}

func isScalar(v any) bool {
	switch v.(type) {
	case *Object, []any:
		return false
	}
	return true
}

// bounds is the half-open range that a slice selects of n items. In Jayway a negative
// start that comes with an end does not count from the end: [-2:3] walks from item -2,
// which is not there, to item 2.
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
	case n == 0:
		return 0, 0
	default:
		return *s.from, min(*s.to, n)
	}
}
