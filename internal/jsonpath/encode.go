package jsonpath

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Encode writes v as AWS shows it: compact, members in order, numbers as Java
// prints them (1.0, 1.0E10), nothing escaped but quotes, backslashes and control
// characters. The error is ErrTooLarge, or names a Go type that no document holds.
func Encode(v any) ([]byte, error) { return appendJSON(nil, v) }

// ErrTooLarge is JSON of more than maxEncoded bytes. Documents share their parts, so one
// that is small in memory can be without bounds as a text.
var ErrTooLarge = errors.New("JSON of more than 64 MiB")

// maxEncoded is far above any payload of Step Functions.
const maxEncoded = 64 << 20

func appendJSON(buf []byte, v any) ([]byte, error) {
	if len(buf) > maxEncoded {
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
		return appendArray(buf, v)
	case *Object:
		return appendObject(buf, v)
	default:
		return nil, fmt.Errorf("no JSON for a %T", v)
	}
}

func appendArray(buf []byte, list []any) ([]byte, error) {
	var err error
	buf = append(buf, '[')
	for i, v := range list {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = appendJSON(buf, v); err != nil {
			return nil, err
		}
	}
	return append(buf, ']'), nil
}

func appendObject(buf []byte, o *Object) ([]byte, error) {
	var err error
	buf = append(buf, '{')
	for i, key := range o.keys {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = appendText(buf, key)
		buf = append(buf, ':')
		if buf, err = appendJSON(buf, o.values[i]); err != nil {
			return nil, err
		}
	}
	return append(buf, '}'), nil
}

func appendText(buf []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	buf = append(buf, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		buf = append(buf, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			buf = append(buf, '\\', c)
		case '\b':
			buf = append(buf, `\b`...)
		case '\f':
			buf = append(buf, `\f`...)
		case '\n':
			buf = append(buf, `\n`...)
		case '\r':
			buf = append(buf, `\r`...)
		case '\t':
			buf = append(buf, `\t`...)
		default:
			buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
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
