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
	result, bad := set(r.path.steps, doc, value)
	if bad != nil {
		return nil, &ApplyError{Reference: r.path.text, Step: bad.member(), Input: doc}
	}
	return result, nil
}

// set returns the step that does not fit, nil if all do.
func set(steps []step, node, value any) (any, *step) {
	if len(steps) == 0 {
		return value, nil
	}
	s, rest := &steps[0], steps[1:]
	if s.kind == index {
		list, _ := node.([]any)
		at := s.indexes[0]
		if at < 0 || at >= len(list) {
			return nil, s
		}
		item, bad := set(rest, list[at], value)
		if bad != nil {
			return nil, bad
		}
		list = slices.Clone(list)
		list[at] = item
		return list, nil
	}
	o, ok := node.(*Object)
	if !ok {
		return nil, s
	}
	name := s.names[0]
	old, _ := o.Get(name)
	if old == nil && len(rest) > 0 {
		old = &Object{}
	}
	member, bad := set(rest, old, value)
	if bad != nil {
		return nil, bad
	}
	return o.With(name, member), nil
}

// ApplyError says that a Reference Path does not fit an input: there is no place for a
// result, or no list of items.
type ApplyError struct {
	Reference string
	Step      string // the name that does not fit; "" for a number
	Input     any
}

// Error is the text AWS shows, which quotes the whole input, and the name unless the input
// is a scalar.
func (e *ApplyError) Error() string {
	what := "ReferencePath " + e.Reference
	if e.Step != "" && !isScalar(e.Input) {
		what = `step "` + e.Step + `"`
	}
	return "Unable to apply " + what + " to input " + Shown(e.Input)
}
