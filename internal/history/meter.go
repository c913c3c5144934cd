package history

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/cost"
	"lacuna/internal/engine"
	"lacuna/internal/message"
)

// Meter counts what a run of the pipeline used, event by event. The zero value is ready.
type Meter struct {
	entered  int // states
	tasks    int // of them, Tasks
	tries    int // of Tasks
	shards   []cost.Usage
	ends     int // start and end of the execution
	counts   cost.Counts
	selected message.Selection
	found    []message.Streams // by sources
	sum      *message.Summary
	broken   bool // what a state gave cannot be read
}

// Add counts events that come after those counted before.
func (m *Meter) Add(events []Event) {
	for _, e := range events {
		var d struct{ ResourceType, Resource, Output string }
		if wanted(e.Type, e.name) {
			if err := json.Unmarshal(e.Details, &d); err != nil {
				m.broken = true
			}
		}
		m.add(e.Type, e.name, d.ResourceType, d.Resource, d.Output)
	}
}

// AddOf is Add of events of the engine.
func (m *Meter) AddOf(events []engine.Event) {
	for _, e := range events {
		var d engine.Details
		if e.Details != nil {
			d = *e.Details
		}
		m.add(e.Type, d.Name, d.ResourceType, d.Resource, text(d.Output))
	}
}

// wanted reports whether the details of an event are looked at.
func wanted(kind, name string) bool {
	return kind == "TaskScheduled" || kind == "TaskStateExited" && (name == "Select" || name == "FanOut" || name == "Report")
}

func (m *Meter) add(kind, name, resourceType, resource, output string) {
	switch {
	case strings.HasSuffix(kind, "StateEntered"):
		m.entered++
		if kind == "TaskStateEntered" {
			m.tasks++
		}
		if name == "FanOut" {
			m.counts.FanOuts++
		}
	case kind == "TaskScheduled" && resourceType == "lambda":
		m.tries++
		m.counts.Tasks++
	case kind == "TaskScheduled" && strings.Contains(resource, "startExecution"): // a shard
		m.tries++
	case kind == "TaskScheduled": // of "sqs"; emulators say "states" here too
		m.tries++
		m.counts.Scrapes++
	case kind == "ExecutionStarted" || Ending(kind) != "":
		m.ends++
	case kind == "TaskStateExited":
		m.took(name, output)
	}
}

// took takes what a state gave.
func (m *Meter) took(name, output string) {
	switch name {
	case "Select":
		m.read(output, &m.selected)
		for _, source := range m.selected.Sources {
			m.broken = m.broken || len(source.Batches) == 0 // as before there were batches
		}
	case "FanOut":
		var out struct{ Work json.RawMessage }
		m.read(output, &out)
		if !bytes.HasPrefix(out.Work, []byte("{")) { // it failed: what EachSeries gave
			return
		}
		var found message.Streams
		m.read(string(out.Work), &found)
		m.found = append(m.found, found)
	case "Report":
		if sum, err := readSummary(output); err != nil {
			m.broken = true
		} else if sum != nil {
			m.sum = sum
		}
	}
}

// read reads the output of a state, which fails when it is none of the pipeline's.
func (m *Meter) read(text string, v any) {
	err := bound.JSON(text, maxSummary, 10)
	if err == nil {
		err = json.Unmarshal([]byte(text), v)
	}
	m.broken = m.broken || err != nil && text != ""
}

// Usage returns what the run has used; false when it is not one of the pipeline, or of
// another version of it.
func (m *Meter) Usage() (cost.Usage, bool) {
	if m.broken {
		return cost.Usage{}, false
	}
	run := cost.NewRun(m.selected, m.found)
	run.Reported = run.Reported && m.sum != nil
	if m.sum != nil {
		all := m.sum.All()
		if len(run.Shards) == 0 {
			run.Rows, run.Revised = all.Days(), all.Revised
		}
		for i := range run.Shards { // they are about as large as each other
			run.Shards[i] = all.Number / len(run.Shards)
		}
	}
	c := m.counts
	c.Transitions = m.entered + max(0, m.tries-m.tasks) + m.ends
	used := run.Usage(c)
	for _, u := range m.shards {
		used.Add(u)
	}
	return used, true
}

// AddShard counts what a shard of the run used.
func (m *Meter) AddShard(of *Meter) {
	u, ok := of.Usage()
	m.shards, m.broken = append(m.shards, u), m.broken || !ok
}

// AsOf returns the clock of the run, zero while it is not known.
func (m *Meter) AsOf() time.Time { return m.selected.AsOf }

// Shards returns the shards of a run that divides itself, in order; none of another.
func (m *Meter) Shards() []message.Shard { return m.selected.Shards }

// Lose says that something which the run used was not counted: Usage does not know it.
func (m *Meter) Lose() { m.broken = true }

// Bill is what was counted at the prices of a region, nil when Usage does not know.
func (m *Meter) Bill(region string) *cost.Bill {
	u, ok := m.Usage()
	if !ok {
		return nil
	}
	b := u.Bill(region, cost.Counted, 1)
	return &b
}
