package jsonpath

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string; what is no UTF-8 becomes U+FFFD.
func (d *decoder) text() (string, error) {
	d.at++
	start := d.at
	for d.at < len(d.data) {
		switch c := d.data[d.at]; {
		case c == '"':
			s := string(d.data[start:d.at])
			d.at++
			return s, nil
		case c == '\\' || c >= utf8.RuneSelf:
			return d.slowText(start)
		case c < ' ':
			return "", d.fail("control character in a string")
		}
		d.at++
	}
	return "", d.fail("string not closed")
}

func (d *decoder) slowText(start int) (string, error) {
	buf := append([]byte(nil), d.data[start:d.at]...)
	for d.at < len(d.data) {
		switch c := d.data[d.at]; {
		case c == '"':
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
	i := strings.IndexByte(escapes, c)
	if i < 0 {
		return 0, d.fail("unknown escape in a string")
	}
	d.at++
	return rune(escaped[i]), nil
}

// A character of escaped stands in a text as a backslash and that of escapes; the last one
// need not.
const (
	escaped = "\"\\\b\f\n\r\t/"
	escapes = `"\bfnrt/`
)

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
	n, err := strconv.ParseUint(string(b[:4]), 16, 16)
	return rune(n), err == nil
}
