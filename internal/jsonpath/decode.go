package jsonpath

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may nest (Jackson's own limit).
const maxDepth = 1000

// SyntaxError says why and where a text is not one JSON value.
type SyntaxError struct {
	Msg    string
	Offset int // in bytes, of the first byte that does not fit
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.Msg, e.Offset) }

// Decode reads one JSON value with nothing but white space around it. Of members
// with the same key the last value stands in the place of the first. A number
// without fraction and exponent is an int64, or a json.Number beyond its range; any
// other is the nearest float64, or a json.Number where that would be infinite. The
// error is a *SyntaxError.
func Decode(data []byte) (any, error) {
	d := decoder{data: data}
	d.space()
	value, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.at < len(d.data) {
		return nil, d.fail("text after the value")
	}
	return value, nil
}

type decoder struct {
	data   []byte
	at     int
	single bool // strings may stand in single quotes too, as in a filter
}

func (d *decoder) fail(msg string) error { return &SyntaxError{Msg: msg, Offset: d.at} }

// peek is the byte at the current place, 0 at the end.
func (d *decoder) peek() byte {
	if d.at < len(d.data) {
		return d.data[d.at]
	}
	return 0
}

func (d *decoder) space() {
	for d.at < len(d.data) {
		switch d.data[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

func (d *decoder) value(depth int) (any, error) {
	switch c := d.peek(); {
	case c == '{':
		return d.object(depth + 1)
	case c == '[':
		return d.array(depth + 1)
	case c == '"', c == '\'' && d.single:
		return d.text(c)
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	case c == 't':
		return true, d.literal("true")
	case c == 'f':
		return false, d.literal("false")
	case c == 'n':
		return nil, d.literal("null")
	default:
		return nil, d.fail("expected a JSON value")
	}
}

func (d *decoder) literal(word string) error {
	if len(d.data)-d.at < len(word) || string(d.data[d.at:d.at+len(word)]) != word {
		return d.fail("expected a JSON value")
	}
	d.at += len(word)
	return nil
}

func (d *decoder) object(depth int) (any, error) {
	if depth > maxDepth {
		return nil, d.fail("nested too deep")
	}
	d.at++
	o := &Object{}
	for d.space(); d.peek() != '}'; d.space() {
		if o.Len() > 0 {
			if d.peek() != ',' {
				return nil, d.fail("expected ',' or '}'")
			}
			d.at++
			d.space()
		}
		quote := d.peek()
		if quote != '"' && !(quote == '\'' && d.single) {
			return nil, d.fail("expected a member name")
		}
		key, err := d.text(quote)
		if err != nil {
			return nil, err
		}
		d.space()
		if d.peek() != ':' {
			return nil, d.fail("expected ':'")
		}
		d.at++
		d.space()
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		o.Set(key, value)
	}
	d.at++
	return o, nil
}

func (d *decoder) array(depth int) (any, error) {
	if depth > maxDepth {
		return nil, d.fail("nested too deep")
	}
	d.at++
	list := []any{}
	for d.space(); d.peek() != ']'; d.space() {
		if len(list) > 0 {
			if d.peek() != ',' {
				return nil, d.fail("expected ',' or ']'")
			}
			d.at++
			d.space()
		}
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	d.at++
	return list, nil
}

func (d *decoder) number() (any, error) {
	start := d.at
	if d.peek() == '-' {
		d.at++
	}
	switch c := d.peek(); {
	case c == '0':
		d.at++
	case '1' <= c && c <= '9':
		d.digits()
	default:
		return nil, d.fail("expected a digit")
	}
	whole := true
	if d.peek() == '.' {
		whole = false
		d.at++
		if !d.digits() {
			return nil, d.fail("expected a digit after '.'")
		}
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		whole = false
		d.at++
		if c := d.peek(); c == '+' || c == '-' {
			d.at++
		}
		if !d.digits() {
			return nil, d.fail("expected a digit in the exponent")
		}
	}
	text := string(d.data[start:d.at])
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
		return json.Number(text), nil
	}
	// The text is a number, so the only error is the range.
	f, _ := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		return json.Number(text), nil
	}
	return f, nil
}

func (d *decoder) digits() bool {
	start := d.at
	for d.at < len(d.data) && '0' <= d.data[d.at] && d.data[d.at] <= '9' {
		d.at++
	}
	return d.at > start
}

// text reads a string up to the quote that it began with; what is no UTF-8 becomes
// U+FFFD.
func (d *decoder) text(quote byte) (string, error) {
	d.at++
	start := d.at
	for d.at < len(d.data) {
		switch c := d.data[d.at]; {
		case c == quote:
			s := string(d.data[start:d.at])
			d.at++
			return s, nil
		case c == '\\' || c >= utf8.RuneSelf:
			return d.slowText(start, quote)
		case c < ' ':
			return "", d.fail("control character in a string")
		}
		d.at++
	}
	return "", d.fail("string not closed")
}

func (d *decoder) slowText(start int, quote byte) (string, error) {
	buf := append([]byte(nil), d.data[start:d.at]...)
	for d.at < len(d.data) {
		switch c := d.data[d.at]; {
		case c == quote:
			d.at++
			return string(buf), nil
		case c == '\\':
			r, err := d.escape()
			if err != nil {
				return "", err
			}
			buf = utf8.AppendRune(buf, r)
		case c < ' ':
			return "", d.fail("control character in a string")
		default:
			r, size := utf8.DecodeRune(d.data[d.at:])
			buf = utf8.AppendRune(buf, r)
			d.at += size
		}
	}
	return "", d.fail("string not closed")
}

func (d *decoder) escape() (rune, error) {
	d.at++
	c := d.peek()
	if c == 'u' {
		return d.unicode()
	}
	r, ok := unescaped(c)
	if !ok && c == '\'' && d.single {
		r, ok = '\'', true
	}
	if !ok {
		return 0, d.fail("unknown escape in a string")
	}
	d.at++
	return r, nil
}

func unescaped(c byte) (rune, bool) {
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

// unicode reads uXXXX, and the second half of a surrogate pair where one follows.
func (d *decoder) unicode() (rune, error) {
	r, ok := hex4(d.data[d.at+1:])
	if !ok {
		return 0, d.fail("expected four hexadecimal digits")
	}
	d.at += 5
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if rest := d.data[d.at:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		if low, ok := hex4(rest[2:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				d.at += 6
				return pair, nil
			}
		}
	}
	return utf8.RuneError, nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
