package jsonpath_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"lacuna/internal/jsonpath"
)

// TestJayway compares with recorded answers of the library whose version fits all that
// is known of AWS.
func TestJayway(t *testing.T) {
	data, err := os.ReadFile("testdata/jayway.tsv")
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]any{}
	compared := 0
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case fields[0] == "DOC":
			docs[fields[1]] = decode(t, fields[2])
		default:
			doc, path := docs[fields[0]], fields[1]
			want := fields[2] + " " + fields[3]
			if got := answer(t, path, doc); got != want {
				t.Errorf("%s on document %s:\n got %s\nwant %s", path, fields[0], got, want)
			}
			compared++
		}
	}
	if compared < 400 {
		t.Errorf("compared %d answers only", compared)
	}
}

func answer(t *testing.T, text string, doc any) string {
	t.Helper()
	path, err := jsonpath.Compile(text)
	if err != nil {
		return "REFUSED "
	}
	value, err := path.Get(own(), doc)
	if missing, ok := errors.AsType[*jsonpath.MissingError](err); ok {
		if missing.PastEnd {
			return "ONE null" // which caller takes it for missing is not for the library to say
		}
		return "MISSING " + missing.Msg
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if path.Definite() {
		return "ONE " + encode(t, value)
	}
	return "LIST " + encode(t, value)
}

func decode(t testing.TB, text string) any {
	t.Helper()
	v, err := jsonpath.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := jsonpath.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
