package jsonpath

import (
	"fmt"
	"strings"
)

// PathError says why a text is not a path.
type PathError struct {
	Path string
	Msg  string
}

func (e *PathError) Error() string { return fmt.Sprintf("invalid path %q: %s", e.Path, e.Msg) }

// MissingError says that a definite path found nothing, in Jayway's words, which
// AWS shows after "Invalid path '$.a.b' : ".
type MissingError struct {
	Path    string // as written
	Msg     string // such as: Missing property in path $['a']
	PastEnd bool   // a list has no item of the number in the path
}

func (e *MissingError) Error() string { return e.Msg }

// javaProvider is the name that Jayway gives to what reads JSON for it.
const javaProvider = "com.jayway.jsonpath.spi.json.JacksonJsonProvider"

func (p *Path) missing(format string, args ...any) error {
	return &MissingError{Path: p.text, Msg: fmt.Sprintf(format, args...)}
}

// noResults is for a last step.
func (p *Path) noResults() error { return p.missing("No results for path: %s", p.normal(len(p.steps))) }

// pastEnd is for a list that is too short.
func (p *Path) pastEnd() error {
	return &MissingError{Path: p.text, Msg: p.noResults().Error(), PastEnd: true}
}

func (p *Path) missingProperty(i int) error {
	if i == len(p.steps)-1 {
		return p.noResults()
	}
	return p.missing("Missing property in path %s['%s']", p.trail(i), p.steps[i].names[0])
}

func (p *Path) notObject(i int, node any) error {
	return p.missing("Expected to find an object with property %s in path %s but found '%s'. "+
		"This is not a json object according to the JsonProvider: '%s'.",
		p.steps[i].text, p.trail(i), javaClass(node), javaProvider)
}

func (p *Path) notArray(i int, node any) error {
	if node == nil {
		return p.missing("The path %s is null", p.trail(i))
	}
	return p.missing("Filter: %s can only be applied to arrays. Current context is: %s",
		strings.TrimPrefix(p.normal(len(p.steps)), p.normal(i)), JavaString(node))
}

// normal is the path up to step n as Jayway prints a compiled path.
func (p *Path) normal(n int) string {
	var b strings.Builder
	b.WriteByte(p.root)
	for i := range p.steps[:n] {
		b.WriteString(p.steps[i].text)
	}
	return b.String()
}

// trail is the way to step n as Jayway prints where it stands: always in single quotes.
func (p *Path) trail(n int) string {
	var b strings.Builder
	b.WriteByte(p.root)
	for i := range p.steps[:n] {
		if s := &p.steps[i]; s.kind == property {
			b.WriteString("['" + s.names[0] + "']")
		} else {
			b.WriteString(s.text)
		}
	}
	return b.String()
}

// javaClass is the class in which Jackson holds v.
func javaClass(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "java.lang.Boolean"
	case string:
		return "java.lang.String"
	case int64:
		if v == int64(int32(v)) {
			return "java.lang.Integer"
		}
		return "java.lang.Long"
	case float64:
		return "java.lang.Double"
	case []any:
		return "java.util.ArrayList"
	case *Object:
		return "java.util.LinkedHashMap"
	default:
		return "java.math.BigInteger"
	}
}
