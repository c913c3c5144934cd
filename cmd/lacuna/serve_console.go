package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"lacuna/internal/console"
	"lacuna/internal/engine"
	"lacuna/internal/history"
	"lacuna/internal/sfnapi"
	"lacuna/internal/store"
)

// consoleAddr is where --console alone listens.
const consoleAddr = "127.0.0.1:8084"

// openConsole opens the runs' pages for the executions of an API. What it returns serves
// them until its context ends.
func (s *serve) openConsole(a *app, api *sfnapi.Server, at string) (show func(context.Context) error, err error) {
	runs := apiRuns{api}
	o := console.Options{
		Target: console.Target{Kind: "serve", Name: "Step Functions API at http://" + at, Version: build().String(), ReadOnly: true},
		Now:    func() time.Time { return time.Now().UTC() }, Runs: runs, Children: runs, Watch: runs, Log: s.log,
		Hosts: s.allowHosts,
	}
	if show, _, err = a.openConsole(o, s.console); err != nil {
		err = fmt.Errorf("--console: %w", err)
	}
	return show, err
}

// apiRuns are the executions of an API as the console reads them. A run is called by state
// machine and execution, "machine/name", and the child of a map run by the end of its ARN,
// "machine/label:name".
type apiRuns struct{ api *sfnapi.Server }

func (v apiRuns) find(run string) (sfnapi.Seen, error) {
	name := run
	if !strings.Contains(run, ":") {
		name = strings.Replace(run, "/", ":", 1)
	}
	x, ok := v.api.LookAt(name)
	if !ok {
		return x, fmt.Errorf("execution %s: %w", run, store.ErrUnknown)
	}
	return x, nil
}

// apiName is what a run is called.
func apiName(x *engine.Execution) string {
	const before = 6 // arn:aws:states:REGION:ACCOUNT:execution:
	name := strings.SplitN(x.ARN(), ":", before+1)[before]
	if x.MapRunARN() == "" {
		return strings.Replace(name, ":", "/", 1)
	}
	return name
}

func execution(x *engine.Execution, machine string) store.Execution {
	return history.StoredExecution(x, apiName(x), machine)
}

// Executions implements console.Runs.
func (v apiRuns) Executions(_ context.Context, limit int) ([]store.Execution, error) {
	var list []store.Execution
	for _, x := range v.api.Look(limit) {
		list = append(list, execution(x.Execution, x.Machine))
	}
	return list, nil
}

// Execution implements console.Runs.
func (v apiRuns) Execution(_ context.Context, run string) (store.Execution, error) {
	x, err := v.find(run)
	if err != nil {
		return store.Execution{}, err
	}
	return execution(x.Execution, x.Machine), nil
}

// Summaries implements console.Runs: state machines of users report nothing.
func (v apiRuns) Summaries(context.Context, []store.Execution) ([]store.Run, error) { return nil, nil }

// Events implements console.Runs. The ids of the engine count from 1.
func (v apiRuns) Events(_ context.Context, run string, after int64) ([]store.Event, error) {
	x, err := v.find(run)
	if err != nil {
		return nil, err
	}
	all := x.History()
	return history.StoredEvents(all[min(max(after, 0), int64(len(all))):])
}

// Event implements console.Runs.
func (v apiRuns) Event(_ context.Context, run string, id int64) (store.Event, error) {
	x, err := v.find(run)
	if err != nil {
		return store.Event{}, err
	}
	all := x.History()
	if id < 1 || id > int64(len(all)) {
		return store.Event{}, fmt.Errorf("event %d of execution %s: %w", id, run, store.ErrUnknown)
	}
	return history.StoredEvent(all[id-1])
}

// Definition implements console.Runs.
func (v apiRuns) Definition(_ context.Context, run string) ([]byte, error) {
	x, err := v.find(run)
	if err != nil || x.Parent == nil {
		return []byte(x.Definition), err
	}
	return console.ProcessorOf([]byte(x.Definition), x.State)
}

// Children implements console.Children.
func (v apiRuns) Children(_ context.Context, run, state string, from, limit int) ([]store.Execution, error) {
	x, err := v.find(run)
	if err != nil {
		return nil, err
	}
	var all []*engine.Execution
	rank := map[*engine.Execution]int{}
	for _, m := range x.MapRuns() {
		if m.State != state {
			continue
		}
		for _, child := range m.Children {
			switch child.Result().Status {
			case engine.Running:
				rank[child] = 1
			case engine.Succeeded:
				rank[child] = 2
			}
			all = append(all, child)
		}
	}
	slices.SortStableFunc(all, func(a, b *engine.Execution) int { return rank[a] - rank[b] })
	var list []store.Execution
	for _, child := range all[min(from, len(all)):min(from+limit, len(all))] {
		list = append(list, execution(child, x.Machine))
	}
	return list, nil
}

// Parent implements console.Children.
func (v apiRuns) Parent(_ context.Context, run string) (parent, state string, err error) {
	x, err := v.find(run)
	if err != nil || x.Parent == nil {
		return "", "", err
	}
	return apiName(x.Parent), x.State, nil
}

// looked is how many executions are looked at for what has changed, the newest.
const looked = 200

// Changed implements console.Watch. The mark stands for how many events there are of which
// executions.
func (v apiRuns) Changed(_ context.Context, since int64) (console.Change, error) {
	sum := fnv.New64a()
	for _, x := range v.api.Look(looked) {
		fmt.Fprintln(sum, x.ARN(), len(x.History()))
		if x.Result().Status != engine.Running {
			continue
		}
		for _, run := range x.MapRuns() { // whose children write nothing into the history of x
			for _, child := range run.Children {
				fmt.Fprintln(sum, len(child.History()))
			}
		}
	}
	mark := int64(sum.Sum64())
	return console.Change{Mark: mark, Runs: since != 0 && mark != since, Again: everyFile}, nil
}
