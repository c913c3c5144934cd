package jsonpath

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// comparison returns the function of an operator, nil for an unknown one.
func comparison(operator string) func(left, right any) bool {
	switch strings.ToLower(operator) {
	case "==":
		return equal
	case "!=":
		return func(l, r any) bool { return !equal(l, r) }
	case "===":
		return same
	case "!==":
		return func(l, r any) bool { return !same(l, r) }
	case "<":
		return ordered(func(c int) bool { return c < 0 })
	case "<=":
		return ordered(func(c int) bool { return c <= 0 })
	case ">":
		return ordered(func(c int) bool { return c > 0 })
	case ">=":
		return ordered(func(c int) bool { return c >= 0 })
	case "=~":
		return matches
	case "in":
		return onLists(func(l any, r []any) bool { return contains(r, l) })
	case "nin":
		return notIn
	case "contains":
		return holdsInside
	case "all":
		return bothLists(func(l, r []any) bool { return subset(r, l) })
	case "subsetof":
		return bothLists(subset)
	case "anyof":
		return bothLists(meet)
	case "noneof":
		return bothLists(func(l, r []any) bool { return !meet(l, r) })
	case "size":
		return hasSize
	case "empty":
		return isEmpty
	}
	return nil
}

// equal compares a text and a number by the form of the left one, as Jayway does.
func equal(l, r any) bool {
	switch l := l.(type) {
	case undefined, *regexp.Regexp:
		return false
	case string:
		if isNumber(r) {
			return l == JavaString(r)
		}
	case int64, float64, json.Number:
		if s, ok := r.(string); ok {
			f, err := strconv.ParseFloat(s, 64)
			return err == nil && compareNumbers(l, f) == 0
		}
		return isNumber(r) && compareNumbers(l, r) == 0
	}
	if _, ok := r.(*regexp.Regexp); ok {
		return false
	}
	return Equal(l, r)
}

// same is equal for values of the same type.
func same(l, r any) bool {
	_, leftText := l.(string)
	_, rightText := r.(string)
	return leftText == rightText && equal(l, r)
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
		return compare(a, b)
	}
	return compare(toFloat(l), toFloat(r))
}

func compare[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
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

// ordered compares two numbers or two texts; anything else is in no order.
func ordered(accept func(int) bool) func(l, r any) bool {
	return func(l, r any) bool {
		if isNumber(l) && isNumber(r) {
			return accept(compareNumbers(l, r))
		}
		a, aText := l.(string)
		b, bText := r.(string)
		return aText && bText && accept(strings.Compare(a, b))
	}
}

// matches wants the pattern on one side; of a list one item must match.
func matches(l, r any) bool {
	pattern, ok := r.(*regexp.Regexp)
	if !ok {
		if pattern, ok = l.(*regexp.Regexp); !ok {
			return false
		}
		l = r
	}
	if list, ok := l.([]any); ok {
		return slices.ContainsFunc(list, func(v any) bool { return pattern.MatchString(patternInput(v)) })
	}
	return pattern.MatchString(patternInput(l))
}

func patternInput(v any) string {
	switch v.(type) {
	case string, bool, int64, float64, json.Number:
		return JavaString(v)
	}
	return ""
}

func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(item any) bool { return equal(v, item) })
}

func subset(l, r []any) bool {
	return !slices.ContainsFunc(l, func(v any) bool { return !contains(r, v) })
}

func meet(l, r []any) bool {
	return slices.ContainsFunc(l, func(v any) bool { return contains(r, v) })
}

func onLists(f func(l any, r []any) bool) func(l, r any) bool {
	return func(l, r any) bool {
		list, ok := r.([]any)
		return ok && f(l, list)
	}
}

func bothLists(f func(l, r []any) bool) func(l, r any) bool {
	return func(l, r any) bool {
		left, leftOK := l.([]any)
		right, rightOK := r.([]any)
		return leftOK && rightOK && f(left, right)
	}
}

// notIn holds for an object on the right, which contains nothing, and for no other
// value that is not a list.
func notIn(l, r any) bool {
	switch r := r.(type) {
	case []any:
		return !contains(r, l)
	case *Object:
		return true
	}
	return false
}

func holdsInside(l, r any) bool {
	switch l := l.(type) {
	case []any:
		return contains(l, r)
	case string:
		part, ok := r.(string)
		return ok && strings.Contains(l, part)
	}
	return false
}

func hasSize(l, r any) bool {
	if !isNumber(r) {
		return false
	}
	switch l := l.(type) {
	case string:
		return Length(l) == int(toFloat(r))
	case []any:
		return len(l) == int(toFloat(r))
	}
	return false
}

func isEmpty(l, r any) bool {
	want, ok := r.(bool)
	if !ok {
		return false
	}
	switch l := l.(type) {
	case string:
		return want == (l == "")
	case []any:
		return want == (len(l) == 0)
	case *Object:
		return want == (l.Len() == 0)
	}
	return false
}
