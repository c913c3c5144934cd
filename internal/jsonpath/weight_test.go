package jsonpath_test

import (
	"runtime"
	"strings"
	"testing"

	"lacuna/internal/jsonpath"
)

// TestWeight compares the weight of texts, and of their values, with what the values take.
func TestWeight(t *testing.T) {
	const size = 250_000
	many := func(item string) string {
		n := size / (len(item) + 1)
		return "[" + strings.Repeat(item+",", n-1) + item + "]"
	}
	wide := &strings.Builder{}
	for i := 0; wide.Len() < size; i++ {
		wide.WriteString(`,"` + strings.Repeat(string(rune('a'+i%26)), 1+i%7) + strings.Repeat("x", i/26%200) + `":"v"`)
	}
	tests := []struct{ name, text string }{
		{"numbers", many("0")},
		{"large numbers", many("1234567")},
		{"fractions", many("1.5")},
		{"numbers that are text", many("1e999")},
		{"empty arrays", many("[]")},
		{"empty objects", many("{}")},
		{"small objects", many(`{"":0}`)},
		{"objects of texts", many(`{"a":"b","c":"d"}`)},
		{"texts", many(`"a"`)},
		{"empty texts", many(`""`)},
		{"depth", strings.Repeat(`[`, 999) + strings.Repeat(`]`, 999)},
		{"deep objects", many(strings.Repeat(`{"":`, 900) + "0" + strings.Repeat(`}`, 900))},
		{"one wide object", "{" + wide.String()[1:] + "}"},
		{"one text", `"` + strings.Repeat("x", size) + `"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const copies = 8
			values := make([]any, copies)
			before := inUse()
			for i := range values {
				var err error
				if values[i], err = jsonpath.Decode([]byte(tt.text)); err != nil {
					t.Fatal(err)
				}
			}
			took := (inUse() - before) / copies
			runtime.KeepAlive(values)
			weight, of := jsonpath.Weight(tt.text), jsonpath.WeightOf(values[0])
			t.Logf("%d bytes of text take %d bytes, weight %d, %d of the value", len(tt.text), took, weight, of)
			took -= took / 8 // the race detector makes small texts larger
			if took > weight {
				t.Errorf("the value takes %d bytes, more than its weight %d", took, weight)
			}
			if took > of {
				t.Errorf("the value takes %d bytes, more than its weight %d", took, of)
			}
			factor := int64(3)
			if strings.HasPrefix(tt.name, "empty") { // which are shared, and only Decode knows
				factor = 8
			}
			if most := factor*took + 10_000; weight > most {
				t.Errorf("weight %d, want at most %d", weight, most)
			}
		})
	}
}

// inUse is the heap after two collections, in bytes.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
