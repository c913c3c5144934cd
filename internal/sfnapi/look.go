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
	Definition string // what it runs, also when the machine was changed since
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

// LookAt returns the execution of a state machine; ok is false when there is none of the
// name, or not any more.
func (s *Server) LookAt(machine, name string) (seen Seen, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.runs[s.arn(kindExecution, machine+":"+name)]
	if x == nil {
		return seen, false
	}
	return x.seen(), true
}

func (x *execution) seen() Seen { return Seen{x.Execution, x.machine.name, x.revision.definition} }
