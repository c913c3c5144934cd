package asl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/jsonpath"
)

// maxDefinition is AWS's limit of a definition in bytes.
const maxDefinition = 1 << 20

// Parse reads a definition. The error is a *DefinitionError with everything that is
// wrong, in the order of the definition.
func Parse(data []byte) (*Machine, error) {
	p := &parser{}
	m := p.machine(data)
	if len(p.diagnostics) > 0 {
		return nil, &DefinitionError{Diagnostics: p.diagnostics}
	}
	return m, nil
}

type parser struct {
	diagnostics []Diagnostic
	labels      []string // of distributed Maps
}

// What is told of a definition: AWS shows 100 diagnostics at most, and a place or message
// of ours is longer than this only by the names of an author.
const (
	maxDiagnostics = 300
	maxShown       = 2000 // bytes
)

func (p *parser) report(code, at, message string) {
	if len(p.diagnostics) < maxDiagnostics {
		p.diagnostics = append(p.diagnostics, Diagnostic{Code: code, Message: shown(message), Location: shown(at)})
	}
}

// shown is text, cut where it is too long.
func shown(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "..."
}

func (p *parser) fail(at, format string, args ...any) {
	p.report(SchemaValidationFailed, at, fmt.Sprintf(format, args...))
}

func (p *parser) machine(data []byte) *Machine {
	if len(data) > maxDefinition {
		p.fail("", "Definition is larger than %d bytes", maxDefinition)
		return nil
	}
	value, err := jsonpath.Decode(data)
	if syntax := (*jsonpath.SyntaxError)(nil); errors.As(err, &syntax) && strings.TrimSpace(string(data)) != "" {
		p.syntax(string(data), syntax)
		return nil
	}
	o, ok := value.(*jsonpath.Object)
	if !ok {
		p.fail("", "Definition must be a valid JSON object")
		return nil
	}
	m := &Machine{}
	f := p.fields(o, "")
	m.Comment = f.text("Comment")
	f.text("Version")
	if p.mixed(o) || !f.queryLanguage() {
		return nil
	}
	m.TimeoutSeconds = f.whole("TimeoutSeconds", 1, maxSeconds)
	p.graph(&m.Graph, f)
	if len(p.diagnostics) == 0 {
		p.check(&m.Graph)
	}
	return m
}

