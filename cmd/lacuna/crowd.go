package main

import (
	"net"
	"net/http"
	"slices"
	"sync"
)

// crowd is a listener with a bound on its open connections. When there are as many, the one
// that has been idle for longest gives way to the next; while all are at work the next one
// waits.
type crowd struct {
	net.Listener
	most int

	mu     sync.Mutex
	left   sync.Cond // a connection has ended or has become idle, or the listener is closed
	open   int
	idle   []net.Conn        // the longest first
	gone   map[net.Conn]bool // those that gave way and are not yet seen to be closed
	closed bool
}

func newCrowd(l net.Listener, most int) *crowd {
	c := &crowd{Listener: l, most: most, gone: map[net.Conn]bool{}}
	c.left.L = &c.mu
	return c
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.open >= c.most && !c.closed {
		if len(c.idle) == 0 {
			c.left.Wait()
			continue
		}
		first := c.idle[0]
		c.idle = c.idle[1:]
		c.gone[first] = true
		c.open--
		first.Close() //nolint:errcheck // nobody uses it any more
	}
	c.open++
	return conn, nil
}

// handler answers by next, and says of connections that would soon give way that they end
// with the answer: a client that sent its next request on one could not know whether it was heard.
func (c *crowd) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		full := c.open >= c.most
		c.mu.Unlock()
		if full {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// state is for http.Server.ConnState.
func (c *crowd) state(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.idle, conn); i >= 0 {
		c.idle = slices.Delete(c.idle, i, i+1)
	}
	switch state {
	case http.StateNew, http.StateIdle:
		if !c.gone[conn] {
			c.idle = append(c.idle, conn)
		}
	case http.StateClosed, http.StateHijacked:
		if !c.gone[conn] {
			c.open--
		}
		delete(c.gone, conn)
	}
	c.left.Broadcast()
}

// Close implements net.Listener.
func (c *crowd) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.left.Broadcast()
	return c.Listener.Close()
}
