// Package sourcetest has the suite that every source passes: ranges and their
// edges, empty answers and all faults, against the imitated publisher. What
// differs between sources is in the fields of Suite. It never asks a real
// publisher.
package sourcetest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Suite is what differs between sources.
type Suite struct {
	Source string // the publisher's name for it
	Open   func(*source.Client) source.Source
	Series source.Series

	Days  span.Span // with five values, such as Week; faults of rows befall the third
	Empty span.Span // inside the series and without a value, such as Weekend

	// Data is what the publisher has when it fails; nil: all that is built in.
	Data *publisher.Data

	// Requests are the ranges that the HTTP requests of a Fetch of days ask for,
	// in their order; nil: there is one, for days themselves.
	Requests func(days span.Span) []span.Span

	// Faults are those that only this source has, or with another outcome here
	// than elsewhere: one replaces the case of the same Kind and Status.
	Faults []FaultCase
}

// A week and its weekend, of a series with a value each weekday.
var (
	Week    = span.Span{From: span.Date(2026, 6, 22), To: span.Date(2026, 6, 28)}
	Weekend = span.Span{From: span.Date(2026, 6, 27), To: span.Date(2026, 6, 28)}
)

// patience is longer than any test; haste is for answers that never come.
const (
	patience = 30 * time.Second
	haste    = 50 * time.Millisecond
)

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	t.Run("ranges", s.ranges)
	t.Run("faults", s.faults)
	t.Run("answers that never end", s.answersThatNeverEnd)
	t.Run("retry after", s.retryAfter)
	t.Run("the caller gives up", s.callerGivesUp)
	t.Run("errors in a body", s.errorsInBodies)
}

// open returns a source and its publisher, which lives as long as the test.
func (s Suite) open(t *testing.T, timeout time.Duration) (source.Source, *publisher.Publisher) {
	t.Helper()
	p, err := publisher.Start(publisher.Options{Data: s.Data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := source.NewClient(p.URL(s.Source), timeout, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return s.Open(client), p
}

func (s Suite) request(days span.Span) source.Request {
	return source.Request{Series: []source.Series{s.Series}, Span: days}
}

// requests are the HTTP requests that a Fetch of days makes.
func (s Suite) requests(days span.Span) []span.Span {
	if s.Requests == nil {
		return []span.Span{days}
	}
	return s.Requests(days)
}

// answer is what a source makes of what the publisher has of days.
func (s Suite) answer(p *publisher.Publisher, days span.Span) source.Answer {
	a := source.Answer{Observations: s.published(p, days), Requests: len(s.requests(days))}
	var empty span.Runs
	for _, o := range p.Observations(s.Source, s.Series.Code) {
		if days.Contains(o.Day) && strings.Join(o.Values, "") == "" {
			empty = empty.Append(o.Day)
		}
	}
	if empty != nil {
		a.Empty = map[string]span.Runs{s.Series.Key: empty}
	}
	return a
}

// published returns what the publisher has of days, as a source gives it.
func (s Suite) published(p *publisher.Publisher, days span.Span) []source.Observation {
	var list []source.Observation
	for _, o := range p.Observations(s.Source, s.Series.Code) {
		if !days.Contains(o.Day) {
			continue
		}
		var fields row.Fields
		for i, name := range s.Series.Fields {
			if o.Values[i] != "" {
				fields = append(fields, row.Field{Name: name, Value: o.Values[i]})
			}
		}
		if fields != nil {
			list = append(list, source.Observation{Key: s.Series.Key, Day: o.Day, Fields: fields})
		}
	}
	return list
}

func (s Suite) ranges(t *testing.T) {
	s.Data = nil // years of it
	src, p := s.open(t, patience)
	first, last, ok := p.Series(s.Source, s.Series.Code)
	if !ok {
		t.Fatalf("the publisher has nothing of %s of %s", s.Series.Code, s.Source)
	}
	third := s.third(t, p)
	const many = 500 // or more
	tests := []struct {
		name string
		days span.Span
		want int // days with values
	}{
		{"first day", span.Span{From: first, To: first}, 1},
		{"last day", span.Span{From: last, To: last}, 1},
		{"a day", third, 1},
		{"five values", s.Days, 5},
		{"inside without a value", s.Empty, 0},
		{"up to the first day", span.Span{From: first - 400, To: first}, 1},
		{"before the data", span.Span{From: first - 400, To: first - 1}, 0},
		{"from the last day on", span.Span{From: last, To: last + 40}, 1},
		{"the future", span.Span{From: last + 1, To: last + 40}, 0},
		{"ten years", span.Span{From: last - 3651, To: last}, many},
	}
	var asked []span.Span
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := src.Fetch(t.Context(), s.request(tt.days))
			if err != nil {
				t.Fatal(err)
			}
			published := s.published(p, tt.days)
			if n := len(published); n < tt.want || n > tt.want && tt.want != many {
				t.Errorf("the publisher has %d days, want %d", n, tt.want)
			}
			asked = append(asked, s.requests(tt.days)...)
			if diff := cmp.Diff(s.answer(p, tt.days), got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Fetch %s mismatch (-want +got):\n%s", tt.days, diff)
			}
		})
	}
	var logged []span.Span
	for _, r := range p.Requests(s.Source) {
		logged = append(logged, r.Span)
	}
	if diff := cmp.Diff(asked, logged); diff != "" {
		t.Errorf("ranges asked for mismatch (-want +got):\n%s", diff)
	}
}

// third is the day of the third value of Days.
func (s Suite) third(t *testing.T, p *publisher.Publisher) span.Span {
	t.Helper()
	published := s.published(p, s.Days)
	if len(published) != 5 {
		t.Fatalf("the publisher has %d values of %s in %s, want 5", len(published), s.Series.Code, s.Days)
	}
	return span.Span{From: published[2].Day, To: published[2].Day}
}

// Canned returns a client of a publisher that gives every request this answer.
func Canned(t *testing.T, status int, body []byte) *source.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write(body)
	}))
	t.Cleanup(server.Close)
	client, err := source.NewClient(server.URL, patience, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Sample returns a body of testdata/samples; the test is in a package of
// internal/source.
func Sample(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// ErrText returns the text of err, "" for nil.
func ErrText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
