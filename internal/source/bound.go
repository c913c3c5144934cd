package source

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lacuna/internal/fault"
	"lacuna/internal/span"
)

const (
	// maxBody bounds a body after decompression, in bytes; Within sets less. The
	// longest honest one, ANP's workbook of the states, has 12 MB.
	maxBody = 36 << 20
	// moreRows is what an answer may have beyond a row for each day and series
	// asked for: a publisher that forgets the range answers with all days that it
	// has, some 10,000 since 1999.
	moreRows = 40_000
	// maxRows bounds the rows of an answer however much was asked for. The thirty
	// currencies of the ECB have 7,000 days each since 1999.
	maxRows = 300_000
	// room is how much a client's answers may take at a time, in bytes: with what
	// the garbage collector leaves lying, half of a function's 256 MB.
	room = 96 << 20
)

// perRow is about what a row takes, in bytes: some 190 in a body, and 210 in a
// Collector and its Answer.
const perRow = 400

// MaxRows returns how many rows the answer to a request of so many series may
// have.
func MaxRows(days span.Span, series int) int {
	return min(min(days.Days(), maxRows)*min(series, maxRows)+moreRows, maxRows)
}

// Room returns about how many bytes the answer to a request of so many series takes.
func Room(days span.Span, series int) int { return MaxRows(days, series) * perRow }

// Within returns c with a smaller bound for a body: limit bytes after
// decompression. What c shares with others, such as its rate, it still shares.
func (c *Client) Within(limit int) *Client {
	within := *c
	within.limit = min(limit, c.limit)
	return &within
}

// Reserve waits until the client's other answers leave room for one of so many
// bytes, the body and what is made of it; release gives it back. Whoever has
// reserved must not reserve again: he could wait for himself.
func (c *Client) Reserve(ctx context.Context, bytes int) (release func(), err error) {
	n := int64(min(bytes, room))
	if err := c.room.Acquire(ctx, n); err != nil {
		return func() {}, err
	}
	return func() { c.room.Release(n) }, nil
}

var errTooLong = errors.New("body too long")

// readBody reads a body of at most limit bytes, of which length are announced, -1
// when nobody knows. Its buffer grows in few steps, for each leaves garbage.
func readBody(in io.Reader, length int64, limit int) ([]byte, error) {
	const first, step = 16 << 10, 16
	size := first
	if length >= 0 && length <= int64(limit) {
		size = int(length) + 1 // one more, so that the end is seen
	}
	body := make([]byte, 0, size)
	for {
		n, err := in.Read(body[len(body):min(cap(body), limit+1)])
		body = body[:len(body)+n]
		switch {
		case len(body) > limit:
			return body[:limit], fmt.Errorf("%w: more than %d bytes", errTooLong, limit)
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return body, err
		case len(body) == cap(body):
			body = append(make([]byte, 0, min(cap(body)*step, limit+1)), body...)
		}
	}
}

// short returns err, or a shorter one where its text repeats much of an answer.
func short(err error) error {
	if text := fault.Message(err); text != err.Error() {
		return errors.New(text)
	}
	return err
}
