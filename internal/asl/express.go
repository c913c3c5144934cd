package asl

// CheckExpress says what keeps m from being an Express workflow, which cannot wait for
// tokens, jobs and activities. The error is a *DefinitionError.
func (m *Machine) CheckExpress() error {
	p := &parser{}
	p.checkExpress(&m.Graph, "")
	if len(p.diagnostics) > 0 {
		return &DefinitionError{Diagnostics: p.diagnostics}
	}
	return nil
}

func (p *parser) checkExpress(g *Graph, place string) {
	for _, s := range g.States {
		at := place + "/States/" + s.Name
		p.checkExpressState(s, at)
		if s.Map != nil {
			p.checkExpress(s.Map.Processor, at+"/ItemProcessor")
		}
		for i, branch := range s.Branches {
			p.checkExpress(branch, element(at+"/Branches", i))
		}
	}
}

func (p *parser) checkExpressState(s *State, at string) {
	if what := s.notExpress(); what != "" {
		p.fail(at+"/Resource", "Express state machine does not support %s", what)
	}
}

// notExpress names what only a Standard workflow can do, in AWS's words (the blank at the
// end is AWS's).
func (s *State) notExpress() string {
	switch {
	case s.Task == nil:
		return ""
	case s.Task.WaitForToken:
		return "'.waitForTaskToken' service integration "
	case s.Task.Sync:
		return "'.sync' service integration"
	case s.Task.Activity:
		return "Activity ARN"
	}
	return ""
}
