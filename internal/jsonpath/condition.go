package jsonpath

import (
	"fmt"
	"regexp"
	"strings"
)

// pathEnd are the characters that end a path inside a condition.
const pathEnd = " \t\r\n)<>=~!&|"

// maxConditions bounds how deep conditions may nest.
const maxConditions = 100

// predicate reads `(...)` after `[?`.
func (p *parser) predicate() (step, error) {
	outer := p.stop
	p.stop = pathEnd
	defer func() { p.stop = outer }()
	if p.depth++; p.depth > maxConditions {
		return step{}, p.failf("filters nest too deep")
	}
	defer func() { p.depth-- }()
	p.space()
	if !p.accept("(") {
		return step{}, p.failf("expected '(' after '?'")
	}
	c, err := p.or()
	if err != nil {
		return step{}, err
	}
	p.space()
	if !p.accept(")") {
		return step{}, p.failf("expected ')'")
	}
	return step{kind: predicate, filter: c}, nil
}

func (p *parser) or() (condition, error) {
	c, err := p.and()
	if err != nil {
		return nil, err
	}
	for any := (anyOf{c}); ; c = any {
		p.space()
		if !p.accept("||") {
			return c, nil
		}
		next, err := p.and()
		if err != nil {
			return nil, err
		}
		any = append(any, next)
	}
}

func (p *parser) and() (condition, error) {
	c, err := p.unary()
	if err != nil {
		return nil, err
	}
	for all := (allOf{c}); ; c = all {
		p.space()
		if !p.accept("&&") {
			return c, nil
		}
		next, err := p.unary()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
}

func (p *parser) unary() (condition, error) {
	if p.depth++; p.depth > maxConditions {
		return nil, p.failf("conditions nest too deep")
	}
	defer func() { p.depth-- }()
	p.space()
	switch {
	case p.accept("!"):
		c, err := p.unary()
		return negation{c}, err
	case p.accept("("):
		c, err := p.or()
		if err != nil {
			return nil, err
		}
		p.space()
		if !p.accept(")") {
			return nil, p.failf("expected ')'")
		}
		return c, nil
	default:
		return p.relation()
	}
}

func (p *parser) relation() (condition, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.space()
	operator := p.operator()
	if operator == "" {
		if left.path == nil {
			return nil, p.failf("expected an operator")
		}
		return existence{left.path}, nil
	}
	compare := comparison(operator)
	if compare == nil {
		return nil, p.failf("unknown operator %s", operator)
	}
	p.space()
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return relation{left: left, right: right, compare: compare}, nil
}

// operator reads signs or a word; "" when the condition goes on otherwise.
func (p *parser) operator() string {
	start := p.at
	for strings.IndexByte("<>=~!", p.peek()) >= 0 && p.peek() != 0 {
		p.at++
	}
	if p.at > start {
		return p.text[start:p.at]
	}
	for c := p.peek(); 'a' <= c|0x20 && c|0x20 <= 'z'; c = p.peek() {
		p.at++
	}
	return p.text[start:p.at]
}

func (p *parser) operand() (operand, error) {
	switch c := p.peek(); c {
	case '@', '$':
		path, err := p.path(c)
		return operand{path: path}, err
	case '\'', '"':
		s, err := p.quoted(c)
		return operand{literal: s}, err
	case '/':
		pattern, err := p.pattern()
		return operand{literal: pattern}, err
	default:
		// Everything else is JSON, in which quotes may be single.
		d := decoder{data: []byte(p.text), at: p.at, single: true}
		value, err := d.value(0)
		p.at = d.at
		if err != nil {
			return operand{}, p.failf("expected a path or a value")
		}
		return operand{literal: value}, nil
	}
}

// pattern reads /regular expression/ with flags. It must match the whole text.
func (p *parser) pattern() (*regexp.Regexp, error) {
	start := p.at + 1
	for p.at = start; p.peek() != '/'; p.at++ {
		if p.peek() == '\\' {
			p.at++
		}
		if p.at >= len(p.text) {
			return nil, p.failf("expected a closing /")
		}
	}
	expression := p.text[start:p.at]
	p.at++
	flags := ""
	for strings.IndexByte("imsdxuU", p.peek()) >= 0 && p.peek() != 0 {
		switch c := p.peek(); c {
		case 'i', 's', 'm':
			flags += string(c)
		case 'u', 'U': // Go's expressions know Unicode anyway
		default:
			return nil, p.failf("flag %c is not supported", c)
		}
		p.at++
	}
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	pattern, err := regexp.Compile(flags + `\A(?:` + expression + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	return pattern, nil
}
