package main

import (
	"encoding/json"
	"io"
	"strings"
	"sync"

	"lacuna/internal/engine"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress follows the streams of a run, with a bar when stderr is a terminal.
// It is also the way to stderr for messages meanwhile: they stand above the bar.
type progress struct {
	stderr io.Writer
	bars   *mpb.Progress // nil: no terminal

	mu      sync.Mutex
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
	if p.bars == nil || e.Details == nil && e.Type != "MapStateStarted" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.Type == "MapStateEntered" && e.Details.Name == "EachStream":
		p.maps[e.ID] = true
	case e.Type == "MapStateStarted" && p.maps[e.PreviousID] && e.Details != nil && e.Details.Length != nil:
		p.plan(int64(*e.Details.Length))
	case e.Type == "MapIterationSucceeded" && e.Details.Name == "EachStream" && p.bar != nil:
		p.bar.Increment()
	case e.Type == "PassStateEntered" && e.Details.Name == "StreamFailed" && e.Details.Input != nil:
		p.failed(*e.Details.Input)
	}
}

// plan adds streams to the bar.
func (p *progress) plan(streams int64) {
	if p.bar == nil {
		p.bar = p.bars.AddBar(0,
			mpb.PrependDecorators(decor.CountersNoUnit("%d of %d streams ")),
			mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_MMSS)),
			mpb.BarRemoveOnComplete())
	}
	p.planned += streams
	p.bar.SetTotal(p.planned, false)
}

// failed says above the bar which stream failed for good.
func (p *progress) failed(input string) {
	var in struct {
		Stream  struct{ ID, From, To string }
		Failure struct{ Error string }
	}
	if json.Unmarshal([]byte(input), &in) == nil {
		_, _ = io.WriteString(p.bars, strings.Join([]string{"failed:", in.Stream.ID, in.Stream.From, in.Stream.To, in.Failure.Error}, " ")+"\n")
	}
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
