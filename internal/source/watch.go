package source

import (
	"context"
	"sync"
)

// Watch notes the HTTP answers to the requests of a context, whatever they mean.
// The zero Watch is ready; it may be used by several goroutines.
type Watch struct {
	mu     sync.Mutex
	status int
	bytes  int
}

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

// watched notes r for the Watch of ctx, if there is one.
func watched(ctx context.Context, r Response) {
	w, ok := ctx.Value(watchKey{}).(*Watch)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = r.Status
	w.bytes += len(r.Body)
}
