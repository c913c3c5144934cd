package jsonpath

import (
	"fmt"
	"strings"
)

// PathError says why a text is not a path, or why it was not followed to its end.
type PathError struct {
	Path string
	Msg  string
	Err  error // that of a Budget, nil for a text that is not a path
}

// maxQuoted is how many characters of a text an error shows.
const maxQuoted = 500

func (e *PathError) Error() string {
	return fmt.Sprintf("invalid path %.*q: %s", maxQuoted, e.Path, e.Msg)
}

func (e *PathError) Unwrap() error { return e.Err }

// spent is a path that b has ended.
func (p *Path) spent(err error) error { return &PathError{Path: p.text, Msg: err.Error(), Err: err} }

// MissingError says that a definite path found nothing, in Jayway's words, which
// AWS shows after "Invalid path '$.a.b' : ".
type MissingError struct {
	Path    string // as written
	Msg     string // such as: Missing property in path $['a']
	PastEnd bool   // a list has no item of the number in the path
	Step    string // the name that a member lacks, "" if it is none
}

func (e *MissingError) Error() string { return e.Msg }

func (p *Path) missing(format string, args ...any) error {
	return &MissingError{Path: p.text, Msg: fmt.Sprintf(format, args...)}
}

// Shown is the JSON of v for an error, or why there is none.
func Shown(v any) string {
	text, err := Encode(v)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return string(text)
}

// noResults is for a last step.
func (p *Path) noResults() error { return p.missing("No results for path: %s", p.normal(len(p.steps))) }

// pastEnd is for a last step where the list is too short.
func (p *Path) pastEnd() error {
	return &MissingError{Path: p.text, Msg: p.noResults().Error(), PastEnd: true}
}

func (p *Path) missingProperty(i int) error {
	msg := "Missing property in path " + p.normal(i+1)
	if i == len(p.steps)-1 {
		msg = p.noResults().Error()
	}
	return &MissingError{Path: p.text, Msg: msg, Step: p.steps[i].member()}
}

func (p *Path) notObject(i int) error {
	return &MissingError{Path: p.text, Msg: "Property " + p.steps[i].text + " not found in path " + p.normal(i), Step: p.steps[i].member()}
}

func (p *Path) notArray(i int, node any) error {
	if node == nil {
		return p.missing("The path %s is null", p.normal(i))
	}
	found, isText := node.(string)
	if !isText {
		found = Shown(node)
	}
	return p.missing("Filter: %s can only be applied to arrays. Current context is: %s",
		strings.TrimPrefix(p.normal(len(p.steps)), p.normal(i)), found)
}

// notSliced is for a slice of what is no list.
func (p *Path) notSliced(s *step, node any) error {
	i := 0
	for i < len(p.steps)-1 && &p.steps[i] != s {
		i++
	}
	return p.notArray(i, node)
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
