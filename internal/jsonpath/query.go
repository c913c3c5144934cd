package jsonpath

import (
	"fmt"
	"strings"
)

// Env gives the documents that queries read.
type Env interface {
	// Input is what `$` stands for.
	Input() any
	// InputText is the JSON of Input, as it was written where nothing has changed it.
	InputText() string
	// Context is the context object, `$$`.
	Context() any
	// Variable returns the value of a variable, and whether it is set.
	Variable(name string) (any, bool)
}

// Query is a path with the document it reads: `$.a` the input, `$$.a` the context
// object, `$name.a` the variable name. It never changes.
type Query struct {
	text     string
	context  bool
	variable string
	path     *Path
}

// CompileQuery compiles a path that begins with `$`, `$$` or `$name`. The error is
// a *PathError.
func CompileQuery(text string) (*Query, error) {
	q := &Query{text: text}
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, &PathError{Path: text, Msg: "must begin with '$'"}
	}
	if strings.HasPrefix(rest, "$") {
		q.context = true
		rest = rest[1:]
	} else {
		end := strings.IndexAny(rest, ".[ \t\r\n")
		if end < 0 {
			end = len(rest)
		}
		q.variable, rest = rest[:end], rest[end:]
	}
	if q.variable != "" && !isName(q.variable) {
		return nil, &PathError{Path: text, Msg: fmt.Sprintf("%.500q is not a variable name", q.variable)}
	}
	path, err := compile("$" + rest)
	if err != nil {
		return nil, &PathError{Path: text, Msg: err.Error()}
	}
	q.path = path
	return q, nil
}

// String is the query as it was written.
func (q *Query) String() string { return q.text }

// Path is the path within the document, beginning with `$`.
func (q *Query) Path() *Path { return q.path }

// OfContext tells whether the query reads the context object.
func (q *Query) OfContext() bool { return q.context }

// Variable is the name of the variable that the query reads, "" if it reads none.
func (q *Query) Variable() string { return q.variable }

// Get returns what the query selects, as Path.Get does. A variable that is not
// set is a *MissingError.
func (q *Query) Get(b *Budget, env Env) (any, error) {
	doc, ok := q.Document(env)
	if !ok {
		return nil, &MissingError{Path: q.text, Msg: fmt.Sprintf("variable '%s' is not set", q.variable)}
	}
	return q.path.Get(b, doc)
}

// Document is what the query reads. It is not there for a variable that is not set.
func (q *Query) Document(env Env) (any, bool) {
	switch {
	case q.context:
		return env.Context(), true
	case q.variable != "":
		return env.Variable(q.variable)
	}
	return env.Input(), true
}

// Quoted is the document that the query reads, as AWS shows it after a path that finds
// nothing: an input that nothing has changed keeps its blanks.
func (q *Query) Quoted(env Env) string {
	if q.context {
		return Shown(env.Context())
	}
	return env.InputText()
}

// isName tells whether s can name a variable: letters, digits and '_', not
// beginning with a digit.
func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r > 0x7F
		if !letter && (i == 0 || r < '0' || '9' < r) {
			return false
		}
	}
	return s != ""
}
