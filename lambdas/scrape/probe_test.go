package scrape_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/lambdas/scrape"

	"github.com/google/go-cmp/cmp"
)

const probedCatalogue = `
version: 1
sources:
  ecb: {max_days: 3650, max_series: 40, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
  fred: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: FRED#X, title: t, unit: u, source: fred, code: X, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
- {key: NEW#X, title: t, unit: u, source: ecb, code: N, fields: [value], calendar: target, cadence: daily, since: 2027-01-04}
- {key: ECB#USD, title: t, unit: u, source: ecb, code: USD, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
`

// prober is a scraper that has no store and no state machine: a probe that touched
// one would fall over.
func prober(t *testing.T, ecb publisher) *scrape.Handler {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(probedCatalogue), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &scrape.Handler{Catalogue: c, Sources: map[string]source.Source{"ecb": ecb}, Log: slog.New(slog.DiscardHandler)}
}

// serve hands over an event as Lambda does, as JSON.
func serve(ctx context.Context, t *testing.T, h *scrape.Handler, event string) (string, error) {
	t.Helper()
	var e scrape.Event
	if err := json.Unmarshal([]byte(event), &e); err != nil {
		t.Fatal(err)
	}
	out, err := h.Serve(ctx, e)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), nil
}

const probeOfECB = `{"probe":1,"as_of":"2026-07-01T00:00:00Z","source":"ecb","days":3}`

func TestProbe(t *testing.T) {
	tests := []struct {
		name   string
		answer source.Answer
		err    error
		want   string
	}{
		{
			name:   "values, and one that cannot be right",
			answer: source.Answer{Requests: 1, Observations: make([]source.Observation, 2), Damaged: make([]source.Damage, 1)},
			want:   `{"source":"ecb","key":"ECB#USD","span":"2026-06-26/2026-06-30","values":2,"damaged":1,"requests":1,"status":0,"bytes":0}`,
		},
		{
			name: "refused", answer: source.Answer{Requests: 1}, err: fault.New(fault.Unavailable, "status 403, an HTML page"),
			want: `{"source":"ecb","key":"ECB#USD","span":"2026-06-26/2026-06-30","values":0,"requests":1,"status":0,"bytes":0,
				"error":"Source.Unavailable","message":"Source.Unavailable: status 403, an HTML page"}`,
		},
		{
			name: "a fault of ours", err: errors.New("boom"),
			want: `{"source":"ecb","key":"ECB#USD","span":"2026-06-26/2026-06-30","values":0,"requests":0,"status":0,"bytes":0,"error":"Lacuna.Internal","message":"boom"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked source.Request
			h := prober(t, func(_ context.Context, r source.Request) (source.Answer, error) {
				asked = r
				return tt.answer, tt.err
			})
			got, err := serve(t.Context(), t, h, probeOfECB)
			if err != nil {
				t.Fatal(err)
			}
			var gotProbed, want message.Probed
			if err := errors.Join(json.Unmarshal([]byte(got), &gotProbed), json.Unmarshal([]byte(tt.want), &want)); err != nil {
				t.Fatal(err)
			}
			gotProbed.TookMS = 0
			if diff := cmp.Diff(want, gotProbed); diff != "" {
				t.Errorf("probed (-want +got):\n%s", diff)
			}
			wantAsked := source.Request{
				Series: []source.Series{{Key: "ECB#USD", Code: "USD", Fields: []string{"value"}}}, // nothing of NEW#X is due yet
				Span:   span.Span{From: day("2026-06-26"), To: day("2026-06-30")},
			}
			if diff := cmp.Diff(wantAsked, asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// A probe that does not say how many days asks for one, and none asks for more than 31.
func TestDaysOfAProbe(t *testing.T) {
	for days, want := range map[string]string{
		``:             "2026-06-30",
		`,"days":-1`:   "2026-06-30",
		`,"days":31`:   "2026-05-19/2026-06-30",
		`,"days":3000`: "2026-05-19/2026-06-30",
	} {
		h := prober(t, func(context.Context, source.Request) (source.Answer, error) { return source.Answer{}, nil })
		got, err := serve(t.Context(), t, h, `{"probe":1,"as_of":"2026-07-01T00:00:00Z","source":"ecb"`+days+`}`)
		if err != nil || !strings.Contains(got, `"span":"`+want+`"`) {
			t.Errorf("%s: %s, %v; want %s", days, got, err, want)
		}
	}
}

// An answer that came in the last moment is one, whatever the clock says when it is read.
func TestProbeThatIsAnsweredAtTheEndOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prober(t, func(ctx context.Context, _ source.Request) (source.Answer, error) {
			<-ctx.Done()
			return source.Answer{Requests: 1, Observations: make([]source.Observation, 1)}, nil
		})
		got, err := serve(t.Context(), t, h, probeOfECB)
		if err != nil || !strings.Contains(got, `"values":1,`) || strings.Contains(got, `"error"`) {
			t.Errorf("probed %s, %v", got, err)
		}
	})
}

// A probe ends long before the function's time is up, and says so itself.
func TestProbeOfAPublisherThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prober(t, func(ctx context.Context, _ source.Request) (source.Answer, error) {
			<-ctx.Done()
			return source.Answer{Requests: 1}, ctx.Err()
		})
		start := time.Now()
		got, err := serve(t.Context(), t, h, probeOfECB)
		if err != nil || !strings.Contains(got, `"error":"Source.Unavailable","message":"Source.Unavailable: no answer within 45s`) || !strings.Contains(got, `"took_ms":45000`) {
			t.Errorf("probed %s, %v", got, err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

func TestProbeThatIsForAnother(t *testing.T) {
	h := prober(t, func(context.Context, source.Request) (source.Answer, error) {
		t.Error("the publisher was asked")
		return source.Answer{}, nil
	})
	for _, event := range []string{
		`{"probe":1,"as_of":"2026-07-01T00:00:00Z","source":"fred","days":3}`,
		`{"probe":2,"as_of":"2026-07-01T00:00:00Z","source":"ecb","days":3}`,
		`{"probe":1,"as_of":"1998-07-01T00:00:00Z","source":"ecb","days":3}`,
	} {
		if _, err := serve(t.Context(), t, h, event); fault.NameOf(err) != fault.InputInvalid {
			t.Errorf("%s: %v, want %s", event, err, fault.InputInvalid)
		}
	}
}

// What comes from the queue is never a probe, and an empty batch none either.
func TestABatchIsNoProbe(t *testing.T) {
	h := prober(t, func(context.Context, source.Request) (source.Answer, error) {
		t.Error("the publisher was asked")
		return source.Answer{}, nil
	})
	for event, want := range map[string]string{
		`{"Records":[]}`: `{"batchItemFailures":[]}`,
		`{"Records":[{"messageId":"m","body":"{\"probe\":1,\"source\":\"ecb\"}"}]}`:    `{"batchItemFailures":[{"itemIdentifier":"m"}]}`,
		`{"probe":1,"source":"ecb","Records":[{"messageId":"m","body":"no message"}]}`: `{"batchItemFailures":[{"itemIdentifier":"m"}]}`,
	} {
		h.Callback = &answers{down: errors.New("nobody there")}
		if got, err := serve(t.Context(), t, h, event); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", event, got, err, want)
		}
	}
}
