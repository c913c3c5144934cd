package asl

import (
	"encoding/json"
	"strings"
)

// Rule is one rule of a Choice state, or one condition inside it. One of And, Or, Not
// and Variable is set.
type Rule struct {
	Next   string // only in the rules of Choices
	Assign []Assignment

	And, Or  []*Rule
	Not      *Rule
	Variable *Expr
	Test     Test
	Value    any   // string, bool, a number; nil if Path is set
	Path     *Expr // the right-hand side of a ...Path operator
}

// Test is a comparison operator without the suffix Path: Kind "Numeric" and Relation
// "LessThan"; Kind "Is" and Relation "Null"; Kind "String" and Relation "Matches".
type Test struct{ Kind, Relation string }

// relations are those that strings, numbers and timestamps have.
var relations = []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"}

// operators lists all comparison operators.
var operators = func() map[string]Test {
	all := map[string]Test{"StringMatches": {"String", "Matches"}}
	for _, kind := range []string{"String", "Numeric", "Timestamp"} {
		for _, relation := range relations {
			all[kind+relation] = Test{kind, relation}
			all[kind+relation+"Path"] = Test{kind, relation}
		}
	}
	all["BooleanEquals"], all["BooleanEqualsPath"] = Test{"Boolean", "Equals"}, Test{"Boolean", "Equals"}
	for _, kind := range []string{"Null", "Present", "Numeric", "String", "Boolean", "Timestamp"} {
		all["Is"+kind] = Test{"Is", kind}
	}
	return all
}()

func (p *parser) choice(s *State, f *fields) {
	p.inputAndOutput(s, f)
	p.assign(s, f)
	s.Default = f.text("Default")
	for i, value := range f.some("Choices") {
		place := element(f.at("Choices"), i)
		if r, ok := p.element(value, place); ok {
			rule := p.rule(r, true)
			s.Choices = append(s.Choices, rule)
		}
	}
}

func (p *parser) rule(f *fields, top bool) *Rule {
	r := &Rule{}
	f.text("Comment")
	if top {
		if r.Next = f.text("Next"); r.Next == "" {
			p.fail(f.place, "These fields are required: [Next]")
		}
		if value, ok := f.get("Assign"); ok {
			r.Assign = p.assignments(value, f.at("Assign"))
		}
	}
	switch {
	case f.has("And"):
		r.And = p.rules(f, "And")
	case f.has("Or"):
		r.Or = p.rules(f, "Or")
	case f.has("Not"):
		value, _ := f.get("Not")
		if inner, ok := p.element(value, f.at("Not")); ok {
			r.Not = p.rule(inner, false)
		}
	case f.has("Condition"):
	default:
		p.comparison(r, f)
	}
	f.refuseOthers()
	return r
}

func (p *parser) rules(f *fields, name string) []*Rule {
	rules := []*Rule{}
	for i, value := range f.some(name) {
		if inner, ok := p.element(value, element(f.at(name), i)); ok {
			rules = append(rules, p.rule(inner, false))
		}
	}
	return rules
}

func (p *parser) comparison(r *Rule, f *fields) {
	if !f.has("Variable") {
		p.fail(f.place, "These fields are required: [Variable]")
	}
	r.Variable = f.path("Variable", parseReference)
	found := 0
	for key := range f.o.All() {
		test, ok := operators[key]
		if !ok {
			continue
		}
		found++
		r.Test = test
		if strings.HasSuffix(key, "Path") {
			r.Path = f.path(key, parseReference)
			continue
		}
		r.Value, _ = f.get(key)
		switch _, isText := r.Value.(string); {
		case test.takes(r.Value):
		case test.Kind == "Timestamp" && isText:
			p.fail(f.at(key), "String does not match RFC3339 timestamp")
		default:
			f.expected(key, test.wants())
		}
	}
	if found != 1 {
		p.fail(f.place, "Exactly one comparison operator is required")
	}
}

// wants is the type of the right-hand side of t.
func (t Test) wants() string {
	switch t.Kind {
	case "Is", "Boolean":
		return "BOOLEAN"
	case "Numeric":
		return "NUMBER"
	}
	return "STRING"
}

// takes tells whether value can stand at the right-hand side of t.
func (t Test) takes(value any) bool {
	switch value := value.(type) {
	case bool:
		return t.Kind == "Boolean" || t.Kind == "Is"
	case int64, float64, json.Number:
		return t.Kind == "Numeric"
	case string:
		_, isTimestamp := ParseTimestamp(value)
		return t.Kind == "String" || t.Kind == "Timestamp" && isTimestamp
	}
	return false
}
