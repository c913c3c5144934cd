package jsonpath

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Encode writes v as AWS shows it: compact, members in order, numbers as Java
// prints them (1.0, 1.0E10), nothing escaped but quotes, backslashes and control
// characters. The error is ErrTooLarge, ErrTooDeep, or names a Go type that no document
// holds.
func Encode(v any) ([]byte, error) { return EncodeUpTo(MaxText, v) }

// EncodeUpTo is Encode with another limit than MaxText, in bytes.
func EncodeUpTo(most int, v any) ([]byte, error) {
	e := encoder{most: most}
	return e.encode(v)
}

// EncodeSorted is Encode with the members of all objects in the order of their keys: Equal
// documents have the same text.
func EncodeSorted(v any) ([]byte, error) {
	e := encoder{most: MaxText, sorted: true}
	return e.encode(v)
}

// ErrTooDeep is a document that no decoder would read.
var ErrTooDeep = fmt.Errorf("arrays and objects nest deeper than %d levels", maxDepth)

type encoder struct {
	most   int // bytes
	sorted bool
	depth  int
}

func (e *encoder) encode(v any) ([]byte, error) {
	buf, err := e.append(nil, v)
	if err == nil && len(buf) > e.most {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, err
	}
	return buf, nil
}

func (e *encoder) append(buf []byte, v any) ([]byte, error) {
	if len(buf) > e.most {
		return nil, ErrTooLarge
	}
	switch v := v.(type) {
	case nil:
		return append(buf, "null"...), nil
	case bool:
		return strconv.AppendBool(buf, v), nil
	case string:
		return appendText(buf, v), nil
	case int64:
		return strconv.AppendInt(buf, v, 10), nil
	case float64:
		return appendDouble(buf, v), nil
	case json.Number:
		return append(buf, v...), nil
	case []any:
		return e.array(buf, v)
	case *Object:
		return e.object(buf, v)
	default:
		return nil, fmt.Errorf("no JSON for a %T", v)
	}
}

func (e *encoder) array(buf []byte, list []any) (_ []byte, err error) {
	if e.depth++; e.depth > maxDepth {
		return nil, ErrTooDeep
	}
	buf = append(buf, '[')
	for i, v := range list {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = e.append(buf, v); err != nil {
			return nil, err
		}
	}
	e.depth--
	return append(buf, ']'), nil
}

func (e *encoder) object(buf []byte, o *Object) (_ []byte, err error) {
	if e.depth++; e.depth > maxDepth {
		return nil, ErrTooDeep
	}
	if e.sorted {
		o = o.byKey()
	}
	buf = append(buf, '{')
	for i, key := range o.keys {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = appendText(buf, key)
		buf = append(buf, ':')
		if buf, err = e.append(buf, o.values[i]); err != nil {
			return nil, err
		}
	}
	e.depth--
	return append(buf, '}'), nil
}

// byKey is o with its members in the order of their keys, to be read only.
func (o *Object) byKey() *Object {
	keys := slices.Sorted(slices.Values(o.keys))
	values := make([]any, len(keys))
	for i, key := range keys {
		values[i], _ = o.Get(key)
	}
	return &Object{keys: keys, values: values}
}

func appendText(buf []byte, s string) []byte {
	buf = append(buf, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		buf = append(buf, s[start:i]...)
		start = i + 1
		if n := strings.IndexByte(escaped, c); n >= 0 { // never a slash
			buf = append(buf, '\\', escapes[n])
		} else {
			buf = fmt.Appendf(buf, `\u%04X`, c)
		}
	}
	return append(append(buf, s[start:]...), '"')
}

// appendDouble follows java.lang.Double.toString: plain from 0.001 up to ten
// million, otherwise with an exponent, always with a digit after the point.
func appendDouble(buf []byte, f float64) []byte {
	abs := max(f, -f)
	if abs == 0 || 1e-3 <= abs && abs < 1e7 {
		start := len(buf)
		buf = strconv.AppendFloat(buf, f, 'f', -1, 64)
		if bytes.IndexByte(buf[start:], '.') < 0 {
			buf = append(buf, ".0"...)
		}
		return buf
	}
	digits := strconv.AppendFloat(nil, f, 'E', -1, 64)
	mantissa, exponent, _ := bytes.Cut(digits, []byte{'E'})
	buf = append(buf, mantissa...)
	if bytes.IndexByte(mantissa, '.') < 0 {
		buf = append(buf, ".0"...)
	}
	buf = append(buf, 'E')
	if exponent[0] == '-' {
		buf = append(buf, '-')
	}
	return append(buf, bytes.TrimLeft(exponent[1:], "0")...)
}
