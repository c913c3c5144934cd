package sgs_test

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/source/sgs"
	"lacuna/internal/span"
)

// BenchmarkParse reads the longest body of a request: ten years.
func BenchmarkParse(b *testing.B) {
	from := span.Date(2016, 1, 1)
	var body strings.Builder
	for i := range 3650 {
		fmt.Fprintf(&body, `,{"data":"%s","valor":"0.052531"}`, (from + span.Day(i)).Time().Format("02/01/2006"))
	}
	text := []byte("[" + strings.TrimPrefix(body.String(), ",") + "]")
	asked := span.Span{From: from, To: from + 3649}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if answer, err := sgs.Parse(text, sell, asked); err != nil || len(answer.Observations) != 3650 {
			b.Fatal(len(answer.Observations), err)
		}
	}
}
