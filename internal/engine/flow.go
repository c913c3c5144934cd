package engine

import (
	"errors"
	"fmt"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// env is what expressions see at one point of a state, and what they may cost there: it
// implements jsonpath.Env.
type env struct {
	t       *thread
	input   document
	context any // built when first asked for
	budget  jsonpath.Budget
}

func (t *thread) env(input document) *env {
	return &env{t: t, input: input, budget: jsonpath.NewBudget(t.x.ctx, t.x.work)}
}

func (e *env) Input() any { return e.input.value }

func (e *env) InputText() string {
	if e.input.text != "" {
		return e.input.text
	}
	return jsonpath.Shown(e.input.value)
}

func (e *env) Context() any {
	if e.context == nil {
		e.context = e.t.context()
	}
	return e.context
}

func (e *env) Variable(name string) (any, bool) { return e.t.scope.get(name) }

// scope holds variables; an iteration or branch reads those around it.
type scope struct {
	values map[string]any
	sizes  map[string]size
	weight int64 // of all values
	outer  *scope
}

// size is that of a variable: of its JSON, and of its value, in bytes.
type size struct {
	text   int
	weight int64
}

// maxVariables is AWS's limit of all variables of an execution, in bytes. We count those
// that a state sees.
const maxVariables = 10 << 20

// size is that of all variables to be seen.
func (s *scope) size() int {
	n := 0
	for ; s != nil; s = s.outer {
		for _, size := range s.sizes {
			n += size.text
		}
	}
	return n
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		if value, ok := s.values[name]; ok {
			return value, true
		}
	}
	return nil, false
}

func (e *env) eval(x *asl.Expr) (any, error) {
	if x.Call != nil {
		return x.Call.Eval(&e.budget, e)
	}
	return x.Query.Get(&e.budget, e)
}

// path evaluates a field that holds a path, such as InputPath or TimeoutSecondsPath.
func (e *env) path(x *asl.Expr) (any, error) {
	value, err := e.eval(x)
	return value, invalidPath(x, err)
}

// invalidPath returns err as that of a field with a path.
func invalidPath(x *asl.Expr, err error) error {
	if missing, ok := errors.AsType[*jsonpath.MissingError](err); ok {
		return stateErrorf("Invalid path '%s' : %s", x.Text, missing.Msg)
	}
	return err
}

// field evaluates an expression that stands in a payload template or in a field such as
// ErrorPath.
func (e *env) field(x *asl.Expr, name string) (any, error) {
	readsInput := x.Query != nil && !x.Query.OfContext() && x.Query.Variable() == ""
	if readsInput && e.input.value == nil {
		return nil, stateErrorf("Unable to apply Path transformation to null or empty input.")
	}
	value, err := e.eval(x)
	if missing, ok := errors.AsType[*jsonpath.MissingError](err); ok && x.Query != nil {
		if missing.PastEnd {
			return nil, nil // as AWS has it: seen by others there in September 2026
		}
		return nil, stateErrorf("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", x.Text, name, x.Query.Quoted(e))
	}
	return value, err
}

// template builds a payload.
func (e *env) template(t *asl.Template) (any, error) {
	if err := e.budget.Spend(1 + len(t.Items) + jsonpath.MemberSteps*len(t.Members)); err != nil {
		return nil, err
	}
	switch {
	case t.Members != nil:
		o := &jsonpath.Object{}
		for _, m := range t.Members {
			value, err := e.member(m)
			if err != nil {
				return nil, err
			}
			o.Set(m.Key, value)
		}
		return o, nil
	case t.Items != nil:
		list := make([]any, len(t.Items))
		for i, item := range t.Items {
			value, err := e.template(item)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	}
	return t.Literal, nil
}

func (e *env) member(m asl.TemplateMember) (any, error) {
	if m.Value.Expr != nil {
		return e.field(m.Value.Expr, m.Key+".$")
	}
	return e.template(m.Value)
}

// assign evaluates the variables of a state: all see the values from before it.
func (e *env) assign(list []asl.Assignment) (map[string]any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	values := make(map[string]any, len(list))
	for _, a := range list {
		value, err := e.member(asl.TemplateMember{Key: a.Name, Value: a.Value})
		if err != nil {
			return nil, err
		}
		values[a.Name] = value
	}
	return values, nil
}

// selected applies InputPath or OutputPath to d.
func (t *thread) selected(s asl.Selection, d document) (document, error) {
	switch {
	case s.Null:
		return document{value: &jsonpath.Object{}, text: "{}"}, nil
	case s.Expr == nil:
		return d, nil
	}
	value, err := t.env(d).path(s.Expr)
	return document{value: value}, err
}

// built applies a payload template to d; without one d stays as it is.
func (t *thread) built(tmpl *asl.Template, d document) (document, error) {
	if tmpl == nil {
		return d, nil
	}
	value, err := t.env(d).template(tmpl)
	return document{value: value}, err
}

// effective is the input of the state after InputPath.
func (t *thread) effective() (document, error) { return t.selected(t.state.InputPath, t.input) }

// place puts a result into the input of a state.
func place(target asl.Target, input, result document) (document, error) {
	switch {
	case target.Null:
		return input, nil
	case target.Path == nil:
		return result, nil
	}
	value, err := target.Path.Set(input.value, result.value)
	if apply, ok := errors.AsType[*jsonpath.ApplyError](err); ok {
		return document{}, &conflictError{apply}
	}
	return document{value: value}, err
}

// conflictError is a Reference Path that does not fit the input: of ResultPath or ItemsPath.
type conflictError struct{ error }

// object makes an object of keys and values.
func object(pairs ...any) *jsonpath.Object {
	o := &jsonpath.Object{}
	for i := 0; i < len(pairs); i += 2 {
		o.Set(fmt.Sprint(pairs[i]), pairs[i+1])
	}
	return o
}
