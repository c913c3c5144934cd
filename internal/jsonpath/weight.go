package jsonpath

import (
	"encoding/json"
	"strings"
)

// What values take in memory, in bytes, with the room that slices and indexes have for
// more. TestWeight holds them against the heap.
const (
	scalarWeight = 40 // a place in an array, and what a number or a text has of its own
	memberWeight = 64 // a place in an object: key, value, index
	arrayWeight  = 40
	objectWeight = 72
)

// Weight is how many bytes the value that Decode makes of text takes at most. It is found
// without decoding: what stands in strings counts as if it stood outside.
func Weight(text string) int64 {
	n := len(text) + len(text)/8 + scalarWeight // allocations are rounded up
	if len(text) > 2 {                          // or it is one value, or empty
		n += scalarWeight*strings.Count(text, ",") + memberWeight*strings.Count(text, ":") +
			arrayWeight*strings.Count(text, "[") + objectWeight*strings.Count(text, "{")
	}
	return int64(n)
}

// WeightOf is the Weight of a value that was computed. What is in it twice counts twice.
func WeightOf(value any) int64 {
	switch v := value.(type) {
	case string:
		return int64(len(v)+len(v)/8) + scalarWeight
	case json.Number:
		return int64(len(v)+len(v)/8) + scalarWeight
	case []any:
		n := int64(arrayWeight + scalarWeight)
		for _, item := range v {
			n += WeightOf(item)
		}
		return n
	case *Object:
		n := int64(objectWeight + scalarWeight)
		for key, member := range v.All() {
			n += int64(len(key)) + memberWeight + WeightOf(member)
		}
		return n
	}
	return scalarWeight
}
