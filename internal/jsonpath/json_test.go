package jsonpath_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"lacuna/internal/jsonpath"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeThenEncode(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"members keep their order", `{"b":1, "a":{"d":null,"c":[]}}`, `{"b":1,"a":{"d":null,"c":[]}}`},
		{"the later of two equal keys, in the place of the first", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{"a whole number", `[0,-0,7,-9223372036854775808]`, `[0,0,7,-9223372036854775808]`},
		{"a whole number beyond 64 bits", `12345678901234567890`, `12345678901234567890`},
		{"doubles as Java prints them", `[1.0,1e7,1e-4,123456789.5,-0.0,0.1,2e-3,9007199254740993.0,1E+22]`,
			`[1.0,1.0E7,1.0E-4,1.234567895E8,-0.0,0.1,0.002,9.007199254740992E15,1.0E22]`},
		{"a number beyond doubles", `1e400`, `1e400`},
		{"escapes", `"\u0041\"\\\/\b\f\n\r\t\u001f<é\ud83d\ude00"`, `"A\"\\/\b\f\n\r\t\u001F<é😀"`},
		{"half a surrogate pair", `"\ud83dx"`, `"�x"`},
		{"more members than are scanned", `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"a":0}`,
			`{"a":0,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, encode(t, decode(t, tt.in))); diff != "" {
				t.Errorf("Encode(Decode(%s)) mismatch (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct {
		name, in string
		want     jsonpath.SyntaxError
	}{
		{"nothing", ` `, jsonpath.SyntaxError{Msg: "expected a JSON value", Offset: 1}},
		{"more than one value", `1 2`, jsonpath.SyntaxError{Msg: "text after the value", Offset: 2}},
		{"a comma at the end", `[1,]`, jsonpath.SyntaxError{Msg: "expected a JSON value", Offset: 3}},
		{"single quotes", `{'a':1}`, jsonpath.SyntaxError{Msg: "expected a member name", Offset: 1}},
		{"an open object", `{"a":1`, jsonpath.SyntaxError{Msg: "expected ',' or '}'", Offset: 6}},
		{"an open string", `"a`, jsonpath.SyntaxError{Msg: "string not closed", Offset: 2}},
		{"a raw line break", "\"a\nb\"", jsonpath.SyntaxError{Msg: "control character in a string", Offset: 2}},
		{"not a number", `NaN`, jsonpath.SyntaxError{Msg: "expected a JSON value", Offset: 0}},
		{"a leading zero", `01`, jsonpath.SyntaxError{Msg: "text after the value", Offset: 1}},
		{"nesting without end", strings.Repeat("[", 2000), jsonpath.SyntaxError{Msg: "nested too deep", Offset: 1000}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := jsonpath.Decode([]byte(tt.in))
			if diff := cmp.Diff(error(&tt.want), err); diff != "" {
				t.Errorf("Decode mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeRefusesOtherTypes(t *testing.T) {
	for _, v := range []any{1, []any{map[string]any{}}, (&jsonpath.Object{}).With("a", struct{}{})} {
		if text, err := jsonpath.Encode(v); err == nil {
			t.Errorf("Encode(%#v) = %s, want an error", v, text)
		}
	}
}

func TestJavaString(t *testing.T) {
	doc := decode(t, `{"a":["x",null,true,1.0],"b":{},"c":[],"d":{"e":"f"}}`)
	if got, want := jsonpath.JavaString(doc), "{a=[x, null, true, 1.0], b={}, c=[], d={e=f}}"; got != want {
		t.Errorf("JavaString = %s, want %s", got, want)
	}
}

func TestObjectInsideOtherValues(t *testing.T) {
	got, err := json.Marshal(map[string]any{"o": decode(t, `{"b":1,"a":2.50}`)})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"o":{"b":1,"a":2.5}}`; string(got) != want {
		t.Errorf("Marshal = %s, want %s", got, want)
	}
}

func TestLengthCountsAsJava(t *testing.T) {
	for text, want := range map[string]int{"": 0, "aé": 2, "😀": 2, "\xff": 1} {
		if got := jsonpath.Length(text); got != want {
			t.Errorf("Length(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestWithChangesACopy(t *testing.T) {
	old := decode(t, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9}`).(*jsonpath.Object)
	before := encode(t, old)
	changed := old.With("a", "new").With("z", nil)
	if after := encode(t, old); after != before {
		t.Errorf("With changed its object: %s", after)
	}
	want := `{"a":"new","b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"z":null}`
	if got := encode(t, changed); got != want {
		t.Errorf("With = %s, want %s", got, want)
	}
}

// AWS was seen to give the texts of a word and of an apostrophe; the others are Jackson's.
func TestSyntaxErrorsAsJackson(t *testing.T) {
	const values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	tests := []struct {
		data, want string
		next       int
	}{
		{`not some json`, `Unrecognized token 'not': was expecting ` + values, 3},
		{`[1, nope]`, `Unrecognized token 'nope': was expecting ` + values, 8},
		{`{'a': 1}`, `Unexpected character (''' (code 39)): was expecting double-quote to start field name`, 2},
		{`{"a": 1,}`, `Unexpected character ('}' (code 125)): was expecting double-quote to start field name`, 9},
		{`{oops: 1}`, `Unexpected character ('o' (code 111)): was expecting double-quote to start field name`, 2},
		{`{"a": ]}`, `Unexpected character (']' (code 93)): expected a valid value ` + values, 7},
		{`{"a" 1}`, `Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value`, 6},
		{`{"a": 1 "b"}`, `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries`, 9},
		{`[1 2]`, `Unexpected character ('2' (code 50)): was expecting comma to separate Array entries`, 4},
		{"[1 \x01]", `Unexpected character ((CTRL-CHAR, code 1)): was expecting comma to separate Array entries`, 4},
		{`[1 “]`, `Unexpected character ('“' (code 8220 / 0x201c)): was expecting comma to separate Array entries`, 6},
		{`{`, "", 0},
		{`1 2`, "", 0},
	}
	for _, tt := range tests {
		err := jsonpath.Check([]byte(tt.data))
		syntax, ok := errors.AsType[*jsonpath.SyntaxError](err)
		if !ok {
			t.Fatalf("Check(%s) = %v, want a SyntaxError", tt.data, err)
		}
		if got, next := syntax.Jackson([]byte(tt.data)); got != tt.want || next != tt.next {
			t.Errorf("Jackson(%s) = %s, %d, want %s, %d", tt.data, got, next, tt.want, tt.next)
		}
	}
}

func TestEqual(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"objects in another order", `{"a":1,"b":[{}]}`, `{"b":[{}],"a":1}`, true},
		{"arrays in another order", `[1,2]`, `[2,1]`, false},
		{"whole number and double", `1`, `1.0`, false},
		{"array and number", `1`, `[1]`, false},
		{"number and array", `[1]`, `1`, false},
		{"a member less", `{"a":null}`, `{}`, false},
		{"another key", `{"a":null}`, `{"b":null}`, false},
		{"nulls", `null`, `null`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := jsonpath.Equal(decode(t, tt.a), decode(t, tt.b)); got != tt.want {
				t.Errorf("Equal(%s, %s) = %t", tt.a, tt.b, got)
			}
		})
	}
}

