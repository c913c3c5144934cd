package engine

import (
	"cmp"
	"errors"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// choose leaves a Choice state by the first rule that holds.
func (t *thread) choose(input document) (string, document, error) {
	e := t.env(input)
	next, assign := t.state.Default, t.state.Assign
	for _, r := range t.state.Choices {
		holds, err := e.holds(r)
		if err != nil {
			return "", document{}, err
		}
		if holds {
			next, assign = r.Next, r.Assign
			break
		}
	}
	if next == "" {
		return "", document{}, stateErrorf("Failed to transition out of the state. The state does not point to a next state.")
	}
	assigned, err := e.assign(assign)
	if err != nil {
		return "", document{}, err
	}
	return t.exit(input, next, assigned)
}

func (e *env) holds(r *asl.Rule) (bool, error) {
	switch {
	case r.And != nil:
		return e.allHold(r.And)
	case r.Or != nil:
		return e.anyHolds(r.Or)
	case r.Not != nil:
		holds, err := e.holds(r.Not)
		return !holds, err
	}
	return e.compare(r)
}

func (e *env) allHold(rules []*asl.Rule) (bool, error) {
	for _, r := range rules {
		if holds, err := e.holds(r); err != nil || !holds {
			return false, err
		}
	}
	return true, nil
}

func (e *env) anyHolds(rules []*asl.Rule) (bool, error) {
	for _, r := range rules {
		if holds, err := e.holds(r); err != nil || holds {
			return holds, err
		}
	}
	return false, nil
}

func (e *env) compare(r *asl.Rule) (bool, error) {
	left, missing, err := e.operand(r.Variable)
	switch {
	case err != nil:
		return false, err
	case r.Test == (asl.Test{Kind: "Is", Relation: "Present"}):
		return !missing == r.Value, nil
	case missing:
		return false, invalidChoicePath(r.Variable)
	}
	right := r.Value
	if r.Path != nil {
		if right, missing, err = e.operand(r.Path); err != nil {
			return false, err
		}
		if missing {
			return false, invalidChoicePath(r.Path)
		}
	}
	if r.Test.Kind == "Is" {
		return isOfKind(left, r.Test.Relation) == right, nil
	}
	err = e.budget.Compare(left, right)
	return err == nil && related(r.Test, left, right), err
}

// operand follows a path of a rule.
func (e *env) operand(path *asl.Expr) (value any, missing bool, err error) {
	value, err = e.eval(path)
	if _, missing = errors.AsType[*jsonpath.MissingError](err); missing {
		err = nil
	}
	return value, missing, err
}

func invalidChoicePath(path *asl.Expr) error {
	return stateErrorf("Invalid path '%s': The choice state's condition path references an invalid value.", path.Text)
}

func isOfKind(value any, kind string) bool {
	switch value := value.(type) {
	case nil:
		return kind == "Null"
	case bool:
		return kind == "Boolean"
	case string:
		if kind == "Timestamp" {
			_, ok := asl.ParseTimestamp(value)
			return ok
		}
		return kind == "String"
	case []any, *jsonpath.Object:
		return false
	}
	return kind == "Numeric"
}

// related compares two values; values of another type than the operator's are related in
// no way.
func related(test asl.Test, left, right any) bool {
	switch test.Kind {
	case "String":
		l, r, ok := both[string](left, right)
		if test.Relation == "Matches" {
			return ok && matchesPattern(l, r)
		}
		return ok && holdsFor(test.Relation, cmp.Compare(l, r))
	case "Numeric":
		order, ok := compareNumbers(left, right)
		return ok && holdsFor(test.Relation, order)
	case "Boolean":
		l, r, ok := both[bool](left, right)
		return ok && l == r
	}
	l, r, _ := both[string](left, right) // "" is no timestamp
	lt, lok := asl.ParseTimestamp(l)
	rt, rok := asl.ParseTimestamp(r)
	return lok && rok && holdsFor(test.Relation, lt.Compare(rt))
}

func both[T any](left, right any) (l, r T, ok bool) {
	l, lok := left.(T)
	r, rok := right.(T)
	return l, r, lok && rok
}

func holdsFor(relation string, order int) bool {
	switch relation {
	case "Equals":
		return order == 0
	case "LessThan":
		return order < 0
	case "GreaterThan":
		return order > 0
	case "LessThanEquals":
		return order <= 0
	}
	return order >= 0
}

func compareNumbers(left, right any) (int, bool) {
	if l, r, ok := both[int64](left, right); ok {
		return cmp.Compare(l, r), true
	}
	l, lok := toFloat(left)
	r, rok := toFloat(right)
	return cmp.Compare(l, r), lok && rok
}

// matchesPattern tells whether text matches a StringMatches pattern: `*` is any text,
// `\*` a star and `\\` a backslash. Each part between stars takes the first place it finds,
// which leaves the most for those after it, so nothing is tried twice.
func matchesPattern(text, pattern string) bool {
	var parts []string // the literal text between stars
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			part.WriteByte(pattern[i])
		case c == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	last := part.String()
	if parts == nil {
		return text == last
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1:] {
		if _, text, ok = strings.Cut(text, p); !ok {
			return false
		}
	}
	return strings.HasSuffix(text, last)
}
