package engine

import (
	"maps"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// thread is one line of states: the machine itself, a branch or an iteration.
type thread struct {
	x      *Execution
	parent *fork // nil for the machine itself
	index  int   // of the branch or iteration
	item   *mapItem
	graph  *asl.Graph
	scope  *scope
	last   int64 // id of its last event
	dead   bool  // aborted
	next   func()

	state      *asl.State // the current one, nil before the first and after the last
	entered    int64      // id of its StateEntered event
	enteredAt  time.Time
	input      document // before the first state that of the thread
	weight     int64    // of what the thread holds on to: its input, what a Wait will assign
	retries    []int64  // per retrier
	retryCount int
	caughtOne  bool     // a catcher has taken over
	timer      *timer   // of a Wait or a retry
	attempt    *attempt // of a Task
	fork       *fork    // of a Map or Parallel, also one that has failed
	mapRun     *mapRun  // of a distributed Map, also one that has failed
}

type mapItem struct {
	index  int
	value  any
	text   string // of an item that was read, instead of value: JSON that was checked
	source string // likewise: the address of its object
}

// content is the value of an item. That of one that was read is made anew each time, for
// all of them together could be too large.
func (x *Execution) content(item *mapItem) any {
	if item.text == "" {
		return item.value
	}
	x.work.Add(-int64(len(item.text)))
	value, _ := jsonpath.Decode([]byte(item.text)) // checked
	return value
}

// resume lets the execution call f when it is t's turn.
func (t *thread) resume(f func()) {
	t.next = f
	t.x.ready = append(t.x.ready, t)
}

// start begins the first state.
func (t *thread) start() { t.proceed(t.graph.StartAt, t.input, nil) }

// proceed enters the next state, and those after it until one has to wait, fails or ends the
// thread; err is that of the state before.
func (t *thread) proceed(next string, input document, err error) {
	for err == nil && next != "" && !t.x.aborted() {
		t.enter(t.graph.State(next), input)
		if t.x.yield(); t.x.aborted() {
			return
		}
		next, input, err = t.perform()
	}
	if err != nil {
		t.failState(err)
	}
}

func (t *thread) enter(s *asl.State, input document) {
	t.state, t.input, t.enteredAt = s, input, time.Now()
	t.anew()
	t.weigh(input.text)
	t.last = t.x.record(t.last, s.Type+"StateEntered", &Details{Name: s.Name, Input: kept(input.text)})
	t.entered = t.last
}

// weigh counts the value of text, which t begins to hold, unless the execution does.
func (t *thread) weigh(text string) {
	t.weight = 0
	if text != t.x.input.text {
		t.weight = jsonpath.Weight(text)
		t.x.use(t.weight)
	}
}

// holdOn counts a computed value that t holds too.
func (t *thread) holdOn(weight int64) {
	t.weight += weight
	t.x.use(weight)
}

// anew forgets what the current state has gone through.
func (t *thread) anew() {
	t.retries, t.retryCount, t.caughtOne = nil, 0, false
	t.attempt, t.fork, t.mapRun = nil, nil, nil
}

// again performs the current state once more, for a retry.
func (t *thread) again() {
	t.fork, t.mapRun = nil, nil
	t.proceed(t.perform())
}

// perform does the work of the current state. It returns the next state and its input,
// or "" if the thread waits or has ended.
func (t *thread) perform() (next string, output document, err error) {
	input, err := t.effective()
	if err != nil {
		return "", document{}, err
	}
	switch t.state.Type {
	case asl.Pass:
		return t.pass(input)
	case asl.Choice:
		return t.choose(input)
	case asl.Wait:
		err = t.wait(input)
	case asl.Succeed:
		return t.exit(input, "", nil)
	case asl.Fail:
		err = t.failByName(input)
	case asl.Task:
		err = t.schedule(input)
	case asl.Map, asl.Parallel:
		if m := t.state.Map; m == nil || !m.Distributed {
			return t.split(input)
		}
		err = t.distribute(input)
	}
	return "", document{}, err
}

func (t *thread) pass(input document) (string, document, error) {
	result, err := t.built(t.state.Parameters, input)
	if err != nil {
		return "", document{}, err
	}
	if t.state.Result != nil {
		result = document{value: t.state.Result.Literal}
	}
	return t.merge(result)
}

// complete ends the current state with the result of a task, a map or branches:
// ResultSelector, Assign, ResultPath, OutputPath.
func (t *thread) complete(result document) (string, document, error) {
	result, err := t.built(t.state.ResultSelector, result)
	if err != nil {
		return "", document{}, err
	}
	return t.merge(result)
}

// merge ends the current state with a result: Assign, ResultPath, OutputPath.
func (t *thread) merge(result document) (string, document, error) {
	assigned, err := t.env(result).assign(t.state.Assign)
	if err != nil {
		return "", document{}, err
	}
	output, err := place(t.state.ResultPath, t.input, result)
	if err != nil {
		return "", document{}, err
	}
	return t.exit(output, t.state.Next, assigned)
}

// exit applies OutputPath and leaves the current state.
func (t *thread) exit(output document, next string, assigned map[string]any) (string, document, error) {
	output, err := t.selected(t.state.OutputPath, output)
	if err != nil {
		return "", document{}, err
	}
	return t.left(output, next, assigned)
}

// left records the end of the current state and returns where to go on.
func (t *thread) left(output document, next string, assigned map[string]any) (string, document, error) {
	output, err := t.encoded(output)
	if err == nil && len(output.text) > asl.MaxPayload {
		err = oversized{}
	}
	if err != nil {
		return "", document{}, err
	}
	details := &Details{Name: t.state.Name, Output: kept(output.text)}
	if assigned != nil {
		if details.AssignedVariables, err = t.set(assigned); err != nil {
			return "", document{}, err
		}
	}
	t.last = t.x.record(t.last, t.state.Type+"StateExited", details)
	if next == "" {
		t.end(output)
	}
	return next, output, nil
}

// set gives variables their values and returns them as JSON.
func (t *thread) set(assigned map[string]any) (map[string]string, error) {
	texts := make(map[string]string, len(assigned))
	next := &scope{values: maps.Clone(t.scope.values), sizes: maps.Clone(t.scope.sizes), outer: t.scope.outer, weight: t.scope.weight}
	if next.values == nil {
		next.values, next.sizes = map[string]any{}, map[string]size{}
	}
	total := 0
	for name, value := range assigned {
		text, err := jsonpath.Encode(value)
		if err != nil {
			return nil, err
		}
		total += len(text)
		weight := jsonpath.Weight(string(text))
		next.weight += weight - next.sizes[name].weight
		texts[name], next.values[name], next.sizes[name] = string(text), value, size{len(text), weight}
	}
	if total > asl.MaxPayload {
		return nil, stateErrorf("The variables of Assign are larger than %d bytes.", asl.MaxPayload)
	}
	if next.size() > maxVariables {
		return nil, stateErrorf("The variables of the execution are larger than %d bytes.", maxVariables)
	}
	t.x.use(next.weight - t.scope.weight)
	t.scope.values, t.scope.sizes, t.scope.weight = next.values, next.sizes, next.weight
	return texts, nil
}

// end is the end of the thread with an output.
func (t *thread) end(output document) {
	if t.x.over {
		return
	}
	t.state = nil
	if t.parent != nil {
		t.parent.branchDone(t, output)
		return
	}
	t.x.succeed(t.last, output)
}
