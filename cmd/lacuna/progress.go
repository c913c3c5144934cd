package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"

	"lacuna/internal/engine"
	"lacuna/internal/span"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress follows the streams of a run: it warns of those that fail, and has a
// bar when stderr is a terminal. It is also the way to stderr for messages
// meanwhile, which then stand above the bar.
type progress struct {
	stderr  io.Writer
	bars    *mpb.Progress          // nil: no terminal
	trouble atomic.Pointer[string] // error of the last attempt that failed; the bar reads it

	// Only the goroutine that tells events uses these.
	bar     *mpb.Bar
	planned int64
	maps    map[int64]bool // events that entered EachStream
}

func (a *app) newProgress() *progress {
	p := &progress{stderr: a.stderr, maps: map[int64]bool{}}
	if a.isTerminal(a.stderr) {
		p.bars = mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(60))
	}
	return p
}

// event takes an event of the running execution.
func (p *progress) event(e engine.Event) {
	d := e.Details
	switch {
	case d == nil:
	case e.Type == "MapStateEntered" && d.Name == "EachStream":
		p.maps[e.ID] = true
	case e.Type == "MapStateStarted" && p.maps[e.PreviousID] && d.Length != nil:
		p.plan(int64(*d.Length))
	case e.Type == "MapIterationSucceeded" && d.Name == "EachStream" && p.bar != nil:
		p.bar.Increment()
	case e.Type == "TaskFailed" && d.Error != nil:
		p.trouble.Store(d.Error)
	case e.Type == "PassStateEntered" && d.Name == "StreamFailed" && d.Input != nil:
		p.failed(*d.Input)
	}
}

// plan adds streams to the bar.
func (p *progress) plan(streams int64) {
	if p.bars == nil {
		return
	}
	if p.bar == nil {
		p.bar = p.bars.AddBar(0,
			mpb.PrependDecorators(decor.CountersNoUnit("%d of %d streams ")),
			mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_MMSS, decor.WCSyncSpaceR), decor.Any(p.lastTrouble)),
			mpb.BarRemoveOnComplete())
	}
	p.planned += streams
	p.bar.SetTotal(p.planned, false)
}

func (p *progress) lastTrouble(decor.Statistics) string {
	if name := p.trouble.Load(); name != nil {
		return "last error: " + *name
	}
	return ""
}

// failed warns of a stream that failed for good; input is what the state
// StreamFailed gets.
func (p *progress) failed(input string) {
	var in struct {
		Stream struct {
			ID       string
			From, To span.Day
		}
		Failure struct{ Error string }
	}
	if json.Unmarshal([]byte(input), &in) != nil {
		return // it is in the summary too
	}
	days := span.Span{From: in.Stream.From, To: in.Stream.To}
	fmt.Fprintf(p, "warning: stream %s %s failed: %s\n", in.Stream.ID, days, in.Failure.Error)
}

// Write writes a message for people.
func (p *progress) Write(text []byte) (int, error) {
	if p.bars != nil {
		return p.bars.Write(text)
	}
	return p.stderr.Write(text)
}

// close takes the bar away.
func (p *progress) close() {
	if p.bars == nil {
		return
	}
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.bars.Wait()
}
