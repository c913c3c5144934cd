package catalogue

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// document is one YAML file while it is read. Problems are collected, so that
// a person sees many of them at once.
type document struct {
	name     string
	problems []problem
	left     int  // fields and items that may still be visited, see maxVisits
	stopped  bool // too much is wrong: nothing more is read

	files  func(name string) ([]byte, error) // of those beside it; nil: none can be read
	member *member                           // of the family that is read; nil: none
}

func newDocument(name string) *document { return &document{name: name, left: maxVisits} }

// part is a piece of a document that is parsed by itself.
type part struct {
	*document
	before  int // lines of the document before it
	anchors map[string]ast.Node
}

// problem is what is wrong with a field, as "file:line: field: what".
type problem struct {
	file  string
	line  int
	field string
	what  string
	after int // the line after which it is told: its own, or a later one
}

func (p problem) Error() string {
	if p.field == "" {
		return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.what)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.file, p.line, p.field, p.what)
}

// open parses the text of a piece that begins after so many lines, and returns
// its top value; without one there are problems.
func (d *document) open(text []byte, before int) (v value, ok bool) {
	p := &part{document: d, before: before, anchors: map[string]ast.Node{}}
	file := p.parse(text)
	if file == nil {
		return v, false
	}
	var roots []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			roots = append(roots, doc.Body)
		}
	}
	switch len(roots) {
	case 0:
		d.report(1, "", "the file is empty")
		return v, false
	case 1:
		ast.Walk(p, roots[0])
		return value{doc: p, node: roots[0]}, true
	}
	d.report(p.lineOf(roots[1]), "", "a second document: want one")
	return v, false
}

// parse returns nil when there are problems.
func (p *part) parse(text []byte) *ast.File {
	if estimate(text) > maxTokens {
		p.report(p.before+1, "", fmt.Sprintf("more than %d names, values and signs in one piece: write the series as a list with a line for each `- `, and without anchors", maxTokens))
		return nil
	}
	tokens := lexer.Tokenize(string(text))
	if line, what := check(tokens); what != "" {
		p.report(p.before+line, "", what)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // object finds those
	if err == nil {
		return file
	}
	line, what := 1, ""
	if at := yaml.Error(nil); errors.As(err, &at) && at.GetToken() != nil {
		line, what = at.GetToken().Position.Line, at.GetMessage()
	} else {
		what = err.Error()
	}
	p.report(p.before+line, "", cmp.Or(mistake(text, line), strings.Join(strings.Fields(what), " ")))
	return nil
}

// decode returns the UTF-8 of text without the byte order mark that some editors
// put first, or what is wrong with its encoding, and in which line.
func decode(text []byte) (utf8Text []byte, what string, line int) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, "the file is UTF-16: save it as UTF-8", 1
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	line = 1
	for l := range bytes.Lines(text) {
		switch {
		case bytes.IndexByte(l, 0) >= 0:
			return nil, "a zero byte, as UTF-16 has: save the file as UTF-8", line
		case !utf8.Valid(l):
			return nil, fmt.Sprintf("%q is not UTF-8: save the file as UTF-8", bytes.TrimSpace(l[:min(len(l), 60)])), line
		}
		line++
	}
	return text, "", 0
}

// Visit notes anchors; it implements ast.Visitor.
func (p *part) Visit(n ast.Node) ast.Visitor {
	if anchor, ok := n.(*ast.AnchorNode); ok {
		name := anchor.Name.GetToken().Value
		if _, twice := p.anchors[name]; twice {
			p.report(p.lineOf(n), "", fmt.Sprintf("anchor %q is set twice", name))
		}
		p.anchors[name] = anchor.Value
	}
	return p
}

// resolve follows anchors and aliases to what they stand for; nil if nothing.
func (p *part) resolve(n ast.Node) ast.Node {
	for range maxAliases { // an alias may name another, but not for ever
		switch of := n.(type) {
		case *ast.AnchorNode:
			n = of.Value
		case *ast.AliasNode:
			n = p.anchors[of.Value.GetToken().Value]
		default:
			return n
		}
	}
	return nil
}

// visit counts n fields or items that are about to be read. It reports false
// when no more may be: an alias stands for as much as its anchor has, each time.
func (p *part) visit(n ast.Node, count int) bool {
	if p.left -= count; p.left < 0 && !p.stopped {
		p.report(p.lineOf(n), "", fmt.Sprintf("aliases make more than %d fields and items of the file", maxVisits))
		p.stopped = true
	}
	return !p.stopped
}

func (d *document) report(line int, field, what string) { d.reportAfter(line, line, field, what) }

// reportAfter is report for what is told after the problems up to the line after.
func (d *document) reportAfter(after, line int, field, what string) {
	if d.stopped {
		return
	}
	d.problems = append(d.problems, problem{d.name, line, short(field), short(what), after})
	d.stopped = len(d.problems) == maxProblems
}

// short cuts what a file says, for an error.
func short(text string) string {
	if len(text) <= maxTold {
		return text
	}
	return strings.ToValidUTF8(text[:maxTold], "") + "..."
}

// err joins the first problems in the order of their lines.
func (d *document) err() error {
	slices.SortStableFunc(d.problems, func(a, b problem) int { return cmp.Compare(a.after, b.after) })
	var errs []error
	for _, p := range d.problems[:min(len(d.problems), shownProblems)] {
		errs = append(errs, p)
	}
	switch more := len(d.problems) - shownProblems; {
	case more > 0 && d.stopped:
		errs = append(errs, fmt.Errorf("%s: and more than %d more problems", d.name, more-1))
	case more > 0:
		errs = append(errs, fmt.Errorf("%s: and %d more problems", d.name, more))
	}
	return errors.Join(errs...)
}

func (p *part) lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil {
		return p.before + 1
	}
	return p.before + n.GetToken().Position.Line
}
