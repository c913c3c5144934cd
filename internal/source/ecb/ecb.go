// Package ecb asks the European Central Bank for its euro reference rates: how
// much of a currency a euro is worth. Which days have a rate is not its
// business; a day without one is just not in its answer.
//
// Source: ECB Data Portal, SDMX dataflow EXR, as CSV.
package ecb

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// DefaultURL is the service's address, up to and including the path prefix.
const DefaultURL = "https://data-api.ecb.europa.eu/service/data"

// maxBody bounds a body, in bytes: ten years of forty currencies have 6 MB.
const maxBody = 20 << 20

// Source is a source.Source. Use New.
type Source struct{ client *source.Client }

// New returns the source that asks through client.
func New(client *source.Client) *Source { return &Source{client.Within(maxBody)} }

// Fetch implements source.Source with one HTTP request for any number of
// series, whose Codes are currencies such as BRL and which have one field
// each: units of the currency per euro.
func (s *Source) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	if len(r.Series) == 0 { // no code at all would mean every currency
		return source.Answer{}, fault.New(fault.Rejected, "ecb: no series in the request")
	}
	codes := make([]string, len(r.Series))
	for i, series := range r.Series {
		if len(series.Fields) != 1 {
			return source.Answer{}, fault.New(fault.Rejected, "ecb: %s has %d fields, want 1", series.Key, len(series.Fields))
		}
		codes[i] = url.PathEscape(series.Code)
	}
	return s.client.Ask(ctx, r, "ecb "+strings.Join(codes, "+"), path(codes, r.Span), refused, func(response source.Response) (source.Answer, error) {
		return Parse(response.Body, r.Series, r.Span)
	})
}

func path(codes []string, s span.Span) string {
	return "/EXR/D." + strings.Join(codes, "+") + ".EUR.SP00.A?startPeriod=" + s.From.String() +
		"&endPeriod=" + s.To.String() + "&format=csvdata&detail=dataonly"
}

// refused names a refusal. The service has at times answered 404 for series
// that exist, so that is no proof of a wrong code, and no empty answer either.
func refused(r source.Response, err error) error {
	if err == nil && r.Status == http.StatusNotFound && bytes.Contains(r.Body, []byte("No results found")) {
		return fault.New(fault.Unavailable, "status 404: the series does not exist, or the service has lost it for now")
	}
	return r.Refused(err)
}
