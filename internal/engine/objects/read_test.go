package objects_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"lacuna/internal/asl"
	"lacuna/internal/engine/objects"
	"lacuna/internal/jsonpath"
)

// store keeps objects in memory; it counts what is read.
type store struct {
	objects map[string]func() io.Reader
	read    int64
}

// freely holds whatever is asked for.
func freely(int64) error { return nil }

func texts(pairs ...string) *store {
	s := &store{objects: map[string]func() io.Reader{}}
	for i := 0; i < len(pairs); i += 2 {
		s.objects[pairs[i]] = func() io.Reader { return strings.NewReader(pairs[i+1]) }
	}
	return s
}

func (s *store) Open(_ context.Context, _, key string) (io.ReadCloser, error) {
	object, ok := s.objects[key]
	if !ok {
		return nil, errors.New("no such key")
	}
	return io.NopCloser(io.TeeReader(object(), s)), nil
}

func (s *store) Write(p []byte) (int, error) { s.read += int64(len(p)); return len(p), nil }

func (s *store) List(context.Context, string, string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		for i := 0; yield(objects.Object{Key: fmt.Sprint(i)}, nil); i++ {
		}
	}
}

func (s *store) Put(context.Context, string, string, func(io.Writer) error) (int64, error) {
	return 0, errors.New("nothing is written")
}

func parameters(pairs ...string) any {
	o := &jsonpath.Object{}
	for i := 0; i < len(pairs); i += 2 {
		o.Set(pairs[i], pairs[i+1])
	}
	return o
}

var place = parameters("Bucket", "b", "Key", "k")

