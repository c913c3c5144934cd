package jsonpath_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"lacuna/internal/jsonpath"

	"github.com/google/go-cmp/cmp"
)

func TestReferenceSet(t *testing.T) {
	tests := []struct{ name, path, doc, want string }{
		{"everything", `$`, `{"a":1}`, `"new"`},
		{"a member", `$.a`, `{"a":1,"b":2}`, `{"a":"new","b":2}`},
		{"a new member", `$.c`, `{"a":1}`, `{"a":1,"c":"new"}`},
		{"missing parents", `$.c.d['e f']`, `{"a":1}`, `{"a":1,"c":{"d":{"e f":"new"}}}`},
		{"a parent that is null", `$.a.b`, `{"a":null}`, `{"a":{"b":"new"}}`},
		{"beside others", `$.a.b`, `{"a":{"c":[1]},"d":2}`, `{"a":{"c":[1],"b":"new"},"d":2}`},
		{"an item", `$.a[1]`, `{"a":[1,2,3]}`, `{"a":[1,"new",3]}`},
		{"inside an item", `$.a[0].b`, `{"a":[{"b":1}]}`, `{"a":[{"b":"new"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := jsonpath.CompileReference(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			doc := decode(t, tt.doc)
			got, err := r.Set(doc, "new")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, encode(t, got)); diff != "" {
				t.Errorf("Set mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.doc, encode(t, doc)); diff != "" {
				t.Errorf("Set changed its document (-before +after):\n%s", diff)
			}
		})
	}
}

func TestReferenceSetRefuses(t *testing.T) {
	tests := []struct{ name, path, doc, want string }{
		{"a member of a text", `$.a`, `"x"`, `Unable to apply ReferencePath $.a to input "x"`},
		{"a member of an array", `$.a`, `[1]`, `Unable to apply step "a" to input [1]`},
		{"below a number", `$.a.b`, `{"a":1.0}`, `Unable to apply step "b" to input {"a":1.0}`},
		{"an item that is not there", `$.a[1]`, `{"a":[1]}`, `Unable to apply ReferencePath $.a[1] to input {"a":[1]}`},
		{"an item of nothing", `$.a[0]`, `{}`, `Unable to apply ReferencePath $.a[0] to input {}`},
		{"below an item that is a text", `$[0].a`, `["x"]`, `Unable to apply step "a" to input ["x"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := jsonpath.CompileReference(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Set(decode(t, tt.doc), true)
			if err == nil || err.Error() != tt.want {
				t.Errorf("Set = %v, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestCompileReferenceRefuses(t *testing.T) {
	for _, text := range []string{``, `$..a`, `$.*`, `$[*]`, `$[0,1]`, `$[1:]`, `$['a','b']`, `$[?(@.a)]`, `$[(@.length-1)]`, `$$.a`} {
		if _, err := jsonpath.CompileReference(text); err == nil {
			t.Errorf("CompileReference(%q): want an error", text)
		} else if _, ok := errors.AsType[*jsonpath.PathError](err); !ok {
			t.Errorf("CompileReference(%q) = %T, want a PathError", text, err)
		}
	}
}

// FuzzSet compares with plain Go maps that are changed in place.
func FuzzSet(f *testing.F) {
	f.Add("a.b.0", `{"a":{"b":[1]}}`)
	f.Add("a.b", `{"a":null}`)
	f.Add("x.y.z", `{}`)
	f.Add("1.a", `[1,{"a":2}]`)
	f.Fuzz(func(t *testing.T, way, document string) {
		if !utf8.ValidString(way) {
			return
		}
		steps := strings.Split(way, ".")
		text := "$"
		for _, s := range steps {
			if n, err := strconv.ParseUint(s, 10, 16); err == nil {
				text += "[" + strconv.FormatUint(n, 10) + "]"
				continue
			}
			if strings.ContainsAny(s, `'\`) {
				return
			}
			text += "['" + s + "']"
		}
		var plain any
		if json.Unmarshal([]byte(document), &plain) != nil {
			return
		}
		doc, err := jsonpath.Decode([]byte(document))
		if err != nil {
			return
		}
		r, err := jsonpath.CompileReference(text)
		if err != nil {
			t.Fatal(err)
		}
		before := encode(t, doc)
		got, err := r.Set(doc, "new")
		if after := encode(t, doc); after != before {
			t.Fatalf("Set changed %s to %s", before, after)
		}
		want, ok := slowSet(plain, steps)
		if ok != (err == nil) {
			t.Fatalf("Set(%s, %s) = %v, but want ok %t", text, document, err, ok)
		}
		if !ok {
			return
		}
		var ours any
		if err := json.Unmarshal([]byte(encode(t, got)), &ours); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ours); diff != "" {
			t.Fatalf("Set(%s, %s) mismatch (-want +got):\n%s", text, document, diff)
		}
		if value, err := r.Get(got); err != nil || value != "new" {
			t.Fatalf("Get after Set = %v, %v", value, err)
		}
	})
}

func slowSet(node any, steps []string) (any, bool) {
	if len(steps) == 0 {
		return "new", true
	}
	if n, err := strconv.ParseUint(steps[0], 10, 16); err == nil {
		list, ok := node.([]any)
		if !ok || n >= uint64(len(list)) {
			return nil, false
		}
		list[n], ok = slowSet(list[n], steps[1:])
		return list, ok
	}
	object, ok := node.(map[string]any)
	if !ok {
		return nil, false
	}
	child := object[steps[0]]
	if _, isIndex := strconv.ParseUint(strings.Join(steps[1:min(2, len(steps))], ""), 10, 16); child == nil && len(steps) > 1 && isIndex != nil {
		child = map[string]any{}
	}
	object[steps[0]], ok = slowSet(child, steps[1:])
	return object, ok
}
