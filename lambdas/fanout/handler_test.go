package fanout_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/span"
	"lacuna/lambdas/fanout"

	"github.com/google/go-cmp/cmp"
)

const head = `
version: 1
sources:
  bcb-ptax: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
  ecb: {max_days: 3650, max_series: 25, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: CURRENCY#USD, title: dollar, unit: BRL, source: bcb-ptax, code: USD, fields: [buy, sell], calendar: brazil-bank, cadence: daily, since: 2000-01-03}
- {key: CURRENCY#EUR, title: euro, unit: BRL, source: bcb-ptax, code: EUR, fields: [buy, sell], calendar: brazil-bank, cadence: daily, since: 2000-01-03}
- {key: ECB#USD, title: dollar, unit: USD, source: ecb, code: USD, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
- {key: ECB#JPY, title: yen, unit: JPY, source: ecb, code: JPY, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
`

func handler(t *testing.T, text string) *fanout.Handler {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &fanout.Handler{Catalogue: c}
}

func TestHandle(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			name: "one series a request, a far gap apart, the newest first",
			in: `{"source":"bcb-ptax","max_messages":250,"batches":[{"series":[
				{"key":"CURRENCY#USD","expected":400,"missing":4,"gaps":["2020-01-06","2026-06-08/2026-06-09","2026-06-11"]},
				{"key":"CURRENCY#EUR","expected":400,"missing":1,"gaps":["2026-06-10"]},
				{"key":"CURRENCY#GBP","error":"Store.Throttled"}]}]}`,
			want: `{"series":[
				{"key":"CURRENCY#USD","expected":400,"missing":4,"requested":4},
				{"key":"CURRENCY#EUR","expected":400,"missing":1,"requested":1},
				{"key":"CURRENCY#GBP","error":"Store.Throttled"}],
				"bundles":[{"streams":[{"id":"bcb-ptax-001","series":["CURRENCY#USD"],"from":"2026-06-08","to":"2026-06-11","days":3}]},
				{"streams":[{"id":"bcb-ptax-002","series":["CURRENCY#EUR"],"from":"2026-06-10","to":"2026-06-10","days":1}]},
				{"streams":[{"id":"bcb-ptax-003","series":["CURRENCY#USD"],"from":"2020-01-06","to":"2020-01-06","days":1}]}],"planned":3}`,
		},
		{
			name: "two series in one request",
			in: `{"source":"ecb","max_messages":250,"batches":[{"series":[
				{"key":"ECB#USD","missing":1,"gaps":["2026-06-08"]},{"key":"ECB#JPY","missing":2,"gaps":["2026-06-08","2026-06-10"]}]}]}`,
			want: `{"series":[{"key":"ECB#USD","missing":1,"requested":1},{"key":"ECB#JPY","missing":2,"requested":2}],
				"bundles":[{"streams":[{"id":"ecb-001","series":["ECB#JPY","ECB#USD"],"from":"2026-06-08","to":"2026-06-10","days":3}]}],"planned":1}`,
		},
		{
			name: "no more streams than the run has room for: the oldest days wait",
			in: `{"source":"bcb-ptax","max_messages":1,"batches":[{"series":[
				{"key":"CURRENCY#USD","missing":5,"deferred":2,"gaps":["2020-01-06","2026-06-08/2026-06-09"]}]}]}`,
			want: `{"series":[{"key":"CURRENCY#USD","missing":5,"requested":2,"deferred":3}],
				"bundles":[{"streams":[{"id":"bcb-ptax-001","series":["CURRENCY#USD"],"from":"2026-06-08","to":"2026-06-09","days":2}]}],"planned":2,"deferred":3}`,
		},
		{
			name: "a gap merged over a settled day asks for no more than what lacks",
			in: `{"source":"bcb-ptax","max_messages":250,"batches":[{"series":[
				{"key":"CURRENCY#USD","expected":5,"missing":2,"gaps":["2026-06-08/2026-06-10"]}]}]}`,
			want: `{"series":[{"key":"CURRENCY#USD","expected":5,"missing":2,"requested":2}],
				"bundles":[{"streams":[{"id":"bcb-ptax-001","series":["CURRENCY#USD"],"from":"2026-06-08","to":"2026-06-10","days":3}]}],"planned":1}`,
		},
		{
			name: "nothing missing",
			in:   `{"source":"ecb","max_messages":250,"batches":[{"series":[{"key":"ECB#USD","expected":7}]}]}`,
			want: `{"series":[{"key":"ECB#USD","expected":7}],"bundles":[]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in message.FanOut
			var want message.Streams
			if err := json.Unmarshal([]byte(tt.in), &in); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			got, err := handler(t, head).Handle(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Handle mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHandleRefusesWhatTheCatalogueLacks(t *testing.T) {
	for _, in := range []message.FanOut{
		{Source: "anp"},
		{Source: "ecb", Batches: []message.Found{{Series: []message.Detected{{Key: "ECB#NONE", Gaps: []span.Span{{}}}}}}},
	} {
		if _, err := handler(t, head).Handle(context.Background(), in); fault.NameOf(err) != fault.InputInvalid {
			t.Errorf("Handle(%+v) = %v, want %s", in, err, fault.InputInvalid)
		}
	}
}

// 250 series with 20 far gaps each make 200 streams of 25 long keys, 340 KB in
// all. Those that are let through stay under 80 KB, and every day is either
// requested or deferred.
func TestStreamsStayUnderTheRunsText(t *testing.T) {
	var text strings.Builder
	text.WriteString(head)
	in := message.FanOut{Source: "ecb", MaxMessages: 250}
	var gaps []span.Span
	for i := range 20 {
		d := span.Date(2000, 1, 3) + span.Day(400*i)
		gaps = append(gaps, span.Span{From: d, To: d})
	}
	for i := range 250 {
		key := fmt.Sprintf("ECB#%060d", i)
		fmt.Fprintf(&text, "- {key: '%s', title: t, unit: u, source: ecb, code: C%d, fields: [value], calendar: daily, cadence: daily, since: 2000-01-03}\n", key, i)
		in.Batches = append(in.Batches, message.Found{Series: []message.Detected{{Key: key, Missing: len(gaps), Gaps: gaps}}})
	}
	out, err := handler(t, text.String()).Handle(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	streams, err := json.Marshal(out.All())
	if err != nil || len(streams) > 80_001 || len(streams) < 75_000 || out.Planned != 200 {
		t.Errorf("%d streams of %d are %d bytes, %v", len(out.All()), out.Planned, len(streams), err)
	}
	requested, deferred := 0, 0
	for _, d := range out.Series {
		requested += d.Requested
		deferred += d.Deferred
	}
	if requested != 25*len(out.All()) || requested+deferred != 250*20 || deferred != out.Deferred {
		t.Errorf("%d requested and %d deferred of 5000 days in %d streams", requested, deferred, len(out.All()))
	}
}

// A stream that alone is longer than the room of its source still goes out.
func TestOneStreamAlwaysFits(t *testing.T) {
	text := head
	in := message.FanOut{Source: "ecb", MaxMessages: 1}
	for i := range 25 {
		key := fmt.Sprintf("ECB#%060d", i)
		text += fmt.Sprintf("- {key: '%s', title: t, unit: u, source: ecb, code: C%d, fields: [value], calendar: daily, cadence: daily, since: 2000-01-03}\n", key, i)
		in.Batches = append(in.Batches, message.Found{Series: []message.Detected{{Key: key, Missing: 1, Gaps: []span.Span{{From: span.Date(2026, 6, 8), To: span.Date(2026, 6, 8)}}}}})
	}
	out, err := handler(t, text).Handle(context.Background(), in)
	if err != nil || len(out.All()) != 1 || out.Deferred != 0 {
		t.Errorf("%d streams, %d days deferred, %v; want the one of 25 series", len(out.All()), out.Deferred, err)
	}
}
