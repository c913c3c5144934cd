package asl

// check looks at the graph of states: targets, reachable states, an end, unique names,
// and variables that an inner state may not assign.
func (p *parser) check(g *Graph) {
	p.checkGraph(g, "", checked{names: map[string]bool{}, outer: map[string]int{}})
}

// checked is what the checks of a graph know of all others.
type checked struct {
	names   map[string]bool // of all states so far
	outer   map[string]int  // how many states around the graph assign a variable
	express bool            // the graph is part of an Express workflow
}

func (p *parser) checkGraph(g *Graph, place string, known checked) {
	names, place := known.names, shown(place)
	if g.State(g.StartAt) == nil {
		p.report(MissingTransitionTarget, place+"/StartAt", "Missing 'StartAt' target: "+g.StartAt)
	}
	reached := map[string]bool{g.StartAt: true}
	terminal := false
	for _, s := range g.States {
		at := place + "/States/" + s.Name
		if names[s.Name] {
			p.report(DuplicateStateName, at, "Duplicate State name: "+s.Name)
		}
		names[s.Name] = true
		terminal = terminal || s.End || s.Type == Succeed || s.Type == Fail
		for _, t := range s.transitions() {
			if g.State(t.target) == nil {
				p.report(MissingTransitionTarget, at+t.field, "Missing 'Next' target: "+t.target)
			}
			reached[t.target] = reached[t.target] || t.target != s.Name
		}
		p.checkAssigned(s, at, known.outer)
		if known.express {
			p.checkExpressState(s, at)
		}
	}
	if !terminal { // then AWS does not look for states that nothing leads to
		p.report(MissingEndState, "", "Workflow has no terminal state")
	}
	for _, s := range g.States {
		if terminal && !reached[s.Name] {
			p.report(MissingTransitionTarget, place+"/States/"+s.Name, "State \""+s.Name+"\" is not reachable.")
		}
	}
	known.add(g, 1)
	for _, s := range g.States {
		p.checkInner(s, place+"/States/"+s.Name, known)
	}
	known.add(g, -1)
}

// add counts the variables that the states of g assign.
func (c checked) add(g *Graph, n int) {
	for _, s := range g.States {
		for _, name := range s.assigned() {
			c.outer[name] += n
		}
	}
}

func (p *parser) checkInner(s *State, at string, known checked) {
	if s.Map != nil {
		inner := known
		if s.Map.Distributed {
			inner.outer = map[string]int{}
		}
		inner.express = known.express || s.Map.Express
		p.checkGraph(s.Map.Processor, at+"/ItemProcessor", inner)
	}
	for i, branch := range s.Branches {
		p.checkGraph(branch, element(at+"/Branches", i), known)
	}
}

func (p *parser) checkAssigned(s *State, at string, outer map[string]int) {
	for _, name := range s.assigned() {
		if outer[name] > 0 {
			p.fail(at+"/Assign", "The variable '%s' belongs to an outer scope and cannot be assigned here", name)
		}
	}
}

// assigned lists the variables that s assigns.
func (s *State) assigned() []string {
	var names []string
	add := func(list []Assignment) {
		for _, a := range list {
			names = append(names, a.Name)
		}
	}
	add(s.Assign)
	for _, r := range s.Choices {
		add(r.Assign)
	}
	for _, c := range s.Catch {
		add(c.Assign)
	}
	return names
}

type transition struct{ target, field string }

// transitions lists where s may lead, with the fields that say so.
func (s *State) transitions() []transition {
	var list []transition
	if s.Next != "" {
		list = append(list, transition{s.Next, "/Next"})
	}
	for i, r := range s.Choices {
		list = append(list, transition{r.Next, element("/Choices", i) + "/Next"})
	}
	if s.Default != "" {
		list = append(list, transition{s.Default, "/Default"})
	}
	for i, c := range s.Catch {
		list = append(list, transition{c.Next, element("/Catch", i) + "/Next"})
	}
	return list
}
