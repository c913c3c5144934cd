package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/lazy"
	"lacuna/internal/loopback"
)

// Time that clients have: for a request's header, for all of it, for an answer, of which
// that of GetActivityTask may take a minute, and between requests; and what is under way has
// when the server ends: requests, then executions.
const (
	headerTime   = 5 * time.Second
	requestTime  = 10 * time.Second
	answerTime   = 90 * time.Second
	idleTime     = time.Minute
	shutdownTime = 500 * time.Millisecond
	endTime      = 1500 * time.Millisecond
)

// maxHeader is the most bytes of a request's header: the SDKs' have two or three thousand.
const maxHeader = 16 << 10

// maxConnections is how many clients may be connected at once; each takes some 30 KB.
const maxConnections = 512

// hostName is what --allow-host takes beside addresses.
var hostName = lazy.Regexp(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,252})$`)

// listen listens on an address of this machine, or on one that others reach when hosts
// say by which names they may. what is what they could do there.
func listen(addr string, hosts []string, what string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, exit.Usage("--addr %s: want host:port, such as 127.0.0.1:8083", addr)
	}
	for _, name := range hosts {
		if net.ParseIP(name) == nil && !hostName().MatchString(name) {
			return nil, exit.Usage("--allow-host %q: want a name such as build-box.example, or an address, without a port", name)
		}
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--addr %s: %w", addr, err)
	}
	if !loopback.Listens(listener.Addr(), hosts) {
		return nil, errors.Join(exit.Usage("--addr %s: other machines reach this address, and %s. Take 127.0.0.1, or say with --allow-host NAME by which name clients may reach it", addr, what), listener.Close())
	}
	return listener, nil
}

// serveUntil serves the API until ctx ends, or it cannot.
func serveUntil(ctx context.Context, listener net.Listener, api http.Handler) error {
	connections := newCrowd(listener, maxConnections)
	server := &http.Server{
		Handler: connections.handler(api), ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ConnState: connections.state,
		ErrorLog:    slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug), // what clients do wrong
		BaseContext: func(net.Listener) context.Context { return ctx },            // or a worker that polls would hold up the end
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(connections) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		return server.Close() // of what is under way nobody waits for an answer any more
	}
	return nil
}

// ended waits for the end of what runs, but not for ever: the process ends, and what runs
// with it.
func ended(end func() error) error {
	done := make(chan error, 1)
	go func() { done <- end() }()
	select {
	case err := <-done:
		return err
	case <-time.After(endTime):
		return errors.New("executions did not end in time, and end with the process; what they have stored is stored")
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
