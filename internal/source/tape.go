package source

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"lacuna/internal/fault"
)

// Tape keeps what a publisher answered to one Fetch, to be read again by another. Use
// Record or Play.
type Tape struct {
	mu      sync.Mutex
	plays   bool
	answers []Taped
	played  []bool
	bytes   int
	refused bool // an answer may have a secret in it
}

// Taped is one whole answer.
type Taped struct {
	Path   string // that was asked for, without the secret
	Status int
	Link   string // the header of that name
	Body   []byte
}

// maxTape is how many bytes of bodies a tape keeps, and maxTaped how many answers; of more
// there is no tape.
const (
	maxTape  = 64 << 20
	maxTaped = 5000
)

// Record returns an empty tape.
func Record() *Tape { return &Tape{} }

// Play returns a tape that answers in the publisher's place, which is asked nothing.
func Play(answers []Taped) *Tape {
	return &Tape{plays: true, answers: answers, played: make([]bool, len(answers))}
}

// Answers returns what was recorded. Its error is why that is not kept.
func (t *Tape) Answers() ([]Taped, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.refused:
		return nil, errUnshown
	case t.bytes > maxTape || len(t.answers) >= maxTaped:
		return nil, errors.New("the answer is too long to be kept")
	}
	return slices.Clone(t.answers), nil
}

type tapeKey struct{}

// WithTape returns ctx with t, to be given to Fetch.
func WithTape(ctx context.Context, t *Tape) context.Context {
	return context.WithValue(ctx, tapeKey{}, t)
}

// keep records the answer to a request for path; secret says that a secret may be in it.
func (t *Tape) keep(path string, r Response, secret bool) {
	if t == nil || t.plays {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused = t.refused || secret; t.refused {
		return
	}
	if t.bytes += len(r.Body); t.bytes <= maxTape && len(t.answers) < maxTaped {
		t.answers = append(t.answers, Taped{path, r.Status, r.Link, r.Body})
	}
}

// play answers a request for path: as it was answered, or where the request was another
// then, in the order of the answers.
func (t *Tape) play(address, path string, page bool) (Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.find(func(x Taped) bool { return x.Path == path })
	if at < 0 {
		at = t.find(func(Taped) bool { return true })
	}
	if at < 0 {
		return Response{}, fault.New(fault.Rejected, "no answer was kept for it (GET %s)", address)
	}
	t.played[at] = true
	x := t.answers[at]
	r := Response{Requests: 1, Status: x.Status, Link: x.Link, Body: x.Body}
	return r, judge(address, r, http.Header{}, page)
}

// find returns the first answer that was not played and is the one, -1 for none.
func (t *Tape) find(one func(Taped) bool) int {
	for i, x := range t.answers {
		if !t.played[i] && one(x) {
			return i
		}
	}
	return -1
}
