package jsonpath

import (
	"fmt"
	"strings"
)

// parser reads paths, and conditions inside them. Positions are bytes of text.
type parser struct {
	text  string
	at    int
	depth int  // of conditions
	inner bool // the path stands in a condition
}

func (p *parser) failf(format string, args ...any) error {
	return fmt.Errorf(format+" at position %d", append(args, p.at)...)
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) accept(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// path reads a path that begins with root and goes up to the end.
func (p *parser) path(root byte) (*Path, error) {
	if p.peek() != root {
		return nil, fmt.Errorf("must begin with '%c'", root)
	}
	p.at++
	path := &Path{root: root, text: p.text}
	for p.at < len(p.text) {
		steps, err := p.step()
		if err != nil {
			return nil, err
		}
		if path.steps = append(path.steps, steps...); len(path.steps) > maxDepth {
			return nil, p.failf("more than %d steps", maxDepth)
		}
	}
	for i := range path.steps {
		s := &path.steps[i]
		s.text = s.normal()
		path.cost += 1 + len(s.text)/bytesPerStep
		if s.kind == properties {
			path.cost += MemberSteps * len(s.names)
		}
	}
	path.definite = definite(path.steps)
	return path, nil
}

// definite: several names are merged into one object when they come last.
func definite(steps []step) bool {
	for i := range steps {
		switch k := steps[i].kind; {
		case k == property, k == index:
		case k == properties && i == len(steps)-1:
		default:
			return false
		}
	}
	return true
}

// step reads what follows '.', '..' or '['. After '..' come two steps.
func (p *parser) step() ([]step, error) {
	switch {
	case p.accept(".."):
		s, err := p.named()
		return []step{{kind: descent}, s}, err
	case p.accept("."):
		s, err := p.named()
		return []step{s}, err
	case p.peek() == '[':
		s, err := p.bracket()
		return []step{s}, err
	default:
		return nil, p.failf("expected '.' or '['")
	}
}

// named reads what follows a dot: a name, `*`, or a bracket.
func (p *parser) named() (step, error) {
	switch {
	case p.peek() == '[':
		return p.bracket()
	case p.accept("*"):
		return step{kind: wildcard}, nil
	}
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case '.', '[':
			return p.name(start)
		case ' ', '\t', '\r', '\n':
			return step{}, p.failf("a name with blanks needs brackets, ['like this'],")
		case '(':
			if err := p.arguments(); err != nil {
				return step{}, err
			}
		}
		p.at++
	}
	return p.name(start)
}

// arguments reads what stands in parentheses after a name. Step Functions has no
// functions: `length()` is a name like others, which no object is likely to have.
func (p *parser) arguments() error {
	for depth := 0; ; p.at++ {
		switch p.peek() {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return nil
			}
		case 0:
			return p.failf("expected ')'")
		}
	}
}

func (p *parser) name(start int) (step, error) {
	if start == p.at {
		return step{}, p.failf("expected a name")
	}
	return step{kind: property, names: []string{p.text[start:p.at]}}, nil
}

func (p *parser) bracket() (s step, err error) {
	p.at++
	p.space()
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		s, err = p.quotedNames(c)
	case c == '*':
		p.at++
		s = step{kind: wildcard}
	case c == '?' && p.inner:
		err = p.failf("it names more than one value")
	case c == '?':
		p.at++
		s, err = p.predicate()
	case c == '(':
		s, err = p.fromEnd()
	case c == '-' || c == ':' || '0' <= c && c <= '9':
		s, err = p.numbers()
	default:
		err = p.failf("expected a quote, a number, '*' or '?'")
	}
	if err != nil {
		return step{}, err
	}
	p.space()
	if !p.accept("]") {
		return step{}, p.failf("expected ']'")
	}
	return s, nil
}

func (p *parser) quotedNames(quote byte) (step, error) {
	s := step{kind: property}
	for {
		name, err := p.quoted(quote)
		if err != nil {
			return step{}, err
		}
		s.names = append(s.names, name)
		p.space()
		if !p.accept(",") {
			break
		}
		p.space()
	}
	if len(s.names) > 1 {
		s.kind = properties
	}
	return s, nil
}

// quoted reads a text in quotes, in which a backslash stands for itself, as recorded on
// AWS, but for one before such a quote.
func (p *parser) quoted(quote byte) (string, error) {
	if p.peek() != quote {
		return "", p.failf("expected %c", quote)
	}
	p.at++
	var buf []byte
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == quote:
			return string(buf), nil
		case c == '\\' && p.peek() == quote:
			p.at++
			c = quote
		}
		buf = append(buf, c)
	}
	return "", p.failf("expected a closing %c", quote)
}