// mixed reports states in JSONPath of a machine in JSONata, which AWS would refuse too, and
// whether there are any.
func (p *parser) mixed(machine *jsonpath.Object) (found bool) {
	if language, _ := machine.Get("QueryLanguage"); language != "JSONata" {
		return false
	}
	states, _ := machine.Get("States")
	o, ok := states.(*jsonpath.Object)
	if !ok {
		return false
	}
	for name, value := range o.All() {
		state, ok := value.(*jsonpath.Object)
		if !ok {
			continue
		}
		if language, _ := state.Get("QueryLanguage"); language == "JSONPath" {
			found = true
			p.fail("/States/"+shown(name), "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
		}
	}
	return found
}

// syntax reports a text that is not JSON, with the place as Jackson writes it.
func (p *parser) syntax(text string, e *jsonpath.SyntaxError) {
	message, at := e.Jackson([]byte(text))
	if message == "" {
		message, at = e.Msg, e.Offset
	}
	line := strings.Count(text[:at], "\n") + 1
	column := at - strings.LastIndex(text[:at], "\n")
	place := fmt.Sprintf("[Source: (String)\"%.500s\"; line: %d, column: %d]", text, line, column)
	p.report(InvalidJSONDescription, place, message+"\n at "+place)
}

// graph reads StartAt and States.
func (p *parser) graph(g *Graph, f *fields) {
	var missing []string
	for _, name := range []string{"States", "StartAt"} {
		if !f.has(name) {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		p.fail(f.where(), "These fields are required: [%s]", strings.Join(missing, ", "))
	}
	g.StartAt = f.text("StartAt")
	g.byName = map[string]*State{}
	states, ok := f.object("States")
	if ok && states.Len() == 0 {
		p.fail(f.at("States"), "Value cannot be empty")
	}
	for name, value := range states.All() {
		s := p.state(name, value, f.at("States")+"/"+shown(name))
		g.States = append(g.States, s)
		g.byName[name] = s
	}
	f.refuseOthers()
}

// fields reads the members of one object of the definition and remembers which were
// asked for, so that all others can be refused.
type fields struct {
	p     *parser
	o     *jsonpath.Object
	place string
	known []string
}

func (p *parser) fields(o *jsonpath.Object, place string) *fields {
	return &fields{p: p, o: o, place: shown(place)} // which is copied into each place below
}

func (f *fields) at(name string) string { return f.place + "/" + name }

// where is the object itself.
func (f *fields) where() string {
	if f.place == "" {
		return "/"
	}
	return f.place
}

func (f *fields) has(name string) bool {
	_, ok := f.o.Get(name)
	return ok
}

func (f *fields) get(name string) (any, bool) {
	f.known = append(f.known, name)
	return f.o.Get(name)
}

func (f *fields) expected(name, kind string) {
	f.p.fail(f.at(name), "Expected value of type %s", kind)
}

func (f *fields) text(name string) string {
	value, ok := f.get(name)
	text, isText := value.(string)
	if ok && !isText {
		f.expected(name, "STRING")
	}
	return text
}

func (f *fields) optionalText(name string) *string {
	if !f.has(name) {
		return nil
	}
	return new(f.text(name))
}

func (f *fields) object(name string) (*jsonpath.Object, bool) {
	value, ok := f.get(name)
	o, isObject := value.(*jsonpath.Object)
	if !isObject {
		if ok {
			f.expected(name, "OBJECT")
		}
		return &jsonpath.Object{}, false
	}
	return o, true
}

func (f *fields) list(name string) ([]any, bool) {
	value, ok := f.get(name)
	list, isList := value.([]any)
	if ok && !isList {
		f.expected(name, "ARRAY")
	}
	return list, isList
}

// some is a list that has to be there, with an element.
func (f *fields) some(name string) []any {
	list, ok := f.list(name)
	switch {
	case !f.has(name):
		f.p.fail(f.place, "These fields are required: [%s]", name)
	case ok && len(list) == 0:
		f.p.fail(f.at(name), "Value cannot be empty")
	}
	return list
}

// whole reads a whole number between low and high, 0 if there is none.
func (f *fields) whole(name string, low, high int64) int64 {
	value, ok := f.get(name)
	if !ok {
		return 0
	}
	n, isWhole := value.(int64)
	if real, isReal := value.(float64); isReal && real == float64(int64(real)) {
		n, isWhole = int64(real), true
	}
	switch {
	case !isWhole:
		f.expected(name, "INTEGER")
	case n < low:
		f.p.fail(f.at(name), "Minimum value is %d", low)
	case n > high:
		f.p.fail(f.at(name), "Maximum value is %d", high)
	}
	return n
}

func (f *fields) number(name string, low, high float64) float64 {
	value, ok := f.get(name)
	if !ok {
		return low
	}
	var n float64
	switch v := value.(type) {
	case int64:
		n = float64(v)
	case float64:
		n = v
	default:
		f.expected(name, "NUMBER")
		return low
	}
	switch {
	case n < low:
		f.p.fail(f.at(name), "Minimum value is %.1f", low)
	case n > high:
		f.p.fail(f.at(name), "Maximum value is %.1f", high)
	}
	return n
}

// path reads a path with parse, nil if the field is absent.
func (f *fields) path(name string, parse func(string) (*Expr, error)) *Expr {
	if !f.has(name) {
		return nil
	}
	expr, err := parse(f.text(name))
	if err != nil {
		f.badPath(name)
		return nil
	}
	return expr
}

func (f *fields) notBoth(name, other string) {
	if f.has(name) && f.has(other) {
		f.p.fail(f.place, "There should only be one of the following fields: [%s, %s]", name, other)
	}
}

func (f *fields) badPath(name string) { f.p.fail(f.at(name), "Value is not a Reference Path") }

// queryLanguage tells whether the query language is JSONPath. AWS knows JSONata too; we do
// not.
func (f *fields) queryLanguage() bool {
	switch language := f.text("QueryLanguage"); language {
	case "", "JSONPath":
		return true
	case "JSONata":
		f.p.fail(f.at("QueryLanguage"), "The query language 'JSONata' is not supported by this engine, only 'JSONPath'")
	default:
		f.p.fail(f.at("QueryLanguage"), "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]")
	}
	return false
}

// jsonata are the fields that only the other query language has.
var jsonata = []string{"Arguments", "Output", "Condition", "Items"}

func (f *fields) refuseOthers() {
	for key := range f.o.All() {
		switch {
		case slices.Contains(f.known, key):
		case slices.Contains(jsonata, key):
			f.p.fail(f.where(), "The QueryLanguage is set to 'JSONPath', but field '%s' is only supported for the 'JSONata' QueryLanguage", key)
		default:
			f.p.fail(f.where(), "Field '%s' is not supported", key)
		}
	}
}
