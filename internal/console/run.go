package console

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/cost"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/store"
)

const (
	iterationsOfPage = 100
	eventsOfPage     = 200
	maxAttemptsShown = 200  // of a state; the last
	maxStateEvents   = 100  // beside a state; all are in the list of events
	maxStates        = 1000 // that are drawn or listed: a definition of 1 MB may have 10,000
	maxPlaceParts    = 20   // Map states inside of each other
)

// where is what a run's page shows: a view, a place in the run, a state, and from where on
// what comes in pages.
type where struct {
	path  string // of the run
	View  string
	State string
	At    history.Place
	From  int // iterations that are left out at the beginning
	After int // events
}

var views = []string{"graph", "table", "events"}

func readWhere(r *http.Request, path string) (at where, err error) {
	q := r.URL.Query()
	at = where{path: path, View: cmp.Or(q.Get("view"), "graph"), State: q.Get("state"), At: history.Place(q.Get("at"))}
	if !slices.Contains(views, at.View) {
		return at, &problem{Status: http.StatusBadRequest, Text: fmt.Sprintf("view %.100q: want one of %s", at.View, strings.Join(views, ", "))}
	}
	if n := strings.Count(string(at.At), "/") + 1; n > maxPlaceParts {
		return at, bad("at %.100q: %d parts, want at most %d", at.At, n, maxPlaceParts)
	}
	if at.From, err = number(q, "from", 0, 0, maxSkipped); err == nil {
		at.After, err = number(q, "after", 0, 0, maxSkipped)
	}
	return at, err
}

// To is the address of a view, a state and a place.
func (at where) to(view, state string, place history.Place) string {
	q := url.Values{}
	if view != "graph" {
		q.Set("view", view)
	}
	if state != "" {
		q.Set("state", state)
	}
	if place != "" {
		q.Set("at", string(place))
	}
	if len(q) == 0 {
		return at.path
	}
	return at.path + "?" + q.Encode()
}

// page is the address of another page of what the view shows.
func (at where) page(name string, n int) string {
	to := at.to(at.View, at.State, at.At)
	if n == 0 {
		return to
	}
	if !strings.Contains(to, "?") {
		return fmt.Sprintf("%s?%s=%d", to, name, n)
	}
	return fmt.Sprintf("%s&%s=%d", to, name, n)
}

// runData is a run for its page.
type runData struct {
	where
	Run        string
	Line       history.Line
	Input      payload
	Output     payload
	HasOutput  bool
	Cause      payload
	Again      string
	Remarks    []string
	Failures   []string
	Summary    *message.Summary
	Cost       string
	Next       string
	Views      []viewLink
	Parent     Link // whose child it is
	Crumbs     []Link
	Remark     string // about the definition
	Left       int
	Lost       bool // there is no such place
	SVG        template.HTML
	CanStop    bool
	CannotStop string // though it could be stopped
	Pages      []Link // of AWS's console
	States     []stateRow
	Chosen     *stateData
	Events     []eventRow
	Count      int
	Before     string
	More       string
}

type viewLink struct {
	Link
	Key    string
	Chosen bool
}

// stateRow is a state in the table.
type stateRow struct {
	history.State
	Link     string
	Depth    int
	Note     string
	Took     string
	Attempts int
	Chosen   bool
}

// stateData is the state that was chosen.
type stateData struct {
	history.State
	Note         string
	Took         string
	Where        string // the iteration that is told, when it is not the place itself
	WhereLink    string
	Payloads     []payload
	Attempts     []attemptRow
	LeftOut      int
	Definition   string
	Events       []eventRow
	MoreEvents   string
	IsMap        bool
	Iterations   []iterationRow
	From, To     int
	Before, More string
}

type attemptRow struct {
	Number int
	history.Attempt
	Took, Wait string
	Link       string
}

type iterationRow struct {
	history.Iteration
	Took, Link string
	Chosen     bool
}

type eventRow struct {
	ID    int64
	Time  string
	Type  string
	State string
	Error string
	Cause string
	Link  string
}

