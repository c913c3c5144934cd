package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// maxDistributedConcurrency is how many child executions of a distributed Map run at
// once on AWS.
const maxDistributedConcurrency = 10_000

// mapRun is a distributed Map state at work. Each iteration is an execution of its own,
// whose events are not in the history of the parent.
type mapRun struct {
	owner    *thread
	label    string
	items    []any
	input    document // of the Map state
	limit    int
	tolerate tolerance
	begun    int64 // id of MapRunStarted
	cancel   context.CancelFunc
	launch   func(child *Execution, i int)

	started, done, failed int
	results               []document // without text where the iteration failed
	over                  bool
}

// tolerance is how many iterations may fail.
type tolerance struct {
	count   int64
	percent float64
}

// exceededBy tells whether failed of total is more than allowed. Both limits apply if
// both are set.
func (o tolerance) exceededBy(failed, total int) bool {
	if failed == 0 {
		return false
	}
	if o.count == 0 && o.percent == 0 {
		return true
	}
	return o.count > 0 && int64(failed) > o.count ||
		o.percent > 0 && 100*float64(failed) > o.percent*float64(total)
}

// distribute begins a distributed Map.
func (t *thread) distribute(input document) error {
	m, e := t.state.Map, t.env(input.value)
	items, err := e.items(m.ItemsPath)
	if err != nil {
		return err
	}
	limit, err := e.concurrency(m, maxDistributedConcurrency)
	if err != nil {
		return err
	}
	n := len(items)
	t.last = t.x.record(t.last, "MapStateStarted", &Details{Length: &n})
	r := &mapRun{owner: t, label: m.Label, items: items, input: input, limit: limit, results: make([]document, n)}
	if r.label == "" {
		r.label = t.state.Name
	}
	if r.tolerate, err = e.tolerance(m); err != nil {
		return err
	}
	arn := t.x.engine.arn("mapRun", t.x.owner+"/"+r.label+":"+uuid.NewString())
	t.last = t.x.record(t.last, "MapRunStarted", &Details{MapRunARN: arn})
	r.begun = t.last
	t.mapRun = r
	t.x.starts = append(t.x.starts, r.start)
	return nil
}

func (e *env) tolerance(m *asl.MapFields) (tolerance, error) {
	o := tolerance{count: m.ToleratedFailureCount, percent: m.ToleratedFailurePercentage}
	if path := m.ToleratedFailureCountPath; path != nil {
		value, err := e.path(path)
		if err != nil {
			return o, err
		}
		n, ok := value.(int64)
		switch {
		case !ok:
			return o, notInteger("ToleratedFailureCountPath", value, path)
		case n < 0:
			return o, stateErrorf("ToleratedFailureCount cannot be negative.")
		}
		o.count = n
	}
	if path := m.ToleratedFailurePercentagePath; path != nil {
		value, err := e.path(path)
		if err != nil {
			return o, err
		}
		n, ok := toFloat(value)
		switch {
		case !ok:
			return o, stateErrorf("The ToleratedFailurePercentagePath field refers to value \"%s\" which is not a valid float: %s", jsonpath.JavaString(value), path.Text)
		case n < 0 || n > 100:
			return o, stateErrorf("ToleratedFailurePercentage must be between 0 and 100.")
		}
		o.percent = n
	}
	return o, nil
}

// start begins the first iterations, all of them if they may run at once.
func (r *mapRun) start(ctx context.Context) {
	if r.over {
		return
	}
	ctx, r.cancel = context.WithCancel(ctx)
	parent := r.owner.x
	r.launch = func(child *Execution, i int) {
		go func() {
			child.run(ctx)
			parent.post(func() { r.childDone(i, child.Result()) })
		}()
	}
	if len(r.items) == 0 {
		r.finish()
		return
	}
	for r.started < min(r.limit, len(r.items)) && !r.over {
		r.startNext()
	}
}

func (r *mapRun) startNext() {
	t, i := r.owner, r.started
	r.started++
	item := &mapItem{index: i, value: r.items[i]}
	input, err := t.selectItem(item, r.input)
	if err != nil {
		r.stop()
		t.failState(err)
		return
	}
	r.launch(t.x.child(r.label, t.state.Map.Processor, item, input), i)
}

// child is the execution of one iteration of a distributed Map. It sees no variables of
// its parent.
func (x *Execution) child(label string, processor *asl.Graph, item *mapItem, input document) *Execution {
	name := uuid.NewString()
	child := newExecution(x.engine, StartInput{
		Name: name, Machine: &asl.Machine{Graph: *processor}, MachineName: x.owner + "/" + label,
	}, input)
	child.item = item
	return child
}

func (r *mapRun) childDone(i int, result Result) {
	if r.over {
		return
	}
	r.done++
	if result.Status == Succeeded {
		output, err := decode(result.Output)
		if err != nil {
			r.fail(taskFailure(fmt.Errorf("output of iteration %d: %w", i, err)))
			return
		}
		r.results[i] = output
	} else {
		r.failed++
		if r.tolerate.exceededBy(r.failed, len(r.items)) {
			r.fail(taskFailure(&Error{Name: thresholdName, Cause: "The specified tolerated failure threshold was exceeded"}))
			return
		}
	}
	switch {
	case r.done == len(r.items):
		r.finish()
	case r.started < len(r.items):
		r.startNext()
	}
}

// finish ends the state with the outputs of the iterations that succeeded.
func (r *mapRun) finish() {
	t := r.owner
	r.stop()
	outputs := array(slices.DeleteFunc(r.results, func(d document) bool { return d.text == "" }))
	// MapStateExited follows MapRunSucceeded, as recorded until August 2024; recordings
	// since November 2024 have it follow MapRunStarted.
	t.last = t.x.record(r.begun, "MapRunSucceeded", nil)
	t.x.record(t.last, "MapStateSucceeded", nil)
	t.resume(func() { t.proceed(t.complete(outputs)) })
}

func (r *mapRun) fail(f failure) {
	t := r.owner
	r.stop()
	t.last = t.x.record(r.begun, "MapRunFailed", &Details{Error: f.name, Cause: f.cause})
	t.resume(func() { t.fail(f) })
}

// stop ends the iterations that still run.
func (r *mapRun) stop() {
	r.over = true
	if r.cancel != nil {
		r.cancel()
	}
	r.owner.mapRun = nil
}
