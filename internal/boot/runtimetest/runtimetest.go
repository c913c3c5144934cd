// Package runtimetest is the Lambda Runtime API for tests: it hands events to
// one function's process and takes its answers. It enforces no limits of AWS.
//
// Source: AWS Lambda Developer Guide, "Runtime API" and "Extensions API".
package runtimetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Failure is an error as a function tells it.
type Failure struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Answer is what became of an event: an output or an error.
type Answer struct {
	Output json.RawMessage
	Error  *Failure
}

// invocation is an event on its way.
type invocation struct {
	event    []byte
	deadline time.Time
	answer   chan Answer
}

// Server serves one process. Use Start.
type Server struct {
	server  *httptest.Server
	events  chan *invocation
	ready   chan struct{} // closed when the process first asks for an event
	refused chan Failure

	mu    sync.Mutex
	count int
	open  map[string]*invocation // handed out, by request id
}

// Start serves until the test ends.
func Start(t testing.TB) *Server {
	s := &Server{events: make(chan *invocation), ready: make(chan struct{}), refused: make(chan Failure, 1), open: map[string]*invocation{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.answer)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.answer)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", s.initError)
	// A function that wants to be told of its end registers as an extension.
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "extension")
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.server.CloseClientConnections() // of those that wait for an event
		s.server.Close()
	})
	return s
}

// Addr is the value of AWS_LAMBDA_RUNTIME_API.
func (s *Server) Addr() string { return strings.TrimPrefix(s.server.URL, "http://") }

// Invoke hands event to the process, which has limit for it, and returns its answer.
func (s *Server) Invoke(ctx context.Context, event []byte, limit time.Duration) (Answer, error) {
	answer, err := s.Begin(ctx, event, limit)
	if err != nil {
		return Answer{}, err
	}
	return answer(ctx)
}

// Begin hands event to the process; what it returns waits for the answer.
func (s *Server) Begin(ctx context.Context, event []byte, limit time.Duration) (func(context.Context) (Answer, error), error) {
	i := &invocation{event, time.Now().Add(limit), make(chan Answer, 1)}
	select {
	case s.events <- i:
	case f := <-s.refused:
		return nil, fmt.Errorf("the start was refused: %s: %s", f.Type, f.Message)
	case <-ctx.Done():
		return nil, fmt.Errorf("nobody took the event: %w", context.Cause(ctx))
	}
	return func(ctx context.Context) (Answer, error) {
		select {
		case a := <-i.answer:
			return a, nil
		case <-ctx.Done():
			return Answer{}, fmt.Errorf("no answer: %w", context.Cause(ctx))
		}
	}, nil
}

// Ready waits until the process is ready for its first event.
func (s *Server) Ready(ctx context.Context) error {
	select {
	case <-s.ready:
		return nil
	case f := <-s.refused:
		return fmt.Errorf("the start was refused: %s: %s", f.Type, f.Message)
	case <-ctx.Done():
		return fmt.Errorf("not ready: %w", context.Cause(ctx))
	}
}

// Refused waits until the process says that it cannot start.
func (s *Server) Refused(ctx context.Context) (Failure, error) {
	select {
	case f := <-s.refused:
		return f, nil
	case <-s.ready:
		return Failure{}, errors.New("the process has started")
	case <-ctx.Done():
		return Failure{}, fmt.Errorf("not refused: %w", context.Cause(ctx))
	}
}

func (s *Server) next(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.count++; s.count == 1 {
		close(s.ready)
	}
	id := "request-" + strconv.Itoa(s.count)
	s.mu.Unlock()
	select {
	case i := <-s.events:
		s.mu.Lock()
		s.open[id] = i
		s.mu.Unlock()
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:lacuna:1")
		w.Write(i.event) //nolint:errcheck // a process that is gone answers nothing, which the test sees
	case <-r.Context().Done():
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	i, ok := s.open[r.PathValue("id")]
	delete(s.open, r.PathValue("id"))
	s.mu.Unlock()
	if err != nil || !ok {
		http.Error(w, fmt.Sprintf("no event %s in hand, or %v", r.PathValue("id"), err), http.StatusBadRequest)
		return
	}
	a := Answer{Output: body}
	if strings.HasSuffix(r.URL.Path, "/error") {
		a = Answer{Error: failureOf(body)}
	}
	w.WriteHeader(http.StatusAccepted)
	i.answer <- a
}

func (s *Server) initError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	select {
	case s.refused <- *failureOf(body):
	default: // told before
	}
}

// failureOf reads an error; one that is no JSON has its text as its message.
func failureOf(body []byte) *Failure {
	var f Failure
	if err := json.Unmarshal(body, &f); err != nil {
		f.Message = string(body)
	}
	return &f
}
