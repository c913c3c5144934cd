package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"lacuna/internal/console"
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
		Now:    func() time.Time { return time.Now().UTC() }, Runs: runs, Watch: runs, Log: s.log,
		Hosts: s.allowHosts,
	}
	if show, _, err = a.openConsole(o, s.console); err != nil {
		err = fmt.Errorf("--console: %w", err)
	}
	return show, err
}

// apiRuns are the executions of an API as the console reads them. A run is called by state
// machine and execution: "machine/name".
type apiRuns struct{ api *sfnapi.Server }

func (v apiRuns) find(run string) (sfnapi.Seen, error) {
	machine, name, _ := strings.Cut(run, "/")
	x, ok := v.api.LookAt(machine, name)
	if !ok {
		return x, fmt.Errorf("execution %s: %w", run, store.ErrUnknown)
	}
	return x, nil
}

func execution(x sfnapi.Seen) store.Execution {
	r := x.Result()
	e := store.Execution{
		Name: x.Machine + "/" + x.Name(), Machine: x.Machine, Input: x.Input(), Started: r.Start, Status: r.Status, Stopped: r.Stop, Output: r.Output,
	}
	if r.Error != nil {
		e.Error = *r.Error
	}
	if r.Cause != nil {
		e.Cause = *r.Cause
	}
	return e
}

// Executions implements console.Runs.
func (v apiRuns) Executions(_ context.Context, limit int) ([]store.Execution, error) {
	var list []store.Execution
	for _, x := range v.api.Look(limit) {
		list = append(list, execution(x))
	}
	return list, nil
}

// Execution implements console.Runs.
func (v apiRuns) Execution(_ context.Context, run string) (store.Execution, error) {
	x, err := v.find(run)
	if err != nil {
		return store.Execution{}, err
	}
	return execution(x), nil
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
	var list []store.Event
	for _, e := range all[min(max(after, 0), int64(len(all))):] {
		stored, err := history.StoredEvent(e)
		if err != nil {
			return nil, err
		}
		list = append(list, stored)
	}
	return list, nil
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
	return []byte(x.Definition), err
}

// looked is how many executions are looked at for what has changed, the newest.
const looked = 200

// Changed implements console.Watch. The mark stands for how many events there are of which
// executions.
func (v apiRuns) Changed(_ context.Context, since int64) (console.Change, error) {
	sum := fnv.New64a()
	for _, x := range v.api.Look(looked) {
		fmt.Fprintln(sum, x.ARN(), len(x.History()))
	}
	mark := int64(sum.Sum64())
	return console.Change{Mark: mark, Runs: since != 0 && mark != since, Again: everyFile}, nil
}
