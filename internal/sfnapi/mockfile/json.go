package mockfile

import (
	"bytes"
	"encoding/json"
	"fmt"

	"lacuna/internal/jsonpath"
)

// node is a JSON value and where it stands.
type node struct {
	at   int // offset of its first byte
	text json.RawMessage
}

func (n node) isObject() bool { return n.text[0] == '{' }

type member struct {
	key   string
	at    int // offset of the key
	value node
}

const (
	maxFields = 250_000 // in a file, outside of answers; a file of 1,000 cases has 10,000
	maxName   = 1000    // bytes of the name of a field; that of a state has up to 80
)

// each calls do for the members of n, which has to be an object; null has none.
func (p *parser) each(field string, n node, do func(path string, m member)) {
	if !n.isObject() {
		if string(n.text) != "null" {
			p.fail(n.at, field, "want an object, not %.40s", n.text)
		}
		return
	}
	names := map[string]bool{}
	for key, at := range jsonpath.Members(p.data, n.at) {
		path := key
		if field != "" {
			path = field + "." + key
		}
		switch p.fields++; {
		case p.fields > maxFields:
			p.fail(at.Name, "the file", "more than %d fields", maxFields)
			return
		case len(key) > maxName:
			p.fail(at.Name, path, "a name of %d bytes: want at most %d", len(key), maxName)
			continue
		case names[key] && !isComment(key):
			p.fail(at.Name, path, "stands twice in one object")
			continue
		}
		names[key] = true
		do(path, member{key, at.Name, node{at.Value, p.data[at.Value:at.End]}})
	}
}

// string is what n says if it is a string.
func (n node) string() (s string, ok bool) {
	value, _ := jsonpath.Decode(n.text) // no error: it was checked
	s, ok = value.(string)
	return s, ok
}

// text is the string that n has to be.
func (p *parser) text(field string, n node) string {
	s, ok := n.string()
	if !ok {
		p.fail(n.at, field, "want a string, not %.40s", n.text)
	}
	return s
}

// place is an offset as line:column, both from 1; columns are bytes.
func place(data []byte, at int) string {
	before := data[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	return fmt.Sprintf("%d:%d", line, at-bytes.LastIndexByte(before, '\n'))
}
