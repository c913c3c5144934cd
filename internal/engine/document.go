package engine

import (
	"errors"
	"strings"

	"lacuna/internal/jsonpath"
)

// maxPayload is AWS's limit of any input, output or result, in bytes of UTF-8.
const maxPayload = 262_144

// document is a JSON value with its text. It is shared and never changed. As long as a
// value passes through states untouched its text stays as it was written, as on AWS.
// A document without text is one that was computed and not yet encoded.
type document struct {
	value any
	text  string
}

func decode(data []byte) (document, error) {
	value, err := jsonpath.Decode(data)
	return document{value: value, text: string(data)}, err
}

// encoded returns d with its text.
func (d document) encoded() (document, error) {
	if d.text != "" {
		return d, nil
	}
	text, err := jsonpath.Encode(d.value)
	if errors.Is(err, jsonpath.ErrTooLarge) {
		err = oversized{}
	}
	d.text = string(text)
	return d, err
}

// array is the list of documents that have their text, which stays as it is.
func array(items []document) document {
	values := make([]any, len(items))
	var text strings.Builder
	size := len("[]")
	for _, d := range items {
		size += len(d.text) + len(",")
	}
	text.Grow(size)
	text.WriteByte('[')
	for i, d := range items {
		values[i] = d.value
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(d.text)
	}
	text.WriteByte(']')
	return document{value: values, text: text.String()}
}
