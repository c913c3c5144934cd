package jsonpath

import "slices"

// condition is what stands in [?(...)].
type condition interface {
	// holds tells whether item, somewhere in root, is kept.
	holds(item, root any) bool
}

type anyOf []condition

func (c anyOf) holds(item, root any) bool {
	return slices.ContainsFunc(c, func(c condition) bool { return c.holds(item, root) })
}

type allOf []condition

func (c allOf) holds(item, root any) bool {
	return !slices.ContainsFunc(c, func(c condition) bool { return !c.holds(item, root) })
}

type negation struct{ condition }

func (c negation) holds(item, root any) bool { return !c.condition.holds(item, root) }

// existence is a path alone. Jayway asks for every member that an indefinite path
// names, but is content with an empty list.
type existence struct{ path *Path }

func (c existence) holds(item, root any) bool {
	w, ok := c.path.inside(item, root)
	return ok && !w.lacking
}

// inside evaluates a path of a condition, which begins with '@' at the item, with
// '$' at the root. Up to and including the first step that may select several
// values, the path must fit.
func (p *Path) inside(item, root any) (w walker, ok bool) {
	w.root = root
	node := item
	if p.root == '$' {
		node = root
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

func (c relation) holds(item, root any) bool {
	return c.compare(c.left.value(item, root), c.right.value(item, root))
}

// operand is a path or, without one, a literal: a document or a *regexp.Regexp.
type operand struct {
	path    *Path
	literal any
}

// undefined is the value of a path that finds nothing. It equals nothing, not even
// null or itself.
type undefined struct{}

func (o operand) value(item, root any) any {
	if o.path == nil {
		return o.literal
	}
	w, ok := o.path.inside(item, root)
	switch {
	case !ok:
		return undefined{}
	case o.path.definite:
		return w.found[0]
	default:
		return w.list()
	}
}
