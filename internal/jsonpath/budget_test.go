package jsonpath_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"lacuna/internal/jsonpath"
)

func TestBudget(t *testing.T) {
	b := jsonpath.NewBudget(t.Context(), nil)
	for range jsonpath.MaxSteps {
		if err := b.Spend(1); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // an end is an end
		if err := b.Spend(1); !errors.Is(err, jsonpath.ErrTooManySteps) {
			t.Errorf("Spend = %v after MaxSteps", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	b = jsonpath.NewBudget(ctx, nil)
	cancel()
	if err := b.Spend(10_000); !errors.Is(err, context.Canceled) {
		t.Errorf("Spend = %v after the end of the context", err)
	}
	var total atomic.Int64
	total.Store(100_000)
	for range 9 {
		b := jsonpath.NewBudget(t.Context(), &total)
		if err := b.Spend(10_000); err != nil {
			t.Fatal(err)
		}
	}
	last := jsonpath.NewBudget(t.Context(), &total)
	if err := last.Spend(20_000); !errors.Is(err, jsonpath.ErrTooManySteps) {
		t.Errorf("Spend = %v beyond the total", err)
	}
}

// small is a budget of some 4,000 steps.
func small(t *testing.T) *jsonpath.Budget {
	var total atomic.Int64
	total.Store(1)
	b := jsonpath.NewBudget(t.Context(), &total)
	return &b
}

// TestPathsSpend: whatever a path does again and again is paid for.
func TestPathsSpend(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, 200) }
	objects := `[` + many(`{"a":1,"t":"`+strings.Repeat("x", 100)+`"},`) + `0]`
	tests := []struct{ name, path, doc string }{
		{"descents", "$..*..*", many("[") + many("]")},
		{"a slice before the list", "$[-2147483648:0]", "[1]"},
		{"indexes", "$[*][" + many("0,") + "0]", "[" + many("[1],") + "[1]]"},
		{"names", "$[*][" + many("'z',") + "'z'].a", objects},
		{"names that are merged", "$[*][" + many("'a',") + "'a']", objects},
		{"conditions", "$[?(" + many("@.z||") + "@.z)]", objects},
		{"conditions that know nothing", "$[?(" + many("@.z=~1||") + "@.z)]", objects},
		{"conditions without a path", "$[?(" + many("1==1&&") + "@.z)]", objects},
		{"long texts", "$[?(@.t==" + strings.Repeat("x", 2000) + ")]", objects},
		{"long numbers", "$[?(@.a==1" + strings.Repeat("0", 2000) + ")]", objects},
		{"the names of a definite path", "$[" + many("'a','b','c','d','e','f','g','h','i',") + "'z']", "{}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := jsonpath.Compile(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			doc := decode(t, tt.doc)
			if _, err := p.Get(small(t), doc); !errors.Is(err, jsonpath.ErrTooManySteps) {
				t.Errorf("Get = %v, want ErrTooManySteps", err)
			}
		})
	}
}

func TestLongPathsAreRefused(t *testing.T) {
	for path, taken := range map[string]bool{
		"$" + strings.Repeat(".a", 1000):          true,
		"$" + strings.Repeat(".a", 1001):          false,
		"$[?(@.a[?(@.b)])]":                       false,
		strings.Repeat("$[?(@", 10_000):           false,
		"$[?(" + strings.Repeat("(", 10_000) + "": false,
	} {
		if _, err := jsonpath.Compile(path); (err == nil) != taken {
			t.Errorf("Compile of %.40q: %v", path, err)
		} else if err != nil && len(err.Error()) > 3000 {
			t.Errorf("Compile of %.40q: an error of %d bytes", path, len(err.Error()))
		}
	}
}

func TestEqualSpends(t *testing.T) {
	one := decode(t, "["+strings.Repeat("0,", 20_000)+"0]")
	if _, err := small(t).Equal(one, one); !errors.Is(err, jsonpath.ErrTooManySteps) {
		t.Errorf("Equal = %v, want ErrTooManySteps", err)
	}
}

func TestTextsAreBounded(t *testing.T) {
	doc := any(strings.Repeat("x", 1000))
	for range 20 {
		doc = []any{doc, doc}
	}
	if _, err := jsonpath.Encode(doc); !errors.Is(err, jsonpath.ErrTooLarge) {
		t.Errorf("Encode = %v, want ErrTooLarge", err)
	}
	if n := len(jsonpath.JavaString(doc)); n != jsonpath.MaxText {
		t.Errorf("JavaString has %d bytes", n)
	}
	if s := jsonpath.Shown(doc); len(s) > 100 {
		t.Errorf("Shown has %d bytes", len(s))
	}
	if _, err := jsonpath.EncodeUpTo(5, "abcd"); !errors.Is(err, jsonpath.ErrTooLarge) {
		t.Errorf("EncodeUpTo = %v, want ErrTooLarge", err)
	}
	deep := any(nil)
	for range 1001 {
		deep = (&jsonpath.Object{}).With("a", deep)
	}
	if _, err := jsonpath.Encode(deep); !errors.Is(err, jsonpath.ErrTooDeep) {
		t.Errorf("Encode = %v, want ErrTooDeep", err)
	}
	inner, _ := deep.(*jsonpath.Object).Get("a")
	if _, err := jsonpath.Encode(inner); err != nil {
		t.Errorf("Encode of 1000 levels: %v", err)
	}
}

func TestEncodeSorted(t *testing.T) {
	got, err := jsonpath.EncodeSorted(decode(t, `{"b":[{"d":1,"c":2}],"a":{}}`))
	if want := `{"a":{},"b":[{"c":2,"d":1}]}`; err != nil || string(got) != want {
		t.Errorf("EncodeSorted = %s, %v, want %s", got, err, want)
	}
}

func TestCheck(t *testing.T) {
	for _, text := range []string{``, `{"a":[1,{},[]]}`, `{"a":1,}`, `[1,]`, `[,]`, `{} 1`, `[1 2]`, "[" + strings.Repeat("0,", 1<<20) + "0]", strings.Repeat("[", 1001) + strings.Repeat("]", 1001)} {
		_, decoded := jsonpath.Decode([]byte(text))
		checked := jsonpath.Check([]byte(text))
		if (decoded == nil) != (checked == nil) || decoded != nil && decoded.Error() != checked.Error() {
			t.Errorf("Check of %.40q = %v, Decode %v", text, checked, decoded)
		}
	}
	if err := jsonpath.Check([]byte("[" + strings.Repeat("0,", 1<<20) + "0]")); err == nil || !strings.Contains(err.Error(), "too many values") {
		t.Errorf("Check of more than a million values: %v", err)
	}
}
