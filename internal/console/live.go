package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
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
	told    int           // how often something was told, to whomever
	changed chan struct{} // a stream was opened
	ended   chan struct{} // closed when the console ends
}

func newLive() live {
	return live{streams: map[chan news]bool{}, changed: make(chan struct{}, 1), ended: make(chan struct{})}
}

// seenHeader is how often something had been told before a page was read: what was told
// since, before the page listened, is told to its stream.
const seenHeader = "Lacuna-Seen"

func (l *live) seen() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strconv.Itoa(l.told)
}

// join opens a stream for a page that has seen what was told so often; "" has. It holds the
// last thing that was not taken, joined with what came after it.
func (l *live) join(seen string) (from <-chan news, leave func()) {
	c := make(chan news, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen != "" && seen != strconv.Itoa(l.told) {
		c <- news{Runs: true, Series: []string{"*"}}
	}
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
	l.told++
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
	from, leave := s.live.join(r.URL.Query().Get("seen"))
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

// look finds out what has changed since it looked before, and has the index read it again.
func (s *Server) look(ctx context.Context) (Change, error) {
	s.looking.Lock()
	defer s.looking.Unlock()
	change, err := s.o.Watch.Changed(ctx, s.mark)
	if err == nil {
		s.mark = change.Mark
		s.index.changed(change.Series)
	}
	return change, err
}

// catchUp looks before a page that shows what the index knows, unless somebody watches: a
// browser without JavaScript has no stream.
func (s *Server) catchUp(ctx context.Context) {
	if s.o.Watch == nil || s.live.watched() {
		return
	}
	change, err := s.look(ctx)
	if err != nil {
		s.o.Log.WarnContext(ctx, "watch", "error", err) // the page shows what is known
		return
	}
	if change.Runs || len(change.Series) > 0 {
		s.live.tell(news{Runs: change.Runs, Series: change.Series}) // to who has come meanwhile
	}
}

// watch tells what has changed, while somebody watches.
func (s *Server) watch(ctx context.Context) {
	if s.o.Watch == nil {
		return
	}
	broken := false
	for {
		if !s.live.watched() {
			select {
			case <-s.live.changed:
			case <-ctx.Done():
				return
			}
		}
		change, err := s.look(ctx)
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
				s.index.resume()
			}
			if n.Runs || len(n.Series) > 0 || n.Target != "" {
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
