// Package mockfile reads the mock configuration file of Step Functions Local:
// which states of a state machine are answered with what, test case by test case.
// It runs nothing.
//
// Source: AWS Step Functions developer guide, "Testing state machines with Step
// Functions Local"; the file has `StateMachines` and `MockedResponses`.
package mockfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"

	"lacuna/internal/jsonpath"
)

// File is what a mock configuration says. It never changes.
type File struct {
	name      string
	machines  map[string]map[string]map[string]string // machine, case, state: response
	responses map[string][]Response                   // by name, by First
	warnings  []string
	warned    int // warnings, those left out included
}

// Response answers the invocations First to Last of a state, counted from 0: with
// Return, which is any JSON, or with Throw.
type Response struct {
	First, Last int
	Return      json.RawMessage
	Throw       *Throw
}

// Throw is the error of a Response; an empty field is absent.
type Throw struct{ Error, Cause string }

const (
	// maxSize is how large a file may be, in bytes: sixty of the largest answers
	// that a state may have. A file of ours has 10 KB.
	maxSize = 16 << 20
	// maxTold is how many problems are told, and how many warnings.
	maxTold = 20
	// maxText is how much of a text of the file is in one of them, in bytes.
	maxText = 200
)

// Load reads the file of that name. An error names the file, line:column and field.
func Load(name string) (*File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("mock configuration: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("mock configuration: %w", err)
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("mock configuration %s: larger than %d bytes", name, maxSize)
	}
	return Parse(name, data)
}

// Parse reads data, the text of the file of that name. The first problems are in the
// error, and how many more there are. What can do no harm until a state comes to it, such as a response
// that no one has written, is a warning, and so is a field that nobody reads. A byte
// order mark and comments are neither.
func Parse(name string, data []byte) (*File, error) {
	f := &File{name: name, machines: map[string]map[string]map[string]string{}, responses: map[string][]Response{}}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("mock configuration %s: the text is UTF-16: save it as UTF-8", name)
	}
	if syntax, ok := errors.AsType[*jsonpath.SyntaxError](jsonpath.Check(data)); ok {
		return nil, fmt.Errorf("mock configuration %s:%s: %s", name, place(data, syntax.Offset), syntax.Msg)
	}
	p := &parser{file: f, data: data}
	text := bytes.TrimSpace(data)
	p.root(node{bytes.IndexByte(data, text[0]), text})
	if more := p.failed - maxTold; more > 0 {
		p.errs = append(p.errs, fmt.Errorf("mock configuration %s: and %d more problems", name, more))
	}
	if more := f.warned - maxTold; more > 0 {
		f.warnings = append(f.warnings, fmt.Sprintf("mock configuration %s: and %d more such entries", name, more))
	}
	return f, errors.Join(p.errs...)
}

// Name is the file's name.
func (f *File) Name() string { return f.name }

// Warnings are entries that fail the states which come to them, and fields that nobody
// reads, each with its line.
func (f *File) Warnings() []string { return f.warnings }

// parser checks the shape of the file.
type parser struct {
	file *File
	data []byte

	errs   []error
	failed int // problems, those left out of errs included
	fields int // that each has come to
}

func (p *parser) fail(at int, field, format string, args ...any) {
	if p.failed++; p.failed <= maxTold {
		p.errs = append(p.errs, errors.New(p.tell(at, field, format, args)))
	}
}

func (p *parser) warn(at int, field, format string, args ...any) {
	if p.file.warned++; p.file.warned <= maxTold {
		p.file.warnings = append(p.file.warnings, p.tell(at, field, format, args))
	}
}

func (p *parser) tell(at int, field, format string, args []any) string {
	return fmt.Sprintf("mock configuration %s:%s: %s: %s", p.file.name, place(p.data, at), short(field), short(fmt.Sprintf(format, args...)))
}

// short cuts what a file says, for an error.
func short(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}

// isComment tells whether a member of an object is a note for people or for editors:
// "_comment", "$schema", "//", "Comment". Where names are chosen freely it is one only if
// its value could be nothing else.
func isComment(key string) bool {
	return strings.HasPrefix(key, "_") || strings.HasPrefix(key, "$") || strings.HasPrefix(key, "//") || strings.HasPrefix(key, "#") ||
		strings.EqualFold(key, "comment")
}

// unknown is a field that is no comment and that nobody reads.
func (p *parser) unknown(path string, m member, want string) {
	if !isComment(m.key) {
		p.warn(m.at, path, "unknown field, not read: want %s", want)
	}
}

// named calls do for the members of n whose names the file chooses; all that matters is in
// objects.
func (p *parser) named(field string, n node, do func(path string, m member)) {
	p.each(field, n, func(path string, m member) {
		if m.value.isObject() || !isComment(m.key) {
			do(path, m)
		}
	})
}

func (p *parser) root(n node) {
	if !n.isObject() {
		p.fail(n.at, "the file", "want an object with StateMachines and MockedResponses, not %.40s", n.text)
		return
	}
	var machines node
	p.each("", n, func(path string, m member) {
		switch m.key {
		case "StateMachines":
			machines = m.value
		case "MockedResponses":
			p.named(path, m.value, p.response)
		default:
			p.unknown(path, m, "StateMachines and MockedResponses")
		}
	})
	if machines.text == nil {
		p.fail(n.at, "StateMachines", "missing")
		return
	}
	p.named("StateMachines", machines, p.machine)
}

