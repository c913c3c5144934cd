package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxDepth is how deep tags may lie in each other, maxAttrs how many attributes one
// may have: those of workbooks lie 12 deep and have up to 20.
const (
	maxDepth = 50
	maxAttrs = 64
)

// token is a tag or a text of XML, names without their prefix.
type token struct {
	start, end string
	foreign    bool // a tag of another namespace than the root's
	attrs      []xml.Attr
	text       []byte
}

// attr returns an attribute that has no prefix.
func (t token) attr(name string) string {
	for _, a := range t.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// is reports whether an attribute has one of values, in any case; a flag that is
// not there has the value "".
func (t token) is(name string, values ...string) bool {
	text := strings.TrimSpace(t.attr(name))
	return slices.ContainsFunc(values, func(value string) bool { return strings.EqualFold(text, value) })
}

// document makes tokens of XML and passes over extension lists, which have what
// newer programs add for themselves.
type document struct {
	*xml.Decoder
	in    *bounded
	root  string // its namespace
	roots int
	tags  int // of the workbook so far
	depth int
	skip  int // the depth of an extension list; 0: not inside
}

// next returns the next token, and io.EOF at the end.
func (d *document) next() (token, error) {
	for {
		d.in.next = d.InputOffset() + maxToken
		raw, err := d.Token()
		if err != nil {
			return token{}, err
		}
		var t token
		inside := d.skip > 0
		switch raw.(type) {
		case xml.EndElement, xml.CharData: // where a tag is
		default:
			if d.tags++; d.tags > maxTags {
				return token{}, fmt.Errorf("more than %d tags in the workbook", maxTags)
			}
		}
		switch raw := raw.(type) {
		case xml.Directive: // entities would be declared here
			return token{}, errors.New("a document type, which workbooks do not have")
		case xml.StartElement:
			t, err = d.open(raw)
			inside = inside || d.skip > 0
		case xml.EndElement:
			t = token{end: raw.Name.Local, foreign: raw.Name.Space != d.root}
			if d.skip == d.depth {
				d.skip = 0
			}
			d.depth--
		case xml.CharData:
			t = token{text: raw}
		}
		if err != nil || !inside {
			return t, err
		}
	}
}

func (d *document) open(raw xml.StartElement) (token, error) {
	if d.depth == 0 {
		d.root = raw.Name.Space
		if d.roots++; d.roots > 1 {
			return token{}, errors.New("two documents in one part")
		}
	}
	if d.depth++; d.depth > maxDepth {
		return token{}, fmt.Errorf("tags more than %d deep", maxDepth)
	}
	if len(raw.Attr) > maxAttrs {
		return token{}, fmt.Errorf("%.50q with more than %d attributes", raw.Name.Local, maxAttrs)
	}
	if raw.Name.Local == "extLst" && d.skip == 0 {
		d.skip = d.depth
	}
	return token{start: raw.Name.Local, foreign: raw.Name.Space != d.root, attrs: raw.Attr}, nil
}

// each calls take with the tokens of a part that has at most limit bytes.
func (w *Workbook) each(part string, limit int64, take func(token) error) error {
	file := w.parts[strings.ToLower(part)]
	if file == nil {
		return fmt.Errorf("no part %.100q", part)
	}
	if file.Flags&1 != 0 {
		return fmt.Errorf("%.100s: encrypted", part)
	}
	content, err := file.Open()
	if err != nil {
		return fmt.Errorf("%.100s: %w", part, err)
	}
	defer content.Close()
	in := &bounded{in: content, limit: min(limit, w.left), done: w.done}
	d := document{Decoder: xml.NewDecoder(in), in: in, tags: w.tags}
	for {
		t, err := d.next()
		if errors.Is(err, io.EOF) {
			w.left, w.tags = w.left-in.read, d.tags
			return nil
		}
		if err == nil {
			err = take(t)
		}
		if err != nil {
			return fmt.Errorf("%.100s: %w", part, err)
		}
	}
}

// bounded refuses to read far beyond what has been understood: XML of which a
// single token would fill the memory, and parts that are too long. It reads no
// further when done says why.
type bounded struct {
	in    io.Reader
	done  func() error
	limit int64 // of all
	next  int64 // the end of the next token, at the latest
	read  int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.done(); err != nil {
		return 0, err
	}
	if b.read > b.limit {
		return 0, fmt.Errorf("more than %d bytes", b.limit)
	}
	if b.read > b.next {
		return 0, fmt.Errorf("a tag or text of more than %d bytes", maxToken)
	}
	n, err := b.in.Read(p)
	b.read += int64(n)
	return n, err
}
