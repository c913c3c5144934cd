package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lacuna/internal/fault"
)

// JSON is a JSON body, read one row after the other: none is kept here.
type JSON struct {
	*json.Decoder
	rows int
}

// ReadJSON calls top to read the one value of body. Its errors are named: those of
// top that are not become Malformed.
func ReadJSON(body []byte, top func(*JSON) error) error {
	j := &JSON{Decoder: json.NewDecoder(bytes.NewReader(body))}
	err := top(j)
	if err == nil {
		if _, err = j.Token(); err == nil {
			err = errors.New("something after its end")
		} else if errors.Is(err, io.EOF) {
			return nil
		}
	}
	switch {
	case errors.As(err, new(*fault.Error)):
		return err
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("unexpected end of JSON input")
	}
	return fault.New(fault.Malformed, "body of %d bytes: %w", len(body), err)
}

// Members calls member with the name of each member of the object that comes
// next; it reads the value.
func (j *JSON) Members(member func(name string) error) error {
	if err := j.begin('{', "an object"); err != nil {
		return err
	}
	for j.More() {
		t, err := j.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return fmt.Errorf("%.50v instead of a name", t)
		}
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := j.Token()
	return err
}

// Rows calls row for each element of the list that comes next; it reads the
// element. More than most of them are an error.
func (j *JSON) Rows(most int, row func() error) error {
	if err := j.begin('[', "a list"); err != nil {
		return err
	}
	for j.More() {
		if j.rows++; j.rows > most {
			return fmt.Errorf("more than %d rows", most)
		}
		if err := row(); err != nil {
			return err
		}
	}
	_, err := j.Token()
	return err
}

// Row is the number of the row that is read, from 1; of the last one, after.
func (j *JSON) Row() int { return j.rows }

// Skip passes over the value that comes next.
func (j *JSON) Skip() error { return j.Decode(new(skipped)) }

type skipped struct{}

func (*skipped) UnmarshalJSON([]byte) error { return nil }

func (j *JSON) begin(want json.Delim, what string) error {
	t, err := j.Token()
	switch {
	case err != nil:
		return err
	case t == nil:
		return fmt.Errorf("null instead of %s", what)
	case t != want:
		return fmt.Errorf("%.50v instead of %s", t, what)
	}
	return nil
}
