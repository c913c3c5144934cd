package asl

import (
	"slices"
	"strings"

	"lacuna/internal/jsonpath"
)

func (p *parser) mapState(s *State, f *fields) {
	p.result(s, f)
	p.retryAndCatch(s, f)
	s.ResultSelector = f.template("ResultSelector")
	m := &MapFields{}
	s.Map = m
	m.ItemsPath = f.path("ItemsPath", parseReference)
	m.MaxConcurrency = f.whole("MaxConcurrency", 0, maxSeconds)
	m.MaxConcurrencyPath = f.path("MaxConcurrencyPath", parseReference)
	s.Parameters = f.template(f.either("ItemSelector", "Parameters"))
	if processor := f.either("ItemProcessor", "Iterator"); f.has(processor) {
		value, _ := f.get(processor)
		m.Processor = p.processor(m, value, f.at(processor))
	} else {
		p.fail(f.place, "These fields are required: [ItemProcessor]")
	}
	if m.Distributed {
		p.distributed(m, f)
	}
}

// either chooses between the present and the old name of a field of Map.
func (f *fields) either(name, old string) string {
	if f.has(name) && f.has(old) {
		f.p.fail(f.place, "These fields cannot be used together: [%s, %s]", name, old)
	}
	f.known = append(f.known, name, old)
	if f.has(old) && !f.has(name) {
		return old
	}
	return name
}

func (p *parser) processor(m *MapFields, value any, place string) *Graph {
	g := &Graph{}
	o, ok := value.(*jsonpath.Object)
	if !ok {
		p.fail(place, "Expected value of type OBJECT")
		return g
	}
	f := p.fields(o, place)
	f.text("Comment")
	f.queryLanguage()
	if config, ok := f.object("ProcessorConfig"); ok {
		c := p.fields(config, f.at("ProcessorConfig"))
		mode := c.oneOf("Mode", "INLINE", "DISTRIBUTED")
		m.Distributed = mode == "DISTRIBUTED"
		m.Express = c.oneOf("ExecutionType", "STANDARD", "EXPRESS") == "EXPRESS"
		c.refuseOthers()
	}
	p.graph(g, f)
	return g
}

func (f *fields) oneOf(name string, values ...string) string {
	text := f.text(name)
	if f.has(name) && !slices.Contains(values, text) {
		f.p.fail(f.at(name), "The field '%s' should have one of these values: [%s]", name, strings.Join(values, ", "))
	}
	return text
}

// distributed reads what only a distributed Map has. ItemReader, ItemBatcher and
// ResultWriter are S3's and are refused as unknown fields.
func (p *parser) distributed(m *MapFields, f *fields) {
	m.Label = f.text("Label")
	if length := jsonpath.Length(m.Label); f.has("Label") && (length == 0 || length > 40) {
		p.fail(f.at("Label"), "Label must have 1 to 40 characters")
	}
	m.ToleratedFailureCount = f.whole("ToleratedFailureCount", 0, 10_000_000)
	m.ToleratedFailureCountPath = f.path("ToleratedFailureCountPath", parseReference)
	m.ToleratedFailurePercentage = f.number("ToleratedFailurePercentage", 0, 100)
	m.ToleratedFailurePercentagePath = f.path("ToleratedFailurePercentagePath", parseReference)
}
