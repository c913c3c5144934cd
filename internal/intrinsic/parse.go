package intrinsic

import (
	"fmt"
	"strings"

	"lacuna/internal/jsonpath"
)

// MaxNesting is how many calls may stand inside each other in one field, the
// outermost included (AWS documentation, "Intrinsic functions").
const MaxNesting = 10

// ParseError says why and where a text is not an intrinsic function call.
type ParseError struct {
	Text   string
	Offset int // in bytes
	Msg    string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("invalid intrinsic function %.500q: %s at position %d", e.Text, e.Msg, e.Offset)
}

// Parse parses a call such as States.Array($.a, 'text', 1, null, States.UUID()). It
// checks names, the number of arguments, nesting and paths. The error is a *ParseError.
func Parse(text string) (*Call, error) {
	p := parser{text: text}
	p.space()
	c, err := p.call(1)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(text) {
		return nil, p.fail("text after the call")
	}
	c.text = text
	return c, nil
}

type parser struct {
	text string
	at   int
}

func (p *parser) fail(msg string) error {
	return &ParseError{Text: p.text, Offset: p.at, Msg: msg}
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) call(nesting int) (*Call, error) {
	if nesting > MaxNesting {
		return nil, p.fail(fmt.Sprintf("more than %d calls inside each other", MaxNesting))
	}
	start := p.at
	for c := p.peek(); c == '.' || 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'; c = p.peek() {
		p.at++
	}
	fn := functions[p.text[start:p.at]]
	if fn == nil {
		p.at = start
		return nil, p.fail("unknown function")
	}
	p.space()
	if p.peek() != '(' {
		return nil, p.fail("expected '('")
	}
	p.at++
	args, err := p.arguments(nesting)
	if err != nil {
		return nil, err
	}
	if len(args) < fn.least || len(args) > fn.most {
		return nil, p.fail(fmt.Sprintf("wrong number of arguments, %d, for %s", len(args), fn.name))
	}
	for i := range args {
		// Only the first text of States.Format has places to fill.
		if t, ok := args[i].literal.(template); ok && (i > 0 || fn.name != "States.Format") {
			args[i].literal = t.String()
		}
	}
	return &Call{text: p.text[start:p.at], fn: fn, args: args}, nil
}

// arguments reads up to and including the closing parenthesis.
func (p *parser) arguments(nesting int) ([]argument, error) {
	var args []argument
	for {
		p.space()
		if p.peek() == ')' && len(args) == 0 {
			p.at++
			return nil, nil
		}
		a, err := p.argument(nesting)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case ')':
			p.at++
			return args, nil
		default:
			return nil, p.fail("expected ',' or ')'")
		}
	}
}

func (p *parser) argument(nesting int) (argument, error) {
	switch c := p.peek(); c {
	case '\'':
		t, err := p.quoted()
		return argument{literal: t}, err
	case '$':
		return p.path()
	case 'S':
		c, err := p.call(nesting + 1)
		return argument{call: c}, err
	default:
		return p.literal()
	}
}

// literal reads a number, true, false or null.
func (p *parser) literal() (argument, error) {
	end := strings.IndexAny(p.text[p.at:], ",) \t\r\n")
	if end < 0 {
		end = len(p.text) - p.at
	}
	word := p.text[p.at : p.at+end]
	value, err := jsonpath.Decode([]byte(word))
	if err != nil || strings.IndexByte(`"[{`, word[0]) >= 0 {
		return argument{}, p.fail("expected a path, a call, a number, true, false, null or a text in single quotes")
	}
	p.at += end
	return argument{literal: value}, nil
}

// quoted reads a text in single quotes.
func (p *parser) quoted() (template, error) {
	p.at++
	var t template
	var part strings.Builder
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '\'':
			p.at++
			return append(t, part.String()), nil
		case c == '\\':
			p.at++
			if c = p.peek(); c == 0 || strings.IndexByte(`'{}\`, c) < 0 {
				return nil, p.fail(`a backslash stands before ', {, } or \ only`)
			}
			part.WriteByte(c)
			p.at++
		case strings.HasPrefix(p.text[p.at:], "{}"):
			t = append(t, part.String())
			part.Reset()
			p.at += 2
		default:
			part.WriteByte(c)
			p.at++
		}
	}
	return nil, p.fail("expected a closing '")
}

// path reads a path up to the comma or parenthesis that ends the argument; those
// within brackets and quotes belong to the path.
func (p *parser) path() (argument, error) {
	start := p.at
	var quote byte
	depth := 0
scan:
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case quote != 0:
			if c == '\\' && strings.HasPrefix(p.text[p.at+1:], string(quote)) {
				p.at++
			} else if c == quote {
				quote = 0
			}
		case (c == '\'' || c == '"') && depth > 0:
			quote = c
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0 && (c == ',' || c == ')'):
			break scan
		}
	}
	p.at = min(p.at, len(p.text))
	text := strings.TrimSpace(p.text[start:p.at])
	query, err := jsonpath.CompileQuery(text)
	if err != nil {
		p.at = start
		return argument{}, p.fail(err.Error())
	}
	return argument{query: query}, nil
}
