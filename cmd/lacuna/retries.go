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
	"lacuna/internal/history"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/output"
)

// retries tells of the attempts of a run's tasks that will be made again. A history
// says when one failed, and the state machine what follows from that.
type retries struct {
	tell  func(format string, args ...any)
	scale float64                  // of the waits before retries
	rules map[string][]asl.Retrier // by the name of the state
	tasks map[at]*task             // by the event that each has come to
}

// at is an event of an execution.
type at struct {
	run string
	id  int64
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
	r := &retries{tell: tell, scale: scale, rules: map[string][]asl.Retrier{}, tasks: map[at]*task{}}
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

// event takes an event of a running execution. Those of a task follow one another.
func (r *retries) event(run string, e engine.Event) {
	here := at{run, e.ID}
	if e.Type == "TaskStateEntered" && e.Details != nil {
		r.tasks[here] = &task{e.Details.Name, inShard(run) + aboutOf(e.Details), make([]int64, len(r.rules[e.Details.Name]))}
		return
	}
	before := at{run, e.PreviousID}
	t := r.tasks[before]
	if t == nil {
		return
	}
	delete(r.tasks, before)
	if strings.HasSuffix(e.Type, "StateExited") {
		return
	}
	r.tasks[here] = t
	if e.Details != nil && e.Details.Error != nil {
		why := ""
		if e.Details.Cause != nil {
			why = history.CauseOf(*e.Details.Cause)
		}
		r.failed(t, *e.Details.Error, why)
	}
}

func (r *retries) failed(t *task, name, why string) {
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
	if why != "" {
		why = ": " + output.Shorten(why, output.MaxQuoted)
	}
	r.tell("%s: %s, attempt %d of %d, next %s%s", t.about, output.Shorten(name, output.MaxQuoted), t.used[i], rules[i].MaxAttempts+1, next, why)
}

// aboutOf names what a task works on: the source and the stream, or the series.
func aboutOf(d *engine.Details) string {
	var in struct {
		Source string
		Bundle message.Bundle
	}
	if d.Input == nil || json.Unmarshal([]byte(*d.Input), &in) != nil {
		return d.Name
	}
	if len(in.Bundle.Streams) > 0 {
		return strings.TrimSpace(in.Source + " " + in.Bundle.String())
	}
	return cmp.Or(history.About(*d.Input), d.Name)
}
