package jsonpath

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxConditions bounds how deep conditions may nest.
const maxConditions = 100

// blanks are the characters that may stand between the parts of a condition.
const blanks = " \t\r\n"

// predicate reads `(...)` after `[?`.
func (p *parser) predicate() (step, error) {
	p.space()
	if !p.accept("(") {
		return step{}, p.failf("expected '(' after '?'")
	}
	c, err := p.or()
	if err != nil {
		return step{}, err
	}
	if !p.accept(")") {
		return step{}, p.failf("expected ')'")
	}
	return step{kind: predicate, filter: c}, nil
}

func (p *parser) or() (condition, error) {
	c, err := p.and()
	for any := (anyOf{c}); err == nil && p.accept("||"); c = any {
		var next condition
		next, err = p.and()
		any = append(any, next)
	}
	return c, err
}

func (p *parser) and() (condition, error) {
	c, err := p.unary()
	for all := (allOf{c}); err == nil && p.accept("&&"); c = all {
		var next condition
		next, err = p.unary()
		all = append(all, next)
	}
	return c, err
}

// unary reads one condition with the blanks around it.
func (p *parser) unary() (c condition, err error) {
	if p.depth++; p.depth > maxConditions {
		return nil, p.failf("conditions nest too deep")
	}
	defer func() { p.depth-- }()
	p.space()
	switch {
	case p.accept("!"):
		if c, err = p.unary(); err == nil {
			c = negated(c)
		}
	case p.accept("("):
		if c, err = p.or(); err == nil && !p.accept(")") {
			err = p.failf("expected ')'")
		}
	default:
		start := p.at
		var text string
		if text, err = p.term(); err == nil {
			if c, err = parseTerm(text); err != nil {
				p.at = start
				err = p.failf("%w", err)
			}
		}
	}
	p.space()
	return c, err
}

// negated is `!` before c. What Step Functions does not know finds nothing then either.
func negated(c condition) condition {
	switch c := c.(type) {
	case never:
		return c
	case existence:
		return existence{path: c.path, without: !c.without}
	}
	return negation{c}
}

// term reads up to what ends a condition: `&&`, `||` or the parenthesis around it.
func (p *parser) term() (string, error) {
	rest := p.text[p.at:]
	end := len(rest)
	closed := outside(rest, func(i, depth int) bool {
		if depth < 0 || depth == 0 && (strings.HasPrefix(rest[i:], "&&") || strings.HasPrefix(rest[i:], "||")) {
			end = i
			return true
		}
		return false
	})
	if !closed {
		return "", p.failf("expected a closing quote")
	}
	p.at += end
	return strings.Trim(rest[:end], blanks), nil
}

// outside calls at for each byte of text that is not in quotes, with the number of
// brackets and parentheses around it, until at tells that it has found its place. It is
// false when a quote is not closed.
func outside(text string, at func(i, depth int) (found bool)) bool {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != 0 && i+1 < len(text) && text[i+1] == quote:
			i++
			continue
		case c == quote:
			quote = 0
			continue
		case quote != 0:
			continue
		case c == '\'' || c == '"':
			quote = c
			continue
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		}
		if at(i, depth) {
			return true
		}
	}
	return quote == 0
}

// parseTerm reads a relation, or a path alone.
func parseTerm(text string) (condition, error) {
	at, operator := findOperator(text)
	if operator == "" {
		return parseWords(text)
	}
	left, err := parseOperand(text[:at])
	if err != nil {
		return nil, err
	}
	rest := text[at+len(operator):]
	if operator == "!=" && strings.HasPrefix(rest, "=") {
		return nil, errors.New("unknown operator !==")
	}
	right, err := parseOperand(rest)
	if err != nil {
		return nil, err
	}
	if operator == "=~" || left.ofRoot() || right.ofRoot() {
		return never{}, nil
	}
	return relation{left: left, right: right, operator: operator}, nil
}

func findOperator(text string) (at int, operator string) {
	outside(text, func(i, depth int) bool {
		n := slices.IndexFunc(operators, func(o string) bool { return strings.HasPrefix(text[i:], o) })
		if depth != 0 || n < 0 {
			return false
		}
		at, operator = i, operators[n]
		return true
	})
	return at, operator
}

// parseWords reads a condition without signs: a path alone, or an operator that is a
// word.
func parseWords(text string) (condition, error) {
	first := len(text)
	outside(text, func(i, depth int) bool {
		if depth != 0 || strings.IndexByte(blanks, text[i]) < 0 {
			return false
		}
		first = i
		return true
	})
	left, err := parseOperand(text[:first])
	if err != nil {
		return nil, err
	}
	rest := strings.TrimLeft(text[first:], blanks)
	word := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
	switch {
	case slices.Contains(lexical, strings.ToLower(word)):
		return never{}, nil
	case rest != "":
		return nil, fmt.Errorf("unknown operator in %.500q", text)
	case left.path == nil:
		return nil, errors.New("expected an operator")
	case left.ofRoot():
		return never{}, nil
	}
	return existence{path: left.path}, nil
}

// ofRoot tells whether the operand is a value elsewhere in the document, `$.a`.
func (o operand) ofRoot() bool { return o.path != nil && o.path.root == '$' }

// parseOperand reads a path or a literal. A text needs no quotes.
func parseOperand(text string) (operand, error) {
	text = strings.Trim(text, blanks)
	switch {
	case text == "":
		return operand{}, errors.New("expected a path or a value")
	case text[0] == '@' || text[0] == '$':
		p := parser{text: text, inner: true}
		path, err := p.path(text[0])
		if err == nil && !path.definite {
			err = errors.New("it names more than one value")
		}
		if err != nil {
			return operand{}, fmt.Errorf("%.500s in a condition: %w", text, err)
		}
		return operand{path: path}, nil
	case text[0] == '\'' || text[0] == '"':
		p := parser{text: text}
		literal, err := p.quoted(text[0])
		if err == nil && p.at < len(text) {
			err = fmt.Errorf("%.500s goes on after its quotes", text)
		}
		return operand{literal: literal}, err
	}
	return operand{literal: text}, nil
}
