package jsonpath

import "slices"

// condition is what stands in [?(...)].
type condition interface {
	// holds tells whether item is kept.
	holds(item any, in *search) bool
}

type anyOf []condition

func (c anyOf) holds(item any, in *search) bool {
	return slices.ContainsFunc(c, func(c condition) bool { return c.holds(item, in) })
}

type allOf []condition

func (c allOf) holds(item any, in *search) bool {
	return !slices.ContainsFunc(c, func(c condition) bool { return !c.holds(item, in) })
}

type negation struct{ condition }

func (c negation) holds(item any, in *search) bool { return !c.condition.holds(item, in) }

// existence is a path alone. Jayway asks for every member that an indefinite path
// names, but is content with an empty list.
type existence struct{ path *Path }

func (c existence) holds(item any, in *search) bool {
	w, ok := c.path.inside(item, in)
	return ok && !w.lacking
}

// inside evaluates a path of a condition, which begins with '@' at the item, with
// '$' at the root. Up to and including the first step that may select several
// values, the path must fit.
func (p *Path) inside(item any, in *search) (w walker, ok bool) {
	w.search = in
	node := item
	if p.root == '$' {
		node = in.root
	}
	for i := range p.steps {
		s := &p.steps[i]
		if s.kind != property && s.kind != index {
			if !s.takes(node) {
				return w, false
			}
			w.walk(p.steps[i:], node)
			return w, true
		}
		w.found = nil
		w.walk(p.steps[i:i+1], node)
		if len(w.found) == 0 {
			return w, false
		}
		node = w.found[0]
	}
	w.found = []any{node}
	return w, true
}

// takes tells whether a step can be applied to node at all.
func (s *step) takes(node any) bool {
	_, isObject := node.(*Object)
	_, isList := node.([]any)
	switch s.kind {
	case property, properties:
		return isObject
	case index, indexes, slice:
		return isList
	case predicate:
		return isObject || isList
	default:
		return true
	}
}

// relation compares two operands.
type relation struct {
	left, right operand
	compare     func(left, right any) bool
}

func (c relation) holds(item any, in *search) bool {
	return c.compare(c.left.value(item, in), c.right.value(item, in))
}

// operand is a path or, without one, a literal: a document or a *regexp.Regexp.
type operand struct {
	path    *Path
	literal any
}

// undefined is the value of a path that finds nothing. It equals nothing, not even
// null or itself.
type undefined struct{}

func (o operand) value(item any, in *search) any {
	if o.path == nil {
		return o.literal
	}
	w, ok := o.path.inside(item, in)
	switch {
	case !ok:
		return undefined{}
	case o.path.definite:
		return w.found[0]
	default:
		return w.list()
	}
}
