package intrinsic

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"lacuna/internal/jsonpath"
)

// maxRange is the number of items States.ArrayRange may make (AWS documentation).
const maxRange = 1000

func array(_ *jsonpath.Budget, args []any) (any, error) { return append([]any{}, args...), nil }

func arrayContains(b *jsonpath.Budget, args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if same, err := b.Equal(item, args[1]); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

func arrayGetItem(_ *jsonpath.Budget, args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	at, err := whole(args, 1)
	if err != nil {
		return nil, err
	}
	if at < 0 || at >= int64(len(items)) {
		return nil, fmt.Errorf("index %d is outside an array of %d items", at, len(items))
	}
	return items[at], nil
}

func arrayLength(_ *jsonpath.Budget, args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	return int64(len(items)), nil
}

func arrayPartition(b *jsonpath.Budget, args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	size, err := whole(args, 1)
	if err != nil {
		return nil, err
	}
	if size <= 0 {
		return nil, fmt.Errorf("the chunk size must be positive, not %d", size)
	}
	const steps = 3 // of a chunk: its place in the list, and itself
	if err := b.Spend(steps * (len(items)/int(size) + 1)); err != nil {
		return nil, err
	}
	chunks := []any{}
	for chunk := range slices.Chunk(items, int(size)) {
		chunks = append(chunks, chunk)
	}
	return chunks, nil
}

// arrayRange goes from the first number to the second, both included.
func arrayRange(b *jsonpath.Budget, args []any) (any, error) {
	n, err := wholes(args)
	if err != nil {
		return nil, err
	}
	first, last, by := n[0], n[1], n[2]
	if by == 0 {
		return nil, errors.New("the step must not be 0")
	}
	// Unsigned differences are right even where int64 would overflow.
	var steps uint64
	if err := b.Spend(maxRange); err != nil {
		return nil, err
	}
	switch {
	case by > 0 && first <= last:
		steps = (uint64(last) - uint64(first)) / uint64(by)
	case by < 0 && first >= last:
		steps = (uint64(first) - uint64(last)) / -uint64(by)
	default:
		return []any{}, nil
	}
	if steps >= maxRange {
		return nil, fmt.Errorf("the array would have more than %d items", maxRange)
	}
	items := make([]any, steps+1)
	for i := range items {
		items[i] = first + int64(i)*by
	}
	return items, nil
}

// arrayUnique keeps the first of equal items.
func arrayUnique(b *jsonpath.Budget, args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	seen := map[any]bool{}
	unique := []any{}
	for _, item := range items {
		key, err := identity(b, item)
		if err != nil {
			return nil, err
		}
		if !seen[key] {
			seen[key] = true
			unique = append(unique, item)
		}
	}
	return unique, nil
}

// jsonOf is the identity of an array or object; its own type keeps it apart from
// a string that happens to look alike.
type jsonOf string

// identity is equal for equal documents, and can be the key of a map, in which it takes
// a few steps.
func identity(b *jsonpath.Budget, v any) (any, error) {
	const steps = 5
	size := 0
	switch text := v.(type) {
	case []any, *jsonpath.Object:
		encoded, err := jsonpath.EncodeSorted(v)
		if err != nil {
			return nil, err
		}
		v, size = jsonOf(encoded), 2*len(encoded) // the text is there twice
	case string:
		size = len(text)
	case json.Number:
		size = len(text)
	}
	return v, errors.Join(b.Spend(steps), b.SpendText(size))
}

func list(args []any, i int) ([]any, error) { return argumentOf[[]any](args, i, "array") }
