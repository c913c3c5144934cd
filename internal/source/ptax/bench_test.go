package ptax_test

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/source/ptax"
	"lacuna/internal/span"
)

// BenchmarkParse reads the longest body of a request: ten years.
func BenchmarkParse(b *testing.B) {
	from := span.Date(2016, 1, 1)
	var body strings.Builder
	for i := range 3650 {
		fmt.Fprintf(&body, `,{"paridadeCompra":1.00000,"paridadeVenda":1.00000,"cotacaoCompra":5.19950,"cotacaoVenda":5.20010,"dataHoraCotacao":"%s 13:09:26.433","tipoBoletim":"Fechamento"}`, from+span.Day(i))
	}
	text := []byte(`{"@odata.context":"x","value":[` + strings.TrimPrefix(body.String(), ",") + "]}")
	asked := span.Span{From: from, To: from + 3649}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if answer, err := ptax.Parse(text, usd, asked); err != nil || len(answer.Observations) != 3650 {
			b.Fatal(len(answer.Observations), err)
		}
	}
}
