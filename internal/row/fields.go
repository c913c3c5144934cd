package row

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Get returns the value called name.
func (f Fields) Get(name string) (value string, ok bool) {
	for _, field := range f {
		if field.Name == name {
			return field.Value, true
		}
	}
	return "", false
}

// Equal reports whether a and b have the same names with values that are equal
// as decimals, in any order. Texts that are no decimals are equal to themselves.
func Equal(a, b Fields) bool {
	if len(a) != len(b) {
		return false
	}
	for i, field := range a {
		value, ok := b[i].Value, b[i].Name == field.Name
		if !ok {
			value, ok = b.Get(field.Name)
		}
		if !ok {
			return false
		}
		if field.Value != value {
			if c, err := Compare(field.Value, value); err != nil || c != 0 {
				return false
			}
		}
	}
	return true
}

// MarshalJSON writes an object of strings in the order of f.
func (f Fields) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, field := range f {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(field.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(field.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// MaxFields is how many numbers a day may have: what has more is no row of ours.
// The catalogue allows a series a hundred.
const MaxFields = 300

// UnmarshalJSON reads an object of strings and keeps its order. A name that
// comes twice is an error.
func (f *Fields) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if begin, err := dec.Token(); err != nil || begin != json.Delim('{') {
		return fmt.Errorf("fields %.60q: want an object of texts", text)
	}
	*f = nil
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return fmt.Errorf("fields: %w", err)
		}
		value, err := dec.Token()
		if err != nil {
			return fmt.Errorf("fields: %w", err)
		}
		decimal, ok := value.(string)
		if !ok {
			return fmt.Errorf("field %.80q: want a text", name)
		}
		if _, twice := f.Get(name.(string)); twice {
			return fmt.Errorf("field %.80q comes twice", name)
		}
		if len(*f) == MaxFields {
			return fmt.Errorf("fields: more than %d", MaxFields)
		}
		*f = append(*f, Field{name.(string), decimal})
	}
	return nil
}
