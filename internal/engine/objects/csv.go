package objects

import (
	"bufio"
	"errors"
	"io"
	"math"
	"slices"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// maxHeader is AWS's limit of a header row in bytes.
const maxHeader = 10 << 10

// columnBytes is what a field takes besides its text.
const columnBytes = 128

// csv makes an object of strings of each row.
func (in *reading) csv(p place, text *bufio.Reader) error {
	r := newRows(text, in.reader.Delimiter)
	names := in.reader.Headers
	if names == nil {
		r.limit = maxHeader
		var err error
		switch names, err = r.next(); {
		case errors.Is(err, errLong):
			return Causef("Attempting to read %s failed. Its header is larger than %d bytes.", p, maxHeader)
		case err != nil:
			return in.rowError(p, err)
		}
		r.limit = MaxItem
	}
	return in.table(p, r, names)
}

// table reads the rows that are left. Missing fields are empty, fields without a name
// are left out.
func (in *reading) table(p place, r *rows, names []string) error {
	columns, width := make([]int, len(names)), 0
	seen := map[string]bool{}
	for i, name := range names {
		if seen[name] {
			return Causef("CSV headers cannot contain duplicates.")
		}
		seen[name], columns[i] = true, i
		width += len(name) + len(`"":"",`)
	}
	r.most = len(names)
	asl.JavaOrder(columns, func(i int) string { return names[i] }) // as recorded
	for {
		fields, err := r.next()
		if err != nil {
			return in.rowError(p, err)
		}
		if err := in.take(width); err != nil {
			return err
		}
		if err := in.hold(int64(r.size+width) + int64(len(columns))*columnBytes); err != nil {
			return err
		}
		item := &jsonpath.Object{}
		for _, i := range columns {
			field := ""
			if i < len(fields) {
				field = fields[i]
			}
			item.Set(names[i], field)
		}
		if err := in.addValue(p, item); err != nil {
			return err
		}
	}
}

// rowError is the end of the rows, nil if it is a good one.
func (in *reading) rowError(p place, err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, errLong):
		return in.tooLarge(p)
	}
	return in.broken(p, err)
}

var (
	errLong     = errors.New("a row or line is too long")
	errOpenText = errors.New("a quotation mark is not closed")
)

// rows splits text into rows of fields. A field in quotation marks may hold delimiters and
// line breaks; a doubled quotation mark is one, in other fields too. A backslash escapes
// another one, a quotation mark and the delimiter, and vanishes before anything else.
type rows struct {
	in    *bufio.Reader
	comma byte
	size  int // of the row in bytes
	limit int // of size
	most  int // fields of a row that are wanted

	fields int // of the row so far
	row    []string
	field  []byte
	quoted bool // in an open quotation
	marked bool // the field began with a quotation mark
}

func newRows(text *bufio.Reader, comma byte) *rows {
	return &rows{in: text, comma: comma, limit: MaxItem, most: math.MaxInt}
}

// next returns the next row that is no empty line, and io.EOF after the last.
func (r *rows) next() ([]string, error) {
	for {
		r.size, r.fields, r.row = 0, 0, nil
		r.begin()
		err := r.read()
		if err == nil && (r.fields > 1 || r.row[0] != "" || r.marked) {
			return slices.Clip(r.row), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *rows) begin() { r.field, r.quoted, r.marked = r.field[:0], false, false }

func (r *rows) end() {
	if r.fields++; r.fields <= r.most {
		r.row = append(r.row, strings.ToValidUTF8(string(r.field), "\uFFFD"))
	}
}

// read reads up to the end of the row.
func (r *rows) read() error {
	for {
		c, err := r.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && r.quoted:
			return errOpenText
		case errors.Is(err, io.EOF) && r.size > 0:
			r.end()
			return nil
		case err != nil:
			return err
		}
		if r.size++; r.size > r.limit {
			return errLong
		}
		switch {
		case c == '\\':
			if next := r.peek(); next == '\\' || next == '"' || next == r.comma {
				r.field = append(r.field, next)
				r.skip()
			}
		case c == '"':
			r.mark()
		case r.quoted:
			r.field = append(r.field, c)
		case c == r.comma:
			r.end()
			r.begin()
		case c == '\n', c == '\r':
			if c == '\r' && r.peek() == '\n' {
				r.skip()
			}
			r.end()
			return nil
		default:
			r.field = append(r.field, c)
		}
	}
}

// mark takes a quotation mark.
func (r *rows) mark() {
	inside := r.quoted || len(r.field) > 0
	switch {
	case inside && r.peek() == '"':
		r.field = append(r.field, '"')
		r.skip()
	case r.quoted:
		r.quoted = false
	case !inside && !r.marked:
		r.quoted, r.marked = true, true
	default:
		r.field = append(r.field, '"')
	}
}

// peek is the next byte, 0 at the end.
func (r *rows) peek() byte {
	next, err := r.in.Peek(1)
	if err != nil {
		return 0 // the next read says why
	}
	return next[0]
}

// skip leaves out what peek has seen.
func (r *rows) skip() {
	r.size++
	r.in.Discard(1) //nolint:errcheck // it is in the buffer
}
