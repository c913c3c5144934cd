package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/local"
	"lacuna/internal/output"
)

// retries tells of the attempts of a run's tasks that will be made again. A history
// says when one failed, and the state machine what follows from that.
type retries struct {
	tell  func(format string, args ...any)
	scale float64                  // of the waits before retries
	rules map[string][]asl.Retrier // by the name of the state
	tasks map[int64]*task          // by the event that each has come to
}

// task is a Task state that a run is in.
type task struct {
	state, about string
	used         []int64 // retries by each rule
}

// newRetries returns a teller with the rules of our state machine, which a stack has
// too.
func newRetries(tell func(string, ...any), scale float64) (*retries, error) {
	m, err := local.Machine()
	if err != nil {
		return nil, err
	}
	r := &retries{tell: tell, scale: scale, rules: map[string][]asl.Retrier{}, tasks: map[int64]*task{}}
	r.read(&m.Graph)
	return r, nil
}

func (r *retries) read(g *asl.Graph) {
	for _, s := range g.States {
		r.rules[s.Name] = s.Retry
		for _, inner := range s.Inner() {
			r.read(inner)
		}
	}
}

// event takes an event of the running execution. Those of a task follow one another.
func (r *retries) event(e engine.Event) {
	if e.Type == "TaskStateEntered" && e.Details != nil {
		r.tasks[e.ID] = &task{e.Details.Name, aboutOf(e.Details), make([]int64, len(r.rules[e.Details.Name]))}
		return
	}
	t := r.tasks[e.PreviousID]
	if t == nil {
		return
	}
	delete(r.tasks, e.PreviousID)
	if strings.HasSuffix(e.Type, "StateExited") {
		return
	}
	r.tasks[e.ID] = t
	if e.Details != nil && e.Details.Error != nil {
		r.failed(t, *e.Details.Error)
	}
}

func (r *retries) failed(t *task, name string) {
	rules := r.rules[t.state]
	i := slices.IndexFunc(rules, func(rule asl.Retrier) bool {
		return slices.Contains(rule.ErrorEquals, name) || slices.Contains(rule.ErrorEquals, "States.ALL")
	})
	if i < 0 || t.used[i] == rules[i].MaxAttempts {
		return // for good: that is told as such
	}
	t.used[i]++
	wait := time.Duration(r.scale * float64(rules[i].Delay(t.used[i])))
	next := fmt.Sprintf("in %s", wait.Round(time.Millisecond))
	switch {
	case wait == 0:
		next = "at once"
	case rules[i].FullJitter: // nobody knows how much of it
		next = fmt.Sprintf("within %s", wait.Round(time.Millisecond))
	}
	r.tell("%s: %s, attempt %d of %d, next %s", t.about, output.Shorten(name, output.MaxQuoted), t.used[i], rules[i].MaxAttempts+1, next)
}

// aboutOf names what a task works on: the source and the stream, or the series.
func aboutOf(d *engine.Details) string {
	var in struct {
		Stream      struct{ ID string }
		Key, Source string
	}
	if d.Input == nil || json.Unmarshal([]byte(*d.Input), &in) != nil {
		return d.Name
	}
	about := strings.TrimSpace(in.Source + " " + cmp.Or(in.Stream.ID, in.Key))
	return cmp.Or(about, d.Name)
}
