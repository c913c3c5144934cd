package jsonpath

import (
	"fmt"
	"unicode/utf8"
)

// JavaString is v as Java's toString shows it, which is what States.Format inserts:
// text without quotes, {a=1, b=[x, null]}.
func JavaString(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(appendJava(nil, v))
}

func appendJava(buf []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(buf, v...)
	case []any:
		buf = append(buf, '[')
		for i, item := range v {
			if i > 0 {
				buf = append(buf, ", "...)
			}
			buf = appendJava(buf, item)
		}
		return append(buf, ']')
	case *Object:
		buf = append(buf, '{')
		for i, key := range v.keys {
			if i > 0 {
				buf = append(buf, ", "...)
			}
			buf = append(buf, key...)
			buf = append(buf, '=')
			buf = appendJava(buf, v.values[i])
		}
		return append(buf, '}')
	default:
		text, err := appendJSON(buf, v)
		if err != nil {
			return fmt.Appendf(buf, "%v", v)
		}
		return text
	}
}

// Length is the number of characters of s as Java counts them, in UTF-16 units.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF && r <= utf8.MaxRune {
			n++
		}
	}
	return n
}