// runPage shows a run.
func (s *Server) runPage(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("run")
	if wantsJSON(r) {
		return s.runJSON(w, r, name)
	}
	at, err := readWhere(r, "/runs/"+url.PathEscape(name))
	if err != nil {
		return err
	}
	run := s.known.find(name)
	defer s.known.trim()
	run.mu.Lock()
	defer run.mu.Unlock()
	if err := run.read(r.Context(), s.o.Runs); err != nil {
		s.known.forget(run)
		return s.noRun("Run "+output.Visible(name), err)
	}
	if err := run.define(r.Context(), s.o.Runs); err != nil {
		return err
	}
	lost := !run.view.Has(at.At)
	if lost {
		at.At = "" // every link would repeat it
	}
	d, err := s.aboutRun(r, run, at)
	if err != nil {
		return err
	}
	states := run.states(at.At)
	d.Lost = lost
	d.Left = run.view.Left()
	switch at.View {
	case "graph":
		if err := d.draw(run, states); err != nil {
			return err
		}
		if d.SVG == "" {
			d.tabulate(run, states)
		}
	case "table":
		d.tabulate(run, states)
	case "events":
		d.list(run)
	}
	if at.State != "" && at.View != "events" {
		if err := s.choose(r, d, run, states); err != nil {
			return err
		}
	}
	p := page{Name: "run", Title: "Run " + name, Data: d}
	if run.x.Stopped.IsZero() {
		p.Live = "runs"
	}
	return s.show(w, r, p)
}

// runJSON gives what the command line gives, with all events and their details, but for
// task tokens.
func (s *Server) runJSON(w http.ResponseWriter, r *http.Request, name string) error {
	x, err := s.o.Runs.Execution(r.Context(), name)
	if err != nil {
		return s.noRun("Run "+output.Visible(name), err)
	}
	events, sum, err := history.ReadHistory(r.Context(), s.o.Runs, name, 0)
	if err != nil {
		return err
	}
	var used history.Meter
	used.Add(events)
	shards, err := history.ReadShards(r.Context(), s.o.Runs, x, &used, true)
	if err != nil {
		return err
	}
	return s.show(w, r, page{Name: "run", JSON: withoutTokens{history.NewRunDocument(x, sum, s.bill(&used), events, shards)}})
}

// bill is what a run has cost, nil when that is not known.
func (s *Server) bill(used *history.Meter) *cost.Bill {
	if s.o.Region == "" { // the state machines of serve are anybody's
		return nil
	}
	return used.Bill(s.o.Region)
}

// aboutRun is what stands above every view.
func (s *Server) aboutRun(r *http.Request, run *knownRun, at where) (*runData, error) {
	x := run.x
	x.Input = json.RawMessage(cmp.Or(string(x.Input), "{}"))
	list, err := s.runsOf(r, []store.Execution{x})
	if err != nil {
		return nil, err
	}
	d := &runData{
		where: at, Run: run.name, Line: list.Runs[0], Input: pretty(string(x.Input), maxBeside), Output: pretty(string(x.Output), maxBeside),
		HasOutput: len(x.Output) > 0, Cause: pretty(x.Cause, maxBeside), Summary: run.sum, Remark: run.remark, Count: len(run.events),
	}
	d.Pages = s.elsewhere(run.name)
	d.CanStop = run.x.Stopped.IsZero() && s.o.Runner != nil && !s.o.Target.ReadOnly && s.o.Runner.Stops(run.name)
	d.CannotStop = s.cannot(stopping)
	if s.o.Children != nil {
		parent, state, err := s.o.Children.Parent(r.Context(), run.name)
		if err != nil {
			return nil, err
		}
		if parent != "" {
			d.Parent = Link{where{path: "/runs/" + url.PathEscape(parent)}.to("graph", state, ""), state + " of " + parent}
		}
	}
	if s.o.Rows != nil {
		d.Again = planAgain(d.Line)
	}
	if in := d.Line.Of.Shard; in != nil && s.o.Target.Kind != "serve" {
		d.Parent = Link{where{path: "/runs/" + url.PathEscape(in.Of)}.to("graph", "EachShard", ""), "EachShard of " + in.Of}
	}
	if d.Cost, err = s.costOf(r, run); err != nil {
		return nil, err
	}
	if run.sum != nil {
		all := run.sum.All()
		d.Remarks = history.Remarks(all.SeriesResult, run.sum.Warnings)
		of := output.Listing{Series: all.Number, Has: "its output"}
		failures, rest := output.Part(of, run.sum.Failures, "failure", nil)
		for _, f := range failures {
			d.Failures = append(d.Failures, fmt.Sprintf("%s: %s %s", cmp.Or(f.Shard, f.Stream, output.Names(f.Series).String(), f.Source), f.Error, f.Message))
		}
		if rest != "" {
			d.Remarks = append(d.Remarks, rest)
		}
	}
	if d.Next = s.o.Command("runs " + output.Quote(run.name)); s.o.Target.Kind == "serve" {
		d.Next = ""
	}
	for _, view := range views {
		d.Views = append(d.Views, viewLink{Link{at.to(view, at.State, at.At), view}, view[:1], view == at.View})
	}
	for _, place := range at.At.Outer() {
		text := "whole run"
		if place != "" {
			text = string(place[strings.LastIndexByte(string(place), '/')+1:])
		}
		d.Crumbs = append(d.Crumbs, Link{at.to(at.View, "", place), text})
	}
	return d, nil
}

