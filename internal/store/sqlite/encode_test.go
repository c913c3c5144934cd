package sqlite

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"lacuna/internal/row"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeFields(t *testing.T) {
	tests := []struct {
		name            string
		fields          row.Fields
		numbers, digits string
	}{
		{"none", nil, "", ""},
		{"as published", row.Fields{{Name: "buy", Value: "5.1995"}}, `{"buy":5.1995}`, ""},
		{"a zero at the end", row.Fields{{Name: "buy", Value: "5.19950"}, {Name: "sell", Value: "5.2"}}, `{"buy":5.1995,"sell":5.2}`, `{"buy":"5.19950"}`},
		{"a whole number", row.Fields{{Name: "value", Value: "100"}}, `{"value":100}`, ""},
		{"an exponent", row.Fields{{Name: "value", Value: "1E-7"}}, `{"value":0.0000001}`, `{"value":"1E-7"}`},
		{"names that need quoting, sorted", row.Fields{{Name: "é", Value: "2"}, {Name: `a"b\`, Value: "-1.0"}}, `{"a\"b\\":-1,"é":2}`, `{"a\"b\\":"-1.0"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			numbers, digits, err := encodeFields(tt.fields)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.numbers, tt.digits}, []string{numbers, digits}); diff != "" {
				t.Errorf("encodeFields(%v) mismatch (-want +got):\n%s", tt.fields, diff)
			}
		})
	}
	if _, _, err := encodeFields(row.Fields{{Name: "a", Value: "1"}, {Name: "a", Value: "1"}}); err == nil {
		t.Error("encodeFields took a name twice")
	}
}

// What is written is JSON, and reads back as it was.
func FuzzFieldsComeBack(f *testing.F) {
	f.Add("buy", "5.19950", "sell", "-0")
	f.Add(`a"`, "1E-7", "\x00\n\u2028", "+.5")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		name1, name2 = strings.ToValidUTF8(name1, "?"), strings.ToValidUTF8(name2, "?")
		if name1 > name2 {
			name1, name2 = name2, name1
		}
		want := row.Fields{{Name: name1, Value: value1}, {Name: name2, Value: value2}}
		numbers, digits, err := encodeFields(want)
		if err != nil {
			return
		}
		if !json.Valid([]byte(numbers)) || digits != "" && !json.Valid([]byte(digits)) {
			t.Fatalf("encodeFields(%q) = %s, %s: no JSON", want, numbers, digits)
		}
		got, err := decodeFields(numbers, digits)
		if err != nil {
			t.Fatalf("decodeFields(%s, %s): %v", numbers, digits, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	})
}

// Of JSON objects, those whose values are decimals are read as encoding/json
// reads them.
func FuzzDecodeFields(f *testing.F) {
	for _, s := range []string{`{"buy":5.1,"sell":"5.2"}`, ` { "a" : 1 , "b\u0041\"" : -1e3 } `, `{}`, `{"a":1}}`, `{"a":1,}`, `{"a":{"b":1}}`, `[1]`, `{"a":"1\u0030"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := decodeFields(text, "")
		var object map[string]json.RawMessage
		if !utf8.ValidString(text) || json.Unmarshal([]byte(text), &object) != nil || object == nil {
			return // what people wrote may be read more generously
		}
		if len(got) > len(object) {
			return // a name comes twice
		}
		want := map[string]string{}
		for name, raw := range object {
			var value string
			if json.Unmarshal(raw, &value) != nil {
				value = string(raw)
			}
			if _, canonicalErr := row.Canonical(value); canonicalErr != nil {
				if err == nil {
					t.Fatalf("decodeFields(%s) took %s", text, value)
				}
				return
			}
			want[name] = value
		}
		if err != nil {
			t.Fatalf("decodeFields(%s): %v", text, err)
		}
		read := map[string]string{}
		for _, field := range got {
			read[field.Name] = field.Value
		}
		if diff := cmp.Diff(want, read); diff != "" {
			t.Errorf("decodeFields(%s) mismatch (-want +got):\n%s", text, diff)
		}
	})
}
