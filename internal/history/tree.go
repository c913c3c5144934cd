package history

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/store"
)

// Event is one entry of a stored history, in the order of its id.
type Event struct {
	store.Event

	name, error, cause string
	output             string // of the state Report alone
	index              int
	length             int // how many iterations a Map state has
}

// Name is the name of the state that an event is of, "" when it says none.
func (e Event) Name() string { return e.name }

// Error is the name of the error that an event tells, and its cause in short.
func (e Event) Error() (name, cause string) { return e.error, e.cause }

// Slim returns e without its details.
func (e Event) Slim() Event {
	e.Details = nil
	return e
}

func readEvent(e store.Event) (Event, error) {
	out := Event{Event: e}
	var d struct {
		Name, Error, Cause string
		Index, Length      int
	}
	if err := json.Unmarshal(e.Details, &d); err != nil {
		return out, fmt.Errorf("event %d: %s", e.ID, output.Shorten(err.Error(), output.MaxQuoted))
	}
	out.name, out.error, out.cause = d.Name, d.Error, output.Shorten(CauseOf(d.Cause), output.MaxQuoted)
	out.index, out.length = d.Index, d.Length
	if isReport(e.Type, d.Name) {
		out.output = payload(e.Details).Output
	}
	return out, nil
}

// payload is what an event was given and gave. It is long, and few are asked for it.
func payload(details json.RawMessage) (p struct{ Input, Output string }) {
	_ = json.Unmarshal(details, &p) // readEvent has read what there is
	return p
}

