package jsonpath_test

import (
	"fmt"
	"testing"

	"lacuna/internal/jsonpath"
)

const sample = `{"run":"2026-01-05T06:00:00Z","as_of":"2026-01-05","work":{"series":[{"key":"CURRENCY#USD","gaps":["2024-01-05/2024-01-09"]},{"key":"CURRENCY#EUR","gaps":[]}],"streams":[{"id":"bcb-ptax-001","days":3}]},"rate":1.5,"ok":true}`

func BenchmarkGet(b *testing.B) {
	doc := decode(b, sample)
	for _, text := range []string{`$.work.streams[0].id`, `$.work.series[*].key`, `$.work.series[?(@.key == 'CURRENCY#EUR')]`, `$..days`} {
		path, err := jsonpath.Compile(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := path.Get(own(), doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	doc := decode(b, sample)
	r, err := jsonpath.CompileReference(`$.work.streams`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Set(doc, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(sample)))
	for b.Loop() {
		decode(b, sample)
	}
}

func BenchmarkEncode(b *testing.B) {
	doc := decode(b, sample)
	b.ReportAllocs()
	b.SetBytes(int64(len(sample)))
	for b.Loop() {
		encode(b, doc)
	}
}

// BenchmarkMember is what scanLimit rests on.
func BenchmarkMember(b *testing.B) {
	for _, n := range []int{4, 8, 9, 16} {
		o := &jsonpath.Object{}
		for i := range n {
			o.Set(fmt.Sprintf("member_%d", i), i)
		}
		key := fmt.Sprintf("member_%d", n-1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				o.Get(key)
			}
		})
	}
}
