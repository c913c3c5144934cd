package mockfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// node is a JSON value and where it stands.
type node struct {
	at      int64 // offset of its first byte
	text    json.RawMessage
	members []member // of an object, nil for any other value
	object  bool
}

type member struct {
	key   string
	at    int64 // offset of the key
	value node
}

const (
	maxValues = 500_000 // in a file, names of fields included: each costs 120 bytes; a file of 1,000 cases has 20,000
	maxDepth  = 200     // of nesting; a mocked answer is as deep as a state's output may be in a test
	maxName   = 1000    // bytes of the name of a field; that of a state has up to 80
)

// reader reads JSON and remembers where each value stands.
type reader struct {
	data   []byte
	dec    *json.Decoder
	values int
	depth  int
}

// read reads the one value that data holds.
func read(data []byte) (node, error) {
	r := &reader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	var all json.RawMessage // which has the errors of syntax, and costs nothing more
	err := json.Unmarshal(data, &all)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		at := syntax.Offset - 1 // it counts the byte that is wrong
		if syntax.Offset == int64(len(data)) && strings.Contains(syntax.Error(), "end of JSON") {
			at = syntax.Offset
		}
		return node{}, r.errorAt(at, "%s", syntax)
	}
	if err != nil {
		return node{}, r.errorAt(0, "%s", err)
	}
	return r.value()
}

// next is the offset of the next byte that says something.
func (r *reader) next() int64 {
	at := r.dec.InputOffset()
	for at < int64(len(r.data)) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) value() (node, error) {
	n := node{at: r.next()}
	if r.values++; r.values > maxValues {
		return n, r.errorAt(n.at, "more than %d values and names", maxValues)
	}
	token, err := r.dec.Token()
	switch {
	case err != nil:
		return n, err
	case token == json.Delim('{'):
		n.object = true
		names := map[string]bool{}
		err = r.inside(func() error { return r.member(&n, names) })
	case token == json.Delim('['):
		err = r.inside(func() error {
			_, err := r.value()
			return err
		})
	}
	n.text = r.data[n.at:r.dec.InputOffset()]
	return n, err
}

// inside calls one for each element, and reads the end.
func (r *reader) inside(one func() error) error {
	if r.depth++; r.depth > maxDepth {
		return r.errorAt(r.dec.InputOffset()-1, "nested more than %d deep", maxDepth)
	}
	defer func() { r.depth-- }()
	for r.dec.More() {
		if err := one(); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

// member reads one; names has those that of has already.
func (r *reader) member(of *node, names map[string]bool) error {
	at := r.next()
	token, err := r.dec.Token()
	if err != nil {
		return err
	}
	key := token.(string) // of an object: the text is JSON
	switch r.values++; {
	case len(key) > maxName:
		return r.errorAt(at, "a name of %d bytes: want at most %d", len(key), maxName)
	case names[key] && !isComment(key):
		return r.errorAt(at, "%q stands twice in one object", key)
	}
	names[key] = true
	value, err := r.value()
	of.members = append(of.members, member{key, at, value})
	return err
}

func (r *reader) errorAt(at int64, format string, args ...any) error {
	return fmt.Errorf("%s: %s", place(r.data, at), fmt.Sprintf(format, args...))
}

// place is an offset as line:column, both from 1; columns are bytes.
func place(data []byte, at int64) string {
	before := data[:max(0, min(at, int64(len(data))))]
	line := bytes.Count(before, []byte("\n")) + 1
	return fmt.Sprintf("%d:%d", line, len(before)-bytes.LastIndexByte(before, '\n'))
}
