package jsonpath

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
)

// maxDepth is how deep arrays and objects may nest (Jackson's own limit).
const maxDepth = 1000

// maxValues is how many values a document may hold, which then take some 80 MiB. A payload
// of 256 KiB has 131,072 at most, an item of 8 MiB as many as this with 8 bytes for each.
const maxValues = 1 << 20

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
	return d.decode()
}

// Check is Decode without making anything of the value.
func Check(data []byte) error {
	d := decoder{data: data, dry: true}
	_, err := d.decode()
	return err
}

func (d *decoder) decode() (any, error) {
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
	values int
	dry    bool // makes no arrays and objects
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
	if d.values++; d.values > maxValues {
		return nil, d.fail("too many values")
	}
	switch c := d.peek(); {
	case c == '{':
		return d.object(depth + 1)
	case c == '[':
		return d.array(depth + 1)
	case c == '"':
		return d.text()
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	case c == 't':
		return true, d.literal("true")
	case c == 'f':
		return false, d.literal("false")
	case c == 'n':
		return nil, d.literal("null")
	default:
		return nil, d.fail(noValue)
	}
}

func (d *decoder) literal(word string) error {
	if len(d.data)-d.at < len(word) || string(d.data[d.at:d.at+len(word)]) != word {
		return d.fail(noValue)
	}
	d.at += len(word)
	return nil
}

// What is empty is shared, so that a document takes at most about 20 times the memory of its
// text; nothing changes a part of a document.
var (
	emptyObject     = &Object{}
	emptyList   any = []any{}
)

func (d *decoder) object(depth int) (any, error) {
	o := emptyObject
	err := d.inside('}', depth, func() error {
		key, err := d.name()
		if err != nil {
			return err
		}
		value, err := d.value(depth)
		if d.dry || err != nil {
			return err
		}
		if o == emptyObject {
			o = &Object{}
		}
		o.Set(key, value)
		return nil
	})
	return o, err
}

func (d *decoder) array(depth int) (any, error) {
	var list []any
	err := d.inside(']', depth, func() error {
		value, err := d.value(depth)
		if err == nil && !d.dry {
			list = append(list, value)
		}
		return err
	})
	if list == nil {
		return emptyList, err
	}
	return list, err
}

// inside calls one for each element of an array or object, and reads its end.
func (d *decoder) inside(end byte, depth int, one func() error) error {
	if depth > maxDepth {
		return d.fail("nested too deep")
	}
	d.at++
	d.space()
	for first := true; d.peek() != end; d.space() {
		if !first {
			if d.peek() != ',' {
				if end == '}' {
					return d.fail(noComma)
				}
				return d.fail(noItem)
			}
			d.at++
			d.space()
		}
		if err := one(); err != nil {
			return err
		}
		first = false
	}
	d.at++
	return nil
}

// name reads the name of a member and what stands before its value.
func (d *decoder) name() (string, error) {
	if d.peek() != '"' {
		return "", d.fail(noName)
	}
	key, err := d.text()
	if err != nil {
		return "", err
	}
	if d.space(); d.peek() != ':' {
		return "", d.fail(noColon)
	}
	d.at++
	d.space()
	return key, nil
}

// Place is where a member of an object stands: the offsets of its name and of its value in
// bytes, and the one behind it.
type Place struct{ Name, Value, End int }

// Members gives the members of the object that begins at an offset of data, those with the
// same key too. Check has to have read data without an error.
func Members(data []byte, at int) iter.Seq2[string, Place] {
	return func(yield func(string, Place) bool) {
		d := decoder{data: data, at: at, dry: true}
		_ = d.inside('}', 0, func() error {
			p := Place{Name: d.at}
			key, _ := d.name()
			p.Value = d.at
			_, err := d.value(0)
			if p.End = d.at; err == nil && !yield(key, p) {
				err = errEnough
			}
			return err
		})
	}
}

var errEnough = errors.New("enough members")

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
