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

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FaultCase is a fault that befalls one request, and what comes of it.
type FaultCase struct {
	publisher.Fault            // Suite sets Source, Span and Times
	Err             fault.Name // "": none
	Want            Outcome    // the answer's observations, of an error too
	Damaged         int        // rows, or Many
	Empty           int        // days shown without a value, besides the publisher's own
	Extra           int        // HTTP requests beyond those of Suite.Requests
}

// Many is any number of damaged rows.
const Many = -1

// Outcome makes the five values of Suite.Days into what is left of them.
type Outcome func(published []source.Observation) []source.Observation

// What comes of a fault.
var (
	Whole   Outcome = func(o []source.Observation) []source.Observation { return o }
	Without Outcome = func(o []source.Observation) []source.Observation { return slices.Delete(o, 2, 3) }
	Nothing Outcome = func([]source.Observation) []source.Observation { return nil }
	Negated Outcome = func(o []source.Observation) []source.Observation {
		for i := range o[2].Fields {
			o[2].Fields[i].Value = "-" + o[2].Fields[i].Value
		}
		return o
	}
)

func (s Suite) faultCases() []FaultCase {
	cases := []FaultCase{
		{publisher.Fault{Kind: publisher.Status, Status: 500}, fault.Unavailable, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 502}, fault.Unavailable, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 503}, fault.Unavailable, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 504}, fault.Unavailable, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 429}, fault.Throttled, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 400}, fault.Rejected, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 403}, fault.Rejected, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Status, Status: 404}, fault.Rejected, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.HTML}, fault.Unavailable, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Reset}, fault.Unavailable, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.CutTransfer}, fault.Unavailable, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.CutBody}, fault.Malformed, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Columns}, fault.Malformed, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.NotDecimal}, fault.Malformed, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Slow, Wait: time.Millisecond}, "", Whole, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Twice}, "", Whole, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Conflict}, "", Without, 1, 0, 0},
		{publisher.Fault{Kind: publisher.Outside}, "", Whole, 1, 0, 0},
		{publisher.Fault{Kind: publisher.NoValue}, "", Without, 0, 1, 0},
		{publisher.Fault{Kind: publisher.LeftOut}, "", Without, 0, 0, 0},
		{publisher.Fault{Kind: publisher.Negative}, "", Negated, 0, 0, 0}, // for the catalogue's checks
		{publisher.Fault{Kind: publisher.NoRows}, "", Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.OtherDays}, fault.Malformed, Nothing, 0, 0, 0},
		{publisher.Fault{Kind: publisher.AllDays}, "", Whole, Many, 0, 0},
		{publisher.Fault{Kind: publisher.Swapped}, fault.Malformed, Nothing, 0, 0, 0},
	}
	for _, own := range s.Faults {
		same := func(c FaultCase) bool { return c.Kind == own.Kind && c.Status == own.Status }
		if i := slices.IndexFunc(cases, same); i >= 0 {
			cases[i] = own
		} else {
			cases = append(cases, own)
		}
	}
	return cases
}

func (s Suite) faults(t *testing.T) {
	for _, tt := range s.faultCases() {
		t.Run(strings.TrimSuffix(fmt.Sprintf("%s %d", tt.Kind, tt.Status), " 0"), func(t *testing.T) {
			src, p := s.open(t, patience)
			tt.Source, tt.Span, tt.Times = s.Source, s.third(t, p), 1
			fail(t, p, tt.Fault)
			got, err := src.Fetch(t.Context(), s.request(s.Days))
			checkName(t, err, tt.Err)
			if diff := cmp.Diff(tt.Want(s.published(p, s.Days)), got.Observations, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations mismatch (-want +got):\n%s", diff)
			}
			if n := len(got.Damaged); n != tt.Damaged && (tt.Damaged != Many || n == 0) {
				t.Errorf("damaged %v, want %d", got.Damaged, tt.Damaged)
			}
			whole := len(s.requests(s.Days))
			n, logged := got.Requests, len(p.Requests(s.Source))
			if n != logged || n < 1 || n > whole+tt.Extra || err == nil && n != whole+tt.Extra {
				t.Errorf("%d requests, %d in the publisher's log, want %d", n, logged, whole+tt.Extra)
			}
			if want := s.answer(p, s.Days).Empty[s.Series.Key].Days() + tt.Empty; err == nil && got.Empty[s.Series.Key].Days() != want {
				t.Errorf("empty %v, want %d days", got.Empty, want)
			}
			again, err := src.Fetch(t.Context(), s.request(s.Days))
			if diff := cmp.Diff(s.answer(p, s.Days), again, cmpopts.EquateEmpty()); diff != "" || err != nil {
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
			answer, err := src.Fetch(t.Context(), s.request(s.Days))
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
			_, err := src.Fetch(t.Context(), s.request(s.Days))
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
		answer, err := src.Fetch(tt.ctx, s.request(s.Days))
		if !errors.Is(err, tt.want) || fault.NameOf(err) != fault.Internal || answer.Requests != tt.requests {
			t.Errorf("%d requests, error %v; want %d and %v without a name", answer.Requests, err, tt.requests, tt.want)
		}
	}
}

// An error that a body tells of is that error, whatever the status beside it.
func (s Suite) errorsInBodies(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   fault.Name
	}{
		{200, `{"erro":{"statusCode":500,"detail":"x"}}`, fault.Unavailable},
		{200, `{"erro":{"statusCode":"503"}}`, fault.Unavailable},
		{404, `{"erro":{"statusCode":504,"detail":"x"}}`, fault.Unavailable},
		{400, ` {"error":{"code":500,"message":"x"}}`, fault.Unavailable},
		{200, `{"timestamp":"x","status":502,"error":"Bad Gateway"}`, fault.Unavailable},
		{200, `{"error_code":500,"error_message":"x"}`, fault.Unavailable},
		{200, "/*{\n  \"codigo\" : 500,\n  \"mensagem\" : \"Erro desconhecido\"\n}*/\n", fault.Unavailable},
		{200, `{"erro":{"statusCode":408}}`, fault.Unavailable},
		{503, `{"erro":{"statusCode":404,"detail":"Value(s) not found"}}`, fault.Unavailable},
		{200, `{"erro":{"statusCode":429,"detail":"x"}}`, fault.Throttled},
		{403, `{"error":"Too Many Requests"}`, fault.Throttled},
		{200, `{"erro":{"statusCode":400,"detail":"x"}}`, fault.Rejected},
		{200, `{"erro":{"statusCode":406,"detail":"x"}}`, fault.Rejected},
		{200, `{"error":{"code":"404","message":"x"}}`, fault.Rejected},
	} {
		got, err := s.Open(Canned(t, tt.status, []byte(tt.body))).Fetch(t.Context(), s.request(s.Days))
		if fault.NameOf(err) != tt.want || got.Requests == 0 {
			t.Errorf("%d %s: %+v, error %v, want %s", tt.status, tt.body, got, err, tt.want)
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
