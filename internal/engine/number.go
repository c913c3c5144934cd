package engine

import (
	"strconv"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// wholeNumber is a number, or the text of one, as the fields of a Map take it.
func wholeNumber(value any) (int64, bool) {
	if text, ok := value.(string); ok {
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
	n, ok := value.(int64)
	return n, ok
}

// whole is the whole number that a path of a field leads to.
func (e *env) whole(path *asl.Expr, field string) (int64, error) {
	value, err := e.path(path)
	if err != nil {
		return 0, err
	}
	n, ok := wholeNumber(value)
	if !ok {
		return 0, notInteger(field, value, path)
	}
	return n, nil
}

// anyNumber is a number, or its decimal text.
func anyNumber(value any) (float64, bool) {
	if text, ok := value.(string); ok && strings.Trim(text, "0123456789+-.eE") == "" {
		n, err := strconv.ParseFloat(text, 64)
		return n, err == nil
	}
	return toFloat(value)
}

func notInteger(field string, value any, path *asl.Expr) error {
	return stateErrorf("The %s field refers to value \"%s\" which is not a valid integer: %s", field, jsonpath.JavaString(value), path.Text)
}

func toFloat(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, true
	case interface{ Float64() (float64, error) }: // json.Number
		f, err := value.Float64()
		return f, err == nil
	}
	return 0, false
}