// value is an item as a document.
func value(t *testing.T, item objects.Item) any {
	t.Helper()
	value, err := jsonpath.Decode([]byte(item.Text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// encoded is a list of items as JSON.
func encoded(t *testing.T, items []objects.Item) string {
	t.Helper()
	values := make([]any, len(items))
	for i, item := range items {
		values[i] = value(t, item)
	}
	text, err := jsonpath.Encode(values)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// endless is a text that goes on for ever.
type endless struct{ head, again string }

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		written := copy(p[n:], e.head)
		n += written
		if e.head = e.head[written:]; e.head == "" {
			e.head = e.again
		}
	}
	return n, nil
}

// TestReadIsBounded: no object, list or archive makes Read take more than its limits,
// and a cause says so.
func TestReadIsBounded(t *testing.T) {
	archive := func(text io.Reader) string {
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		if _, err := io.Copy(z, text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.String()
	}
	forever := func(head, again string) *store {
		return &store{objects: map[string]func() io.Reader{"k": func() io.Reader { return &endless{head, again} }}}
	}
	long := strings.Repeat("x", 1000)
	line := `"` + long + `"` + "\n"
	tests := []struct {
		name   string
		store  *store
		reader asl.Reader
		want   string
	}{
		{"many lines", forever("1\n", "2\n"), asl.Reader{InputType: asl.InputJSONL}, "There are more than 100000 items"},
		{"large lines", forever(line, line), asl.Reader{InputType: asl.InputJSONL}, "The items are larger than 33554432 bytes"},
		{"one line", forever("[", "1,"), asl.Reader{InputType: asl.InputJSONL}, "The item with index 0 is larger than 8388608 bytes."},
		{"many elements", forever("[1", ",1"), asl.Reader{InputType: asl.InputJSON}, "There are more than 100000 items"},
		{"one element", forever(`["`, long), asl.Reader{InputType: asl.InputJSON}, "The items are larger than 33554432 bytes"},
		{"before what a pointer leads to", forever(`{"a":1`, `,"a":"`+long+`"`), asl.Reader{InputType: asl.InputJSON, Pointer: []string{"b"}}, "The items are larger than 33554432 bytes"},
		{"a large element", texts("k", `[1,"`+strings.Repeat("x", objects.MaxItem)+`"]`), asl.Reader{InputType: asl.InputJSON}, "The item with index 1 is larger than 8388608 bytes."},
		{"many rows", forever("h\n1\n", "2\n"), asl.Reader{InputType: asl.InputCSV, Delimiter: ','}, "There are more than 100000 items"},
		{"one row", forever("h\n\"", "2\n"), asl.Reader{InputType: asl.InputCSV, Delimiter: ','}, "The item with index 0 is larger than 8388608 bytes."},
		{"a large header", forever("h", "h"), asl.Reader{InputType: asl.InputCSV, Delimiter: ','}, "is larger than"},
		{"a header of 10 KiB and a byte", texts("k", strings.Repeat("h", 10<<10)+"\n1\n"), asl.Reader{InputType: asl.InputCSV, Delimiter: ','}, "Its header is larger than 10240 bytes."},
		{"rows that are small beside their header", forever(strings.Repeat("h", 9_000)+"\n1\n", "2\n"), asl.Reader{InputType: asl.InputCSV, Delimiter: ','}, "The items are larger than 33554432 bytes"},
		{"an archive", texts("k", archive(io.LimitReader(&endless{line, line}, 34<<20))), asl.Reader{InputType: asl.InputJSONL}, "The items are larger than 33554432 bytes"},
		{"many objects", texts(), asl.Reader{List: true}, "There are more than 100000 items"},
		{"a large manifest", forever(`{"files":[{}`, `,{"x":"`+long+`"}`), asl.Reader{Manifest: asl.S3Inventory}, "The manifest is larger than 8388608 bytes."},
		{"a manifest of many columns", texts("k", `{"fileFormat":"CSV","fileSchema":"`+strings.Repeat(",", 10<<10+1)+`"}`), asl.Reader{Manifest: asl.S3Inventory}, "The fileSchema is larger than 10240 bytes."},
		{"a manifest of many objects", forever("", "s3://b/k\n"), asl.Reader{Manifest: asl.AthenaData, InputType: asl.InputCSV}, "The manifest lists more than 100000 objects."},
		{"a header of commas", forever(",", ","), asl.Reader{InputType: asl.InputCSV, Delimiter: ','}, "Its header is larger than 10240 bytes."},
		{"an element of many values", texts("k", "[["+strings.Repeat("{},", 1<<20)+"0]]"), asl.Reader{InputType: asl.InputJSON}, "The item with index 0 is not JSON: too many values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			where := place
			if tt.reader.List {
				where = parameters("Bucket", "b")
			}
			items, err := objects.Read(t.Context(), tt.store, &tt.reader, where, 0, freely)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read gives %d items, %v, want an error with %q", len(items), err, tt.want)
			}
			if tt.store.read > 34<<20 {
				t.Errorf("%d bytes were read", tt.store.read)
			}
		})
	}
}

// TestMaxItemsStopsReading: what follows is not read.
func TestMaxItemsStopsReading(t *testing.T) {
	for input, head := range map[string]string{asl.InputJSON: "[1,2,3", asl.InputJSONL: "1\n2\n3\n", asl.InputCSV: "h\n1\n2\n3\n"} {
		s := &store{objects: map[string]func() io.Reader{"k": func() io.Reader { return &endless{head, ",\n"} }}}
		items, err := objects.Read(t.Context(), s, &asl.Reader{InputType: input, Delimiter: ','}, place, 3, freely)
		if err != nil || len(items) != 3 || s.read > 64<<10 {
			t.Errorf("%s: %d items after %d bytes, %v, want 3", input, len(items), s.read, err)
		}
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := objects.Read(ctx, texts("k", "[1]"), &asl.Reader{InputType: asl.InputJSON}, place, 0, freely); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("Read: %v", err)
	}
}

// TestBrokenTransferGivesNoItem: the part of a line before an error is not taken for one.
func TestBrokenTransferGivesNoItem(t *testing.T) {
	for input, text := range map[string]string{asl.InputJSON: "[12,34", asl.InputJSONL: "12\n34", asl.InputCSV: "h\n12\n34"} {
		s := &store{objects: map[string]func() io.Reader{"k": func() io.Reader {
			return io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("connection lost")))
		}}}
		items, err := objects.Read(t.Context(), s, &asl.Reader{InputType: input, Delimiter: ','}, place, 0, freely)
		if err == nil || !strings.Contains(err.Error(), "connection lost") {
			t.Errorf("%s: Read gives %v, %v", input, items, err)
		}
	}
}

