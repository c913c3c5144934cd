package declared

import (
	"context"
	"net/http"
	"testing"

	"lacuna/internal/catalogue"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// A body that was read whole says all that it says, though the work was told to end meanwhile.
func TestABodyThatIsReadAsTheWorkEnds(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", []byte(`
version: 1
sources:
  bank: {kind: http-csv, url: "https://bank.example/x?from={from}&to={to}", day: d, values: {value: "{code}"}, max_series: 2}
series:
- {key: A, title: a, unit: u, source: bank, code: USD, fields: [value], calendar: daily, cadence: daily, since: 2024-01-01}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	of, _ := c.Source("bank")
	asked := span.Span{From: span.Date(2024, 1, 2), To: span.Date(2024, 1, 5)}
	series := func(code string) source.Series {
		return source.Series{Key: code, Code: code, Fields: []string{"value"}}
	}
	f := newFetch(&Source{of: of, spec: of.Declared}, source.Request{Series: []source.Series{series("USD"), series("EUR")}, Span: asked})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.page(asked).take(ctx, source.Response{Status: http.StatusOK, Body: []byte("d,USD\n2024-01-02,1.5\n")}, false)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := f.answer()
	if err != nil || len(answer.Observations) != 1 || answer.Failed["EUR"] == nil {
		t.Errorf("error %v, answer %+v; want EUR to have failed", err, answer)
	}
}
