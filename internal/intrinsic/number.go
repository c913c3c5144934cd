package intrinsic

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"lacuna/internal/jsonpath"
)

// mathAdd rounds both numbers before it adds them: 1.5 + 1.5 is 4, not 3.
func mathAdd(_ *jsonpath.Budget, args []any) (any, error) {
	n, err := wholes(args)
	if err != nil {
		return nil, err
	}
	a, b := n[0], n[1]
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return nil, errors.New("the sum is out of range")
	}
	return a + b, nil
}

// mathRandom draws from the first number up to, but without, the second.
func mathRandom(_ *jsonpath.Budget, args []any) (any, error) {
	n, err := wholes(args)
	if err != nil {
		return nil, err
	}
	from, to := n[0], n[1]
	if from >= to {
		return nil, fmt.Errorf("the start %d must be less than the end %d", from, to)
	}
	width := uint64(to) - uint64(from) // right even when the difference overflows int64
	if len(args) < 3 {
		return from + int64(rand.Uint64N(width)), nil
	}
	if width > math.MaxInt32 {
		return nil, fmt.Errorf("with a seed the range must have at most %d numbers", math.MaxInt32)
	}
	return from + int64(javaRandom(n[2], int32(width))), nil
}

// javaRandom is what new java.util.Random(seed).nextInt(bound) gives. AWS does not
// say how it draws; equal seeds at least give equal numbers, as it promises.
func javaRandom(seed int64, bound int32) int32 {
	const multiplier, mask = 0x5DEECE66D, 1<<48 - 1
	state := (uint64(seed) ^ multiplier) & mask
	next := func() int32 {
		state = (state*multiplier + 0xB) & mask
		return int32(state >> 17)
	}
	bits := next()
	if bound&(bound-1) == 0 {
		return int32(int64(bound) * int64(bits) >> 31)
	}
	for bits-bits%bound+(bound-1) < 0 { // overflows in the last, incomplete round
		bits = next()
	}
	return bits % bound
}

// wholes are up to three arguments, each as whole has it.
func wholes(args []any) (n [3]int64, err error) {
	for i := range args {
		if n[i], err = whole(args, i); err != nil {
			return n, err
		}
	}
	return n, nil
}

// whole is argument i, a number, rounded to the nearest integer, halves up:
// -1.5 gives -1, 2.5 gives 3.
func whole(args []any, i int) (int64, error) {
	switch n := args[i].(type) {
	case int64:
		return n, nil
	case float64:
		rounded := math.Floor(n)
		if n-rounded >= 0.5 { // not Floor(n+0.5), which is 1 for the number before 0.5
			rounded++
		}
		if rounded >= math.MinInt64 && rounded < math.MaxInt64 {
			return int64(rounded), nil
		}
	}
	if typeName(args[i]) != "number" {
		return 0, wrongType(args, i, "number")
	}
	return 0, fmt.Errorf("argument %d is out of range", i+1)
}
