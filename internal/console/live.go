package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// news is what a page is told: what it may want to read again.
type news struct {
	Runs   bool     `json:"runs,omitempty"`
	Series []string `json:"series,omitempty"` // keys; "*": any; "/": none, but the overview knows more of some
	Target string   `json:"target,omitempty"` // what keeps the target from being read; "ok": nothing any more
}

// maxNamed is how many series are told by their keys.
const maxNamed = 100

// live tells news to the streams that are open.
type live struct {
	mu      sync.Mutex
	streams map[chan news]bool
	changed chan struct{} // a stream was opened
	ended   chan struct{} // closed when the console ends
}

func newLive() live {
	return live{streams: map[chan news]bool{}, changed: make(chan struct{}, 1), ended: make(chan struct{})}
}

// join opens a stream. It holds the last thing that was not taken, joined with what
// came after it.
func (l *live) join() (from <-chan news, leave func()) {
	c := make(chan news, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams[c] = true
	select {
	case l.changed <- struct{}{}:
	default:
	}
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.streams, c)
	}
}

func (l *live) watched() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.streams) > 0
}

func (l *live) tell(n news) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.streams {
		told := n
		select {
		case before := <-c:
			told.Runs = told.Runs || before.Runs
			told.Series = append(before.Series, n.Series...)
			if told.Target == "" {
				told.Target = before.Target
			}
		default:
		}
		if len(told.Series) > maxNamed {
			told.Series = []string{"*"}
		}
		c <- told // it has room: only tell fills it, under the lock
	}
}

// Times of the stream of events: how long one write may last, and how often a line is
// sent so that a connection that is gone is noticed.
const (
	writeTime = 10 * time.Second
	beatTime  = 20 * time.Second
)

// stream is the one stream of a browser. Writes have a deadline of their own: that of
// the server is for answers that end.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead { // nobody would read it
		return
	}
	from, leave := s.live.join()
	defer leave()
	beat := time.NewTicker(beatTime)
	defer beat.Stop()
	text := ": here\n\n"
	for {
		if c.SetWriteDeadline(time.Now().Add(writeTime)) != nil {
			return
		}
		if _, err := w.Write([]byte(text)); err != nil || c.Flush() != nil {
			return
		}
		select {
		case n := <-from:
			line, err := json.Marshal(n)
			if err != nil {
				return
			}
			text = fmt.Sprintf("data: %s\n\n", line)
		case <-beat.C:
			text = ":\n\n"
		case <-r.Context().Done():
			return
		case <-s.live.ended:
			return
		}
	}
}

// retry is when what could not be looked at is tried again.
const retry = 5 * time.Second

// watch tells what has changed, while somebody watches.
func (s *Server) watch(ctx context.Context) {
	if s.o.Watch == nil {
		return
	}
	var mark int64
	broken := false
	for {
		if !s.live.watched() {
			select {
			case <-s.live.changed:
			case <-ctx.Done():
				return
			}
		}
		change, err := s.o.Watch.Changed(ctx, mark)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.live.tell(news{Target: err.Error()})
			broken, change.Again = true, retry
		default:
			n := news{Runs: change.Runs, Series: change.Series}
			if broken {
				n.Target, broken = "ok", false
			}
			if mark = change.Mark; n.Runs || len(n.Series) > 0 || n.Target != "" {
				s.index.changed(n.Series)
				s.live.tell(n)
			}
		}
		select {
		case <-time.After(change.Again):
		case <-ctx.Done():
			return
		}
	}
}
