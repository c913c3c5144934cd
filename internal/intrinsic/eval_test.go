package intrinsic_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"lacuna/internal/intrinsic"
	"lacuna/internal/jsonpath"

	"github.com/google/go-cmp/cmp"
)

const input = `{"a":{"b":[1,2.0,{"c":null}]},"s":"x,y;z","n":null,"t":"{} is {}","empty":"","neg":-1.5,` +
	`"list":[3,1,3,1.0,"3",{"p":1,"q":2},{"q":2,"p":1},"{\"p\":1,\"q\":2}"],"o":{"z":1,"a":{"x":1}},"p":{"a":{"y":2},"b":3},` +
	`"json":"{\"b\":[1, 2],\"a\":1.50}","odd key":7}`

type env struct{ input any }

func (e env) Input() any        { return e.input }
func (e env) InputText() string { return jsonpath.Shown(e.input) }
func (e env) Context() any {
	return (&jsonpath.Object{}).With("Name", "run-1")
}
func (e env) Variable(name string) (any, bool) { return int64(5), name == "five" }

func newEnv(t testing.TB) env {
	t.Helper()
	doc, err := jsonpath.Decode([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return env{input: doc}
}

func TestEval(t *testing.T) {
	tests := []struct{ name, call, want string }{
		{"no items", `States.Array()`, `[]`},
		{"items of all kinds", `States.Array('a', 1, -2.50, 1e3, true, null, $.o, $$.Name, $five)`, `["a",1,-2.5,1000.0,true,null,{"z":1,"a":{"x":1}},"run-1",5]`},
		{"a list inside a list", `States.Array($.a.b[*])`, `[[1,2.0,{"c":null}]]`},
		{"nothing found by a wildcard", `States.Array($.none[*].x)`, `[[]]`},
		{"blanks and line breaks between arguments", " States.Array ( 1 ,\n2 ) ", `[1,2]`},
		{"commas and parentheses inside a path", `States.Array($.list[?(@.p == 1)], $['odd key'], $['a','n'])`, `[[{"p":1,"q":2},{"q":2,"p":1}],7,{"a":{"b":[1,2.0,{"c":null}]},"n":null}]`},
		{"a parenthesis in quotes inside a path", `States.Array($.list[?(@ == ')')], 1)`, `[[],1]`},

		{"format with literals", `States.Format('{}-{}', 'a', 1.0)`, `"a-1.0"`},
		{"format as Java shows values", `States.Format('{} {} {}', $.a, $.n, true)`, `"{b=[1, 2.0, {c=null}]} null true"`},
		{"format with a template from the input", `States.Format($.t, $$.Name, $five)`, `"run-1 is 5"`},
		{"format with escapes", `States.Format('\{\}{}\'\\', 'x')`, `"{}x'\\"`},
		{"format with lone braces", `States.Format('a{ }b')`, `"a{ }b"`},
		{"format without places", `States.Format('plain')`, `"plain"`},
		{"braces in any other text", `States.Array('{}', '\{\}')`, `["{}","{}"]`},
		{"braces in a value", `States.Format('{}', '{}')`, `"{}"`},

		{"text to JSON", `States.StringToJson($.json)`, `{"b":[1,2],"a":1.5}`},
		{"empty text to JSON", `States.StringToJson($.empty)`, `null`},
		{"blank text to JSON", `States.StringToJson('  ')`, `null`},
		{"JSON to text", `States.JsonToString($.a)`, `"{\"b\":[1,2.0,{\"c\":null}]}"`},
		{"a text to text", `States.JsonToString($.s)`, `"\"x,y;z\""`},
		{"merge keeps places and is shallow", `States.JsonMerge($.o, $.p, false)`, `{"z":1,"a":{"y":2},"b":3}`},

		{"contains", `States.ArrayContains($.list, 3)`, `true`},
		{"contains an equal object", `States.ArrayContains($.list, $.list[6])`, `true`},
		{"does not contain a number as text", `States.ArrayContains($.a.b, '1')`, `false`},
		{"does not contain a double as whole number", `States.ArrayContains($.a.b, 2)`, `false`},
		{"an item", `States.ArrayGetItem($.list, 0)`, `3`},
		{"an item after a filter", `States.ArrayGetItem($.list[?(@.p)], 1)`, `{"q":2,"p":1}`},
		{"length", `States.ArrayLength($.list)`, `8`},
		{"unique keeps the first", `States.ArrayUnique($.list)`, `[3,1,1.0,"3",{"p":1,"q":2},"{\"p\":1,\"q\":2}"]`},
		{"partition", `States.ArrayPartition($.list, 3)`, `[[3,1,3],[1.0,"3",{"p":1,"q":2}],[{"q":2,"p":1},"{\"p\":1,\"q\":2}"]]`},
		{"partition with a rounded size", `States.ArrayPartition(States.Array(1,2,3), 1.5)`, `[[1,2],[3]]`},
		{"partition of nothing", `States.ArrayPartition(States.Array(), 2)`, `[]`},
		{"range with both ends", `States.ArrayRange(1, 9, 2)`, `[1,3,5,7,9]`},
		{"range that misses its end", `States.ArrayRange(0, 9, 4)`, `[0,4,8]`},
		{"range downwards", `States.ArrayRange(2, -2, -2)`, `[2,0,-2]`},
		{"range the wrong way", `States.ArrayRange(1, 0, 1)`, `[]`},
		{"range of one", `States.ArrayRange(1, 1, 5)`, `[1]`},
		{"range of rounded numbers", `States.ArrayRange(0.5, 2.4, 1)`, `[1,2]`},
		{"range of large numbers", `States.ArrayRange(9223372036854775806, 9223372036854775807, 1)`, `[9223372036854775806,9223372036854775807]`},

		{"Base64", `States.Base64Encode('Data to encode é')`, `"RGF0YSB0byBlbmNvZGUgw6k="`},
		{"Base64 back", `States.Base64Decode('RGF0YSB0byBlbmNvZGUgw6k=')`, `"Data to encode é"`},
		{"Base64 back without padding", `States.Base64Decode('YQ')`, `"a"`},
		{"MD5", `States.Hash('input data', 'MD5')`, `"812f45842bc6d66ee14572ce20db8e86"`},
		{"SHA-1", `States.Hash('input data', 'SHA-1')`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{"SHA-256", `States.Hash('', 'SHA-256')`, `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`},
		{"SHA-384", `States.Hash('', 'SHA-384')`, `"38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"`},
		{"SHA-512", `States.Hash('', 'SHA-512')`, `"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"`},

		{"add", `States.MathAdd(111, -1)`, `110`},
		{"add rounds half up, each number by itself", `States.Array(States.MathAdd(-1.5, 0), States.MathAdd(2.5, 0), States.MathAdd(1.5, 1.5), States.MathAdd($.neg, 0.49999999999999994))`, `[-1,3,4,-1]`},
		{"random of one", `States.MathRandom(7, 8)`, `7`},
		{"random with a seed, as java.util.Random draws", `States.Array(States.MathRandom(0, 10, 0), States.MathRandom(1, 10, 42), States.MathRandom(0, 16, -7), States.MathRandom(0, 1073741825, 123456789012))`, `[0,9,4,29712462]`},

		{"split", `States.StringSplit('1,2,3', ',')`, `["1","2","3"]`},
		{"split at each of several characters", `States.StringSplit($.s, ';,')`, `["x","y","z"]`},
		{"split drops empty parts", `States.StringSplit(',a,,b,', ',')`, `["a","b"]`},
		{"split of delimiters only", `States.StringSplit(',,,', ',')`, `[]`},
		{"split at nothing", `States.StringSplit('abc', '')`, `["abc"]`},

		{"nesting", `States.Format('{}', States.ArrayLength(States.StringSplit('a b', ' ')))`, `"2"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEnv(t)
			got, err := parse(t, tt.call).Eval(own(), e)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, encode(t, got)); diff != "" {
				t.Errorf("%s mismatch (-want +got):\n%s", tt.call, diff)
			}
			if diff := cmp.Diff(encode(t, newEnv(t).input), encode(t, e.input)); diff != "" {
				t.Errorf("%s changed its input (-before +after):\n%s", tt.call, diff)
			}
		})
	}
}

func TestEvalFails(t *testing.T) {
	missing := func(path string) string {
		return "The JsonPath argument for the field '" + path + "' could not be found in the input '" + input + "'"
	}
	tests := []struct{ name, call, want string }{
		{"a path that finds nothing", `States.Format('{}', $.x.y)`, missing("$.x.y")},
		{"a path into the context that finds nothing", `States.Array($$.X)`, `The JsonPath argument for the field '$$.X' could not be found in the input '{"Name":"run-1"}'`},
		{"a missing path in a nested call", `States.Array(States.ArrayLength($.x))`, missing("$.x")},
		{"too few values for a template", `States.Format('{} {}', 1)`, `1 arguments for 2 occurrences of {}`},
		{"too many values for a template", `States.Format('{}', 1, 2)`, `2 arguments for 1 occurrences of {}`},
		{"a template that is no text", `States.Format($.a)`, `the first argument must be a string, not object`},
		{"text that is not JSON", `States.StringToJson($.s)`, `argument 1 is not JSON: expected a JSON value at offset 0`},
		{"a number for a text", `States.StringToJson(1)`, `argument 1 must be of type string, not number`},
		{"an object for an array", `States.ArrayLength($.a)`, `argument 1 must be of type array, not object`},
		{"null for a number", `States.MathAdd(1, $.n)`, `argument 2 must be of type number, not null`},
		{"an index beyond the array", `States.ArrayGetItem($.a.b, 3)`, `index 3 is outside an array of 3 items`},
		{"a negative index", `States.ArrayGetItem($.a.b, -1)`, `index -1 is outside an array of 3 items`},
		{"chunks of nothing", `States.ArrayPartition($.a.b, 0)`, `the chunk size must be positive, not 0`},
		{"a step of nothing", `States.ArrayRange(1, 2, 0.2)`, `the step must not be 0`},
		{"a range of 1001 items", `States.ArrayRange(0, 1000, 1)`, `the array would have more than 1000 items`},
		{"the widest range", `States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)`, `the array would have more than 1000 items`},
		{"a sum beyond 64 bits", `States.MathAdd(9223372036854775807, 1)`, `the sum is out of range`},
		{"a number beyond 64 bits", `States.MathAdd(1e30, 1)`, `argument 1 is out of range`},
		{"a random number from nothing", `States.MathRandom(3, 3)`, `the start 3 must be less than the end 3`},
		{"deep merging", `States.JsonMerge($.o, $.p, true)`, `deep merging is not supported: the third argument must be false`},
		{"merging an array", `States.JsonMerge($.o, $.list, false)`, `argument 2 must be of type object, not array`},
		{"an unknown hash", `States.Hash('a', 'sha-1')`, `unknown algorithm "sha-1": it must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512`},
		{"bad Base64", `States.Base64Decode('a')`, `argument 1 is not Base64: illegal base64 data at input byte 0`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEnv(t)
			got, err := parse(t, tt.call).Eval(own(), e)
			if _, ok := errors.AsType[*intrinsic.Error](err); !ok {
				t.Fatalf("%s = %v, %v, want an Error", tt.call, got, err)
			}
			want := "The function '" + tt.call + "' had the following error: " + tt.want
			if diff := cmp.Diff(want, err.Error()); diff != "" {
				t.Errorf("%s mismatch (-want +got):\n%s", tt.call, diff)
			}
		})
	}
}

func TestLimitOfTexts(t *testing.T) {
	within, beyond := strings.Repeat("a", 10_000), strings.Repeat("a", 10_001)
	for _, call := range []string{`States.Base64Encode($)`, `States.Base64Decode($)`, `States.Hash($, 'MD5')`} {
		c := parse(t, call)
		if _, err := c.Eval(own(), env{input: within}); err != nil {
			t.Errorf("%s of 10,000 characters: %v", call, err)
		}
		if _, err := c.Eval(own(), env{input: beyond}); err == nil || !strings.Contains(err.Error(), "more than 10000 characters") {
			t.Errorf("%s of 10,001 characters: %v", call, err)
		}
	}
}

func TestUUID(t *testing.T) {
	c := parse(t, `States.UUID()`)
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[any]bool{}
	for range 100 {
		id, err := c.Eval(own(), env{})
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(id.(string)) || seen[id] {
			t.Fatalf("UUID gives %v", id)
		}
		seen[id] = true
	}
}

func TestRandomStaysInRange(t *testing.T) {
	c := parse(t, `States.MathRandom(-2, 2)`)
	seen := map[int64]bool{}
	for range 1000 {
		n, err := c.Eval(own(), env{})
		if err != nil {
			t.Fatal(err)
		}
		seen[n.(int64)] = true
	}
	want := map[int64]bool{-2: true, -1: true, 0: true, 1: true}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("numbers drawn (-want +got):\n%s", diff)
	}
}

func parse(t testing.TB, text string) *intrinsic.Call {
	t.Helper()
	c, err := intrinsic.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := jsonpath.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// own is the budget of one evaluation.
func own() *jsonpath.Budget {
	b := jsonpath.NewBudget(context.Background(), nil)
	return &b
}

func BenchmarkEval(b *testing.B) {
	e := newEnv(b)
	for _, text := range []string{`States.Format('{} of {}', $.s, $$.Name)`, `States.MathAdd($.neg, 1)`, `States.ArrayGetItem($.list, 0)`, `States.JsonToString($.a)`} {
		c := parse(b, text)
		name, _, _ := strings.Cut(text, "(")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Eval(own(), e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
