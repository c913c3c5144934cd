package history

import (
	"cmp"
	"fmt"
	"lacuna/internal/output"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Status is what became of a state, an iteration or an attempt.
type Status string

const (
	NotReached Status = ""
	Done       Status = "done"
	Failed     Status = "failed"
	Caught     Status = "caught" // failed, and a Catch went on
	Running    Status = "running"
	Stopped    Status = "stopped" // aborted, or cut by another's failure
)

// View is what a history says of each state. Use NewView.
type View struct{ walk }

// Place is where a state is: the whole run is "", and the inside of an iteration is the
// Map state with the iteration's index, below the iteration that it is in:
// "EachSource.0/EachSeries.12". Of several iterations of an index, when the Map state was
// retried or entered again, that is the last; an earlier one has its number behind it,
// from 1: "EachSource.0:1". In names, % and / are %25 and %2F.
type Place string

// State is what became of a state.
//
// A state inside of a Map state that is seen from outside of it has the worst status of
// the iterations that have reached it: failed, running, stopped, caught, done. Its visits
// are those of all of them, Entered and Ended the first and the last time; all else is of
// one iteration with that status.
type State struct {
	Name   string
	Type   string // as in a definition: Task, Map ...
	Status Status
	Visits int // how often it was entered

	Entered, Ended      time.Time // Ended is zero while it runs
	EnteredID, ExitedID int64     // events with its input and output; 0: there is none
	Attempts            []Attempt // of the last visit
	Error, Cause        string    // of the last failure, even when a retry was good
	At                  Place     // of what is told
	Iterations          Tally     // of a Map; of another state, the iterations that reached it
	Apart               bool      // of a distributed Map: its iterations have histories of their own
}

// Attempt is one try of a state that calls or contains something. The wait before the
// next lies between Ended and that one's Began.
type Attempt struct {
	Began, Ended         time.Time // Ended is zero while it runs
	Status               Status    // Done, Failed, Running or Stopped
	Error, Cause         string
	ScheduledID, EndedID int64 // events; 0: there is none
}

// Tally counts iterations. Those of All that are in no other number have not begun.
type Tally struct{ All, Done, Failed, Running, Stopped, Caught int }

// Iteration is what became of one iteration of a Map state.
type Iteration struct {
	Index        int
	About        string // what it works on, if its input tells
	Status       Status
	Began, Ended time.Time // Ended is zero while it runs
	Error, Cause string
	At           Place
	Again        bool // the Map state was retried, and has a later one of this index
}

// maxAttempts is how many attempts of a state are kept; after that the last gives way.
const maxAttempts = 1000

// NewView returns the view of a run that has no events yet.
func NewView() *View { return &View{newWalk()} }

// Add takes further events, in the order of their ids.
func (v *View) Add(events []Event) { v.add(events) }

// End says that the run has ended, which the history of a process that died does not tell.
func (v *View) End() { v.root.isOver = true }

// reason is why something failed.
type reason struct{ error, cause string }

// seen is what a View tells of a node, beside what is in the tree.
type seen struct {
	kind            string // of a state: Task, Map ...
	status          Status
	entered, exited int64 // events
	attempts        []Attempt
	broken          bool   // what was tried last has failed
	why             reason // of the last failure
	final           bool   // of a Map or Parallel: no retry is left
	rounds, length  int    // of a Map: how often it has begun, and how many iterations it has
	round           int    // of an iteration: which of its Map's rounds it is of
	apart           bool   // of a Map: it is a distributed one
	isOver          bool   // of the root: the run has ended
}

// see takes what an event says of n.
func (n *node) see(e Event) {
	switch {
	case e.Type == "MapStateFailed" || e.Type == "ParallelStateFailed":
		if fork := n.forking(e); fork != nil {
			fork.final = true
			fork.close(e, Failed, cmp.Or(reason{e.error, e.cause}, n.why, fork.why))
		}
	case e.Type == "MapStateSucceeded" || e.Type == "ParallelStateSucceeded":
		if fork := n.forking(e); fork != nil {
			fork.close(e, Done, reason{})
		}
	case e.Type == "MapRunStarted":
		if fork := n.forking(e); fork != nil {
			fork.apart = true
		}
	case e.Type == "TaskScheduled" || e.Type == "LambdaFunctionScheduled" || e.Type == "ActivityScheduled":
		n.open("Task").begin(e)
	case e.Type == "TaskSucceeded" || e.Type == "LambdaFunctionSucceeded" || e.Type == "ActivitySucceeded":
		n.open("Task").close(e, Done, reason{})
	case strings.HasSuffix(e.Type, "Failed") || strings.HasSuffix(e.Type, "TimedOut"):
		n.open("").close(e, Failed, reason{e.error, e.cause})
	}
}

// fork takes the begin of the branches or iterations of a state, which may be a retry: then
// it follows the event, deep inside, that made the state fail. It returns that state.
func (n *node) fork(e Event) *node {
	fork := n.forking(e)
	if fork == nil {
		return n
	}
	if i := len(fork.attempts) - 1; i >= 0 && fork.attempts[i].Status == Running {
		failed := e
		if !n.ended.IsZero() {
			failed.Time = n.ended
		}
		failed.ID = e.PreviousID
		fork.close(failed, Failed, n.why)
	}
	fork.begin(e)
	fork.rounds, fork.length = fork.rounds+1, e.length
	if n.parent == nil { // nobody knows what is inside of it
		return n
	}
	return fork
}

// forking returns the Map or Parallel state, n or around it, that an event is of.
func (n *node) forking(e Event) *node {
	kind := "Map"
	if strings.HasPrefix(e.Type, "Parallel") {
		kind = "Parallel"
	}
	if n.parent == nil {
		if x := n.open(kind); x.parent != nil {
			return x
		}
		return nil
	}
	for x := n; x.parent != nil; x = x.parent {
		if x.kind == kind && x.exited == 0 && !x.final {
			return x
		}
	}
	return nil
}

// open returns the state that an event is of: n, or where the events do not say which led
// to which the last one of a kind that goes on, "" of any.
func (n *node) open(kind string) *node {
	if n.parent != nil {
		return n
	}
	for _, x := range slices.Backward(n.inside[max(0, len(n.inside)-lookBack):]) {
		if !x.iteration && x.status == Running && (kind == "" || x.kind == kind) {
			return x
		}
	}
	return n
}

// begin begins an attempt of n. When n had failed, the run was redriven.
func (n *node) begin(e Event) {
	for x := n; x != nil && x.status == Failed; x = x.parent {
		x.status, x.final = Running, false
	}
	n.broken = false
	n.keep(Attempt{Began: e.Time, Status: Running, ScheduledID: e.ID})
}

func (n *node) keep(a Attempt) {
	if len(n.attempts) == maxAttempts {
		n.attempts[maxAttempts-1] = a
		return
	}
	n.attempts = append(n.attempts, a)
}

// close ends the attempt of n that goes on. What failed before it could be tried has one
// that lasts no time.
func (n *node) close(e Event, as Status, why reason) {
	n.broken = as == Failed
	if n.broken {
		n.why = why
	}
	i := len(n.attempts) - 1
	if i < 0 || n.attempts[i].Status != Running {
		if !n.broken || i >= 0 && n.attempts[i].EndedID == e.PreviousID {
			return // that of the state follows that of its attempt
		}
		n.keep(Attempt{Began: e.Time, Status: Running})
		i = len(n.attempts) - 1
	}
	a := &n.attempts[i]
	a.Ended, a.EndedID, a.Status, a.Error, a.Cause = e.Time, e.ID, as, why.error, why.cause
}

// exit takes that n was left.
func (n *node) exit(e Event) {
	n.exited = e.ID
	switch {
	case n.iteration && strings.HasSuffix(e.Type, "Aborted"):
		n.status = Stopped
	case n.iteration && n.failed || n.kind == "Fail":
		n.status = Failed
	case n.broken:
		n.status = Caught
	default:
		n.status = Done
	}
}

// over takes an event of the execution itself.
func (n *node) over(e Event) {
	root := n
	for root.parent != nil {
		root = root.parent
	}
	root.isOver = e.Type != "ExecutionStarted" && e.Type != "ExecutionRedriven"
	if last := n.open(""); n == root && last != root && e.Type == "ExecutionFailed" {
		last.status, last.ended, last.why = Failed, e.Time, cmp.Or(last.why, reason{e.error, e.cause})
	}
}

// found is a state or an iteration of a scope.
type found struct {
	*node
	now   Status
	over  bool // it has ended, or what it is in
	at    Place
	again bool // of an iteration: the Map state was retried
}

// scope has what lies at one place: the states, also those in branches, and the iterations
// of those among them that are Map states, each in the order of its begin.
type scope struct {
	at                 Place
	states, iterations []found
}

func newScope(n *node, over bool, at Place) *scope {
	s := &scope{at: at}
	s.collect(n, over)
	type key struct {
		of    string
		index int
	}
	all, seen := map[key]int{}, map[key]int{}
	for _, x := range s.iterations {
		all[key{x.of, x.index}]++
	}
	for i := range s.iterations {
		x := &s.iterations[i]
		k := key{x.of, x.index}
		nth := 0
		if seen[k]++; seen[k] < all[k] {
			nth = seen[k]
		}
		x.at = at.inside(x.of, x.index, nth)
	}
	return s
}

func (s *scope) collect(n *node, over bool) {
	for _, x := range n.inside {
		f := found{node: x, now: x.status, over: over, at: s.at}
		if x.iteration && x.round < n.rounds {
			f.over, f.again = true, true
		}
		if f.now == Running && f.over {
			f.now = Stopped
			if x.broken {
				f.now = Failed
			}
		}
		f.over = f.over || f.now != Running
		if x.iteration {
			s.iterations = append(s.iterations, f)
			continue
		}
		s.states = append(s.states, f)
		s.collect(x, f.over)
	}
}

// deep yields s and the insides of all iterations below it.
func (s *scope) deep(yield func(*scope)) {
	yield(s)
	for _, x := range s.iterations {
		newScope(x.node, x.over, x.at).deep(yield)
	}
}

// inside returns the place of an iteration of a state; nth is 0 for the last of its index.
func (at Place) inside(state string, index, nth int) Place {
	if strings.ContainsAny(state, "%/") {
		state = strings.NewReplacer("%", "%25", "/", "%2F").Replace(state)
	}
	text := state + "." + strconv.Itoa(index)
	if nth > 0 {
		text += ":" + strconv.Itoa(nth)
	}
	if at != "" {
		text = string(at) + "/" + text
	}
	return Place(text)
}

// Outer returns the places around at, from the whole run, "", to at itself.
func (at Place) Outer() []Place {
	list := []Place{""}
	for i := range at {
		if at[i] == '/' {
			list = append(list, at[:i])
		}
	}
	if at != "" {
		list = append(list, at)
	}
	return list
}

// Map returns the name of the Map state that at is inside of, "" for the whole run.
func (at Place) Map() string {
	last := string(at[strings.LastIndexByte(string(at), '/')+1:])
	return strings.NewReplacer("%25", "%", "%2F", "/").Replace(last[:max(0, strings.LastIndexByte(last, '.'))])
}

// Has reports whether there is such a place.
func (v *View) Has(at Place) bool { return v.scope(at) != nil }

// scope returns what lies at a place, nil when there is no such place.
func (v *View) scope(at Place) *scope {
	s := newScope(v.root, v.root.isOver, "")
	for _, place := range at.Outer()[1:] {
		i := slices.IndexFunc(s.iterations, func(x found) bool { return x.at == place })
		if i < 0 {
			return nil
		}
		s = newScope(s.iterations[i].node, s.iterations[i].over, place)
	}
	return s
}

// States returns what became of the states at a place and inside of it, by name; those
// that were not reached are missing. It is empty when there is no such place.
func (v *View) States(at Place) map[string]State {
	states := map[string]State{}
	top := v.scope(at)
	if top == nil {
		return states
	}
	top.deep(func(s *scope) {
		here := map[string]State{}
		var names []string // in order, so that of two alike the first tells
		flat := s.isFlat()
		for _, x := range s.states {
			of := x.state(s.at)
			if flat && x.kind != "Map" {
				of.Iterations.count(x.now)
			}
			before, again := here[x.name]
			switch {
			case !again:
				names = append(names, x.name)
			case flat:
				of = before.with(of)
			default:
				of.Visits, of.Entered = before.Visits+1, before.Entered
				of.Iterations = before.Iterations.plus(of.Iterations)
			}
			here[x.name] = of
		}
		for name, n := range s.tallies() {
			if of, is := here[name]; is {
				n.All = max(n.All, of.Iterations.All)
				of.Iterations = n
				here[name] = of
			}
		}
		for _, name := range names {
			of := here[name]
			switch {
			case of.Type == "Map":
			case flat && of.Visits == 1:
				of.Iterations = Tally{}
			case s != top:
				of.Iterations.count(of.Status)
			}
			if before, is := states[name]; is {
				of = before.with(of)
			}
			states[name] = of
		}
	})
	return states
}

// state is what one visit of a state at a place tells.
func (x found) state(at Place) State {
	s := State{
		Name: x.name, Type: x.kind, Status: x.now, Visits: 1, Entered: x.begun, Ended: x.end(), EnteredID: x.entered, ExitedID: x.exited,
		Attempts: slices.Clone(x.attempts), Error: x.why.error, Cause: x.why.cause, At: at,
	}
	if i := len(s.Attempts) - 1; i >= 0 && s.Attempts[i].Status == Running && x.now != Running {
		s.Attempts[i].Status = Stopped
	}
	if x.kind == "Map" {
		s.Iterations.All, s.Apart = x.length, x.apart
	}
	return s
}

// isFlat reports whether what is inside of the iterations lies beside them: the events do
// not say which led to which. Then each visit counts as one of an iteration.
func (s *scope) isFlat() bool {
	return slices.ContainsFunc(s.iterations, func(x found) bool { return x.parent.parent == nil })
}

// end is when x ended, zero when it runs or nobody says.
func (x found) end() time.Time {
	if x.now == Running {
		return time.Time{}
	}
	return x.ended
}

// tallies counts the iterations of each Map state, those of the last round alone.
func (s *scope) tallies() map[string]Tally {
	all := map[string]Tally{}
	for _, x := range s.iterations {
		if !x.again {
			n := all[x.of]
			n.count(x.now)
			all[x.of] = n
		}
	}
	return all
}

func (t *Tally) count(s Status) {
	t.All++
	switch s {
	case Done:
		t.Done++
	case Failed:
		t.Failed++
	case Running:
		t.Running++
	case Stopped:
		t.Stopped++
	case Caught:
		t.Caught++
	}
}

func (t Tally) plus(u Tally) Tally {
	return Tally{t.All + u.All, t.Done + u.Done, t.Failed + u.Failed, t.Running + u.Running, t.Stopped + u.Stopped, t.Caught + u.Caught}
}

// worst orders what became of something, the worst last.
func (s Status) worst() int {
	return slices.Index([]Status{NotReached, Done, Caught, Stopped, Running, Failed}, s)
}

// with is what s and the same state in another iteration are together.
func (s State) with(other State) State {
	told, sum := s, s.Iterations.plus(other.Iterations)
	if other.Status.worst() > s.Status.worst() {
		told = other
	}
	told.Visits, told.Iterations = s.Visits+other.Visits, sum
	if told.Entered = s.Entered; other.Entered.Before(s.Entered) {
		told.Entered = other.Entered
	}
	if told.Ended = s.Ended; other.Ended.After(s.Ended) {
		told.Ended = other.Ended
	}
	if s.Status == Running || other.Status == Running {
		told.Ended = time.Time{}
	}
	return told
}

// Iterations returns those of a Map state at a place, or of all iterations inside of it,
// from the one numbered from, at most limit: what has failed first, then what runs, then
// the rest, each in order.
func (v *View) Iterations(at Place, state string, from, limit int) []Iteration {
	top := v.scope(at)
	if top == nil || from < 0 || limit < 0 {
		return nil
	}
	var all []found
	top.deep(func(s *scope) {
		for _, x := range s.iterations {
			if x.of == state {
				all = append(all, x)
			}
		}
	})
	rank := func(x found) int {
		switch {
		case x.again:
			return 3
		case x.now == Failed:
			return 0
		case x.now == Running:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(rank(a), rank(b)) })
	var list []Iteration
	for _, x := range all[min(from, len(all)):min(from+limit, len(all))] {
		list = append(list, Iteration{
			Index: x.index, About: x.about, Status: x.now, Began: x.begun, Ended: x.end(),
			Error: x.why.error, Cause: x.why.cause, At: x.at, Again: x.again,
		})
	}
	return list
}

// Left returns how many states and iterations are left out, because there are too many.
func (v *View) Left() int { return v.root.leftOut() }

func (n *node) leftOut() int {
	out := n.cut
	for _, x := range n.inside {
		out += x.leftOut()
	}
	return out
}

// Note tells of the iterations and attempts of s in a few words.
func (s State) Note() string {
	var words []string
	n := s.Iterations
	switch {
	case s.Apart && n.All > 0:
		words = append(words, output.Count(n.All, "iteration")+" apart")
	case n.All > 0:
		words = append(words, fmt.Sprintf("%d/%d", n.Done+n.Caught, n.All))
		for _, one := range []struct {
			n    int
			word string
		}{{n.Failed, "failed"}, {n.Running, "running"}, {n.Stopped, "stopped"}, {n.Caught, "caught"}} {
			if one.n > 0 {
				words = append(words, fmt.Sprintf("%d %s", one.n, one.word))
			}
		}
	}
	if tries := len(s.Attempts); tries > 1 {
		words = append(words, output.Retries(tries-1))
	}
	if s.Visits > 1 && n.All == 0 {
		words = append(words, fmt.Sprintf("%d visits", s.Visits))
	}
	return strings.Join(words, ", ")
}
