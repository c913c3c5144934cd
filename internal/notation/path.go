package notation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Path is the way from a JSON value to what lies in it: $.data[*], where $ may be
// left out. Use ParsePath.
type Path struct {
	Text  string // as it was written
	Steps []Step
}

// Step goes from an object or a list to one of its members, or to all of them.
type Step struct {
	Name    string // of a member, in which {code} stands for the code of a series
	Index   int    // of an element, from 0, when Name is "" and All is not set
	All     bool   // [*]: each element of a list, or member of an object
	Capture string // with All: what the names of members are, Day or Code
}

// maxSteps bounds a path.
const maxSteps = 20

// ParsePath reads a path. Members are .name or ['any name'], elements [0] and [*];
// {day} and {code} in the place of a name are members whose names are days and codes.
func ParsePath(text string) (*Path, error) {
	p := &Path{Text: text}
	rest := text
	if root := strings.TrimPrefix(rest, "$"); root != rest {
		rest = root
	} else if rest == "." || rest == "@" {
		rest = ""
	} else if rest != "" && rest[0] != '[' && rest[0] != '.' {
		rest = "." + rest
	}
	for rest != "" {
		step, after, err := parseStep(rest)
		if err != nil {
			return nil, fmt.Errorf("%.60q: %w", text, err)
		}
		if p.Steps = append(p.Steps, step); len(p.Steps) > maxSteps {
			return nil, fmt.Errorf("%.60q: more than %d steps", text, maxSteps)
		}
		rest = after
	}
	return p, nil
}

func parseStep(text string) (step Step, rest string, err error) {
	switch {
	case strings.HasPrefix(text, ".."):
		return step, "", errors.New("want each step by its name")
	case text[0] == '.':
		end := strings.IndexAny(text[1:], ".[") + 1
		if end == 0 {
			end = len(text)
		}
		return named(text[1:end]), text[end:], emptyName(text[1:end])
	case strings.HasPrefix(text, "['"), strings.HasPrefix(text, `["`):
		name, after, ok := strings.Cut(text[2:], text[1:2]+"]")
		if !ok {
			return step, "", errors.New("a [ without its ]")
		}
		return Step{Name: name}, after, emptyName(name)
	case text[0] == '[':
		inside, after, ok := strings.Cut(text[1:], "]")
		if !ok {
			return step, "", errors.New("a [ without its ]")
		}
		if inside == "*" {
			return Step{All: true}, after, nil
		}
		n, err := strconv.Atoi(inside)
		if err != nil || n < 0 || n > 1<<20 {
			return step, "", fmt.Errorf("[%.30s]: want [0], [*] or ['name']", inside)
		}
		return Step{Index: n}, after, nil
	}
	return step, "", fmt.Errorf("%.30q: want .name, ['name'], [0] or [*]", text)
}

func emptyName(name string) error {
	if name == "" {
		return errors.New("a name is missing")
	}
	return nil
}

func named(name string) Step {
	switch name {
	case "*":
		return Step{All: true}
	case "{day}":
		return Step{All: true, Capture: Day}
	case "{code}":
		return Step{All: true, Capture: Code}
	}
	return Step{Name: name}
}

// String returns the path as it was written.
func (p *Path) String() string { return p.Text }

// Captures reports whether the names of some members are days, or codes.
func (p *Path) Captures(what string) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Capture == what })
}

// Definite returns an error when there may be several values at the end of p.
func (p *Path) Definite() error {
	if slices.ContainsFunc(p.Steps, func(s Step) bool { return s.All }) {
		return fmt.Errorf("%.60q: want one value, not all of several", p.Text)
	}
	return nil
}

// InRow returns p for the way from a row to a value of it, in which {code} is a
// member that is called as the code of the series is.
func (p *Path) InRow() (*Path, error) {
	in := &Path{Text: p.Text}
	for _, s := range p.Steps {
		if s.Capture == Code {
			s = Step{Name: "{code}"}
		}
		in.Steps = append(in.Steps, s)
	}
	return in, in.Definite()
}

// OfCode returns text, a name of a member or a column, for the series with code.
func OfCode(text, code string) string { return strings.ReplaceAll(text, "{code}", code) }
