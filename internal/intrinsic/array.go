package intrinsic

import (
	"errors"
	"fmt"
	"slices"

	"lacuna/internal/jsonpath"
)

// maxRange is the number of items States.ArrayRange may make (AWS documentation).
const maxRange = 1000

func array(args []any) (any, error) { return append([]any{}, args...), nil }

func arrayContains(args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	return slices.ContainsFunc(items, func(item any) bool { return jsonpath.Equal(item, args[1]) }), nil
}

func arrayGetItem(args []any) (any, error) {
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

func arrayLength(args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	return int64(len(items)), nil
}

func arrayPartition(args []any) (any, error) {
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
	chunks := []any{}
	for chunk := range slices.Chunk(items, int(size)) {
		chunks = append(chunks, chunk)
	}
	return chunks, nil
}

// arrayRange goes from the first number to the second, both included.
func arrayRange(args []any) (any, error) {
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = whole(args, i); err != nil {
			return nil, err
		}
	}
	first, last, by := n[0], n[1], n[2]
	if by == 0 {
		return nil, errors.New("the step must not be 0")
	}
	// Unsigned differences are right even where int64 would overflow.
	var steps uint64
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
func arrayUnique(args []any) (any, error) {
	items, err := list(args, 0)
	if err != nil {
		return nil, err
	}
	seen := make(map[any]bool, len(items))
	unique := []any{}
	for _, item := range items {
		key, err := identity(item)
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

// identity is equal for equal documents, and can be the key of a map.
func identity(v any) (any, error) {
	switch v.(type) {
	case []any, *jsonpath.Object:
		encoded, err := jsonpath.Encode(sorted(v))
		return jsonOf(encoded), err
	}
	return v, nil
}

// sorted is v with the members of all objects in the order of their keys.
func sorted(v any) any {
	switch v := v.(type) {
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = sorted(item)
		}
		return items
	case *jsonpath.Object:
		var members []jsonpath.Member
		for key, value := range v.All() {
			members = append(members, jsonpath.Member{Key: key, Value: sorted(value)})
		}
		slices.SortFunc(members, func(a, b jsonpath.Member) int {
			if a.Key < b.Key {
				return -1
			}
			return 1
		})
		return jsonpath.NewObject(members...)
	}
	return v
}

// list is argument i, which must be an array.
func list(args []any, i int) ([]any, error) {
	items, ok := args[i].([]any)
	if !ok {
		return nil, wrongType(args, i, "array")
	}
	return items, nil
}
