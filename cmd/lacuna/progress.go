package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
)

// progress follows the streams of a run, and the shards of one that divides itself: it
// warns of those that fail, and has a bar below the messages when stderr is a terminal.
type progress struct {
	app   *app
	width int // of the terminal, in columns; 0: there is none

	telling         sync.Mutex // each execution tells events in a goroutine of its own
	tries           *retries   // told of where there is no terminal; as telling
	warned, retried few        // as telling

	mu            sync.Mutex
	runs          map[string]*streams // by execution
	shards, ended int
	trouble       string // error of the last attempt that failed
	begun         time.Time
	stop          chan bool // closed when the bar is taken away; nil: there is no bar
	ticking       sync.WaitGroup
}

// streams are those of an execution.
type streams struct {
	done, planned int
	bundles       map[string]int // how many each has, by the first of it
}

// newProgress follows a run of so many series.
func (a *app) newProgress(series int) *progress {
	of := few{Listing: output.Listing{Series: series, All: a.all}}
	p := &progress{app: a, runs: map[string]*streams{}, warned: of, retried: of}
	if output.IsTerminal(a.stderr, a.env) {
		p.width = a.stderr.Width(a.env)
	}
	return p
}

// event takes an event of a running execution: the run, or a shard of it.
func (p *progress) event(run string, e engine.Event) {
	p.telling.Lock()
	defer p.telling.Unlock()
	d := e.Details
	if p.tries != nil {
		p.tries.event(run, e)
	}
	switch {
	case d == nil:
	case e.Type == "MapStateEntered" && d.Name == "EachShard":
		p.update(run, func(*streams) { p.shards += len(shardsOf(d)) })
	case e.Type == "MapIterationSucceeded" && d.Name == "EachShard":
		p.update(run, func(*streams) { p.ended++ })
	case e.Type == "MapStateEntered" && d.Name == "EachStream":
		p.update(run, func(of *streams) { of.plan(d) })
	case e.Type == "TaskStateExited" && d.Name == "Scrape" && d.Output != nil:
		var out message.Scraped
		if json.Unmarshal([]byte(*d.Output), &out) == nil { // else the bar lags behind
			p.update(run, func(of *streams) { of.end(out.Stream) })
		}
	case e.Type == "TaskFailed" && d.Error != nil && d.ResourceType != "states":
		p.update(run, func(*streams) { p.trouble = *d.Error })
	case e.Type == "PassStateEntered" && d.Input != nil && (d.Name == "StreamFailed" || d.Name == "ShardFailed"):
		p.failed(run, *d.Input)
	}
}

// shardsOf returns the shards in the input of the state EachShard.
func shardsOf(d *engine.Details) []message.Shard {
	var in struct{ Shards []message.Shard }
	if d.Input != nil && json.Unmarshal([]byte(*d.Input), &in) != nil {
		return nil // the bar has none
	}
	return in.Shards
}

// plan takes the streams in the input of the state EachStream.
func (s *streams) plan(d *engine.Details) {
	var in struct {
		Work struct{ Bundles []message.Bundle }
	}
	if d.Input == nil || json.Unmarshal([]byte(*d.Input), &in) != nil {
		return // the bar has none
	}
	for _, b := range in.Work.Bundles {
		if len(b.Streams) > 0 {
			s.bundles[b.Streams[0].ID] = len(b.Streams)
			s.planned += len(b.Streams)
		}
	}
}

// end takes that a bundle has ended.
func (s *streams) end(first string) {
	s.done += s.bundles[first]
	delete(s.bundles, first)
}

// update changes the numbers of an execution, and draws the bar once there is something
// to be counted.
func (p *progress) update(run string, change func(*streams)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.runs[run]
	if of == nil {
		of = &streams{bundles: map[string]int{}}
		p.runs[run] = of
	}
	change(of)
	p.draw()
}

