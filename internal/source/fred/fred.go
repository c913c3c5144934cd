// Package fred asks the Federal Reserve Bank of St. Louis for series of its
// database FRED, such as the price of Brent oil. Which days a series has is not
// its business; a day without a value is just not in its answer.
//
// Source: fredgraph.csv, the data behind a graph of FRED. It needs no key; it is
// not a promised interface.
package fred

import (
	"context"
	"net/url"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// DefaultURL is the service's address, up to and including the path prefix.
const DefaultURL = "https://fred.stlouisfed.org/graph"

// maxBody bounds a body, in bytes: a hundred years have 0.7 MB.
const maxBody = 4 << 20

// Source is a source.Source. Use New.
type Source struct{ client *source.Client }

// New returns the source that asks through client.
func New(client *source.Client) *Source { return &Source{client.Within(maxBody)} }

// Fetch implements source.Source with one HTTP request for one series, whose
// Code is its id in FRED such as DCOILBRENTEU and which has one field. An id
// that FRED does not have is answered with a page, so it is Unavailable.
func (s *Source) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	if len(r.Series) != 1 || len(r.Series[0].Fields) != 1 {
		return source.Answer{}, fault.New(fault.Rejected, "fred: a request is for one series with one field")
	}
	series := r.Series[0]
	return s.client.Ask(ctx, r, "fred "+series.Code, path(series.Code, r.Span), source.Response.Refused, func(response source.Response) (source.Answer, error) {
		return Parse(response.Body, series, r.Span)
	})
}

func path(code string, s span.Span) string {
	return "/fredgraph.csv?id=" + url.QueryEscape(code) + "&cosd=" + s.From.String() + "&coed=" + s.To.String()
}
