package sfnapi

import (
	"cmp"
	"slices"

	"lacuna/internal/engine"
)

// Seen is an execution for another face than the API.
type Seen struct {
	*engine.Execution
	Machine    string // the name of its state machine
	Definition string // of it, as it was when the execution began

	Parent *engine.Execution // of the child of a map run, nil else
	State  string            // of the parent, whose map run it is
}

// Look returns up to limit executions, the last started first. The children of map runs
// are not among them.
func (s *Server) Look(limit int) []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*execution, 0, len(s.runs))
	for _, x := range s.runs {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *execution) int { return cmp.Compare(b.seq, a.seq) })
	list := make([]Seen, min(limit, len(all)))
	for i := range list {
		list[i] = all[i].seen()
	}
	return list
}

// LookAt returns an execution, also the child of a map run, by the end of its ARN:
// MACHINE:NAME or MACHINE/LABEL:NAME; ok is false when there is none, or not any more.
func (s *Server) LookAt(name string) (seen Seen, ok bool) {
	arn := s.arn(kindExecution, name)
	child, x, err := s.execution(arn)
	if err != nil {
		return seen, false
	}
	s.mu.Lock()
	seen = x.seen()
	s.mu.Unlock()
	if child != x.Execution {
		seen.Execution, seen.Parent, seen.State = childOf(x.Execution, arn)
	}
	return seen, seen.Execution != nil
}

func (x *execution) seen() Seen {
	return Seen{Execution: x.Execution, Machine: x.machine.name, Definition: x.revision.definition}
}
