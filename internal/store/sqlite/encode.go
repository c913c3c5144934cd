package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/row"
)

// encodeFields returns the columns fields and digits: the numbers as DynamoDB
// would return them, and the published text where that differs ("" when it
// nowhere does). Both are sorted by name.
func encodeFields(fields row.Fields) (numbers, digits string, err error) {
	byName := func(a, b row.Field) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(fields, byName) {
		fields = slices.Clone(fields)
		slices.SortFunc(fields, byName)
	}
	n := make([]byte, 0, 48)
	var d []byte
	for i, f := range fields {
		if i > 0 && f.Name == fields[i-1].Name {
			return "", "", fmt.Errorf("field %s comes twice", f.Name)
		}
		number, err := row.Canonical(f.Value)
		if err != nil {
			return "", "", fmt.Errorf("field %s: %w", f.Name, err)
		}
		n = append(appendName(n, f.Name), number...)
		if number != f.Value {
			d = append(appendName(d, f.Name), '"')
			d = append(append(d, f.Value...), '"') // a decimal text needs no escapes
		}
	}
	return closeObject(n), closeObject(d), nil
}

func appendName(b []byte, name string) []byte {
	separator := byte(',')
	if len(b) == 0 {
		separator = '{'
	}
	b = append(b, separator)
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			quoted, _ := json.Marshal(name) // a string always has a JSON form
			return append(append(b, quoted...), ':')
		}
	}
	b = append(append(append(b, '"'), name...), '"')
	return append(b, ':')
}

func closeObject(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return string(append(b, '}'))
}

// decodeFields reads the columns fields and digits. The published text counts
// as long as it is equal to the number: people edit numbers by hand.
func decodeFields(numbers, digits string) (row.Fields, error) {
	fields, err := decodeObject(numbers)
	if err != nil {
		return nil, fmt.Errorf("fields %s: %w", short(numbers), err)
	}
	var published row.Fields
	if digits != "" {
		if published, err = decodeObject(digits); err != nil {
			return nil, fmt.Errorf("digits %s: %w", short(digits), err)
		}
	}
	for i, f := range fields {
		canonical, err := row.Canonical(f.Value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", short(f.Name), err)
		}
		at := slices.IndexFunc(published, func(p row.Field) bool { return p.Name == f.Name })
		if at < 0 {
			continue
		}
		if text, err := row.Canonical(published[at].Value); err == nil && text == canonical {
			fields[i].Value = published[at].Value
		}
	}
	return fields, nil
}

var errObject = errors.New("want a JSON object of numbers")

// decodeObject reads a JSON object whose values are numbers, or strings that
// hold one; whether they are is for the caller to check.
func decodeObject(text string) (row.Fields, error) {
	rest, ok := cutToken(text, '{')
	if !ok {
		return nil, errObject
	}
	if rest, ok := cutToken(rest, '}'); ok {
		return nil, checkEnd(rest)
	}
	fields := make(row.Fields, 0, 2)
	for {
		var f row.Field
		var err error
		if f.Name, rest, err = cutString(rest); err != nil {
			return nil, err
		}
		if rest, ok = cutToken(rest, ':'); !ok {
			return nil, errObject
		}
		if f.Value, rest, err = cutValue(rest); err != nil {
			return nil, err
		}
		if fields = append(fields, f); len(fields) > row.MaxFields {
			return nil, fmt.Errorf("more than %d fields", row.MaxFields)
		}
		if rest, ok = cutToken(rest, ','); ok {
			continue
		}
		if rest, ok = cutToken(rest, '}'); !ok {
			return nil, errObject
		}
		return fields, checkEnd(rest)
	}
}

const blanks = " \t\r\n"

func cutToken(text string, c byte) (rest string, ok bool) {
	text = strings.TrimLeft(text, blanks)
	if text == "" || text[0] != c {
		return text, false
	}
	return text[1:], true
}

func checkEnd(rest string) error {
	if strings.TrimLeft(rest, blanks) != "" {
		return errObject
	}
	return nil
}

func cutString(text string) (value, rest string, err error) {
	text, ok := cutToken(text, '"')
	if !ok {
		return "", "", errObject
	}
	end := strings.IndexByte(text, '"')
	if end >= 0 && !strings.Contains(text[:end], `\`) {
		return text[:end], text[end+1:], nil
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			err := json.Unmarshal([]byte(`"`+text[:i+1]), &value)
			return value, text[i+1:], err
		}
	}
	return "", "", errObject
}

func cutValue(text string) (value, rest string, err error) {
	text = strings.TrimLeft(text, blanks)
	if strings.HasPrefix(text, `"`) {
		return cutString(text)
	}
	end := strings.IndexAny(text, ",}"+blanks)
	if end <= 0 {
		return "", "", errObject
	}
	return text[:end], text[end:], nil
}

// encodeTime returns RFC 3339 in UTC; "" for the zero time.
func encodeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func decodeTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: want RFC 3339", short(text))
	}
	return t.UTC(), nil
}
