package asl

import (
	"lacuna/internal/jsonpath"
)

// maxSeconds is the largest number of seconds that a definition may hold.
const maxSeconds = 99_999_999

// state reads one state.
func (p *parser) state(name string, value any, place string) *State {
	s := &State{Name: name}
	f, ok := p.element(value, place)
	if !ok {
		return s
	}
	if length := jsonpath.Length(name); length == 0 || length > 80 {
		p.report(InvalidStateName, place, "State name must have 1 to 80 characters")
	}
	s.Type, s.Comment = f.text("Type"), f.text("Comment")
	if !f.queryLanguage() {
		return s
	}
	read, ok := map[string]func(*State, *fields){
		Pass: p.pass, Task: p.task, Choice: p.choice, Wait: p.wait,
		Succeed: func(s *State, f *fields) { p.inputAndOutput(s, f) },
		Fail:    p.failState, Parallel: p.parallel, Map: p.mapState,
	}[s.Type]
	if !ok {
		if f.has("Type") {
			p.fail(f.at("Type"), "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]")
		} else {
			p.fail(place, "These fields are required: [Type]")
		}
		return s
	}
	read(s, f)
	f.refuseOthers()
	return s
}

func (p *parser) inputAndOutput(s *State, f *fields) {
	s.InputPath, s.OutputPath = f.selection("InputPath"), f.selection("OutputPath")
}

// transition reads Next and End, of which a state has exactly one.
func (p *parser) transition(s *State, f *fields) {
	s.Next = f.text("Next")
	end, ok := f.get("End")
	s.End, _ = end.(bool)
	switch {
	case ok && end != true && end != false:
		f.expected("End", "BOOLEAN")
	case s.Next != "" && s.End:
		p.fail(f.place, "There should only be one of the following fields: [Next, End]")
	case s.Next == "" && !s.End:
		p.fail(f.place, "There should be one of the following fields: [Next, End]")
	}
}

// result reads what Pass, Task, Parallel and Map have in common.
func (p *parser) result(s *State, f *fields) {
	p.inputAndOutput(s, f)
	p.transition(s, f)
	s.ResultPath = f.target("ResultPath")
	p.assign(s, f)
}

func (p *parser) assign(s *State, f *fields) {
	if value, ok := f.get("Assign"); ok {
		s.Assign = p.assignments(value, f.at("Assign"))
	}
}

// template reads a payload template field, nil if absent.
func (f *fields) template(name string) *Template {
	value, ok := f.get(name)
	if !ok {
		return nil
	}
	return f.p.template(value, f.at(name))
}

func (f *fields) selection(name string) Selection {
	if value, ok := f.get(name); !ok || value == nil {
		return Selection{Null: ok}
	}
	expr, err := parsePath(f.text(name))
	switch {
	case err != nil:
		f.p.fail(f.at(name), "Value must be a valid JSONPath.")
	case expr.Text != "$":
		return Selection{Expr: expr}
	}
	return Selection{}
}

func (f *fields) target(name string) Target {
	value, ok := f.get(name)
	if !ok || value == nil {
		return Target{Null: ok}
	}
	text := f.text(name)
	path, err := parseTarget(text)
	if err != nil {
		f.badPath(name)
	}
	if text == "$" {
		return Target{}
	}
	return Target{Path: path}
}

func (p *parser) pass(s *State, f *fields) {
	p.result(s, f)
	s.Parameters = f.template("Parameters")
	if value, ok := f.get("Result"); ok {
		s.Result = &Template{Literal: value}
	}
}

func (p *parser) wait(s *State, f *fields) {
	p.inputAndOutput(s, f)
	p.transition(s, f)
	p.assign(s, f)
	w := &WaitFields{}
	s.Wait = w
	given := 0
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.has(name) {
			given++
		}
	}
	switch {
	case given == 0:
		p.fail(f.place, "There should be one of the following fields: [Seconds, SecondsPath, Timestamp, TimestampPath]")
	case given > 1:
		p.fail(f.place, "There should only be one of the following fields: [Seconds, SecondsPath, Timestamp, TimestampPath]")
	}
	if f.has("Seconds") {
		w.Seconds = new(f.whole("Seconds", 0, maxSeconds))
	}
	w.SecondsPath = f.path("SecondsPath", parseReference)
	w.TimestampPath = f.path("TimestampPath", parseReference)
	w.Timestamp = f.text("Timestamp")
	if _, ok := ParseTimestamp(w.Timestamp); f.has("Timestamp") && !ok {
		p.fail(f.at("Timestamp"), "String does not match RFC3339 timestamp")
	}
}

func (p *parser) failState(s *State, f *fields) {
	s.Fail = &FailFields{
		Error: f.optionalText("Error"), Cause: f.optionalText("Cause"),
		ErrorPath: f.path("ErrorPath", parseExpr), CausePath: f.path("CausePath", parseExpr),
	}
	f.notBoth("Error", "ErrorPath")
	f.notBoth("Cause", "CausePath")
}

func (p *parser) parallel(s *State, f *fields) {
	p.result(s, f)
	p.retryAndCatch(s, f)
	s.Parameters, s.ResultSelector = f.template("Parameters"), f.template("ResultSelector")
	for i, value := range f.some("Branches") {
		s.Branches = append(s.Branches, p.inner(value, element(f.at("Branches"), i), func(f *fields) { f.queryLanguage() }))
	}
}

// inner reads a branch or a processor; rest reads what it has besides a graph.
func (p *parser) inner(value any, place string, rest func(*fields)) *Graph {
	g := &Graph{}
	if f, ok := p.element(value, place); ok {
		f.text("Comment")
		rest(f)
		p.graph(g, f)
	}
	return g
}
