// Package sourcetest has the suite that every source passes: ranges and their
// edges, empty answers and all faults, against the imitated publisher. It never
// asks a real one.
package sourcetest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
	Series source.Series // the publisher has it until its Today
}

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
}

// open returns a source and its publisher, which lives as long as the test.
func (s Suite) open(t *testing.T, timeout time.Duration) (source.Source, *publisher.Publisher) {
	t.Helper()
	p, err := publisher.Start(publisher.Options{})
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

// published returns what the publisher has of days, as a source gives it.
func (s Suite) published(p *publisher.Publisher, days span.Span) []source.Observation {
	var list []source.Observation
	for _, o := range p.Observations(s.Source, s.Series.Code) {
		if !days.Contains(o.Day) {
			continue
		}
		var fields row.Fields
		for i, name := range s.Series.Fields {
			fields = append(fields, row.Field{Name: name, Value: o.Values[i]})
		}
		list = append(list, source.Observation{Key: s.Series.Key, Day: o.Day, Fields: fields})
	}
	return list
}

func (s Suite) ranges(t *testing.T) {
	src, p := s.open(t, patience)
	first, last, ok := p.Series(s.Source, s.Series.Code)
	if !ok || last != publisher.Today-1 {
		t.Fatalf("the publisher has %s of %s until %s, want %s", s.Series.Code, s.Source, last, publisher.Today-1)
	}
	tests := []struct {
		name string
		days span.Span
		want int // days with values
	}{
		{"first day", span.Span{From: first, To: first}, 1},
		{"last day", span.Span{From: last, To: last}, 1},
		{"a day", span.Span{From: span.Date(2024, 2, 29), To: span.Date(2024, 2, 29)}, 1},
		{"a week", span.Span{From: span.Date(2026, 6, 20), To: span.Date(2026, 6, 28)}, 5},
		{"a weekend", span.Span{From: span.Date(2026, 6, 27), To: span.Date(2026, 6, 28)}, 0},
		{"up to the first day", span.Span{From: first - 400, To: first}, 1},
		{"before the data", span.Span{From: first - 400, To: first - 1}, 0},
		{"from the last day on", span.Span{From: last, To: last + 40}, 1},
		{"the future", span.Span{From: last + 1, To: last + 40}, 0},
		{"ten years", span.Span{From: span.Date(2016, 7, 1), To: span.Date(2026, 7, 1)}, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := src.Fetch(t.Context(), s.request(tt.days))
			if err != nil {
				t.Fatal(err)
			}
			published := s.published(p, tt.days)
			if tt.want >= 0 && len(published) != tt.want {
				t.Errorf("the publisher has %d days, want %d", len(published), tt.want)
			}
			want := source.Answer{Observations: published, Requests: 1}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Fetch %s mismatch (-want +got):\n%s", tt.days, diff)
			}
		})
	}
	for i, r := range p.Requests(s.Source) {
		if r.Span != tests[i].days {
			t.Errorf("request %d asked for %s, want %s", i, r.Span, tests[i].days)
		}
	}
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
