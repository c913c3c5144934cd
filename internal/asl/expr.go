package asl

import (
	"errors"
	"strings"

	"lacuna/internal/intrinsic"
	"lacuna/internal/jsonpath"
)

// Expr is one expression of the JSONPath query language: a path into the input (`$.a`),
// the context object (`$$.a`) or a variable (`$name.a`), or an intrinsic function. One
// of Query and Call is set.
type Expr struct {
	Text  string // as written
	Query *jsonpath.Query
	Call  *intrinsic.Call
}

// parseExpr reads a path or an intrinsic function.
func parseExpr(text string) (*Expr, error) {
	if strings.HasPrefix(text, "$") {
		return parsePath(text)
	}
	call, err := intrinsic.Parse(text)
	if err != nil {
		return nil, err
	}
	return &Expr{Text: text, Call: call}, nil
}

// IsExpression tells whether text is a path or a call of an intrinsic function.
func IsExpression(text string) bool {
	_, err := parseExpr(text)
	return err == nil
}

// parsePath reads any path, but no intrinsic function.
func parsePath(text string) (*Expr, error) {
	query, err := jsonpath.CompileQuery(text)
	if err != nil {
		return nil, err
	}
	return &Expr{Text: text, Query: query}, nil
}

// parseReference reads a Reference Path: one that names a single place.
func parseReference(text string) (*Expr, error) {
	expr, err := parsePath(text)
	if err != nil {
		return nil, err
	}
	_, err = jsonpath.CompileReference(expr.Query.Path().String())
	return expr, err
}

// parseInputReference reads a Reference Path that does not lead into the context object.
func parseInputReference(text string) (*Expr, error) {
	expr, err := parseReference(text)
	if err == nil && expr.Query.OfContext() {
		err = errors.New("only ItemsPath reads the context object")
	}
	return expr, err
}

// parseTarget reads a Reference Path into the input, the only place for a result.
func parseTarget(text string) (*jsonpath.Reference, error) {
	expr, err := parseReference(text)
	if err != nil {
		return nil, err
	}
	if expr.Query.OfContext() || expr.Query.Variable() != "" {
		return nil, errors.New("a result goes into the input")
	}
	return jsonpath.CompileReference(text)
}
