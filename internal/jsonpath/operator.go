package jsonpath

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// operators are the relations of a filter; of two that begin alike the longer comes first.
var operators = []string{"==", ">=", "<=", "!=", "=~", "<", ">"}

// lexical are the operators of newer Jayways that are words.
var lexical = []string{"in", "nin", "subsetof", "anyof", "noneof", "contains", "all", "size", "empty", "type", "matches"}

// compares tells whether a relation holds between the value on its left and the one on
// its right, in the way of Jayway 2.0: the right one takes the type of the left. Values
// that cannot be compared are in no relation.
func compares(left any, operator string, right any) bool {
	order, ok := compareAs(right, left)
	if !ok {
		return false
	}
	switch operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	}
	if (left == nil) != (right == nil) {
		return false
	}
	switch operator {
	case "<":
		return order > 0
	case "<=":
		return order >= 0
	case ">":
		return order < 0
	default:
		return order <= 0
	}
}

// compareAs compares want with got. A text in want becomes a number where got is one; of
// a text where got is a boolean only true is true. Null, and the text null, come before
// everything else.
func compareAs(want, got any) (order int, ok bool) {
	if isNull(want) || isNull(got) {
		return compareBools(!isNull(want), !isNull(got)), true
	}
	switch want := want.(type) {
	case string:
		switch got := got.(type) {
		case string:
			return strings.Compare(want, got), true
		case bool:
			return compareBools(strings.EqualFold(want, "true"), got), true
		}
		if n, ok := decimal(want); ok && isNumber(got) {
			return compareNumbers(n, got), true
		}
	case bool:
		if got, ok := got.(bool); ok {
			return compareBools(want, got), true
		}
	default:
		if isNumber(want) && isNumber(got) {
			return compareNumbers(want, got), true
		}
	}
	return 0, false
}

func isNull(v any) bool { return v == nil || v == "null" }

// compareBools has false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// decimal reads a number as Java's BigDecimal does.
func decimal(s string) (any, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return nil, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64, json.Number:
		return true
	}
	return false
}

func compareNumbers(l, r any) int {
	a, aWhole := l.(int64)
	b, bWhole := r.(int64)
	if aWhole && bWhole {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(toFloat(l), toFloat(r))
}

// toFloat is the nearest double, an infinity for what is beyond.
func toFloat(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case json.Number:
		f, _ := strconv.ParseFloat(string(v), 64) // only the range can fail
		return f
	}
	return 0
}