// ReadEvents reads what a tree and a summary need of stored events.
func ReadEvents(stored []store.Event) ([]Event, error) {
	events := make([]Event, len(stored))
	for i, e := range stored {
		var err error
		if events[i], err = readEvent(e); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// node is a state of a run, or an iteration of a Map state.
type node struct {
	name         string
	iteration    bool
	index        int       // of an iteration
	of           string    // the Map state that an iteration says it is of
	about        string    // what an iteration works on
	begun, ended time.Time // ended is zero while it goes on
	tries        int       // of a Task
	failed       bool
	error, cause string // the last failure, even when a retry was good
	parent       *node
	inside       []*node
	depth        int
	left         *int // nodes that the tree may still have, of the whole tree
	cut          int  // what was inside of it and is left out

	seen // what a View tells of it
}

// How much of a history is shown as a tree. That of a run of 300 series and 250
// streams has 5,000 states and iterations, 9 deep.
const (
	maxNodes = 30_000
	maxDeep  = 40
	lookBack = 1000 // of what is inside one, the last that may still go on
)

// walk follows a history through its tree. Each event belongs where the event before it
// has led to.
type walk struct {
	root *node
	at   map[int64]*node // where the event of an id has led to
}

func newWalk() walk {
	left := maxNodes
	return walk{&node{left: &left}, map[int64]*node{}}
}

func (w walk) add(events []Event) {
	for _, e := range events {
		here := w.at[e.PreviousID]
		if here == nil {
			here = w.root
		}
		w.at[e.ID] = here.take(e)
	}
}

// treeOf builds the tree of a history.
func treeOf(events []Event) *node {
	w := newWalk()
	w.add(events)
	return w.root
}

// take puts e below n and returns the node that the events after it belong to.
func (n *node) take(e Event) *node {
	switch {
	case strings.HasSuffix(e.Type, "StateEntered"):
		if n.iteration && len(n.inside) == 0 {
			n.about = About(payload(e.Details).Input)
		}
		state := &node{name: e.name, begun: e.Time, seen: seen{kind: strings.TrimSuffix(e.Type, "StateEntered"), status: Running, entered: e.ID}}
		if e.Type == "FailStateEntered" { // which nothing leaves
			state.ended, state.failed, state.status = e.Time, true, Failed
		}
		return n.enter(state)
	case e.Type == "MapIterationStarted":
		fork := n.around(e.name)
		return fork.enter(&node{
			name: fmt.Sprint(e.index), iteration: true, index: e.index, of: e.name, begun: e.Time,
			seen: seen{status: Running, entered: e.ID, round: fork.rounds},
		})
	case e.Type == "MapStateStarted" || e.Type == "ParallelStateStarted":
		return n.fork(e)
	case strings.HasSuffix(e.Type, "StateExited"):
		return n.leave(e, func(x *node) bool { return !x.iteration && x.name == e.name })
	case strings.HasPrefix(e.Type, "MapIteration"): // succeeded, failed or aborted
		return n.leave(e, func(x *node) bool { return x.iteration && x.index == e.index && x.of == e.name })
	case strings.HasPrefix(e.Type, "Execution"):
		if e.Type == "ExecutionFailed" {
			n.fail(nil, e)
		}
		n.over(e)
		return n
	case e.Type == "TaskScheduled":
		n.tries++
	case strings.HasSuffix(e.Type, "Failed") || strings.HasSuffix(e.Type, "TimedOut"):
		n.error, n.cause = e.error, e.cause
	}
	n.see(e)
	return n
}

// around returns the nearest state called name that n is or is inside of: an
// iteration may begin after an event that lies deep in the one before it.
func (n *node) around(name string) *node {
	for x := n; x != nil; x = x.parent {
		if !x.iteration && x.name == name {
			return x
		}
	}
	return n
}

// enter returns child, which is inside n; n itself when the tree is full.
func (n *node) enter(child *node) *node {
	if *n.left == 0 || n.depth == maxDeep {
		n.cut++
		return n
	}
	*n.left--
	child.parent, child.depth, child.left = n, n.depth+1, n.left
	n.inside = append(n.inside, child)
	return child
}

// leave ends the nearest node around n that is the one, and returns its parent.
// Emulators of AWS do not say which event led to which: there it is the last one
// inside n that goes on.
func (n *node) leave(e Event, one func(*node) bool) *node {
	for x := n; x.parent != nil; x = x.parent {
		if one(x) {
			if x.iteration && e.Type == "MapIterationFailed" {
				n.fail(x, e)
				x.why = n.why
			}
			return x.end(e)
		}
	}
	for _, x := range slices.Backward(n.inside[max(0, len(n.inside)-lookBack):]) {
		if one(x) && x.ended.IsZero() {
			return x.end(e)
		}
	}
	return n
}

// fail ends n, and what it is inside of up to around: its failure ended them all.
func (n *node) fail(around *node, e Event) {
	why := cmp.Or(n.why, reason{e.error, e.cause})
	for x := n; x != around && x.parent != nil; x = x.parent {
		if x.ended.IsZero() {
			x.ended, x.failed = e.Time, true
		}
		x.status, x.why = Failed, cmp.Or(x.why, why)
	}
}

func (n *node) end(e Event) *node {
	n.ended = e.Time
	n.failed = strings.HasSuffix(e.Type, "Failed") || strings.HasSuffix(e.Type, "Aborted")
	n.exit(e)
	return n.parent
}

// About names an iteration by what it works on, as its input tells: a shard, streams,
// series or a source; "" when it does not.
func About(input string) string {
	var in struct {
		Name    string
		Bundle  message.Bundle
		Series  []struct{ Key string }
		Source  string
		Machine string
		Key     string              // of definitions before batches
		Stream  struct{ ID string } // and before bundles
	}
	if json.Unmarshal([]byte(input), &in) != nil {
		return ""
	}
	series := make([]string, len(in.Series))
	for i, s := range in.Series {
		series[i] = s.Key
	}
	shard := ""
	if in.Machine != "" {
		shard = in.Name
	}
	return cmp.Or(shard, in.Bundle.String(), in.Stream.ID, fromTo(series), in.Key, in.Source)
}

// fromTo names a list by its ends.
func fromTo(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return list[0] + " to " + list[len(list)-1]
}

// WriteTree writes the history of x as a tree of its states. Of a Map state with many
// iterations those that of shows are in it: the ones in which most went wrong. The shards
// of x have their states in it when they are few, and a line each when they are many.
func WriteTree(out *output.Lines, x store.Execution, events []Event, shards []Shard, of output.Listing) {
	took := lasted(x.Started, x.Stopped)
	if !x.Stopped.IsZero() && untilOf(x).IsZero() {
		took = "at least " + took
	}
	out.Printf("%s  %s  %s  %s\n", x.Name, x.Status, x.Started.UTC().Format("2006-01-02 15:04:05 UTC"), took)
	out.Printf("input %s\n", x.Input)
	if in, err := inputOf(x.Input); err == nil && in.Shard != nil {
		out.Printf("shard of %s, series %s to %s\n", in.Shard.Of, in.Shard.First, in.Shard.Last)
	}
	if x.Error != "" {
		out.Printf("%s: %s\n", x.Error, x.Cause)
	}
	writer{out, of, x.Cause, map[string]bool{}, shards}.writeInside(treeOf(events), "")
}

// clock is when a state began, in the column before the tree.
const clock = "15:04:05"

// writer writes a tree. The text of an error stands once, so it remembers which were
// written.
type writer struct {
	*output.Lines
	of    output.Listing
	head  string // text above the tree
	texts map[string]bool

	shards []Shard
}

func (w writer) writeInside(n *node, indent string) {
	inside, rest := n.listed(w.of)
	if n.cut > 0 {
		rest = strings.TrimSpace(fmt.Sprintf("%s and %d more that are left out: -o jsonl has every event", rest, n.cut))
	}
	if rest != "" {
		defer w.Printf("%s%s└─ %s\n", strings.Repeat(" ", len(clock)+2), indent, rest)
	}
	for i, child := range inside {
		branch, below := "├─ ", "│  "
		if i == len(inside)-1 && rest == "" {
			branch, below = "└─ ", "   "
		}
		w.Printf("%s  %s%s\n", child.begun.UTC().Format(clock), indent+branch, child.line(w.isNew(child.cause)))
		w.writeBelow(child, indent+below)
	}
}

// writeBelow writes what is inside n; what is inside of a shard stands in its own history.
func (w writer) writeBelow(n *node, indent string) {
	switch {
	case len(w.shards) > FewShards && !n.iteration && n.name == "EachShard":
		w.writeShards(indent)
	case len(w.shards) > 0 && n.name == "Shard" && n.parent.of == "EachShard":
		i := slices.IndexFunc(w.shards, func(s Shard) bool { return s.Run == n.parent.about })
		if i >= 0 && w.shards[i].states != nil {
			of := w
			of.shards = nil
			of.writeInside(w.shards[i].states, indent)
		}
	default:
		w.writeInside(n, indent)
	}
}

// writeShards writes a line for each of many shards, or for the worst of them.
func (w writer) writeShards(indent string) {
	of := w.of
	of.Series = len(w.shards)
	shown, rest := output.Part(of, w.shards, "shard", worse)
	for i, s := range shown {
		branch := "├─ "
		if i == len(shown)-1 && rest == "" {
			branch = "└─ "
		}
		begun := strings.Repeat(" ", len(clock))
		if !s.Started.IsZero() {
			begun = s.Started.UTC().Format(clock)
		}
		w.Printf("%s  %s%s\n", begun, indent+branch, s.words())
	}
	if rest != "" {
		w.Printf("%s  %s└─ %s\n", strings.Repeat(" ", len(clock)), indent, rest)
	}
}

// words tell of a shard alone.
func (s Shard) words() string {
	words := []string{s.Run, s.Status}
	if took := s.Took(); took != "" {
		words = append(words, took)
	}
	if s.Requests != nil {
		words = append(words, output.Count(*s.Requests, "request"), output.Count(*s.Observed, "day")+" observed")
	}
	if s.Failed != nil && *s.Failed > 0 {
		words = append(words, fmt.Sprintf("%d failed", *s.Failed))
	}
	if s.Error != "" {
		words = append(words, s.Error)
	}
	return strings.Join(words, "  ")
}

// listed returns what is shown of what is inside n, in its order, and what to say of the
// others.
func (n *node) listed(of output.Listing) (inside []*node, rest string) {
	if len(n.inside) == 0 || !n.inside[0].iteration {
		return n.inside, ""
	}
	type placed struct {
		*node
		at, wrong int
	}
	all := make([]placed, len(n.inside))
	for i, child := range n.inside {
		all[i] = placed{child, i, child.wrong()}
	}
	of.Series = len(all)
	some, rest := output.Part(of, all, "iteration", func(x, y placed) int { return cmp.Compare(y.wrong, x.wrong) })
	slices.SortFunc(some, func(x, y placed) int { return cmp.Compare(x.at, y.at) })
	for _, child := range some {
		inside = append(inside, child.node)
	}
	return inside, rest
}

// wrong orders nodes by the worst that became of them and of what is inside, the worst
// last; what needed a retry is worse than what did not.
func (n *node) wrong() int {
	most := 2 * n.status.worst()
	if n.tries > 1 {
		most++
	}
	for _, child := range n.inside {
		most = max(most, child.wrong())
	}
	return most
}

// isNew reports whether the text of an error was not written yet.
func (w writer) isNew(text string) bool {
	if text == "" || w.texts[text] || strings.Contains(w.head, strings.TrimSuffix(text, "...")) {
		return false
	}
	w.texts[text] = true
	return true
}

// line describes n alone, with the text of its error when that is new.
func (n *node) line(withCause bool) string {
	words := []string{n.name}
	if n.iteration {
		words[0] = strings.TrimSpace("[" + n.name + "] " + n.about)
	}
	words = append(words, lasted(n.begun, n.ended))
	if n.tries > 1 {
		words = append(words, output.Retries(n.tries-1))
	}
	if n.error != "" {
		words = append(words, n.error)
		if withCause {
			words = append(words, "("+n.cause+")")
		}
	}
	if n.failed {
		words = append(words, "failed")
	}
	return strings.Join(words, "  ")
}

// CauseOf is the message in a cause, which a Lambda gives as an object, and an execution
// that another waits for in its description.
func CauseOf(cause string) string {
	var in struct{ ErrorMessage, ExecutionArn, Error, Cause, Status string }
	switch {
	case json.Unmarshal([]byte(cause), &in) != nil:
	case in.ErrorMessage != "":
		return in.ErrorMessage
	case in.ExecutionArn != "":
		return strings.TrimSuffix(cmp.Or(in.Error, in.Status)+": "+in.Cause, ": ")
	}
	return cause
}

func lasted(from, to time.Time) string {
	if to.IsZero() {
		return "not ended"
	}
	return to.Sub(from).Round(time.Millisecond).String()
}