func (p *parser) machine(path string, m member) {
	cases := map[string]map[string]string{}
	p.file.machines[m.key] = cases
	p.each(path, m.value, func(path string, m member) {
		if m.key != "TestCases" {
			p.unknown(path, m, "TestCases")
			return
		}
		p.named(path, m.value, func(path string, m member) {
			states := map[string]string{}
			cases[m.key] = states
			p.each(path, m.value, func(path string, m member) {
				if isComment(m.key) && !p.isResponse(m.value) {
					return
				}
				states[m.key] = p.text(path, m.value)
				if p.file.responses[states[m.key]] == nil {
					p.warn(m.at, path, "MockedResponses has no %q", states[m.key])
				}
			})
		})
	})
}

// isResponse tells whether n is the name of a response.
func (p *parser) isResponse(n node) bool {
	name, ok := n.string()
	return ok && p.file.responses[name] != nil
}

func (p *parser) response(path string, m member) {
	var entries []entry
	p.each(path, m.value, func(path string, m member) {
		if isComment(m.key) {
			return
		}
		if r, ok := p.answer(path, m); ok {
			entries = append(entries, entry{r, path, m.at})
		}
	})
	slices.SortStableFunc(entries, func(a, b entry) int { return a.First - b.First })
	list, next, missing := []Response{}, 0, -1
	for _, e := range entries {
		if e.First < next {
			p.fail(e.at, e.path, "another entry answers number %d too", e.First)
			continue
		}
		if e.First > next && missing < 0 {
			missing = next
		}
		list, next = append(list, e.Response), e.Last+1
	}
	p.file.responses[m.key] = list
	if missing >= 0 {
		p.warn(m.at, path, "number %d is missing", missing)
	}
}

// entry is one answer of a response, and where it stands.
type entry struct {
	Response
	path string
	at   int
}

// answer reads one entry of a response: "0" or "1-2", and Return or Throw.
func (p *parser) answer(path string, m member) (Response, bool) {
	before := p.failed
	r := Response{}
	var ok bool
	if r.First, r.Last, ok = numbers(m.key); !ok {
		p.fail(m.at, path, "want a number such as \"0\", or a range such as \"1-2\"")
	}
	p.each(path, m.value, func(path string, m member) {
		switch m.key {
		case "Return":
			r.Return = compact(m.value.text)
		case "Throw":
			r.Throw = p.throw(path, m.value)
		default:
			p.unknown(path, m, "Return or Throw")
		}
	})
	if p.failed == before && (r.Return == nil) == (r.Throw == nil) {
		p.fail(m.value.at, path, "want either Return or Throw")
	}
	return r, p.failed == before
}

func (p *parser) throw(path string, n node) *Throw {
	t := &Throw{}
	p.each(path, n, func(path string, m member) {
		switch m.key {
		case "Error":
			t.Error = p.text(path, m.value)
		case "Cause":
			t.Cause = p.text(path, m.value)
		default:
			p.unknown(path, m, "Error and Cause")
		}
	})
	return t
}

// numbers reads "3" or "3-5".
func numbers(key string) (first, last int, ok bool) {
	from, to, isRange := strings.Cut(key, "-")
	if !isRange {
		to = from
	}
	first, err := number(from)
	if err != nil {
		return 0, 0, false
	}
	last, err = number(to)
	return first, last, err == nil && first <= last
}

func number(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}

// compact takes the white space out of a text that is JSON.
func compact(text []byte) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text // it was read as JSON
	}
	return b.Bytes()
}

// Case is a test case of a state machine.
type Case struct {
	file   *File
	name   string // "machine#case"
	states map[string]string
}

// Case finds a machine's test case. The error names what the file does have.
func (f *File) Case(machine, name string) (*Case, error) {
	cases, ok := f.machines[machine]
	if !ok {
		return nil, fmt.Errorf("mock configuration %s has no state machine %q; it has %s", f.name, machine, list(f.machines))
	}
	states, ok := cases[name]
	if !ok {
		return nil, fmt.Errorf("mock configuration %s has no test case %q of state machine %q; it has %s", f.name, name, machine, list(cases))
	}
	return &Case{file: f, name: machine + "#" + name, states: states}, nil
}

func list[T any](m map[string]T) string {
	if len(m) == 0 {
		return "none"
	}
	names := slices.Sorted(maps.Keys(m))
	if more := len(names) - maxTold; more > 0 {
		names = append(names[:maxTold], fmt.Sprintf("and %d more", more))
	}
	return short(strings.Join(names, ", "))
}

// Has tells whether the test case answers a state.
func (c *Case) Has(state string) bool {
	_, ok := c.states[state]
	return ok
}

// Response answers invocation n of a state, counted from 0 over a whole execution:
// entries, rounds of a loop, iterations and retries. The error says which entry of the
// file is missing.
func (c *Case) Response(state string, n int) (Response, error) {
	name := c.states[state]
	answers, ok := c.file.responses[name]
	if !ok {
		return Response{}, fmt.Errorf("mock configuration %s: %s: MockedResponses has no %q for state %q", c.file.name, c.name, name, state)
	}
	i := sort.Search(len(answers), func(i int) bool { return n <= answers[i].Last })
	if i < len(answers) && answers[i].First <= n {
		return answers[i], nil
	}
	return Response{}, fmt.Errorf("mock configuration %s: %s: MockedResponses.%s has no number %d, which state %q has come to", c.file.name, c.name, name, n, state)
}
