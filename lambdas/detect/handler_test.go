package detect_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/lambdas/detect"

	"github.com/google/go-cmp/cmp"
)

const dollar = `
version: 1
sources:
  bcb-ptax: {max_days: 3650, max_series: 1, request_cost_days: 20, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: CURRENCY#USD, title: dollar, unit: BRL, source: bcb-ptax, code: USD, fields: [buy, sell], calendar: brazil-bank, cadence: daily, since: 2000-01-03,
   ready: {at: "18:00", zone: America/Sao_Paulo, lag: 0}}
`

func TestHandle(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", []byte(dollar), nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, in, want string }{
		{
			name: "holidays and weekends are no gaps, today is not due before 18:00 in Brasilia",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-04-17","to":"2026-04-23","settled":["2026-04-17"],"latest":"2026-04-17"}],
				"as_of":"2026-04-23T20:59:00Z","only":"due","max_gaps":9}`,
			// Friday 17, Monday 20, Tuesday 21 is Tiradentes, Wednesday 22, Thursday 23
			want: `{"key":"CURRENCY#USD","expected":4,"missing":2,"not_due":1,"waiting":0,"quarantined":0,
				"oldest":"2026-04-20","newest":"2026-04-22","due":"2026-04-22","latest":"2026-04-17","gaps":["2026-04-20/2026-04-22"],"requested":0,"deferred":0}`,
		},
		{
			name: "due from 18:00 on",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-04-17","to":"2026-04-23","settled":["2026-04-17/2026-04-22"]}],
				"as_of":"2026-04-23T21:00:00Z","only":"due","max_gaps":9}`,
			want: `{"key":"CURRENCY#USD","expected":4,"missing":1,"not_due":0,"waiting":0,"quarantined":0,
				"oldest":"2026-04-23","newest":"2026-04-23","due":"2026-04-23","gaps":["2026-04-23"],"requested":0,"deferred":0}`,
		},
		{
			name: "one day, the newest that is due",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-06-29","to":"2026-07-10"}],
				"as_of":"2026-06-30T00:00:00Z","only":"due","max_gaps":9}`,
			want: `{"key":"CURRENCY#USD","expected":10,"missing":1,"not_due":9,"waiting":0,"quarantined":0,
				"oldest":"2026-06-29","newest":"2026-06-29","due":"2026-06-29","gaps":["2026-06-29"],"requested":0,"deferred":0}`,
		},
		{
			name: "nothing is due yet",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-07-06","to":"2026-07-10"}],
				"as_of":"2026-06-30T00:00:00Z","only":"due","max_gaps":9}`,
			want: `{"key":"CURRENCY#USD","expected":5,"missing":0,"not_due":5,"waiting":0,"quarantined":0,"requested":0,"deferred":0}`,
		},
		{
			name: "nothing missing",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-04-18","to":"2026-04-19"}],
				"as_of":"2026-06-30T00:00:00Z","only":"due","max_gaps":9}`,
			want: `{"key":"CURRENCY#USD","expected":0,"missing":0,"not_due":0,"waiting":0,"quarantined":0,"requested":0,"deferred":0}`,
		},
		{
			name: "waiting and quarantined days are left alone, rechecks asked for",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-06-08","to":"2026-06-12","settled":["2026-06-08"],
				"recheck":["2026-06-09"],"waiting":["2026-06-10"],"quarantined":["2026-06-11"]}],
				"as_of":"2026-06-30T00:00:00Z","only":"due","max_gaps":9}`,
			want: `{"key":"CURRENCY#USD","expected":5,"missing":2,"not_due":0,"waiting":1,"quarantined":1,
				"oldest":"2026-06-09","newest":"2026-06-12","gaps":["2026-06-09","2026-06-12"],"requested":0,"deferred":0}`,
		},
		{
			name: "failed days alone",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-06-08","to":"2026-06-12","settled":["2026-06-08"],"recheck":["2026-06-09/2026-06-10"]}],
				"as_of":"2026-06-30T00:00:00Z","only":"failed","max_gaps":9}`,
			want: `{"key":"CURRENCY#USD","expected":5,"missing":2,"not_due":0,"waiting":0,"quarantined":0,
				"oldest":"2026-06-09","newest":"2026-06-10","gaps":["2026-06-09/2026-06-10"],"requested":0,"deferred":0}`,
		},
		{
			name: "too many gaps: near ones are merged, the oldest far ones wait",
			in: `{"series":[{"key":"CURRENCY#USD","from":"2026-01-05","to":"2026-06-12",
				"settled":["2026-01-06/2026-06-08","2026-06-10","2026-06-12"]}],
				"as_of":"2026-06-30T00:00:00Z","only":"due","max_gaps":1}`,
			want: `{"key":"CURRENCY#USD","expected":109,"missing":3,"not_due":0,"waiting":0,"quarantined":0,
				"oldest":"2026-01-05","newest":"2026-06-11","gaps":["2026-06-09/2026-06-11"],"requested":0,"deferred":1}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in message.Detect
			var want message.Detected
			if err := json.Unmarshal([]byte(tt.in), &in); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			got, err := detect.New(c).Handle(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(message.Found{Series: []message.Detected{want}}, got); diff != "" {
				t.Errorf("Handle mismatch (-want +got):\n%s", diff)
			}
		})
	}
	got, err := detect.New(c).Handle(t.Context(), message.Detect{AsOf: time.Now(), Only: row.OnlyDue, MaxGaps: 1, Series: []message.Coverage{
		{SeriesRange: message.SeriesRange{Key: "CURRENCY#USD"}, Error: "Store.Throttled"}, {SeriesRange: message.SeriesRange{Key: "NONE"}},
	}})
	want := message.Found{Series: []message.Detected{{Key: "CURRENCY#USD", Error: "Store.Throttled"}, {Key: "NONE", Error: string(fault.InputInvalid)}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("series that fail, %v (-want +got):\n%s", err, diff)
	}
}
