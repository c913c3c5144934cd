package intrinsic_test

import (
	"errors"
	"strings"
	"testing"

	"lacuna/internal/intrinsic"

	"github.com/google/go-cmp/cmp"
)

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		offset     int
		msg        string
	}{
		{"nothing", ``, 0, `unknown function`},
		{"an unknown function", `States.Foo(1)`, 0, `unknown function`},
		{"another case", `States.uuid()`, 0, `unknown function`},
		{"no parentheses", `States.UUID`, 11, `expected '('`},
		{"an open parenthesis", `States.UUID(`, 12, `expected a path, a call, a number, true, false, null or a text in single quotes`},
		{"text behind", `States.UUID() x`, 14, `text after the call`},
		{"a path into the result", `States.StringSplit('a','b')[0]`, 27, `text after the call`},
		{"too many arguments", `States.UUID(1)`, 14, `wrong number of arguments, 1, for States.UUID`},
		{"too few arguments", `States.ArrayRange(1, 2)`, 23, `wrong number of arguments, 2, for States.ArrayRange`},
		{"no template", `States.Format()`, 15, `wrong number of arguments, 0, for States.Format`},
		{"a comma at the end", `States.Array(1,)`, 15, `expected a path, a call, a number, true, false, null or a text in single quotes`},
		{"two values without a comma", `States.Array(1 2)`, 15, `expected ',' or ')'`},
		{"double quotes", `States.Array("a")`, 13, `expected a path, a call, a number, true, false, null or a text in single quotes`},
		{"a JSON array", `States.Array([])`, 13, `expected a path, a call, a number, true, false, null or a text in single quotes`},
		{"an open text", `States.Array('a)`, 16, `expected a closing '`},
		{"an unknown escape", `States.Array('a\n')`, 16, `a backslash stands before ', {, } or \ only`},
		{"a bad path", `States.Array(1, $.a[)`, 16, `invalid path "$.a[)": expected a quote, a number, '*' or '?' at position 4`},
		{"a nested mistake", `States.Array(States.Foo())`, 13, `unknown function`},
		{"eleven calls inside each other", nested(11), 130, `more than 10 calls inside each other`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := intrinsic.Parse(tt.text)
			want := &intrinsic.ParseError{Text: tt.text, Offset: tt.offset, Msg: tt.msg}
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Errorf("Parse mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func nested(n int) string {
	return strings.Repeat("States.Array(", n) + strings.Repeat(")", n)
}

func TestTenCallsInsideEachOther(t *testing.T) {
	got, err := parse(t, nested(10)).Eval(own(), env{})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("[", 10) + strings.Repeat("]", 10); encode(t, got) != want {
		t.Errorf("Eval = %s, want %s", encode(t, got), want)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`States.Format('{} \{\} \'', $.a)`, `States.Array(1, null, States.UUID(), $$.Name, $five)`, `States.MathAdd($.neg, 1e300)`,
		`States.ArrayRange(-9223372036854775808, 1, 1)`, `States.StringToJson('[')`, `States.MathRandom(0, 9223372036854775807)`,
		`States.ArrayPartition($.list, 2)`, `States.Base64Decode('é')`, `States.ArrayUnique($.list[?(@ in [1, ')'])])`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := intrinsic.Parse(text)
		if err != nil {
			wrong, ok := errors.AsType[*intrinsic.ParseError](err)
			if !ok || wrong.Offset < 0 || wrong.Offset > len(text) {
				t.Fatalf("Parse(%q) = %T %v", text, err, err)
			}
			return
		}
		got, err := c.Eval(own(), newEnv(t))
		if err != nil {
			if _, ok := errors.AsType[*intrinsic.Error](err); !ok {
				t.Fatalf("%q = %T %v", text, err, err)
			}
			return
		}
		encode(t, got) // fails for a value that is no document
	})
}

// FuzzText: a text with its special characters escaped means itself, in a template
// as anywhere else.
func FuzzText(f *testing.F) {
	for _, seed := range []string{``, `{}`, `a'b\c`, `\{`, `,)(`, "é\n"} {
		f.Add(seed)
	}
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`, `{`, `\{`, `}`, `\}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, call := range []string{"States.Format('" + escape.Replace(text) + "')", "States.Format('{}', '" + escape.Replace(text) + "')"} {
			got, err := parse(t, call).Eval(own(), env{})
			if err != nil || got != text {
				t.Fatalf("%s = %q, %v", call, got, err)
			}
		}
	})
}
