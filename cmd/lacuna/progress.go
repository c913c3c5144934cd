package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/output"
	"lacuna/internal/span"
)

// progress follows the streams of a run: it warns of those that fail, and has a
// bar below the messages when stderr is a terminal.
type progress struct {
	app   *app
	width int            // of the terminal, in columns; 0: there is none
	maps  map[int64]bool // events that entered EachStream; only the goroutine that tells events uses it
	tries *retries       // told of where there is no terminal; as maps

	mu            sync.Mutex
	done, planned int
	trouble       string // error of the last attempt that failed
	begun         time.Time
	stop          chan bool // closed when the bar is taken away; nil: there is no bar
	ticking       sync.WaitGroup
}

func (a *app) newProgress() *progress {
	p := &progress{app: a, maps: map[int64]bool{}}
	if output.IsTerminal(a.stderr, a.env) {
		p.width = a.stderr.Width(a.env)
	}
	return p
}

// event takes an event of the running execution.
func (p *progress) event(e engine.Event) {
	d := e.Details
	if p.tries != nil {
		p.tries.event(e)
	}
	switch {
	case d == nil:
	case e.Type == "MapStateEntered" && d.Name == "EachStream":
		p.maps[e.ID] = true
	case e.Type == "MapStateStarted" && p.maps[e.PreviousID] && d.Length != nil:
		p.update(func() { p.planned += *d.Length })
	case e.Type == "MapIterationSucceeded" && d.Name == "EachStream":
		p.update(func() { p.done++ })
	case e.Type == "TaskFailed" && d.Error != nil:
		p.update(func() { p.trouble = *d.Error })
	case e.Type == "PassStateEntered" && d.Name == "StreamFailed" && d.Input != nil:
		p.failed(*d.Input)
	}
}

// update changes the numbers, and draws the bar once there are streams.
func (p *progress) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if p.width == 0 || p.planned == 0 {
		return
	}
	if p.stop == nil {
		p.begun, p.stop = time.Now(), make(chan bool)
		p.ticking.Go(func() { p.tick(p.stop) })
	}
	p.app.stderr.Pin(p.line())
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
			p.update(func() {})
		}
	}
}

// line is the bar, a column shorter than the terminal is wide.
func (p *progress) line() string {
	const cells = 30
	full := cells * min(p.done, p.planned) / p.planned
	took := time.Since(p.begun)
	line := fmt.Sprintf("%d of %d streams [%s%s] %02d:%02d", p.done, p.planned, strings.Repeat("=", full), strings.Repeat("-", cells-full),
		int(took.Minutes()), int(took.Seconds())%60)
	if p.trouble != "" {
		line += " last error: " + p.trouble
	}
	shown := []rune(output.Visible(output.Shorten(line, output.MaxCell)))
	return string(shown[:min(len(shown), p.width-1)])
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
	p.app.note("warning: stream %s %s failed: %s", in.Stream.ID, span.Span{From: in.Stream.From, To: in.Stream.To}, in.Failure.Error)
}

// close takes the bar away.
func (p *progress) close() {
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
