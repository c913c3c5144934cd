// Package sgs asks the Banco Central do Brasil for series of its SGS, the time
// series system: rates of exchange and interest, price indices. Which days a
// series has is not its business; a day without a value is just not in its
// answer.
//
// Source: api.bcb.gov.br, dados/serie.
package sgs

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// DefaultURL is the service's address, up to and including the path prefix.
const DefaultURL = "https://api.bcb.gov.br/dados/serie"

// maxBody bounds a body, in bytes: ten years have 0.2 MB, all days since 1984 0.6 MB.
const maxBody = 4 << 20

// Source is a source.Source. Use New.
type Source struct{ client *source.Client }

// New returns the source that asks through client.
func New(client *source.Client) *Source { return &Source{client.Within(maxBody)} }

// Fetch implements source.Source with one HTTP request for one series, whose
// Code is the series' number in SGS and which has one field. A daily series
// gives at most ten years at a time.
func (s *Source) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	if len(r.Series) != 1 || len(r.Series[0].Fields) != 1 {
		return source.Answer{}, fault.New(fault.Rejected, "sgs: a request is for one series with one field")
	}
	series := r.Series[0]
	any := func(_ source.Response, err error) error { return err } // what a status means stands in the body
	return s.client.Ask(ctx, r, "sgs "+series.Code, path(series.Code, r.Span), any, func(response source.Response) (source.Answer, error) {
		return read(response, series, r.Span)
	})
}

const brazilian = "02/01/2006"

func path(code string, s span.Span) string {
	return "/bcdata.sgs." + url.PathEscape(code) + "/dados?formato=json&dataInicial=" +
		s.From.Time().Format(brazilian) + "&dataFinal=" + s.To.Time().Format(brazilian)
}

// read tells rows, "nothing there" and refusals apart by the body: an empty
// range is a 404 with an error object, a refused one has another object.
func read(r source.Response, series source.Series, asked span.Span) (source.Answer, error) {
	status, words := r.Said()
	switch {
	case words == "" && bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{")) && !json.Valid(r.Body): // half of what it says
		return source.Answer{}, fault.New(fault.Malformed, "status %d, half an object of %d bytes", r.Status, len(r.Body))
	case words == "":
		if err := r.Refused(nil); err != nil {
			return source.Answer{}, err
		}
		return Parse(r.Body, series, asked)
	case strings.HasSuffix(words, "Value(s) not found") && (status == 0 || status == http.StatusNotFound) && r.Status < 500:
		return source.Answer{}, nil
	case r.Status < 400 && !strings.Contains(words, "10 anos"): // nothing says that the request is wrong
		return source.Answer{}, fault.New(fault.Unavailable, "status %d: %.150s", r.Status, words)
	}
	return source.Answer{}, fault.New(fault.Rejected, "status %d: %.150s", r.Status, words)
}
