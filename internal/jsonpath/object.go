package jsonpath

import (
	"iter"
	"maps"
	"slices"
)

// scanLimit is the number of members up to which looking at the keys one by one takes
// no longer, on average, than a map does (BenchmarkMember), and a copy is cheap.
const scanLimit = 8

// Object is a JSON object that keeps the order of its members. The zero value is
// an empty object. Once an Object is part of a document that others see it must
// not change any more: Set is for building, With for changing.
type Object struct {
	keys   []string
	values []any
	index  map[string]int // nil up to scanLimit members
}

// Len is the number of members.
func (o *Object) Len() int { return len(o.keys) }

// Get returns the value of key and whether there is one; a member may be null.
func (o *Object) Get(key string) (any, bool) {
	if i := o.find(key); i >= 0 {
		return o.values[i], true
	}
	return nil, false
}

// All gives the members in order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for i, key := range o.keys {
			if !yield(key, o.values[i]) {
				return
			}
		}
	}
}

// Set gives key the value, at the place it had or else at the end.
func (o *Object) Set(key string, value any) {
	if i := o.find(key); i >= 0 {
		o.values[i] = value
		return
	}
	o.keys = append(o.keys, key)
	o.values = append(o.values, value)
	switch {
	case o.index != nil:
		o.index[key] = len(o.keys) - 1
	case len(o.keys) > scanLimit:
		o.index = make(map[string]int, 2*len(o.keys))
		for i, k := range o.keys {
			o.index[k] = i
		}
	}
}

// With returns a copy of o in which key has the value. o stays as it is; the
// values are shared.
func (o *Object) With(key string, value any) *Object {
	c := &Object{
		keys:   slices.Grow(slices.Clone(o.keys), 1),
		values: slices.Grow(slices.Clone(o.values), 1),
		index:  maps.Clone(o.index),
	}
	c.Set(key, value)
	return c
}

// MarshalJSON lets an Object stand inside values given to encoding/json.
func (o *Object) MarshalJSON() ([]byte, error) { return Encode(o) }

// Equal tells whether p has the same members with Equal values, in whatever order.
func (o *Object) Equal(p *Object) bool {
	if o == nil || p == nil {
		return o == p
	}
	return Equal(o, p)
}

func (o *Object) find(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	return slices.Index(o.keys, key)
}

// Equal compares two documents as Java compares what Jackson read: objects without
// order, arrays with, and 1 is not 1.0. It spends from b, which may be nil.
func (b *Budget) Equal(x, y any) (bool, error) {
	if b != nil {
		if err := b.Spend(1 + textSteps(x)); err != nil {
			return false, err
		}
	}
	switch x := x.(type) {
	case *Object:
		y, ok := y.(*Object)
		if !ok || x.Len() != y.Len() {
			return false, nil
		}
		for i, key := range x.keys {
			other, ok := y.Get(key)
			if !ok {
				return false, nil
			}
			if same, err := b.Equal(x.values[i], other); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	case []any:
		y, ok := y.([]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i, item := range x {
			if same, err := b.Equal(item, y[i]); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	}
	if _, ok := y.([]any); ok {
		return false, nil // comparing slices by == panics
	}
	return x == y, nil
}

// Equal is Budget.Equal without a budget.
func Equal(x, y any) bool {
	same, _ := (*Budget)(nil).Equal(x, y) // no error without a budget
	return same
}
