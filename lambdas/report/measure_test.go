package report_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/store"
	"lacuna/lambdas/report"

	"github.com/google/go-cmp/cmp"
)

// lines returns values as text, without the zeros.
func lines(values []metric.Value) []string {
	var out []string
	for _, v := range values {
		if v.Number != 0 {
			out = append(out, strings.TrimLeft(fmt.Sprintf("%s %s %s %d", v.Source, v.Series, v.Name, v.Number), " "))
		}
	}
	return out
}

func TestMeasure(t *testing.T) {
	tests := []struct {
		name, sources, streams string
		want                   []string
	}{
		{
			name:    "nothing missing, all up to date",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","expected":5,"due":"2026-06-30","latest":"2026-06-30"}],"streams":[]}}`,
		},
		{
			name: "filled: the newest day is one of the run's",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":5,"requested":5,"oldest":"2026-06-24","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-23"}],
				"streams":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":2,"attempt":2,"series":[{"key":"A","observed":5,"latest":"2026-06-30"}]}]`,
			want: []string{
				"FilledDays 5", "Requests 2", "Retries 1",
				"ecb  FilledDays 5", "ecb  Requests 2", "ecb  Retries 1",
				"ecb A FilledDays 5",
			},
		},
		{
			name: "the newest day is not there yet: behind, but no gap",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":1,"requested":1,"oldest":"2026-06-30","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-26"}],
				"streams":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","absent":1,"pending":1,"latest":"2026-06-26"}]}]`,
			want: []string{
				"AbsentDays 1", "FreshnessDays 4", "Requests 1",
				"ecb  AbsentDays 1", "ecb  FreshnessDays 4", "ecb  Requests 1",
				"ecb A AbsentDays 1", "ecb A FreshnessDays 4",
			},
		},
		{
			name: "one of two streams failed: the gap begins where its range does",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":9,"requested":9,"oldest":"2020-01-02","newest":"2026-06-30","due":"2026-06-30"}],
				"streams":[{"stream":"ecb-001","ok":false,"error":"Source.Unavailable"},{"stream":"ecb-002","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":6,"attempt":6,"span":"2026-06-01/2026-06-30","series":[{"key":"A"}]},
				{"id":"ecb-002","source":"ecb","requests":1,"attempt":1,"span":"2020-01-02/2020-01-03","series":[{"key":"A","observed":2,"latest":"2020-01-03"}]}]`,
			want: []string{
				"Failures 1", "FilledDays 2", "FreshnessDays 2370", "MissingDays 7", "OldestGapDays 30", "Requests 7", "Retries 5",
				"ecb  Failures 1", "ecb  FilledDays 2", "ecb  FreshnessDays 2370", "ecb  MissingDays 7", "ecb  OldestGapDays 30", "ecb  Requests 7", "ecb  Retries 5",
				"ecb A FilledDays 2", "ecb A FreshnessDays 2370", "ecb A MissingDays 7", "ecb A OldestGapDays 30",
			},
		},
		{
			name: "a scraper that died, of a series without any day: as old as the range lacks",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":2,"requested":2,"oldest":"2026-06-29","newest":"2026-06-30","due":"2026-06-30"}],
				"streams":[{"stream":"ecb-001","ok":false,"error":"States.HeartbeatTimeout"}]}}`,
			want: []string{
				"Failures 1", "FreshnessDays 2", "MissingDays 2", "OldestGapDays 2",
				"ecb  Failures 1", "ecb  FreshnessDays 2", "ecb  MissingDays 2", "ecb  OldestGapDays 2",
				"ecb A FreshnessDays 2", "ecb A MissingDays 2", "ecb A OldestGapDays 2",
			},
		},
		{
			name: "deferred days are the oldest; of old days no freshness is known",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":9,"requested":5,"deferred":4,"oldest":"2026-05-01","newest":"2026-05-29","latest":"2026-05-20"}],
				"streams":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","observed":5,"latest":"2026-05-29"}]}]`,
			want: []string{
				"FilledDays 5", "MissingDays 4", "OldestGapDays 61", "Requests 1",
				"ecb  FilledDays 5", "ecb  MissingDays 4", "ecb  OldestGapDays 61", "ecb  Requests 1",
				"ecb A FilledDays 5", "ecb A MissingDays 4", "ecb A OldestGapDays 61",
			},
		},
		{
			name: "quarantined before and now; a failed series and a failed source",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":1,"requested":1,"quarantined":3,"oldest":"2026-06-01","newest":"2026-06-01"},{"key":"B","error":"Store.Unavailable"}],
				"streams":[{"stream":"ecb-001","ok":true}]}},{"source":"anp","error":"Lacuna.Internal"}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","quarantined":1}]}]`,
			want: []string{
				"Failures 2", "QuarantinedDays 4", "Requests 1",
				"anp  Failures 1",
				"ecb  Failures 1", "ecb  QuarantinedDays 4", "ecb  Requests 1",
				"ecb A QuarantinedDays 4",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in message.Report
			unmarshal(t, `{"sources":[`+tt.sources+`],`+header+`}`, &in)
			var streams []store.Stream
			if tt.streams != "" {
				unmarshal(t, tt.streams, &streams)
			}
			got := report.Measure(in, report.Sum(in, streams), streams)
			if diff := cmp.Diff(tt.want, lines(got)); diff != "" {
				t.Errorf("Measure mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// The fleet has all nine, zero or not: an alarm ends by a good value.
func TestMeasureOfAFleetWithoutTrouble(t *testing.T) {
	var in message.Report
	unmarshal(t, `{"sources":[{"source":"ecb","work":{"series":[{"key":"A","due":"2026-06-30","latest":"2026-06-30"}],"streams":[]}}],`+header+`}`, &in)
	var got []metric.Value
	for _, v := range report.Measure(in, report.Sum(in, nil), nil) {
		if v.Level() == metric.Fleet {
			got = append(got, v)
		}
	}
	want := []metric.Value{
		{Name: metric.AbsentDays}, {Name: metric.Failures}, {Name: metric.FilledDays}, {Name: metric.FreshnessDays}, {Name: metric.MissingDays},
		{Name: metric.OldestGapDays}, {Name: metric.QuarantinedDays}, {Name: metric.Requests}, {Name: metric.Retries},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Measure mismatch (-want +got):\n%s", diff)
	}
}

// metrics notes what it gets.
type metrics struct {
	got []metric.Value
	err error
}

func (m *metrics) Put(_ context.Context, values []metric.Value) error {
	m.got = append(m.got, values...)
	return m.err
}

func TestMetricsThatCannotBeSentAreLogged(t *testing.T) {
	var log bytes.Buffer
	m := &metrics{err: errors.New("no permission")}
	got, err := report.New(&kept{}, m, slog.New(slog.NewTextHandler(&log, nil))).Handle(context.Background(), message.Report{Run: "r1"})
	if err != nil || got.Status != message.Complete || len(m.got) == 0 {
		t.Errorf("Handle = %+v, %v; %d values sent", got, err, len(m.got))
	}
	if !strings.Contains(log.String(), "run=r1") || !strings.Contains(log.String(), "no permission") {
		t.Errorf("log: %s", log.String())
	}
}

func TestDryRunSendsNoMetrics(t *testing.T) {
	m := &metrics{}
	if _, err := report.New(&kept{}, m, slog.New(slog.DiscardHandler)).Handle(context.Background(), message.Report{DryRun: true}); err != nil || len(m.got) > 0 {
		t.Errorf("Handle: %v; sent %v", err, m.got)
	}
}
