package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine/objects"
	"lacuna/internal/jsonpath"

	"github.com/google/uuid"
)

// maxDistributedConcurrency is how many child executions of a distributed Map run at
// once on AWS.
const maxDistributedConcurrency = 10_000

// mapRun is a distributed Map state at work. Each iteration is an execution of its own,
// whose events are not in the history of the parent.
type mapRun struct {
	owner      *thread
	arn        string
	state      string
	label      string
	limit      int
	concurrent int64 // MaxConcurrency as the definition has it
	tolerate   tolerance
	source     *source // nil when the items are there
	export     *export // nil leaves the results in the output
	input      document
	inputs     []childInput
	weight     int64 // of the items and of what was made of them, in bytes
	begun      int64 // id of MapRunStarted or MapRunRedriven
	ctx        context.Context
	cancel     context.CancelFunc
	running    map[int]bool
	items      int
	failed     int // items that did not succeed since the start or the last redrive
	over       bool
	apart      chan struct{} // closed when objects are read or written; nil while none are

	mu       sync.Mutex
	queue    []int // of inputs that wait for their execution
	children []*Execution
	status   string
	start    time.Time
	stop     time.Time
	redrives int
	redriven time.Time
}

// childInput is the input of a child execution.
type childInput struct {
	items int // how many it stands for
	item  *mapItem
	build func() (document, error)
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

// distribute begins a distributed Map. AWS counts no items in MapStateStarted before an
// ItemReader has read them.
func (t *thread) distribute(input document) error {
	m, e := t.state.Map, t.env(input)
	var items []any
	var err error
	if m.Reader == nil {
		if items, err = e.items(m.ItemsPath); err != nil {
			return err
		}
	}
	limit, err := e.concurrency(m, maxDistributedConcurrency)
	if err != nil {
		return err
	}
	t.last = t.x.record(t.last, "MapStateStarted", &Details{Length: new(len(items))})
	r := &mapRun{
		owner: t, state: t.state.Name, label: m.Label, limit: limit, concurrent: m.MaxConcurrency,
		input: input, status: Running, start: time.Now(),
	}
	if m.MaxConcurrencyPath != nil {
		r.concurrent = int64(limit)
	}
	if r.label == "" {
		r.label = t.state.Name
	}
	if err := r.prepare(e, items); err != nil {
		return err
	}
	r.arn = t.x.engine.arn("mapRun", t.x.owner+"/"+r.label+":"+uuid.NewString())
	t.last = t.x.record(t.last, "MapRunStarted", &Details{MapRunARN: r.arn})
	t.mapRun = r
	t.x.mu.Lock()
	t.x.mapRuns = append(t.x.mapRuns, r)
	t.x.mu.Unlock()
	r.begin(t.last)
	return nil
}

// prepare evaluates the fields of the state.
func (r *mapRun) prepare(e *env, items []any) (err error) {
	m := r.owner.state.Map
	if r.tolerate, err = e.tolerance(m); err != nil {
		return err
	}
	if r.export, err = e.export(m.Writer); err != nil {
		return err
	}
	if m.Reader == nil {
		list := make([]*mapItem, len(items))
		for i, value := range items {
			list[i] = &mapItem{index: i, value: value}
		}
		return r.take(list)
	}
	r.source, err = e.source(m.Reader)
	return err
}

// take makes the inputs of the children of the items.
func (r *mapRun) take(items []*mapItem) error {
	inputs, weight, err := r.owner.childInputs(items, r.input)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.source, r.inputs, r.items = nil, inputs, len(items)
	r.weight += weight + int64(len(items))*itemBytes
	r.owner.x.add(int64(len(items)) * itemBytes)
	r.children, r.queue = make([]*Execution, len(inputs)), make([]int, len(inputs))
	for i := range r.queue {
		r.queue[i] = i
	}
	return nil
}

// begin starts the children when the execution has nothing else to do, as tasks start, so that
// the history up to there is the same each time. What the run records follows the event last.
func (r *mapRun) begin(last int64) {
	r.begun, r.over, r.failed, r.running = last, false, 0, map[int]bool{}
	x := r.owner.x
	x.starts = append(x.starts, func(ctx context.Context) {
		if r.over || x.over {
			return
		}
		r.ctx, r.cancel = context.WithCancel(ctx)
		if r.source != nil {
			r.read()
			return
		}
		r.fill()
	})
}

// continued redrives the children that have not succeeded.
func (r *mapRun) continued(last int64) {
	r.mu.Lock()
	r.status, r.stop, r.redriven = Running, time.Time{}, time.Now()
	r.redrives++
	for i, child := range r.children {
		if child != nil && child.Result().Status != Succeeded {
			r.queue = append(r.queue, i)
		}
	}
	slices.Sort(r.queue)
	r.mu.Unlock()
	r.begin(r.owner.x.record(last, "MapRunRedriven", &Details{MapRunARN: r.arn, RedriveCount: r.redrives}))
	r.owner.last = r.begun
}

func (e *env) tolerance(m *asl.MapFields) (tolerance, error) {
	o := tolerance{count: m.ToleratedFailureCount, percent: m.ToleratedFailurePercentage}
	if path := m.ToleratedFailureCountPath; path != nil {
		var err error
		if o.count, err = e.whole(path, "ToleratedFailureCountPath"); err != nil {
			return o, err
		}
		if o.count < 0 {
			return o, stateErrorf("ToleratedFailureCount cannot be negative.")
		}
	}
	if path := m.ToleratedFailurePercentagePath; path != nil {
		value, err := e.path(path)
		if err != nil {
			return o, err
		}
		n, ok := anyNumber(value)
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

// fill starts as many children as may run, and ends the run when all are through.
func (r *mapRun) fill() {
	for len(r.queue) > 0 && len(r.running) < r.limit && !r.over && !r.owner.x.aborted() {
		r.mu.Lock()
		i := r.queue[0]
		r.queue = r.queue[1:]
		r.mu.Unlock()
		if !r.launch(i) {
			return
		}
	}
	if len(r.queue) == 0 && len(r.running) == 0 && !r.over && !r.owner.x.over {
		r.finish()
	}
}

// launch starts the execution of an input, or redrives it. It returns false if there is
// room for it only when another one has ended.
func (r *mapRun) launch(i int) bool {
	child, begin := r.children[i], (*Execution).continued
	var err error
	if child != nil {
		err = child.revive(r.ctx, true)
	} else {
		child, err = r.child(i)
		begin = (*Execution).begin
	}
	full := (*fullError)(nil)
	switch _, spent := err.(*APIError); {
	case spent: // a child that cannot be redriven stays what it is
		r.childFailed(i)
		return true
	case errors.As(err, &full) && len(r.running) > 0:
		r.mu.Lock()
		r.queue = slices.Insert(r.queue, 0, i)
		r.mu.Unlock()
		return false
	case err != nil:
		r.end(Failed)
		r.owner.failState(err)
		return true
	}
	r.running[i] = true
	parent, redrive := r.owner.x, r.redrives
	go func() {
		child.run(func() { begin(child) })
		parent.post(func() { r.childDone(i, redrive) })
	}()
	return true
}

// child is the execution of one iteration of a distributed Map. It sees no variables of
// its parent.
func (r *mapRun) child(i int) (*Execution, error) {
	in, x := r.inputs[i], r.owner.x
	input, err := in.build()
	if err != nil {
		return nil, err
	}
	if len(input.text) > asl.MaxPayload {
		return nil, oversized{}
	}
	child := newExecution(r.ctx, x.engine, StartInput{
		Name: uuid.NewString(), Machine: &asl.Machine{Graph: *r.owner.state.Map.Processor}, MachineName: x.owner + "/" + r.label,
		RoleARN: x.roleARN, Integrations: x.bind, Mock: x.mock, Hold: x.holder,
	}, input, x.work)
	if err := child.hold(StartBytes(json.RawMessage(input.text))); err != nil {
		return nil, &fullError{err}
	}
	child.loose = child.weight + threadBytes
	child.item, child.mapRun, child.calls = in.item, r.arn, x.calls
	r.mu.Lock()
	r.children[i] = child
	r.mu.Unlock()
	return child, nil
}

// childDone takes the end of a child in the run as it was after so many redrives: one that ended
// with a failed run may be told of only when a redrive has begun, which has asked it itself.
func (r *mapRun) childDone(i, redrives int) {
	if r.over || redrives != r.redrives {
		return
	}
	delete(r.running, i)
	if r.children[i].Result().Status != Succeeded {
		r.childFailed(i)
	}
	if !r.over {
		r.fill()
	}
}

func (r *mapRun) childFailed(i int) {
	r.failed += r.inputs[i].items
	if !r.tolerate.exceededBy(r.failed, r.items) {
		return
	}
	r.end(Failed)
	r.write(func(document) { r.fail(asl.ErrorThreshold, errThreshold) })
}

var errThreshold = objects.Causef("The specified tolerated failure threshold was exceeded")

// fail ends the state with an error of that name, and the text of err as its cause.
func (r *mapRun) fail(name string, err error) {
	r.end(Failed)
	t := r.owner
	f := taskFailure(&Error{Name: name, Cause: err.Error()})
	t.last = t.x.record(r.begun, "MapRunFailed", &Details{Error: f.name, Cause: f.cause})
	t.resume(func() { t.fail(f) })
}

// finish ends the state with the outputs of the children that succeeded, or with the
// place where they are.
func (r *mapRun) finish() {
	if r.export.exports() {
		r.write(r.succeed)
		return
	}
	results, err := r.results()
	if err != nil {
		r.end(Failed)
		r.owner.failState(err)
		return
	}
	r.succeed(results)
}

// maxResults bounds the results of a distributed Map that go into its output, in bytes of
// JSON: sixteen payloads, because ResultSelector may take a part. Their values take up to
// twenty times as much memory.
const maxResults = 16 * asl.MaxPayload

// results are the outputs of the children that succeeded, as WriterConfig has them.
func (r *mapRun) results() (document, error) {
	total := int64(0)
	for _, child := range r.children {
		output := string(child.Result().Output)
		total += textBytes(output) + jsonpath.Weight(output)
	}
	if err := r.owner.x.hold(total); err != nil {
		return document{}, &fullError{err}
	}
	defer r.owner.x.release(total)
	var results []document
	size := 0
	for i, child := range r.children {
		if child.Result().Status != Succeeded {
			continue
		}
		list, err := r.export.documents(child)
		if err != nil {
			return document{}, fmt.Errorf("output of iteration %d: %w", i, err)
		}
		for _, d := range list {
			size += len(d.text)
		}
		if size > maxResults {
			return document{}, oversized{}
		}
		results = append(results, list...)
	}
	return array(results), nil
}

// succeed ends the state with its result.
func (r *mapRun) succeed(result document) {
	t := r.owner
	r.end(Succeeded)
	t.mapRun = nil // if the state fails yet, a redrive begins it anew
	// As recorded since November 2024: the state goes on from what began the run.
	t.x.record(t.x.record(r.begun, "MapRunSucceeded", nil), "MapStateSucceeded", nil)
	t.resume(func() { t.proceed(t.complete(result)) })
}

// end ends the run, and the children that still run.
func (r *mapRun) end(status string) {
	if r.over {
		return
	}
	r.over = true
	if r.cancel != nil {
		r.cancel()
	}
	r.mu.Lock()
	r.status, r.stop = status, time.Now()
	r.mu.Unlock()
}

// rest waits until no child runs any more: the execution has ended.
func (r *mapRun) rest() {
	r.end(Aborted)
	r.settle()
	if r.apart != nil {
		<-r.apart
	}
	if r.owner.x.result.Status == Succeeded { // no redrive will need them
		for i := range r.inputs {
			r.inputs[i].item, r.inputs[i].build = nil, nil
		}
		r.owner, r.source, r.export, r.input = nil, nil, nil, document{}
	}
}

// settle waits until no child runs any more.
func (r *mapRun) settle() {
	for _, child := range r.children {
		if child != nil {
			<-child.Done()
		}
	}
}

// Counts are numbers of child executions, or of the items they work on.
type Counts struct {
	Pending, Running, Succeeded, Failed, TimedOut, Aborted, Total int
	FailuresNotRedrivable, PendingRedrive                         int
}

// MapRun is what has become of a distributed Map state, with AWS's words for it.
type MapRun struct {
	ARN                        string
	State, Label               string
	Status                     string // as of an execution
	Start, Stop                time.Time
	MaxConcurrency             int64 // 0 is no limit
	ToleratedFailureCount      int64
	ToleratedFailurePercentage float64
	Items, Executions          Counts
	RedriveCount               int
	RedriveDate                time.Time    // zero without a redrive
	Children                   []*Execution // those that have begun, in the order of the items
}

// MapRuns are the distributed Map states that x has begun, in that order.
func (x *Execution) MapRuns() []MapRun {
	x.mu.Lock()
	runs := x.mapRuns[:len(x.mapRuns):len(x.mapRuns)]
	x.mu.Unlock()
	list := make([]MapRun, len(runs))
	for i, r := range runs {
		list[i] = r.snapshot()
	}
	return list
}

func (r *mapRun) snapshot() MapRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := MapRun{
		ARN: r.arn, State: r.state, Label: r.label, Status: r.status, Start: r.start, Stop: r.stop,
		MaxConcurrency: r.concurrent, ToleratedFailureCount: r.tolerate.count, ToleratedFailurePercentage: r.tolerate.percent,
		RedriveCount: r.redrives, RedriveDate: r.redriven,
	}
	waits := make(map[int]bool, len(r.queue))
	for _, i := range r.queue {
		waits[i] = true
	}
	for i, child := range r.children {
		status, redrivable := "", ""
		if child != nil {
			result := child.Result()
			status, redrivable = result.Status, result.RedriveStatus
			m.Children = append(m.Children, child)
		}
		m.Executions.add(1, status, redrivable, waits[i])
		m.Items.add(r.inputs[i].items, status, redrivable, waits[i])
	}
	return m
}

// add counts n of a status, "" for what has not begun.
func (c *Counts) add(n int, status, redrivable string, waits bool) {
	c.Total += n
	switch {
	case status == "":
		c.Pending += n
	case waits:
		c.PendingRedrive += n
	case status == Running:
		c.Running += n
	case status == Succeeded:
		c.Succeeded += n
	case status == Failed:
		c.Failed += n
	case status == TimedOut:
		c.TimedOut += n
	default:
		c.Aborted += n
	}
	if (status == Failed || status == TimedOut) && redrivable == NotRedrivable {
		c.FailuresNotRedrivable += n
	}
}
