// Package bound tells how much there is in a text before a library reads it. It
// stands on the standard library alone.
package bound

import "fmt"

// JSON returns an error when text has more than values values, names of fields
// included, or is nested more than depth deep. It does not say whether text is
// JSON: what reads it does. encoding/json builds a value of many bytes out of two
// in the text.
func JSON[T ~string | ~[]byte](text T, values, depth int) error {
	n, open, quoted := 1, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			n++
			open++
		case c == '}' || c == ']':
			open--
		case c == ',' || c == ':':
			n++
		}
		if n > values {
			return fmt.Errorf("more than %d values", values)
		}
		if open > depth {
			return fmt.Errorf("nested more than %d deep", depth)
		}
	}
	return nil
}
