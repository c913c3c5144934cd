package jsonpath_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/jsonpath"

	"github.com/google/go-cmp/cmp"
)

func TestCompileRefuses(t *testing.T) {
	tests := []struct{ name, path, want string }{
		{"empty", ``, `must begin with '$'`},
		{"no root", `a.b`, `must begin with '$'`},
		{"a name at once", `$a`, `expected '.' or '[' at position 1`},
		{"nothing after the dot", `$.a.`, `expected a name at position 4`},
		{"an unfinished function", `$.a.length(1`, `expected ')' at position 12`},
		{"a blank in a name", `$.a b`, `a name with blanks needs brackets, ['like this'], at position 3`},
		{"an open quote", `$['a`, `expected a closing ' at position 4`},
		{"an open bracket", `$['a'`, `expected ']' at position 5`},
		{"a bare word in brackets", `$[a]`, `expected a quote, a number, '*' or '?' at position 2`},
		{"an index beyond 32 bits", `$[99999999999]`, `"99999999999" is not an index, at position 2`},
		{"a slice without ends", `$[:]`, `a slice needs a start or an end, at position 2`},
		{"a negative offset of another form", `$[(@.size-1)]`, `expected (@.length-1) or another number at position 2`},
		{"a filter without condition", `$[?()]`, `expected a path or a value at position 4`},
		{"a filter without parentheses", `$[?@.a]`, `expected '(' after '?' at position 3`},
		{"an open filter", `$[?(@.a]`, `expected ')' at position 7`},
		{"a lone literal", `$[?(1)]`, `expected an operator at position 4`},
		{"an unknown operator", `$[?(@.a like 1)]`, `unknown operator in "@.a like 1" at position 4`},
		{"a sign of JavaScript", `$[?(@.a !== 1)]`, `unknown operator !== at position 4`},
		{"a condition half missing", `$[?(@.a ==)]`, `expected a path or a value at position 4`},
		{"a condition of several values", `$[?(@.a[*] == 1)]`, `@.a[*] in a condition: it names more than one value at position 4`},
		{"an open quote in a filter", `$[?(@.a == 'x)]`, `expected a closing quote at position 4`},
		{"text after quotes", `$[?(@.a == 'x' y)]`, `'x' y goes on after its quotes at position 4`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := jsonpath.Compile(tt.path)
			want := &jsonpath.PathError{Path: tt.path, Msg: tt.want}
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Errorf("Compile mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuery(t *testing.T) {
	e := env{
		input:     decode(t, `{"a":[1,2]}`),
		context:   decode(t, `{"Execution":{"Name":"n"}}`),
		variables: map[string]any{"v": decode(t, `{"b":[{"c":3}]}`), "größe_2": "XL"},
	}
	tests := []struct{ name, query, want string }{
		{"the input", `$.a[1]`, `2`},
		{"the whole context", `$$`, `{"Execution":{"Name":"n"}}`},
		{"the context", `$$.Execution.Name`, `"n"`},
		{"the context in brackets", `$$['Execution']['Name']`, `"n"`},
		{"a variable", `$v.b[0].c`, `3`},
		{"a whole variable", `$größe_2`, `"XL"`},
		{"a list of a variable", `$v.b[*].c`, `[3]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := jsonpath.CompileQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := q.Get(own(), e)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, encode(t, got)); diff != "" {
				t.Errorf("Get mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQueryOfAVariableNotSet(t *testing.T) {
	q, err := jsonpath.CompileQuery("$w.a")
	if err != nil {
		t.Fatal(err)
	}
	_, err = q.Get(own(), env{})
	if _, ok := errors.AsType[*jsonpath.MissingError](err); !ok {
		t.Errorf("Get = %v, want a MissingError", err)
	}
	if q.Variable() != "w" || q.Path().String() != "$.a" || q.OfContext() {
		t.Errorf("parts of %s: %q %q %t", q, q.Variable(), q.Path(), q.OfContext())
	}
}

func TestCompileQueryRefuses(t *testing.T) {
	for _, text := range []string{``, `a`, `$1a`, `$a-b.c`, `$$a`, `$$$.a`, `$.`, `$v.`} {
		_, err := jsonpath.CompileQuery(text)
		if wrong, ok := errors.AsType[*jsonpath.PathError](err); !ok || wrong.Path != text {
			t.Errorf("CompileQuery(%q) = %v, want a PathError about it", text, err)
		}
	}
}

type env struct {
	input, context any
	variables      map[string]any
}

func (e env) Input() any        { return e.input }
func (e env) InputText() string { return jsonpath.Shown(e.input) }
func (e env) Context() any      { return e.context }

// own is the budget of one evaluation.
func own() *jsonpath.Budget {
	b := jsonpath.NewBudget(context.Background(), nil)
	return &b
}

func (e env) Variable(name string) (any, bool) {
	v, ok := e.variables[name]
	return v, ok
}

// TestHostilePaths: what would take ages ends in an error.
func TestHostilePaths(t *testing.T) {
	nested := strings.Repeat(`{"a":[`, 40) + strings.Repeat("]}", 40)
	for _, tt := range []struct{ name, path, doc string }{
		{"descent in descent", "$" + strings.Repeat("..*", 20), nested},
	} {
		path, err := jsonpath.Compile(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := path.Get(own(), decode(t, tt.doc))
		if _, ok := errors.AsType[*jsonpath.PathError](err); !ok {
			t.Errorf("%s: Get = %v, %v; want a PathError", tt.name, got, err)
		}
	}
}

// FuzzCompile: whatever compiles can be evaluated, and says the same when it is
// compiled again from its text.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`$`, `$.a['b'][0]`, `$..a[1:]`, `$.a[?(@.b > 1 && !(@.c == x y))]`, `$[?(@.a =~ /x/i || @.b == null)].*`, `$.a[?(!@.b || @.c in ['x'])]`, `$.a[(@.length-1)]`, `$["a","b"][-1]`, `$['\u0041\'']`,
	} {
		f.Add(seed, `{"a":[{"b":2,"c":"x"}],"b":null}`)
	}
	f.Fuzz(func(t *testing.T, text, document string) {
		path, err := jsonpath.Compile(text)
		if err != nil {
			if _, ok := errors.AsType[*jsonpath.PathError](err); !ok {
				t.Fatalf("Compile(%q) = %T", text, err)
			}
			return
		}
		doc, err := jsonpath.Decode([]byte(document))
		if err != nil {
			return
		}
		before := encode(t, doc)
		got := answer(t, text, doc)
		if after := encode(t, doc); after != before {
			t.Fatalf("%q changed %s to %s", text, before, after)
		}
		if again := answer(t, path.String(), doc); again != got {
			t.Fatalf("%q gives %s, compiled again %s", text, got, again)
		}
	})
}

// FuzzGet compares with a slow and obvious walk: names, numbers, wildcards and
// descent by name.
func FuzzGet(f *testing.F) {
	f.Add([]byte{0, 1, 2}, `{"a":{"a":[1,{"b":2}]},"b":[{"a":3}]}`)
	f.Add([]byte{5, 0}, `{"a":{"a":[1,{"b":2}]},"b":[{"a":3}]}`)
	f.Add([]byte{4, 4}, `[[1,2],[3]]`)
	f.Fuzz(func(t *testing.T, steps []byte, document string) {
		doc, err := jsonpath.Decode([]byte(document))
		if err != nil || len(steps) > 4 {
			return
		}
		var plain any
		if json.Unmarshal([]byte(encode(t, doc)), &plain) != nil {
			return // a number beyond doubles
		}
		text, want := "$", []any{plain}
		for _, s := range steps {
			step := []string{".a", "['b']", "[0]", "[(@.length-1)]", "[*]", "..a", ".c", "..b"}[s%8]
			text, want = text+step, walk(want, step)
		}
		path, err := jsonpath.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		value, err := path.Get(own(), doc)
		got := []any{}
		switch {
		case pastEnd(err):
			got = append(got, nil)
		case err == nil && path.Definite():
			got = append(got, value)
		case err == nil:
			got = value.([]any)
		}
		var ours []any
		if err := json.Unmarshal([]byte(encode(t, got)), &ours); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(texts(t, want), texts(t, ours)); diff != "" {
			t.Fatalf("%s of %s (-want +got):\n%s", text, document, diff)
		}
	})
}

func pastEnd(err error) bool {
	missing, ok := errors.AsType[*jsonpath.MissingError](err)
	return ok && missing.PastEnd
}

// walk takes one step from each of values.
func walk(values []any, step string) (next []any) {
	name := strings.Trim(step, ".[]'")
	for _, v := range values {
		object, _ := v.(map[string]any)
		list, _ := v.([]any)
		children := append(slices.Collect(maps.Values(object)), list...)
		named := func(v any) {
			if object, ok := v.(map[string]any); ok {
				if member, ok := object[name]; ok {
					next = append(next, member)
				}
			}
		}
		switch step {
		case "[0]", "[(@.length-1)]":
			switch at := map[bool]int{false: 0, true: len(list) - 1}[step != "[0]"]; {
			case v == nil || list == nil:
			case len(list) == 0:
				next = append(next, nil)
			default:
				next = append(next, list[at])
			}
		case "[*]":
			next = append(next, children...)
		case "..a", "..b":
			named(v)
			next = append(next, walk(children, step)...)
		default:
			named(v)
		}
	}
	return next
}

// texts is each value as JSON, sorted: maps have no order.
func texts(t *testing.T, values []any) []string {
	t.Helper()
	list := []string{}
	for _, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(text))
	}
	slices.Sort(list)
	return list
}