func TestReadArchive(t *testing.T) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write([]byte("\xef\xbb\xbf\"src\",\"a key\"\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := texts("k", `{"fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"1.csv.gz"}]}`, "1.csv.gz", buf.String())
	items, err := objects.Read(t.Context(), s, &asl.Reader{Manifest: asl.S3Inventory}, place, 0, freely)
	if err != nil {
		t.Fatal(err)
	}
	if got := encoded(t, items); got != `[{"Bucket":"src","Key":"a key"}]` && got != `[{"Key":"a key","Bucket":"src"}]` {
		t.Errorf("items %s", got)
	}
}

func TestReadRefuses(t *testing.T) {
	jsonl := asl.Reader{InputType: asl.InputJSONL}
	tests := []struct {
		name, text string
		reader     asl.Reader
		where      any
		want       string
	}{
		{"UTF-16", "\xff\xfe1\x00", jsonl, place, "It is UTF-16, not UTF-8."},
		{"Zstandard", "\x28\xb5\x2f\xfd....", jsonl, place, "Zstandard"},
		{"a cut archive", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", jsonl, place, "unexpected EOF"},
		{"text after the array", "[1] [2]", asl.Reader{InputType: asl.InputJSON}, place, "Text follows its array."},
		{"a version", "1", jsonl, parameters("Bucket", "b", "Key", "k", "VersionId", "v1"), "The parameter VersionId of ItemReader is not supported by this engine."},
		{"a key for a list", "", asl.Reader{List: true}, parameters("Bucket", "b", "Key", "k"), "The parameter Key of ItemReader is not supported by this engine."},
		{"a manifest without a schema", `{"fileFormat":"CSV"}`, asl.Reader{Manifest: asl.S3Inventory}, place, "The manifest has no fileSchema."},
		{"a manifest of other addresses", "https://out/q/1\n", asl.Reader{Manifest: asl.AthenaData, InputType: asl.InputJSONL}, place, "Row 1 of the manifest is no address of an object: 'https://out/q/1'"},
		{"a manifest of data without a form", "s3://b/data\n", asl.Reader{Manifest: asl.AthenaData}, place, "InputType '' is not supported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := objects.Read(t.Context(), texts("k", tt.text, "data", "1"), &tt.reader, tt.where, 0, freely)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read: %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzCSV: rows as another library writes them are read as they were, and any text is
// read or refused.
func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,2\n", "x", "y")
	f.Add("a,\"b\"\"\n\"\\", "a\"b,\nc", " ")
	f.Fuzz(func(t *testing.T, text, a, b string) {
		r := &asl.Reader{InputType: asl.InputCSV, Delimiter: ',', Headers: []string{"0", "1"}}
		if _, err := objects.Read(t.Context(), texts("k", text), r, place, 0, freely); err != nil && !strings.HasPrefix(err.Error(), "Attempting to read s3://b/k failed.") {
			t.Errorf("Read of %q: %v", text, err)
		}
		for _, s := range []string{a, b} {
			if !utf8.ValidString(s) || strings.Contains(s, "\\") || strings.Contains(s, "\r") || strings.HasPrefix(s, "\ufeff") || len(s) > 1000 {
				return
			}
		}
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		if err := w.Write([]string{"-" + a, b}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		items, err := objects.Read(t.Context(), texts("k", buf.String()), r, place, 0, freely)
		if err != nil || len(items) != 1 {
			t.Fatalf("Read of %q: %d items, %v", buf.String(), len(items), err)
		}
		got := []string{}
		for _, value := range value(t, items[0]).(*jsonpath.Object).All() {
			got = append(got, value.(string))
		}
		if !slices.Equal(got, []string{"-" + a, b}) {
			t.Errorf("Read of %q gives %q", buf.String(), got)
		}
	})
}
