package scrape_test

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"lacuna/internal/callback"
	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// memory is a store of one process.
type memory struct {
	rows     []row.Row
	streams  []store.Stream
	breaker  store.Breaker
	err      error
	onChange func() // before a Change looks at the row
}

func (m *memory) find(series string, d span.Day) (int, bool) {
	return slices.BinarySearchFunc(m.rows, row.Row{Series: series, Day: d}, func(a, b row.Row) int {
		return cmp.Or(cmp.Compare(a.Series, b.Series), cmp.Compare(a.Day, b.Day))
	})
}

func (m *memory) put(r row.Row) {
	i, found := m.find(r.Series, r.Day)
	if found {
		m.rows[i] = r
		return
	}
	m.rows = slices.Insert(m.rows, i, r)
}

func (m *memory) Rows(_ context.Context, series string, s span.Span) ([]row.Row, error) {
	var in []row.Row
	for _, r := range m.rows {
		if r.Series == series && s.Contains(r.Day) {
			in = append(in, r)
		}
	}
	return in, m.err
}

func (m *memory) Insert(_ context.Context, rows []row.Row) error {
	for _, r := range rows {
		m.put(r)
	}
	return m.err
}

func (m *memory) Change(_ context.Context, old, next row.Row) error {
	if m.onChange != nil {
		m.onChange()
	}
	i, found := m.find(next.Series, next.Day)
	if found != (old.Status != "") || found && (m.rows[i].Status != old.Status || m.rows[i].Attempts != old.Attempts) {
		return store.ErrConflict
	}
	m.put(next)
	return m.err
}

func (m *memory) SaveStream(_ context.Context, s store.Stream) error {
	for i := range m.streams {
		if m.streams[i].ID == s.ID {
			s.Requests += m.streams[i].Requests
			m.streams[i] = s
			return nil
		}
	}
	m.streams = append(m.streams, s)
	return nil
}

func (m *memory) Streams(context.Context, string) ([]store.Stream, error) { return m.streams, nil }
func (m *memory) Breaker(context.Context, string) (store.Breaker, error)  { return m.breaker, nil }
func (m *memory) SetBreaker(_ context.Context, _ string, b store.Breaker) error {
	m.breaker = b
	return nil
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
