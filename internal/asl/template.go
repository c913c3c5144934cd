package asl

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"

	"lacuna/internal/jsonpath"
)

// Template is a payload template: a literal, an expression, or an object or array
// that holds at least one expression.
type Template struct {
	Literal any // a document, if the rest is zero
	Expr    *Expr
	Members []TemplateMember
	Items   []*Template
}

// TemplateMember is one member of a Template's object.
type TemplateMember struct {
	Key   string // without ".$"
	Value *Template
}

// Constant tells whether t holds no expression.
func (t *Template) Constant() bool {
	return t.Expr == nil && t.Members == nil && t.Items == nil
}

// template reads a payload template that stands in the field at.
func (p *parser) template(value any, at string) *Template {
	switch value := value.(type) {
	case *jsonpath.Object:
		return p.objectTemplate(value, at)
	case []any:
		items, constant := make([]*Template, len(value)), true
		for i, item := range value {
			items[i] = p.template(item, at)
			constant = constant && items[i].Constant()
		}
		if !constant {
			return &Template{Items: items}
		}
	}
	return &Template{Literal: value}
}

// objectTemplate puts the members in the order in which AWS writes them: literals as
// they stand in the definition, then expressions as a Java hash table lists them
// (recorded executions show it; States.JsonToString makes it visible).
func (p *parser) objectTemplate(o *jsonpath.Object, at string) *Template {
	var literals, dynamic []TemplateMember
	constant := true
	for key, value := range o.All() {
		if name, ok := strings.CutSuffix(key, ".$"); ok {
			constant = false
			if _, twice := o.Get(name); twice {
				p.fail(at, "Duplicate field '%s': it stands here with and without '.$'", name)
			}
			dynamic = append(dynamic, TemplateMember{Key: name, Value: &Template{Expr: p.templateExpr(key, value, at)}})
			continue
		}
		t := p.template(value, at)
		constant = constant && t.Constant()
		literals = append(literals, TemplateMember{Key: key, Value: t})
	}
	if constant {
		return &Template{Literal: o}
	}
	JavaOrder(dynamic, func(m TemplateMember) string { return m.Key })
	return &Template{Members: append(literals, dynamic...)}
}

func (p *parser) templateExpr(key string, value any, at string) *Expr {
	text, ok := value.(string)
	if ok {
		expr, err := parseExpr(text)
		if err == nil {
			return expr
		}
	}
	p.fail(at, "%s", NoExpression(key))
	return &Expr{}
}

// NoExpression is what AWS says of a field whose name ends in .$ and whose value is no
// expression.
func NoExpression(field string) string {
	return "The value for the field '" + field + "' must be a valid JSONPath or a valid intrinsic function call"
}

// JavaOrder sorts a list as java.util.HashMap iterates over its keys.
func JavaOrder[T any](list []T, key func(T) string) {
	capacity := uint32(16)
	for float64(len(list)) > 0.75*float64(capacity) {
		capacity *= 2
	}
	type placed struct {
		bucket  uint32
		element T
	}
	places := make([]placed, len(list))
	for i, e := range list {
		h := uint32(0)
		for _, unit := range utf16.Encode([]rune(key(e))) {
			h = 31*h + uint32(unit)
		}
		places[i] = placed{(h ^ h>>16) & (capacity - 1), e}
	}
	slices.SortStableFunc(places, func(a, b placed) int { return cmp.Compare(a.bucket, b.bucket) })
	for i, p := range places {
		list[i] = p.element
	}
}

// assignments reads the Assign field at.
func (p *parser) assignments(value any, at string) []Assignment {
	o, ok := value.(*jsonpath.Object)
	if !ok {
		p.fail(at, "Expected value of type OBJECT")
		return nil
	}
	var list []Assignment
	for key, value := range o.All() {
		name, dynamic := strings.CutSuffix(key, ".$")
		if !variableName(name) {
			p.fail(at, "The variable name '%s' is not valid", name)
		}
		if dynamic {
			list = append(list, Assignment{Name: name, Value: &Template{Expr: p.templateExpr(key, value, at)}})
		} else {
			list = append(list, Assignment{Name: name, Value: p.template(value, at)})
		}
	}
	return list
}

// variableName tells whether AWS takes name for a variable: at most 80 characters,
// an identifier, not the reserved `states`.
func variableName(name string) bool {
	if name == "" || name == "states" || jsonpath.Length(name) > 80 {
		return false
	}
	for i, r := range name {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}
