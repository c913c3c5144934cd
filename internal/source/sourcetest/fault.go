package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// week has five days with values; wednesday is the one that faults of rows befall.
var (
	week      = span.Span{From: span.Date(2026, 6, 22), To: span.Date(2026, 6, 28)}
	wednesday = span.Span{From: week.From + 2, To: week.From + 2}
)

type observations = []source.Observation

func whole(o observations) observations   { return o }
func without(o observations) observations { return slices.Delete(o, 2, 3) }
func nothing(observations) observations   { return nil }
func negated(o observations) observations {
	for i := range o[2].Fields {
		o[2].Fields[i].Value = "-" + o[2].Fields[i].Value
	}
	return o
}

// faultCase is a fault that befalls one request, and what its answer holds.
type faultCase struct {
	publisher.Fault
	err     fault.Name // "": none
	want    func(published observations) observations
	damaged int
}

func (s Suite) faultCases() []faultCase {
	cases := []faultCase{
		{publisher.Fault{Kind: publisher.Status, Status: 500}, fault.Unavailable, nothing, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 502}, fault.Unavailable, nothing, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 503}, fault.Unavailable, nothing, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 504}, fault.Unavailable, nothing, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 429}, fault.Throttled, nothing, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 400}, fault.Rejected, nothing, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 403}, fault.Rejected, nothing, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 404}, fault.Rejected, nothing, 0},
		{publisher.Fault{Kind: publisher.HTML}, fault.Unavailable, nothing, 0},
		{publisher.Fault{Kind: publisher.Reset}, fault.Unavailable, nothing, 0},
		{publisher.Fault{Kind: publisher.CutTransfer}, fault.Unavailable, nothing, 0},
		{publisher.Fault{Kind: publisher.CutBody}, fault.Malformed, nothing, 0},
		{publisher.Fault{Kind: publisher.Columns}, fault.Malformed, nothing, 0},
		{publisher.Fault{Kind: publisher.NotDecimal}, fault.Malformed, nothing, 0},
		{publisher.Fault{Kind: publisher.Slow, Wait: time.Millisecond}, "", whole, 0},
		{publisher.Fault{Kind: publisher.Twice}, "", whole, 0},
		{publisher.Fault{Kind: publisher.Conflict}, "", without, 1},
		{publisher.Fault{Kind: publisher.Outside}, "", whole, 1},
		{publisher.Fault{Kind: publisher.NoValue}, "", without, 0},
		{publisher.Fault{Kind: publisher.Negative}, "", negated, 0}, // for the catalogue's checks
	}
	if len(s.Series.Fields) == 2 { // a bank does not buy for more than it sells
		return append(cases, faultCase{publisher.Fault{Kind: publisher.Swapped}, "", without, 1})
	}
	return append(cases, faultCase{publisher.Fault{Kind: publisher.Swapped}, fault.Malformed, nothing, 0})
}

func (s Suite) faults(t *testing.T) {
	for _, tt := range s.faultCases() {
		t.Run(strings.TrimSuffix(fmt.Sprintf("%s %d", tt.Kind, tt.Status), " 0"), func(t *testing.T) {
			src, p := s.open(t, patience)
			tt.Source, tt.Span, tt.Times = s.Source, wednesday, 1
			fail(t, p, tt.Fault)
			got, err := src.Fetch(t.Context(), s.request(week))
			checkName(t, err, tt.err)
			if diff := cmp.Diff(tt.want(s.published(p, week)), got.Observations, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations mismatch (-want +got):\n%s", diff)
			}
			if len(got.Damaged) != tt.damaged || got.Requests != 1 || len(p.Requests(s.Source)) != 1 {
				t.Errorf("damaged %v, %d requests, want %d damaged, 1 request", got.Damaged, got.Requests, tt.damaged)
			}
			again, err := src.Fetch(t.Context(), s.request(week))
			want := source.Answer{Observations: s.published(p, week), Requests: 1}
			if diff := cmp.Diff(want, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("after the fault: error %v, mismatch (-want +got):\n%s", err, diff)
			}
		})
	}
}

func (s Suite) answersThatNeverEnd(t *testing.T) {
	for _, kind := range []publisher.Kind{publisher.Hang, publisher.Drip} {
		t.Run(string(kind), func(t *testing.T) {
			src, p := s.open(t, haste)
			fail(t, p, publisher.Fault{Kind: kind})
			answer, err := src.Fetch(t.Context(), s.request(week))
			checkName(t, err, fault.Unavailable)
			if answer.Requests != 1 {
				t.Errorf("%d requests, want 1", answer.Requests)
			}
		})
	}
}

func (s Suite) retryAfter(t *testing.T) {
	for _, kind := range []publisher.Kind{publisher.Throttle, publisher.ThrottleOn} {
		t.Run(string(kind), func(t *testing.T) {
			src, p := s.open(t, patience)
			fail(t, p, publisher.Fault{Kind: kind, Wait: 90 * time.Second})
			_, err := src.Fetch(t.Context(), s.request(week))
			checkName(t, err, fault.Throttled)
			var after source.RetryAfter
			if !errors.As(err, &after) || time.Duration(after).Round(10*time.Second) != 90*time.Second {
				t.Errorf("error %v asks to wait %s, want about 90s", err, time.Duration(after))
			}
		})
	}
}

// The caller's own end is not the publisher's failure.
func (s Suite) callerGivesUp(t *testing.T) {
	src, p := s.open(t, patience)
	fail(t, p, publisher.Fault{Kind: publisher.Hang})
	late, cancel := context.WithTimeout(t.Context(), haste)
	defer cancel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx      context.Context
		want     error
		requests int
	}{
		{late, context.DeadlineExceeded, 1},
		{gone, context.Canceled, 0},
	} {
		answer, err := src.Fetch(tt.ctx, s.request(week))
		if !errors.Is(err, tt.want) || fault.NameOf(err) != fault.Internal || answer.Requests != tt.requests {
			t.Errorf("%d requests, error %v; want %d and %v without a name", answer.Requests, err, tt.requests, tt.want)
		}
	}
}

func fail(t *testing.T, p *publisher.Publisher, f publisher.Fault) {
	t.Helper()
	if err := p.Fail(f); err != nil {
		t.Fatal(err)
	}
}

// checkName wants an error called name; "" wants none.
func checkName(t *testing.T, err error, name fault.Name) {
	t.Helper()
	if name == "" && err != nil || name != "" && fault.NameOf(err) != name {
		t.Errorf("error %v, want %q", err, name)
	}
}
