// Package ptax asks the Banco Central do Brasil for PTAX closing rates: what a
// unit of a foreign currency costs in Brazilian reais. It knows nothing of
// business days; a day the bank has no closing for is just not in its answer.
//
// Source: Olinda, PTAX service, resource CotacaoMoedaPeriodo.
package ptax

import (
	"bytes"
	"context"
	"net/url"
	"slices"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// DefaultURL is the service's address, up to and including the path prefix.
const DefaultURL = "https://olinda.bcb.gov.br/olinda/servico/PTAX/versao/v1/odata"

// currencies are the ones the service has, by its resource Moedas.
var currencies = []string{"AUD", "CAD", "CHF", "DKK", "EUR", "GBP", "JPY", "NOK", "SEK", "USD"}

// maxBody bounds a body, in bytes: ten years of closings have 0.5 MB, all days since 1984 2 MB.
const maxBody = 8 << 20

// Source is a source.Source. Use New.
type Source struct{ client *source.Client }

// New returns the source that asks through client.
func New(client *source.Client) *Source { return &Source{client.Within(maxBody)} }

// Fetch implements source.Source with one HTTP request for one series, whose
// Code is a currency such as USD and whose Fields are among buy and sell.
// Values are in reais per unit of the currency.
func (s *Source) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	if len(r.Series) != 1 {
		return source.Answer{}, fault.New(fault.Rejected, "ptax: %d series in a request, want 1", len(r.Series))
	}
	series := r.Series[0]
	for _, field := range series.Fields {
		if field != "buy" && field != "sell" {
			return source.Answer{}, fault.New(fault.Rejected, "ptax has no field %q: only buy and sell", field)
		}
	}
	refused := func(response source.Response, err error) error {
		err = response.Refused(err)
		// An unknown currency is answered like a breakdown: 500 and JSON in a comment.
		if err != nil && bytes.HasPrefix(response.Body, []byte("/*")) && !slices.Contains(currencies, series.Code) {
			return fault.New(fault.Rejected, "currency %s: status %d, as for one the service does not have", series.Code, response.Status)
		}
		return err
	}
	return s.client.Ask(ctx, r, "ptax "+series.Code, path(series.Code, r.Span), refused, func(response source.Response) (source.Answer, error) {
		return Parse(response.Body, series, r.Span)
	})
}

// path names the resource. Its dates are MM-DD-YYYY, and the label of a
// closing is another one in the resource for a single day: a filter on the
// wrong label is answered with an empty list.
func path(currency string, s span.Span) string {
	const american = "01-02-2006"
	return "/CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)" +
		"?@moeda='" + url.QueryEscape(currency) +
		"'&@dataInicial='" + s.From.Time().Format(american) +
		"'&@dataFinalCotacao='" + s.To.Time().Format(american) +
		"'&$filter=tipoBoletim%20eq%20'Fechamento'&$format=json"
}
