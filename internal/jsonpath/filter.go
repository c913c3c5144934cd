package jsonpath

import (
	"encoding/json"
	"slices"
)

// condition is what stands in [?(...)].
type condition interface {
	// holds tells whether item, an object or a list, is kept. Once the search has ended
	// the answer means nothing.
	holds(item any, in *search) bool
}

type anyOf []condition

func (c anyOf) holds(item any, in *search) bool {
	return slices.ContainsFunc(c, func(c condition) bool { return in.goesOn(1) && c.holds(item, in) })
}

type allOf []condition

func (c allOf) holds(item any, in *search) bool {
	return !slices.ContainsFunc(c, func(c condition) bool { return !in.goesOn(1) || !c.holds(item, in) })
}

type negation struct{ condition }

func (c negation) holds(item any, in *search) bool { return !c.condition.holds(item, in) }

// never is a condition of a kind that Step Functions does not know: it takes the path
// and finds nothing.
type never struct{}

func (never) holds(any, *search) bool { return false }

// existence is a path alone, `@.a`, or without, `!@.a`. A member that is null is as good
// as none.
type existence struct {
	path    *Path
	without bool
}

func (c existence) holds(item any, in *search) bool {
	value, ok := c.path.inside(item, in)
	return (ok && value != nil) != c.without
}

// inside follows a definite path from the item of a filter.
func (p *Path) inside(item any, in *search) (value any, ok bool) {
	w := walker{search: in}
	w.walk(p.steps, item)
	if len(w.found) == 0 {
		return nil, false
	}
	return w.found[0], true
}

// operand is a path or, without one, a literal. Every literal is a text.
type operand struct {
	path    *Path
	literal string
}

func (o operand) value(item any, in *search) (any, bool) {
	if o.path == nil {
		return o.literal, true
	}
	return o.path.inside(item, in)
}

// relation compares two operands. Where a path finds nothing no relation holds, not even
// `!=`.
type relation struct {
	left, right operand
	operator    string
}

func (c relation) holds(item any, in *search) bool {
	left, ok := c.left.value(item, in)
	if !ok {
		return false
	}
	right, ok := c.right.value(item, in)
	if ok && in.err == nil {
		in.err = in.budget.Compare(left, right)
	}
	return ok && in.err == nil && compares(left, c.operator, right)
}

// Compare spends what comparing two scalars takes.
func (b *Budget) Compare(x, y any) error { return b.Spend(1 + textSteps(x) + textSteps(y)) }

// textSteps are the steps that comparing v takes beyond one.
func textSteps(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) / bytesPerStep
	case json.Number:
		return len(v) / bytesPerStep
	}
	return 0
}
