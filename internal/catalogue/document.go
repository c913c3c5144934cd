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
	"github.com/goccy/go-yaml/parser"
)

// maxBytes is the longest file that is read.
const maxBytes = 4 << 20

// document is one YAML file while it is read. Problems are collected, so that
// a person sees all of them at once.
type document struct {
	name     string
	anchors  map[string]ast.Node
	problems []problem
}

// problem is what is wrong with a field, as "file:line: field: what".
type problem struct {
	file  string
	line  int
	field string
	what  string
}

func (p problem) Error() string {
	if p.field == "" {
		return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.what)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.file, p.line, p.field, p.what)
}

// open parses text and returns its top object; without one there are problems.
func (d *document) open(text []byte) *object {
	if len(text) > maxBytes {
		d.report(1, "", fmt.Sprintf("longer than %d bytes", maxBytes))
		return nil
	}
	text, what, line := decode(text)
	if what != "" {
		d.report(line, "", what)
		return nil
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // object finds those
	if err != nil {
		line, what := 1, err.Error()
		if at := yaml.Error(nil); errors.As(err, &at) && at.GetToken() != nil {
			line, what = at.GetToken().Position.Line, at.GetMessage()
		}
		d.report(line, "", strings.Join(strings.Fields(what), " "))
		return nil
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
		return nil
	case 1:
		ast.Walk(d, roots[0])
		return value{d, roots[0], ""}.object()
	}
	d.report(lineOf(roots[1]), "", "a second document: want one")
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
func (d *document) Visit(n ast.Node) ast.Visitor {
	if anchor, ok := n.(*ast.AnchorNode); ok {
		name := anchor.Name.GetToken().Value
		if _, twice := d.anchors[name]; twice {
			d.report(lineOf(n), "", fmt.Sprintf("anchor %q is set twice", name))
		}
		if d.anchors == nil {
			d.anchors = map[string]ast.Node{}
		}
		d.anchors[name] = anchor.Value
	}
	return d
}

// resolve follows anchors and aliases to what they stand for; nil if nothing.
func (d *document) resolve(n ast.Node) ast.Node {
	for range len(d.anchors) + 2 { // an alias may name another, but not for ever
		switch of := n.(type) {
		case *ast.AnchorNode:
			n = of.Value
		case *ast.AliasNode:
			n = d.anchors[of.Value.GetToken().Value]
		default:
			return n
		}
	}
	return nil
}

func (d *document) report(line int, field, what string) {
	d.problems = append(d.problems, problem{d.name, line, field, what})
}

// err joins the problems in the order of their lines.
func (d *document) err() error {
	slices.SortStableFunc(d.problems, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
	errs := make([]error, len(d.problems))
	for i, p := range d.problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil {
		return 1
	}
	return n.GetToken().Position.Line
}
