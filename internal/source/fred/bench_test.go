package fred_test

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/source/fred"
	"lacuna/internal/span"
)

// BenchmarkParse reads the longest body of a request: ten years.
func BenchmarkParse(b *testing.B) {
	from := span.Date(2016, 1, 1)
	var body strings.Builder
	for i := range 3650 {
		fmt.Fprintf(&body, "%s,49.88\n", from+span.Day(i))
	}
	text := []byte("observation_date,DCOILBRENTEU\n" + strings.TrimPrefix(body.String(), "") + "")
	asked := span.Span{From: from, To: from + 3649}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if answer, err := fred.Parse(text, brent, asked); err != nil || len(answer.Observations) != 3650 {
			b.Fatal(len(answer.Observations), err)
		}
	}
}
