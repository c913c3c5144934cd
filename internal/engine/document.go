package engine

import (
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

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
	d.text = string(text)
	return d, err
}

// encodeCost is how much longer writing a text takes than reading its characters.
const encodeCost = 4

// encoded returns d with its text, which is work of the execution if it had none.
func (t *thread) encoded(d document) (document, error) {
	if d.text != "" {
		return d, nil
	}
	d, err := d.encoded()
	size := len(d.text)
	if err != nil {
		size = jsonpath.MaxText
	}
	if t.x.work.Add(-int64(jsonpath.TextSteps(encodeCost*size))) < 0 {
		err = jsonpath.ErrTooManySteps
	}
	return d, err
}

// array is the list of documents that have their text, which stays as it is unless it
// would be larger than AWS allows: a ResultSelector may take a part of it yet.
func array(items []document) document {
	values := make([]any, len(items))
	size := len("[]") + max(0, len(items)-1)
	for i, d := range items {
		values[i] = d.value
		size += len(d.text)
	}
	if size > asl.MaxPayload {
		return document{value: values}
	}
	texts := make([]string, len(items))
	for i, d := range items {
		texts[i] = d.text
	}
	return document{value: values, text: "[" + strings.Join(texts, ",") + "]"}
}
