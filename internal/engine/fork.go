package engine

import (
	"errors"
	"slices"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// maxInlineConcurrency is how many iterations of an inline Map run at once on AWS.
const maxInlineConcurrency = 40

// fork is a Map or Parallel state at work.
type fork struct {
	owner   *thread
	count   int
	limit   int // how many run at once
	begin   func(i int) (*thread, document, error)
	isMap   bool
	started int
	running []*thread // begun and not succeeded
	last    int64     // event that the next start follows
	results []document
	weight  int64 // of the results, in bytes
	done    int
}

// split begins the current Map or Parallel state.
func (t *thread) split(input document) (string, document, error) {
	var f *fork
	var err error
	if t.state.Type == asl.Map {
		f, err = t.iterations(input)
	} else {
		f, err = t.branches(input)
	}
	if err != nil {
		return "", document{}, err
	}
	t.fork = f
	f.weight += int64(f.count) * resultBytes
	t.x.use(f.weight)
	details := (*Details)(nil)
	if f.isMap {
		details = &Details{Length: new(f.count)} // the history must not hold on to f
	}
	t.last = t.x.record(t.last, t.state.Type+"StateStarted", details)
	f.last = t.last
	if f.count == 0 {
		return f.join(t.last)
	}
	f.fill()
	return "", document{}, nil
}

// fill starts as many branches or iterations as may run.
func (f *fork) fill() {
	for f.started < f.count && len(f.running) < f.limit && !f.owner.x.over {
		f.startNext()
	}
}

func (t *thread) branches(input document) (*fork, error) {
	input, err := t.built(t.state.Parameters, input)
	if err != nil {
		return nil, err
	}
	if input, err = t.encoded(input); err != nil {
		return nil, err
	}
	if t.state.Parameters != nil {
		t.holdOn(jsonpath.Weight(input.text))
	}
	n := len(t.state.Branches)
	return &fork{owner: t, count: n, limit: n, results: make([]document, n), begin: func(i int) (*thread, document, error) {
		return &thread{graph: t.state.Branches[i], item: t.item}, input, nil
	}}, nil
}

func (t *thread) iterations(input document) (*fork, error) {
	m, e := t.state.Map, t.env(input)
	list, err := e.items(m.ItemsPath)
	if err != nil {
		return nil, err
	}
	limit, err := e.concurrency(m, maxInlineConcurrency)
	if err != nil {
		return nil, err
	}
	if m.ItemsPath != nil && m.ItemsPath.Call != nil { // else they are a part of the input
		t.holdOn(jsonpath.WeightOf(list))
	}
	return &fork{owner: t, isMap: true, count: len(list), limit: limit, results: make([]document, len(list)), begin: func(i int) (*thread, document, error) {
		item := &mapItem{index: i, value: list[i]}
		d, err := t.selectItem(item, input)
		return &thread{graph: m.Processor, item: item}, d, err
	}}, nil
}

// items finds the array that a Map works on.
func (e *env) items(path *asl.Expr) ([]any, error) {
	value, text := e.input.value, "$"
	if path != nil {
		var err error
		if text = path.Text; path.Query.OfContext() {
			text = path.Query.Path().String() // $$.a is shown as $.a
		}
		value, err = e.eval(path)
		if missing, ok := errors.AsType[*jsonpath.MissingError](err); ok && missing.Step != "" && path.Query.Variable() == "" {
			doc, _ := path.Query.Document(e)
			return nil, &conflictError{&jsonpath.ApplyError{Reference: text, Step: missing.Step, Input: doc}}
		}
		if err != nil {
			return nil, invalidPath(path, err)
		}
	}
	list, ok := value.([]any)
	if !ok {
		return nil, stateErrorf("Reference path \"%s\" must point to array.", text)
	}
	return list, nil
}

// concurrency is how many iterations may run at once.
func (e *env) concurrency(m *asl.MapFields, most int64) (int, error) {
	n := m.MaxConcurrency
	if m.MaxConcurrencyPath != nil {
		value, err := e.path(m.MaxConcurrencyPath)
		if err != nil {
			return 0, err
		}
		var ok bool
		if n, ok = wholeNumber(value); !ok || n < 0 {
			return 0, notInteger("MaxConcurrencyPath", value, m.MaxConcurrencyPath)
		}
	}
	if n == 0 || n > most {
		n = most
	}
	return int(n), nil
}

// selectItem builds the input of an iteration.
func (t *thread) selectItem(item *mapItem, input document) (document, error) {
	if t.state.Parameters == nil {
		return t.encoded(document{value: t.x.content(item)})
	}
	outer := t.item
	t.item = item
	d, err := t.built(t.state.Parameters, input)
	t.item = outer
	if err != nil {
		return document{}, err
	}
	return t.encoded(d)
}

func (f *fork) startNext() {
	i := f.started
	f.started++
	child, input, err := f.begin(i)
	if err != nil {
		f.started-- // it never began
		f.owner.last = max(f.owner.last, f.last)
		f.owner.failState(err)
		return
	}
	child.x, child.parent, child.index, child.input = f.owner.x, f, i, input
	child.scope = &scope{outer: f.owner.scope}
	child.x.use(threadBytes)
	child.last = f.last
	if f.isMap {
		child.holdOn(textBytes(input.text) + jsonpath.Weight(input.text))
		child.last = f.owner.x.record(f.last, "MapIterationStarted", f.iteration(i))
	}
	f.running = append(f.running, child)
	child.resume(child.start)
}

func (f *fork) iteration(i int) *Details { return &Details{Name: f.owner.state.Name, Index: &i} }

// branchDone takes the output of a branch or iteration.
func (f *fork) branchDone(child *thread, output document) {
	x := f.owner.x
	f.remove(child)
	f.results[child.index] = output
	weight := jsonpath.Weight(output.text)
	f.weight += weight
	x.use(weight)
	f.done++
	joined := child.last
	if f.isMap {
		joined = x.record(child.last, "MapIterationSucceeded", f.iteration(child.index))
	}
	f.last = child.last
	switch {
	case f.done == f.count:
		f.owner.proceed(f.join(joined))
	case f.started < f.count:
		f.startNext()
	}
}

func (f *fork) remove(child *thread) {
	f.running = slices.DeleteFunc(f.running, func(t *thread) bool { return t == child })
}

// join ends the owner's state with the results. Its last events follow the event last.
func (f *fork) join(last int64) (string, document, error) {
	t := f.owner
	t.fork, t.last = nil, last
	total := int64(0)
	for _, d := range f.results {
		total += textBytes(d.text)
	}
	if err := t.x.hold(total); err != nil {
		return "", document{}, &fullError{err}
	}
	defer t.x.release(total)
	t.x.record(last, t.state.Type+"StateSucceeded", nil)
	return t.complete(array(f.results))
}

// branchFailed ends the owner's state with the failure of a branch or iteration, whose
// last event is the failure. The others are aborted.
func (f *fork) branchFailed(child *thread, failure failure) {
	t := f.owner
	cause := child.last
	child.dead = true
	if f.isMap {
		t.x.record(cause, "MapIterationFailed", f.iteration(child.index))
	}
	if child.state.Type != asl.Fail { // which has ended by itself (recorded on AWS)
		t.x.record(cause, child.state.Type+"StateAborted", nil)
	}
	f.abort(cause)
	t.last = cause
	t.fail(failure)
}

// abort stops what still runs.
func (f *fork) abort(cause int64) {
	x := f.owner.x
	for _, t := range f.running {
		if t.dead {
			continue
		}
		t.dead = true
		t.timer.stop()
		if t.attempt != nil {
			t.attempt.close()
		}
		if f.isMap {
			x.record(cause, "MapIterationAborted", f.iteration(t.index))
		}
		if t.state != nil {
			x.record(cause, t.state.Type+"StateAborted", nil)
		}
		if t.fork != nil {
			t.fork.abort(cause)
		}
		if t.mapRun != nil {
			t.mapRun.end(Aborted)
		}
	}
}
