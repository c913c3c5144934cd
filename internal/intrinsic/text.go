package intrinsic

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	gohash "hash"
	"strings"

	"lacuna/internal/jsonpath"

	"github.com/google/uuid"
)

// maxText is the number of characters that States.Hash and the Base64 functions
// take (AWS documentation, "Intrinsic functions").
const maxText = 10_000

// template is the first text of States.Format, cut at each {}.
type template []string

func (t template) String() string { return strings.Join(t, "{}") }

// format fills a template. One that comes from a path has no escapes.
func format(b *jsonpath.Budget, args []any) (any, error) {
	t, ok := args[0].(template)
	if !ok {
		s, ok := args[0].(string)
		if !ok {
			return nil, fmt.Errorf("the first argument must be a string, not %s", typeName(args[0]))
		}
		if err := b.SpendText(len(s) * bytesPerByte); err != nil {
			return nil, err
		}
		t = strings.Split(s, "{}")
	}
	values := args[1:]
	if len(values) != len(t)-1 {
		return nil, fmt.Errorf("%d arguments for %d occurrences of {}", len(values), len(t)-1)
	}
	if len(values) == 0 {
		return t[0], nil
	}
	var buf []byte
	for i, v := range append(values, t[len(values)]) {
		if i < len(values) {
			buf = append(buf, t[i]...)
		}
		if buf = jsonpath.AppendJava(buf, v); len(buf) > jsonpath.MaxText {
			return nil, jsonpath.ErrTooLarge
		}
	}
	return string(buf), b.SpendText(growth * len(buf))
}

const (
	growth       = 3  // a text that is built is there up to three times
	bytesPerByte = 32 // how much dearer a byte is of a text that is taken apart
)

// stringSplit cuts at every character of the second text and drops empty parts.
func stringSplit(b *jsonpath.Budget, args []any) (any, error) {
	s, err := text(args, 0)
	if err != nil {
		return nil, err
	}
	delimiters, err := text(args, 1)
	if err != nil {
		return nil, err
	}
	if err := b.SpendText(bytesPerByte * (len(s) + len(delimiters))); err != nil {
		return nil, err
	}
	cuts := map[rune]bool{}
	for _, r := range delimiters {
		cuts[r] = true
	}
	parts := []any{}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return cuts[r] }) {
		parts = append(parts, part)
	}
	return parts, nil
}

func base64Encode(b *jsonpath.Budget, args []any) (any, error) {
	s, err := shortText(b, args, 0)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

// base64Decode does without padding, as Java's decoder does; what is no UTF-8
// becomes U+FFFD.
func base64Decode(b *jsonpath.Budget, args []any) (any, error) {
	s, err := shortText(b, args, 0)
	if err != nil {
		return nil, err
	}
	encoding := base64.StdEncoding
	if !strings.HasSuffix(s, "=") {
		encoding = base64.RawStdEncoding
	}
	if strings.ContainsAny(s, "\r\n") { // Go would skip them
		return nil, fmt.Errorf("argument 1 is not Base64")
	}
	data, err := encoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("argument 1 is not Base64: %w", err)
	}
	return string([]rune(string(data))), nil
}

// hash takes a value that is not a text by its JSON.
func hash(b *jsonpath.Budget, args []any) (any, error) {
	algorithm, err := text(args, 1)
	if err != nil {
		return nil, err
	}
	data, ok := args[0].(string)
	if !ok {
		encoded, err := jsonpath.Encode(args[0])
		if err != nil {
			return nil, err
		}
		data = string(encoded)
	}
	if err := checkLength(b, data, 0); err != nil {
		return nil, err
	}
	newHash := hashes[algorithm]
	if newHash == nil {
		return nil, fmt.Errorf("unknown algorithm %q: it must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512", algorithm)
	}
	h := newHash()
	h.Write([]byte(data)) // never fails
	return hex.EncodeToString(h.Sum(nil)), nil
}

var hashes = map[string]func() gohash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

func newUUID(*jsonpath.Budget, []any) (any, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, err
	}
	return id.String(), nil
}

// argumentOf is argument i, whose type in JSON must be the one named.
func argumentOf[T any](args []any, i int, name string) (T, error) {
	v, ok := args[i].(T)
	if !ok {
		return v, wrongType(args, i, name)
	}
	return v, nil
}

func text(args []any, i int) (string, error) { return argumentOf[string](args, i, "string") }

func shortText(b *jsonpath.Budget, args []any, i int) (string, error) {
	s, err := text(args, i)
	if err == nil {
		err = checkLength(b, s, i)
	}
	return s, err
}

func checkLength(b *jsonpath.Budget, s string, i int) error {
	err := b.SpendText(growth * len(s))
	if err == nil && jsonpath.Length(s) > maxText {
		err = fmt.Errorf("argument %d has more than %d characters", i+1, maxText)
	}
	return err
}

func wrongType(args []any, i int, want string) error {
	return fmt.Errorf("argument %d must be of type %s, not %s", i+1, want, typeName(args[i]))
}

// typeName is the JSON type of v.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string, template:
		return "string"
	case []any:
		return "array"
	case *jsonpath.Object:
		return "object"
	default:
		return "number"
	}
}
