package scrape_test

import (
	"cmp"
	"context"
	"sync"
	"testing"

	"lacuna/internal/callback"
	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
)

// kept is a store whose rows cannot be read or written while err is set.
type kept struct {
	*memory.Store
	err      error
	onInsert error                    // of an Insert alone
	onChange func()                   // before a Change looks at the row
	onSave   func(store.Stream) error // instead of a SaveStream
}

func (k *kept) Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error) {
	rows, err := k.Store.Rows(ctx, series, s)
	return rows, cmp.Or(err, k.err)
}

func (k *kept) Insert(ctx context.Context, rows []row.Row) error {
	return cmp.Or(k.onInsert, k.Store.Insert(ctx, rows), k.err)
}

func (k *kept) Change(ctx context.Context, old, next row.Row) error {
	if k.onChange != nil {
		k.onChange()
	}
	return cmp.Or(k.Store.Change(ctx, old, next), k.err)
}

func (k *kept) SaveStream(ctx context.Context, s store.Stream) error {
	if k.onSave != nil {
		return k.onSave(s)
	}
	return k.Store.SaveStream(ctx, s)
}

// put stores r, whatever is there.
func (b *bench) put(t *testing.T, r row.Row) {
	t.Helper()
	old := row.Row{}
	for _, have := range b.rows(t) {
		if have.Day == r.Day {
			old = have
		}
	}
	if err := b.store.Store.Change(t.Context(), old, r); err != nil {
		t.Fatal(err)
	}
}

// rows returns every row of the series.
func (b *bench) rows(t *testing.T) []row.Row {
	t.Helper()
	rows, err := b.store.Store.Rows(t.Context(), "USD", span.Span{From: day("2000-01-01"), To: day("2099-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// streams returns what the streams of a run did.
func (b *bench) streams(t *testing.T, run string) []store.Stream {
	t.Helper()
	streams, err := b.store.Streams(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	return streams
}

// answers is a state machine that listens to one token at a time.
type answers struct {
	mu        sync.Mutex
	beats     int
	goneAfter int // heartbeats until the token is gone; 0: never
	down      error
	output    string     // of Success
	failure   fault.Name // of Failure
	cause     string
}

func (a *answers) Heartbeat(context.Context, string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.beats++
	if a.goneAfter > 0 && a.beats >= a.goneAfter {
		return callback.ErrGone
	}
	return a.down
}

func (a *answers) Success(_ context.Context, _ string, output []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.output = string(output)
	return a.down
}

func (a *answers) Failure(_ context.Context, _ string, name fault.Name, cause string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failure, a.cause = name, cause
	return a.down
}

// publisher is a source made of a function.
type publisher func(ctx context.Context, r source.Request) (source.Answer, error)

func (p publisher) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	return p(ctx, r)
}