// draw draws the bar. p.mu is held.
func (p *progress) draw() {
	line := p.line()
	if p.width == 0 || line == "" {
		return
	}
	if p.stop == nil {
		p.stop = make(chan bool)
		p.ticking.Go(func() { p.tick(p.stop) })
	}
	p.app.stderr.Pin(line)
}

// tick draws the bar each second, or nobody would see that it goes on.
func (p *progress) tick(stop <-chan bool) {
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for {
		select {
		case <-stop:
			return
		case <-each.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// line is the bar, a column shorter than the terminal is wide, "" while nothing is
// planned. A shard that goes on counts as much of one as its streams are done; of a run in
// AWS its own history tells of shards that have ended alone.
func (p *progress) line() string {
	const cells = 30
	done, planned, part := 0, 0, 0.0
	for _, of := range p.runs {
		done, planned = done+of.done, planned+of.planned
		if of.planned > of.done {
			part += float64(of.done) / float64(of.planned)
		}
	}
	var words []string
	full := 0
	if planned > 0 {
		words = append(words, fmt.Sprintf("%d of %d streams", done, planned))
		full = cells * done / planned
	}
	if p.shards > 0 {
		words = append([]string{fmt.Sprintf("%d of %d shards", p.ended, p.shards)}, words...)
		full = int(cells * (float64(p.ended) + part) / float64(p.shards))
	}
	if len(words) == 0 {
		return ""
	}
	if p.begun.IsZero() {
		p.begun = time.Now()
	}
	full = min(full, cells)
	took := time.Since(p.begun)
	line := fmt.Sprintf("%s [%s%s] %02d:%02d", strings.Join(words, ", "), strings.Repeat("=", full), strings.Repeat("-", cells-full),
		int(took.Minutes()), int(took.Seconds())%60)
	if p.trouble != "" {
		line += " last error: " + p.trouble
	}
	shown := []rune(output.Visible(output.Shorten(line, output.MaxCell)))
	return string(shown[:min(len(shown), max(p.width-1, 0))])
}

// failed warns of streams or a shard that failed for good; input is what the state
// StreamFailed or ShardFailed gets.
func (p *progress) failed(run, input string) {
	var in struct {
		Name    string
		Bundle  message.Bundle
		Failure struct{ Error, Cause string }
	}
	if json.Unmarshal([]byte(input), &in) != nil {
		return // it is in the summary too
	}
	what, why := "", in.Failure.Error
	switch {
	case len(in.Bundle.Streams) > 0:
		defer p.update(run, func(of *streams) { of.end(in.Bundle.Streams[0].ID) })
		what = fmt.Sprintf("%sstream %s %s", inShard(run), in.Bundle, in.Bundle.Span())
	case in.Name != "":
		what, why = "shard "+in.Name, history.NestedError(why, in.Failure.Cause)
	default:
		return
	}
	if p.warned.say() {
		p.app.note("warning: %s failed: %s", what, why)
	}
}

// inShard says which shard of a run an execution is, "" for the run itself.
func inShard(execution string) string {
	if _, n := message.ShardOf(execution); n > 0 {
		return fmt.Sprintf("shard %d: ", n)
	}
	return ""
}

// noteRetry tells of an attempt that will be made again.
func (p *progress) noteRetry(format string, args ...any) {
	if p.retried.say() {
		p.app.note(format, args...)
	}
}

// close takes the bar away, and says how much was not told.
func (p *progress) close() {
	p.telling.Lock()
	defer p.telling.Unlock()
	if n := p.retried.left; n > 0 {
		p.app.note("%s more", output.Retries(n))
	}
	if n := p.warned.left; n > 0 {
		p.app.note("warning: %s more failed", output.Count(n, "stream"))
	}
	p.mu.Lock()
	stop := p.stop
	p.width = 0 // there is no other
	p.mu.Unlock()
	if stop == nil {
		return
	}
	close(stop)
	p.ticking.Wait()
	p.app.stderr.Pin("")
}
