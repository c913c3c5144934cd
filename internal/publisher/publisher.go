// Package publisher imitates the publishers' services on a loopback port: real
// observations in the real wire formats, and faults on demand. Tests,
// simulations and the offline mode use it; a client cannot tell it from the
// real thing. It shares no code with the clients and never asks a real
// publisher.
package publisher

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"lacuna/internal/span"
)

// Options say what is served and where; the zero value is good.
type Options struct {
	Data    *Data         // nil: NewData(Today)
	Addr    string        // "": a free port of 127.0.0.1
	Latency time.Duration // before every answer
}

// Request is one entry of the log.
type Request struct {
	Source string
	Codes  []string
	File   string    // the path below the service, at a publisher of files
	Span   span.Span // zero when it could not be read
	Newest bool      // of each series its last row alone
	Status int       // 0: the connection was reset, or left hanging
	Fault  Kind      // "": none
}

// Publisher serves all sources. Use Start.
type Publisher struct {
	*Data
	latency time.Duration
	address string
	server  *http.Server
	served  chan error

	mu       sync.Mutex
	faults   []*Fault
	requests []Request
}

// Start listens and serves until Close.
func Start(o Options) (*Publisher, error) {
	if o.Data == nil {
		o.Data = NewData(Today)
	}
	listener, err := net.Listen("tcp", cmp.Or(o.Addr, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("publisher: %w", err)
	}
	p := &Publisher{Data: o.Data, latency: o.Latency, address: listener.Addr().String(), served: make(chan error, 1)}
	p.server = &http.Server{Handler: p.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { p.served <- p.server.Serve(listener) }()
	return p, nil
}

// Close ends all requests, hanging ones too, and frees the port.
func (p *Publisher) Close() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Handler returns the services as one handler; other paths are 404.
func (p *Publisher) Handler() http.Handler {
	mux := http.NewServeMux()
	for source, s := range services {
		serve := func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, source, s) }
		mux.HandleFunc("GET "+s.prefix+s.path, serve)
		if s.list != "" {
			mux.HandleFunc("GET "+s.prefix+s.list, serve)
		}
	}
	return mux
}

// URL returns the base URL of a source, its path prefix included: what
// LACUNA_<SOURCE>_URL expects. It is empty for a source that is not served.
func (p *Publisher) URL(source string) string {
	s, ok := services[source]
	if !ok {
		return ""
	}
	return "http://" + p.address + s.prefix
}

// Requests returns the log of one source, or of all for "", oldest first.
func (p *Publisher) Requests(source string) []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.requests), func(r Request) bool {
		return source != "" && r.Source != source
	})
}

// service is one publisher's way to be asked and to answer.
type service struct {
	prefix, path string
	list         string // the path of what there is, where it is another one
	column       string // a name in its bodies that a client relies on
	header       map[string]string
	kinds        []Kind // faults of its own, which write has in asked.Fault

	// read returns what is asked for, or how the request is refused.
	read func(d *Data, r *http.Request) (Request, *reply)
	// write returns the rows, in their order, as a body.
	write func(asked Request, rows []line) reply
}

// services are all sources served.
var services = map[string]service{PTAX: ptaxService, SGS: sgsService, ECB: ecbService, FRED: fredService, ANP: anpService}

// Sources returns the names of the sources served, in order.
func Sources() []string { return slices.Sorted(maps.Keys(services)) }

// reply is an answer before a fault befalls it.
type reply struct {
	status      int
	contentType string
	body        []byte
}

// line is one row of a body.
type line struct {
	code string
	Observation
	swapped bool // columns are exchanged
	unit    bool // in another unit
	renamed bool // under another name of its product
}

func (p *Publisher) serve(w http.ResponseWriter, r *http.Request, source string, s service) {
	asked, refusal := s.read(p.Data, r)
	asked.Source = source
	fault := p.nextFault(asked)
	asked.Fault = fault.Kind
	if !pause(r.Context(), p.latency) {
		return
	}
	out := refusal
	if out == nil {
		shown := asked
		shown.Span = fault.days(p.Data, asked)
		rows := fault.onRows(p.lines(shown), asked.Span)
		answer := s.write(asked, rows)
		out = &answer
	}
	fault.onReply(out, s.column)
	asked.Status = out.status
	if fault.Kind == Reset || fault.Kind == Hang {
		asked.Status = 0
	}
	p.mu.Lock()
	p.requests = append(p.requests, asked)
	p.mu.Unlock()
	for name, value := range s.header {
		w.Header().Set(name, value)
	}
	fault.send(w, r, out)
}

func (p *Publisher) lines(asked Request) []line {
	n := 0
	for _, code := range asked.Codes {
		n += len(p.between(asked.Source, code, asked.Span))
	}
	rows := make([]line, 0, n)
	for _, code := range asked.Codes {
		days := p.between(asked.Source, code, asked.Span)
		if asked.Newest {
			days = days[max(0, len(days)-1):]
		}
		for _, o := range days {
			rows = append(rows, line{code: code, Observation: o})
		}
	}
	return rows
}
