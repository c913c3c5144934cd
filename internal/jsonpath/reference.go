package jsonpath

import "slices"

// Reference is a Reference Path: a path that names one node, by names and
// numbers only. It never changes.
type Reference struct{ path *Path }

// CompileReference compiles a Reference Path such as `$.a['b'][0]`. The error is a
// *PathError.
func CompileReference(text string) (*Reference, error) {
	path, err := Compile(text)
	if err != nil {
		return nil, err
	}
	for i := range path.steps {
		if s := &path.steps[i]; s.kind != property && s.kind != index || s.fromEnd {
			return nil, &PathError{Path: text, Msg: "a reference path names one node, by names and numbers only"}
		}
	}
	return &Reference{path: path}, nil
}

// String is the path as it was written.
func (r *Reference) String() string { return r.path.text }

// Get returns the value of the node, shared with doc, or a *MissingError.
func (r *Reference) Get(doc any) (any, error) { return r.path.one(doc) }

// Set returns doc with value at the node, as ResultPath does: missing objects on
// the way are made, a missing member comes last, an item of a list must be there.
// doc does not change; the result shares what lies beside the way. The error is an
// *ApplyError.
func (r *Reference) Set(doc, value any) (any, error) {
	result, ok := set(r.path.steps, doc, value)
	if !ok {
		return nil, &ApplyError{Reference: r.path.text, Input: doc}
	}
	return result, nil
}

func set(steps []step, node, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	s, rest := &steps[0], steps[1:]
	if s.kind == index {
		list, _ := node.([]any)
		at := s.indexes[0]
		if at < 0 || at >= len(list) {
			return nil, false
		}
		item, ok := set(rest, list[at], value)
		if !ok {
			return nil, false
		}
		list = slices.Clone(list)
		list[at] = item
		return list, true
	}
	o, ok := node.(*Object)
	if !ok {
		return nil, false
	}
	name := s.names[0]
	old, _ := o.Get(name)
	if old == nil && len(rest) > 0 {
		old = &Object{}
	}
	member, ok := set(rest, old, value)
	if !ok {
		return nil, false
	}
	return o.With(name, member), true
}

// ApplyError says that a result could not be put into an input.
type ApplyError struct {
	Reference string
	Input     any
}

// Error is the text AWS shows, which quotes the whole input.
func (e *ApplyError) Error() string {
	return "Unable to apply ReferencePath " + e.Reference + " to input " + Shown(e.Input)
}