// states is what became of the states of the definition: of those inside of the chosen
// iteration in it, of all others in the whole run.
func (run *knownRun) states(at history.Place) map[string]history.State {
	if run.machine == nil {
		return run.view.States(at)
	}
	states := run.view.States("")
	for _, place := range at.Outer()[1:] {
		eachState(&run.machine.Graph, 0, func(of *asl.State, _ int) {
			if of.Name == place.Map() && of.Map != nil && of.Map.Processor != nil {
				eachState(of.Map.Processor, 0, func(inner *asl.State, _ int) { delete(states, inner.Name) })
			}
		})
		maps.Copy(states, run.view.States(place))
	}
	eachState(&run.machine.Graph, 0, func(of *asl.State, _ int) {
		is, reached := states[of.Name]
		if !reached || of.Fail == nil || is.Error != "" || of.Fail.Error == nil {
			return
		}
		is.Error = *of.Fail.Error // which no event tells when it was caught
		if of.Fail.Cause != nil {
			is.Cause = output.Shorten(*of.Fail.Cause, output.MaxQuoted)
		}
		states[of.Name] = is
	})
	return states
}

func took(from, to time.Time, of history.Status) string {
	switch {
	case of == history.NotReached:
		return ""
	case !to.IsZero():
		return to.Sub(from).Round(time.Millisecond).String()
	case of == history.Running:
		return "not ended"
	}
	return ""
}

// tabulate lists the states in the order of the definition, or when there is none of their
// begin.
func (d *runData) tabulate(run *knownRun, states map[string]history.State) {
	add := func(name, kind string, depth int) {
		if len(d.States) == maxStates {
			d.Left++
			return
		}
		is, reached := states[name]
		if !reached {
			is = history.State{Name: name, Type: kind}
		}
		d.States = append(d.States, stateRow{
			State: is, Link: d.to(d.View, name, d.At), Depth: depth, Note: is.Note(), Took: took(is.Entered, is.Ended, is.Status),
			Attempts: len(is.Attempts), Chosen: name == d.State,
		})
	}
	if run.machine == nil {
		byBegin := slices.SortedFunc(maps.Values(states), func(a, b history.State) int { return cmp.Compare(a.EnteredID, b.EnteredID) })
		for _, is := range byBegin {
			add(is.Name, is.Type, 0)
		}
		return
	}
	eachState(&run.machine.Graph, 0, func(of *asl.State, depth int) {
		add(of.Name, of.Type, depth)
	})
}

// eachState tells the states of a graph and those inside of them.
func eachState(g *asl.Graph, depth int, tell func(of *asl.State, depth int)) {
	for _, of := range g.States {
		tell(of, depth)
		for _, inner := range of.Inner() {
			eachState(inner, depth+1, tell)
		}
	}
}

