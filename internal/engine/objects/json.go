package objects

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"lacuna/internal/jsonpath"
)

// json reads the elements of an array, which is the object or where ItemsPointer leads.
func (in *reading) json(p place, text *bufio.Reader) error {
	d := json.NewDecoder(text)
	for _, name := range in.reader.Pointer {
		found, err := descend(d, name)
		if err != nil {
			return in.broken(p, err)
		}
		if !found {
			return Causef("The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.")
		}
	}
	switch open, err := d.Token(); {
	case errors.Is(err, io.EOF):
		return Causef("Attempting to read %s failed. It is empty, not JSON.", p)
	case err != nil:
		return in.broken(p, err)
	case open != json.Delim('['):
		return Causef("Attempting to map over non-iterable node.")
	}
	for d.More() {
		if err := in.element(p, d); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing bracket
		return in.broken(p, err)
	}
	if in.reader.Pointer != nil {
		return nil
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Causef("Attempting to read %s failed. Text follows its array.", p)
	}
	return nil
}

func (in *reading) element(p place, d *json.Decoder) error {
	var text json.RawMessage
	if err := d.Decode(&text); err != nil {
		return in.broken(p, err)
	}
	return in.addJSON(p, text)
}

func (in *reading) addJSON(p place, text []byte) error {
	if len(text) > MaxItem {
		return in.tooLarge(p)
	}
	if err := in.hold(int64(len(text) + len(text)/8)); err != nil {
		return err
	}
	if err := jsonpath.Check(text); err != nil {
		return Causef("Attempting to read %s failed. The item with index %d is not JSON: %s", p, len(in.items), err)
	}
	return in.add(p, string(text))
}

// descend goes to the member or element of that name, and tells whether there is one.
func descend(d *json.Decoder, name string) (bool, error) {
	open, err := d.Token()
	if err != nil {
		return false, err
	}
	if open != json.Delim('{') && open != json.Delim('[') {
		return false, nil
	}
	for i := 0; d.More(); i++ {
		key := strconv.Itoa(i)
		if open == json.Delim('{') {
			token, err := d.Token()
			if err != nil {
				return false, err
			}
			key, _ = token.(string) // the decoder gives nothing else
		}
		if key == name {
			return true, nil
		}
		var other json.RawMessage
		if err := d.Decode(&other); err != nil {
			return false, err
		}
	}
	return false, nil
}

// lines reads JSON Lines: one value a line, empty lines left out.
func (in *reading) lines(p place, text *bufio.Reader) error {
	for {
		line, err := readLine(text)
		last := errors.Is(err, io.EOF)
		switch {
		case errors.Is(err, errLong):
			return in.tooLarge(p)
		case err != nil && !last:
			return in.broken(p, err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := in.addJSON(p, line); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// readLine reads up to a line feed, or to the end with io.EOF. What is read of a line
// before another error is none.
func readLine(text *bufio.Reader) (line []byte, err error) {
	for {
		part, err := text.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxItem+len("\r\n"):
			return nil, errLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}
