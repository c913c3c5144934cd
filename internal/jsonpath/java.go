package jsonpath

import (
	"fmt"
	"unicode/utf8"
)

// JavaString is v as Java's toString shows it, which is what States.Format inserts:
// text without quotes, {a=1, b=[x, null]}. One of more than MaxText bytes is cut there.
func JavaString(v any) string {
	if s, ok := v.(string); ok && len(s) <= MaxText {
		return s
	}
	text := AppendJava(nil, v)
	return string(text[:min(len(text), MaxText)])
}

// AppendJava appends the text of v to buf. It stops soon after buf has more than MaxText
// bytes.
func AppendJava(buf []byte, v any) []byte {
	if len(buf) > MaxText {
		return buf
	}
	switch v := v.(type) {
	case string:
		return append(buf, v...)
	case []any:
		buf = append(buf, '[')
		for i, item := range v {
			if i > 0 {
				buf = append(buf, ", "...)
			}
			if buf = AppendJava(buf, item); len(buf) > MaxText {
				return buf
			}
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
			if buf = AppendJava(buf, v.values[i]); len(buf) > MaxText {
				return buf
			}
		}
		return append(buf, '}')
	default:
		text, err := (&encoder{most: len(buf)}).append(buf, v)
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