// list lists events, a page of them.
func (d *runData) list(run *knownRun) {
	events := run.events[min(d.After, len(run.events)):]
	for _, e := range events[:min(eventsOfPage, len(events))] {
		d.Events = append(d.Events, d.event(e))
	}
	if d.After > 0 {
		d.Before = d.page("after", max(d.After-eventsOfPage, 0))
	}
	if len(events) > eventsOfPage {
		d.More = d.page("after", d.After+eventsOfPage)
	}
}

func (at where) event(e history.Event) eventRow {
	name, cause := e.Error()
	return eventRow{e.ID, e.Time.UTC().Format("2006-01-02 15:04:05.000"), e.Type, e.Name(), name, cause, fmt.Sprintf("%s/event/%d", at.path, e.ID)}
}

// choose tells all of one state.
func (s *Server) choose(r *http.Request, d *runData, run *knownRun, states map[string]history.State) error {
	is, reached := states[d.State]
	c := &stateData{State: is, Note: is.Note(), Took: took(is.Entered, is.Ended, is.Status)}
	c.Name = d.State
	var of *asl.State
	if run.machine != nil {
		eachState(&run.machine.Graph, 0, func(x *asl.State, _ int) {
			if x.Name == d.State {
				of = x
			}
		})
	}
	if of == nil && !reached {
		return &problem{Status: http.StatusNotFound, Text: fmt.Sprintf("There is no state %.100q in this run.", d.State), Next: []Link{{d.to(d.View, "", d.At), "The run"}}}
	}
	d.Chosen = c
	if of != nil {
		c.Type = of.Type
		c.Definition = pretty(string(definitionOf(run.definition, d.State, 0)), maxBeside).Text
	}
	if reached && is.At != d.At && strings.HasPrefix(string(is.At), string(d.At)) {
		c.Where, c.WhereLink = string(is.At), d.to(d.View, d.State, is.At)
	}
	for _, one := range []struct {
		id   int64
		name string
	}{{is.EnteredID, "input"}, {is.ExitedID, "output"}} {
		if one.id == 0 {
			continue
		}
		e, err := s.o.Runs.Event(r.Context(), run.name, one.id)
		if errors.Is(err, store.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		for _, p := range payloadsOf(e, maxBeside) {
			if p.Name == one.name {
				c.Payloads = append(c.Payloads, p)
			}
		}
	}
	c.attempts(d, is)
	c.eventsOf(d, run, is)
	if c.Type == asl.Map {
		c.iterations(d, run, is)
		if s.o.Children != nil && len(c.Iterations) == 0 && d.At == "" {
			return s.children(r, c, d)
		}
	}
	return nil
}

// attempts tells each try, and how long the wait before it was.
func (c *stateData) attempts(d *runData, is history.State) {
	c.LeftOut = max(0, len(is.Attempts)-maxAttemptsShown)
	for i, a := range is.Attempts {
		row := attemptRow{Number: i + 1, Attempt: a, Took: took(a.Began, a.Ended, a.Status)}
		if i > 0 && !is.Attempts[i-1].Ended.IsZero() {
			row.Wait = a.Began.Sub(is.Attempts[i-1].Ended).Round(time.Millisecond).String()
		}
		if id := cmp.Or(a.EndedID, a.ScheduledID); id > 0 {
			row.Link = fmt.Sprintf("%s/event/%d", d.path, id)
		}
		if i >= c.LeftOut {
			c.Attempts = append(c.Attempts, row)
		}
	}
}

// eventsOf lists the events of a visit: those that its first one has led to, until it is
// left or another state is entered. What is inside of a Map or Parallel has states of its
// own.
func (c *stateData) eventsOf(d *runData, run *knownRun, is history.State) {
	if is.EnteredID == 0 {
		return
	}
	from, _ := slices.BinarySearchFunc(run.events, is.EnteredID, func(e history.Event, id int64) int { return cmp.Compare(e.ID, id) })
	led := map[int64]bool{}
	for _, e := range run.events[from:] {
		other := strings.HasSuffix(e.Type, "StateEntered") || strings.HasPrefix(e.Type, "MapIteration") || strings.HasPrefix(e.Type, "Execution") ||
			is.Type != asl.Map && strings.HasPrefix(e.Type, "MapState") || is.Type != asl.Parallel && strings.HasPrefix(e.Type, "ParallelState")
		if e.ID != is.EnteredID && e.ID != is.ExitedID && (other || !led[e.PreviousID]) {
			continue
		}
		led[e.ID] = true
		if len(c.Events) == maxStateEvents {
			c.MoreEvents = d.to("events", "", "")
			return
		}
		c.Events = append(c.Events, d.event(e))
		if e.ID == is.ExitedID {
			return
		}
	}
}

// iterations lists those of a Map state, a page of them.
func (c *stateData) iterations(d *runData, run *knownRun, is history.State) {
	c.IsMap = true
	around := d.At.Outer()
	of := d.At
	if slices.Contains(around, is.At) {
		of = is.At
	}
	list := run.view.Iterations(of, c.Name, d.From, iterationsOfPage+1)
	if len(list) > iterationsOfPage {
		list, c.More = list[:iterationsOfPage], d.page("from", d.From+iterationsOfPage)
	}
	if d.From > 0 {
		c.Before = d.page("from", max(0, d.From-iterationsOfPage))
	}
	c.From, c.To = d.From+1, d.From+len(list)
	for _, x := range list {
		link := d.to(d.View, c.Name, x.At)
		if c.Name == "EachShard" && message.IsShardOf(x.About, d.Run) {
			link = "/runs/" + url.PathEscape(x.About)
			x.Error = cmp.Or(x.Error, endOf(run.sum, x.About))
		}
		c.Iterations = append(c.Iterations, iterationRow{x, took(x.Began, x.Ended, x.Status), link, slices.Contains(around, x.At)})
	}
}

// endings are the states of executions.
var endings = map[string]history.Status{"RUNNING": history.Running, "SUCCEEDED": history.Done, "FAILED": history.Failed, "TIMED_OUT": history.Failed, "ABORTED": history.Stopped}

// maxAbout is how much is shown of the input of a child, in bytes.
const maxAbout = 120

// children lists those of a distributed Map, a page of them.
func (s *Server) children(r *http.Request, c *stateData, d *runData) error {
	list, err := s.o.Children.Children(r.Context(), d.Run, c.Name, d.From, iterationsOfPage+1)
	if err != nil {
		return err
	}
	if len(list) > iterationsOfPage {
		list, c.More = list[:iterationsOfPage], d.page("from", d.From+iterationsOfPage)
	}
	c.To = d.From + len(list)
	for _, x := range list {
		one := history.Iteration{
			About: cmp.Or(history.About(string(x.Input)), output.Shorten(string(x.Input), maxAbout)), Status: endings[x.Status],
			Began: x.Started, Ended: x.Stopped, Error: x.Error, Cause: output.Shorten(x.Cause, output.MaxQuoted), At: history.Place(x.Name),
		}
		c.Iterations = append(c.Iterations, iterationRow{one, took(one.Began, one.Ended, one.Status), "/runs/" + url.PathEscape(x.Name), false})
	}
	return nil
}

// ProcessorOf returns what the children of a distributed Map run, as a definition of its
// own; nil when there is none.
func ProcessorOf(definition []byte, state string) ([]byte, error) {
	var of struct {
		ItemProcessor *struct {
			StartAt string
			States  json.RawMessage
		}
	}
	text := definitionOf(definition, state, 0)
	if text == nil {
		return nil, nil
	}
	if err := json.Unmarshal(text, &of); err != nil || of.ItemProcessor == nil {
		return nil, err
	}
	return json.Marshal(of.ItemProcessor)
}

// definitionOf finds the text of a state in a definition.
func definitionOf(text json.RawMessage, state string, depth int) json.RawMessage {
	const maxDepth = 50
	var g struct {
		States map[string]json.RawMessage
	}
	if depth > maxDepth || json.Unmarshal(text, &g) != nil {
		return nil
	}
	if found, is := g.States[state]; is {
		return found
	}
	for _, name := range slices.Sorted(maps.Keys(g.States)) {
		var inner struct {
			ItemProcessor, Iterator json.RawMessage
			Branches                []json.RawMessage
		}
		if json.Unmarshal(g.States[name], &inner) != nil {
			continue
		}
		for _, graph := range append(inner.Branches, inner.ItemProcessor, inner.Iterator) {
			if found := definitionOf(graph, state, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}
