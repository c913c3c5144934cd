package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Watch notes the HTTP answers to the requests of a context, whatever they mean.
// The zero Watch is ready; it may be used by several goroutines.
type Watch struct {
	mu        sync.Mutex
	status    int
	bytes     int
	exchanges []Exchange
	notes     []string
	mute      bool // a secret may be in what a publisher says
}

// Exchange is a request and what came.
type Exchange struct {
	URL     string   // as it was sent, with *** for a secret
	Headers []string // those that the catalogue has, likewise
	Status  int      // 0: no answer
	Bytes   int      // of the body
	Head    []byte   // its first 4 KB
}

// What a Watch keeps.
const (
	maxExchanges = 20
	maxHead      = 4 << 10
	maxNotes     = 20
)

type watchKey struct{}

// WithWatch returns ctx with w, to be given to Fetch.
func WithWatch(ctx context.Context, w *Watch) context.Context {
	return context.WithValue(ctx, watchKey{}, w)
}

// Seen returns the status of the last answer, 0 for none, and the bytes of all
// bodies, after decompression.
func (w *Watch) Seen() (status, bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status, w.bytes
}

// Exchanges returns the first twenty requests and answers.
func (w *Watch) Exchanges() []Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.exchanges)
}

// Notes returns what Note was told, the first twenty of it.
func (w *Watch) Notes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.notes)
}

// Note tells the Watch of ctx, if there is one, how an answer was understood.
func Note(ctx context.Context, format string, args ...any) {
	w, ok := ctx.Value(watchKey{}).(*Watch)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.notes) < maxNotes && !w.mute {
		w.notes = append(w.notes, fmt.Sprintf(format, args...))
	}
}

// watched notes r, the answer to a request for address, for the Watch of ctx, if
// there is one.
func (c *Client) watched(ctx context.Context, address string, r Response) {
	w, ok := ctx.Value(watchKey{}).(*Watch)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status, w.mute = r.Status, c.secret.short()
	w.bytes += len(r.Body)
	if len(w.exchanges) == maxExchanges {
		return
	}
	x := Exchange{URL: address, Status: r.Status, Bytes: len(r.Body), Head: slices.Clone(r.Body[:min(len(r.Body), maxHead)])}
	for _, h := range c.headers {
		x.Headers = append(x.Headers, h.Name+": "+h.Value)
	}
	switch s := c.secret; {
	case s == nil:
	case s.Header != "":
		x.Headers = append(x.Headers, s.Header+": "+s.Prefix+masked)
	default:
		path, query, _ := strings.Cut(address, "?")
		x.URL = path + "?" + s.in(query, s.Prefix+masked)
	}
	if w.mute {
		x.Head = []byte("(" + errUnshown.Error() + ")")
		if len(w.exchanges) > 0 { // it may be the publisher's address of a next page
			x.URL = c.base + "/" + masked
		}
	}
	w.exchanges = append(w.exchanges, x)
}
