package jsonpath

import (
	"context"
	"errors"
	"sync/atomic"
)

// MaxSteps is what one evaluation may cost. It takes a fraction of a second, and a step
// makes 16 bytes at most, so it is 64 MiB too. A path with a descent and a filter needs a
// tenth for an ordinary document of 256 KiB, a field that parses a text of 256 KiB an
// eighth.
const MaxSteps = 4 << 20

// bytesPerStep is how much text is one step.
const bytesPerStep = 16

// MaxText bounds a text that is made of values, in bytes: four times the payload that
// Step Functions takes, because a part of it may be all that is wanted.
const MaxText = 1 << 20

// ErrTooManySteps is an evaluation that would take too long.
var ErrTooManySteps = errors.New("needs too many steps for this document")

// ErrTooLarge is a text of more than MaxText bytes, or what else was the limit. Documents
// share their parts, so one that is small in memory can be without bounds as a text.
var ErrTooLarge = errors.New("a text that is larger than any payload")

// Budget is what an evaluation may yet cost, in steps: a value that is looked at or made is
// one, and so are 16 bytes of text. Paths and intrinsic functions spend from it all that
// grows with their input, and end when it is spent or when its context ends. It is for one
// goroutine.
type Budget struct {
	ctx   context.Context
	left  int           // with the portion in hand
	part  int           // the portion in hand
	total *atomic.Int64 // of several budgets together, nil for none
	err   error
}

// portion is how many steps are spent between two looks at the context: microseconds.
const portion = 1 << 12

// NewBudget returns a budget of MaxSteps, which end with ctx. What is spent is taken from
// total too, unless that is nil.
func NewBudget(ctx context.Context, total *atomic.Int64) Budget {
	return Budget{ctx: ctx, left: MaxSteps, part: portion, total: total}
}

// Spend takes n steps away. The error is that of the context or ErrTooManySteps, and comes
// again each time.
func (b *Budget) Spend(n int) error {
	if b.part -= n; b.part >= 0 {
		return nil
	}
	return b.refill()
}

// SpendText takes away the steps of n bytes of text.
func (b *Budget) SpendText(n int) error { return b.Spend(TextSteps(n)) }

// TextSteps are the steps of n bytes of text.
func TextSteps(n int) int { return n/bytesPerStep + 1 }

func (b *Budget) refill() error {
	spent := portion - b.part
	b.part = 0
	if b.err != nil {
		return b.err
	}
	b.left -= spent
	switch {
	case b.ctx.Err() != nil:
		b.err = b.ctx.Err()
	case b.left < 0, b.total != nil && b.total.Add(-int64(spent)) < 0:
		b.err = ErrTooManySteps
	default:
		b.part = min(portion, b.left)
	}
	return b.err
}
