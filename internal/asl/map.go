package asl

import (
	"slices"
	"strings"
	"unicode"

	"lacuna/internal/jsonpath"
)

func (p *parser) mapState(s *State, f *fields) {
	p.result(s, f)
	p.retryAndCatch(s, f)
	s.ResultSelector = f.template("ResultSelector")
	m := &MapFields{}
	s.Map = m
	m.ItemsPath = f.path("ItemsPath", parseReference)
	m.MaxConcurrency, m.MaxConcurrencyPath = f.count("MaxConcurrency", maxSeconds)
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

// count reads a whole number up to high or a path to one, which must lie in the input.
func (f *fields) count(name string, high int64) (int64, *Expr) {
	f.notBoth(name, name+"Path")
	return f.whole(name, 0, high), f.path(name+"Path", parseInputReference)
}

// either chooses between the present and the old name of a field of Map.
func (f *fields) either(name, old string) string {
	f.notBoth(name, old)
	f.known = append(f.known, name, old)
	if f.has(old) && !f.has(name) {
		return old
	}
	return name
}

func (p *parser) processor(m *MapFields, value any, place string) *Graph {
	return p.inner(value, place, func(f *fields) {
		if config, ok := f.object("ProcessorConfig"); ok {
			c := p.fields(config, f.at("ProcessorConfig"))
			m.Distributed = c.oneOf("Mode", "INLINE", "DISTRIBUTED") == "DISTRIBUTED"
			m.Express = c.oneOf("ExecutionType", "STANDARD", "EXPRESS") == "EXPRESS"
			c.refuseOthers()
		}
	})
}

func (f *fields) oneOf(name string, values ...string) string {
	text := f.text(name)
	if f.has(name) && !slices.Contains(values, text) {
		f.p.fail(f.at(name), "The field '%s' should have one of these values: [%s]", name, strings.Join(values, ", "))
	}
	return text
}

// distributed reads what only a distributed Map has.
func (p *parser) distributed(m *MapFields, f *fields) {
	m.Label = f.text("Label")
	if f.has("Label") && !validLabel(m.Label) {
		p.report(InvalidLabelName, f.at("Label"), "Label must have 1 to 40 characters, none of them white space, a control character or one of "+badInLabel)
	}
	if m.Label != "" && slices.Contains(p.labels, m.Label) {
		p.report(DuplicateLabelName, f.at("Label"), "Duplicate Label name: "+m.Label)
	}
	p.labels = append(p.labels, m.Label)
	m.ToleratedFailureCount, m.ToleratedFailureCountPath = f.count("ToleratedFailureCount", 10_000_000)
	f.notBoth("ToleratedFailurePercentage", "ToleratedFailurePercentagePath")
	m.ToleratedFailurePercentage = f.number("ToleratedFailurePercentage", 0, 100)
	m.ToleratedFailurePercentagePath = f.path("ToleratedFailurePercentagePath", parseInputReference)
	if batcher, ok := f.object("ItemBatcher"); ok {
		m.Batcher = p.batcher(p.fields(batcher, f.at("ItemBatcher")))
	}
	if reader, ok := f.object("ItemReader"); ok {
		m.Reader = p.reader(p.fields(reader, f.at("ItemReader")))
	}
	if writer, ok := f.object("ResultWriter"); ok {
		m.Writer = p.writer(p.fields(writer, f.at("ResultWriter")))
	}
}

// badInLabel may not stand in a Label, which becomes a part of ARNs (developer guide,
// "Distributed mode").
const badInLabel = `?*<>{}[]:;,\\|^~$#%&"` + "`"

func validLabel(label string) bool {
	length := jsonpath.Length(label)
	return length > 0 && length <= 40 && !strings.ContainsFunc(label, func(r rune) bool {
		return strings.ContainsRune(badInLabel, r) || unicode.IsSpace(r) || unicode.IsControl(r)
	})
}

func (p *parser) batcher(f *fields) *Batcher {
	b := &Batcher{Input: f.template("BatchInput")}
	b.MaxItems, b.MaxItemsPath = f.count("MaxItemsPerBatch", 100_000_000)
	b.MaxBytes, b.MaxBytesPath = f.count("MaxInputBytesPerBatch", MaxPayload)
	limits := []string{"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}
	if !slices.ContainsFunc(limits, f.has) {
		p.fail(f.place, "There should be one of the following fields: [%s]", strings.Join(limits, ", "))
	}
	f.refuseOthers()
	return b
}