// FuzzDecode takes encoding/json for the truth about what is JSON and what it says.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x\u00e9\ud83d\ude00",null,true]}`, `1e400`, `-0`, `"\ud800"`, `{"a":1,"a":2}`, ` [ ] `, "\"\xff\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := jsonpath.Decode(data)
		if json.Valid(data) != (err == nil) {
			if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > 1000 {
				return // our limit of nesting
			}
			t.Fatalf("Decode(%q) = %v, json.Valid = %t", data, err, json.Valid(data))
		}
		if err != nil {
			return
		}
		text := encode(t, got)
		if again := decode(t, text); !jsonpath.Equal(got, again) {
			t.Fatalf("%q read again from %s differs", data, text)
		}
		var want, ours any
		if err := json.Unmarshal(data, &want); err != nil {
			return // a number beyond doubles
		}
		if err := json.Unmarshal([]byte(text), &ours); err != nil {
			t.Fatalf("Encode gives %s: %v", text, err)
		}
		if diff := cmp.Diff(want, ours); diff != "" {
			t.Fatalf("Decode(%q) mismatch (-want +got):\n%s", data, diff)
		}
	})
}

// TestEncodeIsBounded: a document of 40 lists, each twice in the next, has 2^40 numbers.
func TestEncodeIsBounded(t *testing.T) {
	var doc any = int64(1)
	for range 40 {
		doc = []any{doc, doc}
	}
	if _, err := jsonpath.Encode(doc); !errors.Is(err, jsonpath.ErrTooLarge) {
		t.Errorf("Encode = %v, want ErrTooLarge", err)
	}
}
