package sfnapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
)

// hands bound what requests have in hand, beside what is kept: bodies that come in,
// answers that go out, and the values that are made of them meanwhile.
type hands struct {
	room    int64         // for bodies and answers that are not small, in bytes
	used    *atomic.Int64 // of it
	working chan struct{} // has room for the requests that are worked on at once
	parsing chan struct{} // has room for those of them that are large
}

const (
	smallBody = 32 << 10 // each connection may have one, without being counted
	leastRoom = 8 << 20  // one of the largest bodies, while its buffer grows
)

func newHands(keep int64) hands {
	room := int64(64 << 20)
	if keep > 0 {
		room = max(keep/8, leastRoom)
	}
	return hands{room, &atomic.Int64{}, make(chan struct{}, 2*runtime.GOMAXPROCS(0)), make(chan struct{}, 1)}
}

// errHandsFull is what a request gets when others have all the room.
func errHandsFull() error {
	return fail("ThrottlingException", "Rate exceeded: other requests are as large as the server has room for at once")
}

// take asks for n bytes of the room.
func (h hands) take(n int64) error {
	if h.used.Add(n) > h.room {
		h.used.Add(-n)
		return errHandsFull()
	}
	return nil
}

func (h hands) give(n int64) { h.used.Add(-n) }

// read reads a body of at most most bytes, errTooLarge if it has more. done lets go of it.
// The room is asked for as the bytes come: what a client announces does not count.
func (h hands) read(body io.Reader, most int64) (data []byte, done func(), err error) {
	buf := bytes.NewBuffer(make([]byte, 0, bytes.MinRead))
	body = io.LimitReader(body, most+1)
	taken := int64(0)
	done = func() { h.give(taken) }
	for size := int64(smallBody); ; size *= 2 {
		n, err := io.Copy(buf, io.LimitReader(body, size-int64(buf.Len())))
		switch {
		case err != nil:
			return nil, done, err
		case int64(buf.Len()) > most:
			return nil, done, errTooLarge
		case n == 0 || int64(buf.Len()) < size:
			return buf.Bytes(), done, nil
		}
		// The buffer doubles, and the old one is there until the new one is full.
		if err := h.take(2 * size); err != nil {
			return nil, done, err
		}
		taken += 2 * size
		buf.Grow(int(size))
	}
}

var errTooLarge = errors.New("the body is too large")

// work waits for a turn to work on a request, of which body has that many bytes.
func (h hands) work(ctx context.Context, body int) (done func(), err error) {
	turns := []chan struct{}{h.working}
	if body > smallBody {
		turns = []chan struct{}{h.parsing, h.working}
	}
	done = func() {}
	for _, turn := range turns {
		select {
		case turn <- struct{}{}:
			before := done
			done = func() { <-turn; before() }
		case <-ctx.Done():
			done()
			return nil, ctx.Err()
		}
	}
	return done, nil
}
