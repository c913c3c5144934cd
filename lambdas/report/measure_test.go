package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/span"
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
	const all = `"scope":{"stack":true,"sources":["ecb","anp"]},`
	tests := []struct {
		name, scope, sources, streams string
		want                          []string
	}{
		{
			name: "nothing missing, all up to date", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","expected":5,"due":"2026-06-30","latest":"2026-06-30"}],"bundles":[]}}`,
		},
		{
			name: "filled: the newest day is one of the run's", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":5,"requested":5,"oldest":"2026-06-24","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-23"}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":2,"attempt":2,"series":[{"key":"A","observed":5,"latest":"2026-06-30"}]}]`,
			want: []string{
				"FilledDays 5", "Requests 2", "Retries 1",
				"ecb  FilledDays 5", "ecb  Requests 2", "ecb  Retries 1",
				"ecb A FilledDays 5",
			},
		},
		{
			name: "values that the publisher no longer has", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":9,"requested":9,"due":"2026-06-30","latest":"2026-06-30"}],"bundles":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","withdrawn":1,"latest":"2026-06-30"}]}]`,
			want: []string{
				"Requests 1", "WithdrawnDays 1",
				"ecb  Requests 1", "ecb  WithdrawnDays 1",
				"ecb A WithdrawnDays 1",
			},
		},
		{
			name: "the newest day is not there yet: behind, but no gap", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":1,"requested":1,"oldest":"2026-06-30","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-26"}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","absent":1,"pending":1,"latest":"2026-06-26"}]}]`,
			want: []string{
				"AbsentDays 1", "FreshnessDays 4", "Requests 1",
				"ecb  AbsentDays 1", "ecb  FreshnessDays 4", "ecb  Requests 1",
				"ecb A AbsentDays 1", "ecb A FreshnessDays 4",
			},
		},
		{
			name: "one of two streams failed: the gap begins where its range does", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":9,"requested":9,"oldest":"2020-01-02","newest":"2026-06-30","due":"2026-06-30"}],
				"bundles":[{"stream":"ecb-001","ok":false,"error":"Source.Unavailable"},{"stream":"ecb-002","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":6,"attempt":6,"span":"2026-06-01/2026-06-30","series":[{"key":"A"}]},
				{"id":"ecb-002","source":"ecb","requests":1,"attempt":1,"span":"2020-01-02/2020-01-03","series":[{"key":"A","observed":2,"latest":"2020-01-03"}]}]`,
			want: []string{
				"Failures 1", "FilledDays 2", "FreshnessDays 2370", "MissingDays 7", "OldestGapDays 30", "Requests 7", "Retries 5",
				"ecb  Failures 1", "ecb  FilledDays 2", "ecb  FreshnessDays 2370", "ecb  MissingDays 7", "ecb  OldestGapDays 30", "ecb  Requests 7", "ecb  Retries 5",
				"ecb A FilledDays 2", "ecb A FreshnessDays 2370", "ecb A MissingDays 7", "ecb A OldestGapDays 30",
			},
		},
		{
			name: "a scraper that died, of a series without any day: as old as the range lacks", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":2,"requested":2,"oldest":"2026-06-29","newest":"2026-06-30","due":"2026-06-30"}],
				"bundles":[{"stream":"ecb-001","ok":false,"error":"States.HeartbeatTimeout"}]}}`,
			want: []string{
				"Failures 1", "FreshnessDays 2", "MissingDays 2", "OldestGapDays 2",
				"ecb  Failures 1", "ecb  FreshnessDays 2", "ecb  MissingDays 2", "ecb  OldestGapDays 2",
				"ecb A FreshnessDays 2", "ecb A MissingDays 2", "ecb A OldestGapDays 2",
			},
		},
		{
			name: "deferred days are the oldest; a range of old days says nothing of how its series stands", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":9,"requested":5,"deferred":4,"oldest":"2026-05-01","newest":"2026-05-29","latest":"2026-05-20"}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","observed":5,"latest":"2026-05-29"}]}]`,
			want: []string{
				"FilledDays 5", "MissingDays 4", "OldestGapDays 61", "Requests 1",
				"ecb  FilledDays 5", "ecb  MissingDays 4", "ecb  OldestGapDays 61", "ecb  Requests 1",
				"ecb A FilledDays 5",
			},
		},
		{
			name: "some failed and as many are deferred", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":4,"requested":2,"deferred":2,"oldest":"2026-06-01","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-30"}],
				"bundles":[{"stream":"ecb-001","ok":false,"error":"Source.Unavailable"}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"span":"2026-06-29/2026-06-30","series":[{"key":"A"}]}]`,
			want: []string{
				"Failures 1", "MissingDays 4", "OldestGapDays 30", "Requests 1",
				"ecb  Failures 1", "ecb  MissingDays 4", "ecb  OldestGapDays 30", "ecb  Requests 1",
				"ecb A MissingDays 4", "ecb A OldestGapDays 30",
			},
		},
		{
			name: "each series by its own failed stream, whatever other sources fail of", scope: `"scope":{"sources":["ecb","anp"]},`,
			sources: `{"source":"ecb","work":{"series":[
				{"key":"A","missing":2,"requested":2,"oldest":"2026-06-01","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-30"},
				{"key":"B","missing":2,"requested":2,"oldest":"2026-05-01","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-30"}],
				"bundles":[{"stream":"ecb-001","ok":false,"error":"Source.Unavailable"},{"stream":"ecb-002","ok":false,"error":"Source.Unavailable"}]}},
				{"source":"anp","error":"Lacuna.Internal"}`,
			streams: `[{"id":"ecb-001","source":"ecb","attempt":1,"span":"2026-06-20/2026-06-30","series":[{"key":"A"}]},
				{"id":"ecb-002","source":"ecb","attempt":1,"span":"2026-05-02/2026-06-30","series":[{"key":"B"}]}]`,
			want: []string{
				"Failures 3", "anp  Failures 1",
				"ecb  Failures 2", "ecb  MissingDays 4", "ecb  OldestGapDays 60",
				"ecb A MissingDays 2", "ecb A OldestGapDays 11", "ecb B MissingDays 2", "ecb B OldestGapDays 60",
			},
		},
		{
			name: "quarantined before and now", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":1,"requested":1,"quarantined":3,"oldest":"2026-06-01","newest":"2026-06-01","due":"2026-06-30","latest":"2026-06-30"}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","quarantined":1}]}]`,
			want: []string{
				"QuarantinedDays 4", "Requests 1",
				"ecb  QuarantinedDays 4", "ecb  Requests 1",
				"ecb A QuarantinedDays 4",
			},
		},
		{
			name: "a failed series and a failed source: how they stand is not known, and so not of their source and the stack", scope: all,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","quarantined":3,"due":"2026-06-30","latest":"2026-06-29"},{"key":"B","error":"Store.Unavailable"}],"bundles":[]}},
				{"source":"anp","error":"Lacuna.Internal"}`,
			want: []string{
				"Failures 2", "anp  Failures 1", "ecb  Failures 1",
				"ecb A FreshnessDays 1", "ecb A QuarantinedDays 3",
			},
		},
		{
			name: "a source alone: of the stack only what was done", scope: `"scope":{"sources":["ecb"]},`,
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":2,"requested":2,"oldest":"2026-06-29","newest":"2026-06-30","due":"2026-06-30"}],
				"bundles":[{"stream":"ecb-001","ok":false,"error":"States.HeartbeatTimeout"}]}}`,
			want: []string{
				"Failures 1",
				"ecb  Failures 1", "ecb  FreshnessDays 2", "ecb  MissingDays 2", "ecb  OldestGapDays 2",
				"ecb A FreshnessDays 2", "ecb A MissingDays 2", "ecb A OldestGapDays 2",
			},
		},
		{
			name: "one series of a source, up to now: its own figures",
			sources: `{"source":"ecb","work":{"series":[{"key":"A","missing":1,"requested":1,"oldest":"2026-06-30","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-26"}],
				"bundles":[{"stream":"ecb-001","ok":true}]}}`,
			streams: `[{"id":"ecb-001","source":"ecb","requests":1,"attempt":1,"series":[{"key":"A","absent":1,"pending":1,"latest":"2026-06-26"}]}]`,
			want: []string{
				"AbsentDays 1", "Requests 1",
				"ecb  AbsentDays 1", "ecb  Requests 1",
				"ecb A AbsentDays 1", "ecb A FreshnessDays 4",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in message.Report
			unmarshal(t, `{`+tt.scope+`"sources":[`+tt.sources+`],`+header+`}`, &in)
			var streams []store.Stream
			if tt.streams != "" {
				unmarshal(t, tt.streams, &streams)
			}
			m := &metrics{}
			if _, err := report.New(&kept{streams: streams}, m, slog.New(slog.DiscardHandler)).Handle(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(m.got)); diff != "" {
				t.Errorf("Measure mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// The fleet has all nine, zero or not: an alarm ends by a good value.
func TestMeasureOfAFleetWithoutTrouble(t *testing.T) {
	var in message.Report
	unmarshal(t, `{"scope":{"stack":true},"sources":[{"source":"ecb","work":{"series":[{"key":"A","due":"2026-06-30","latest":"2026-06-30"}],"bundles":[]}}],`+header+`}`, &in)
	m := &metrics{}
	if _, err := report.New(&kept{}, m, slog.New(slog.DiscardHandler)).Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	var got []metric.Value
	for _, v := range m.got {
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

// What a run over a part sends of the stack: not a number of how it stands, not
// even a zero, which would end an alarm.
func TestARunOverAPartSaysNothingOfTheStack(t *testing.T) {
	var in message.Report
	unmarshal(t, `{"scope":{"sources":["ecb"]},"sources":[{"source":"ecb","work":{"series":[{"key":"A","due":"2026-06-30","latest":"2026-06-30"}],"bundles":[]}}],`+header+`}`, &in)
	m := &metrics{}
	if _, err := report.New(&kept{}, m, slog.New(slog.DiscardHandler)).Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	var got []metric.Name
	for _, v := range m.got {
		if v.Level() == metric.Fleet {
			got = append(got, v.Name)
		}
	}
	want := []metric.Name{metric.AbsentDays, metric.Failures, metric.FilledDays, metric.Requests, metric.Retries}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("of the stack (-want +got):\n%s", diff)
	}
}

// The oldest gap of a stack over several runs: one that is older than what a run
// looks at is known from the last one that reached as far.
func TestTheOldestGapOfAStackIsNotForgotten(t *testing.T) {
	const (
		whole  = `{"stack":true,"sources":["ecb"]}`
		recent = `{"stack":true,"sources":["ecb"],"from":"2025-05-27"}`
		part   = `{}`
		good   = `{"key":"A","due":"2026-06-30","latest":"2026-06-30"}`
		old    = `{"key":"A","missing":9,"deferred":9,"oldest":"2010-06-01","newest":"2010-06-30","due":"2026-06-30","latest":"2026-06-30"}`
		late   = `{"key":"A","missing":2,"deferred":2,"oldest":"2026-06-20","newest":"2026-06-21","due":"2026-06-30","latest":"2026-06-30"}`
		edge   = `{"key":"A","missing":1,"deferred":1,"oldest":"2025-05-27","newest":"2026-06-30","due":"2026-06-30","latest":"2026-06-30"}`
		broken = `{"key":"A","error":"Store.Unavailable"}`
	)
	s, day := &kept{}, 0
	for _, step := range []struct {
		scope, series string
		want          string // OldestGapDays of the stack, "" when it is not sent
	}{
		{recent, good, "0"},
		{whole, old, "5875"},
		{recent, good, "5876"}, // does not look so far back
		{recent, late, "5877"},
		{part, good, ""},
		{recent, broken, ""},
		{recent, good, "5880"},
		{whole, late, "18"},
		{recent, late, "19"},
		{recent, good, "0"}, // it was in its range
		{whole, edge, "410"},
		{recent, good, "0"}, // and so was that
		{whole, good, "0"},
		{whole, old + "," + late, "5887"},
	} {
		var in message.Report
		unmarshal(t, `{"sources":[{"source":"ecb","work":{"series":[`+step.series+`],"bundles":[]}}],"scope":`+step.scope+`}`, &in)
		day++
		in.Run, in.AsOf = fmt.Sprint("r", day), time.Date(2026, 6, 30+day, 0, 0, 0, 0, time.UTC)
		var sent []string
		for range 2 { // a retry says the same
			m := &metrics{}
			if _, err := report.New(s, m, slog.New(slog.DiscardHandler)).Handle(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, v := range m.got {
				if v.Level() == metric.Fleet && v.Name == metric.OldestGapDays {
					got = fmt.Sprint(v.Number)
				}
			}
			sent = append(sent, got)
		}
		if diff := cmp.Diff([]string{step.want, step.want}, sent); diff != "" {
			t.Errorf("run %d, scope %s (-want +got):\n%s", day, step.scope, diff)
		}
	}
}

// A run that began earlier, and ends later, knows nothing of those that began after it.
func TestTheStandingOfALaterRunIsNotTaken(t *testing.T) {
	s := &kept{}
	for _, r := range []struct {
		id   string
		day  int
		text string
	}{
		{"before", 1, `{"stack":{"oldest":"2026-06-01"}}`}, {"after", 9, `{"stack":{"oldest":"2020-01-01"}}`},
	} {
		s.runs = append(s.runs, store.Run{ID: r.id, AsOf: time.Date(2026, 7, r.day, 0, 0, 0, 0, time.UTC), Summary: json.RawMessage(r.text)})
	}
	var in message.Report
	unmarshal(t, `{"scope":{"stack":true,"sources":["ecb"],"from":"2026-06-10"},"sources":[{"source":"ecb","work":{"series":[],"bundles":[]}}],
		"run":"r","as_of":"2026-07-05T00:00:00Z"}`, &in)
	got, err := report.New(s, &metrics{}, slog.New(slog.DiscardHandler)).Handle(t.Context(), in)
	if err != nil || got.Stack == nil || got.Stack.Oldest.String() != "2026-06-01" {
		t.Errorf("%+v, %v", got.Stack, err)
	}
}

// Of a series that failed, and of one without any day, nothing is said that would be zero.
func TestWhatIsNotMeasured(t *testing.T) {
	var in message.Report
	unmarshal(t, `{"scope":{"sources":["ecb","fred","anp","down"]},"sources":[
		{"source":"ecb","work":{"series":[{"key":"FAILED","error":"Store.Unavailable","due":"2026-06-30"}],"bundles":[]}},
		{"source":"fred","work":{"series":[{"key":"OLD","latest":"2020-01-01"}],"bundles":[]}},
		{"source":"anp","work":{"series":[{"key":"NEW","due":"2026-06-30"}],"bundles":[]}},
		{"source":"down","error":"Lacuna.Internal"}],`+header+`}`, &in)
	m := &metrics{}
	if _, err := report.New(&kept{}, m, slog.New(slog.DiscardHandler)).Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	for _, v := range m.got {
		if v.Series == "FAILED" || v.Name == metric.FreshnessDays || (v.Source == "ecb" || v.Source == "down") && v.Name.IsStanding() {
			t.Errorf("%+v is sent", v)
		}
	}
}

func TestDescribe(t *testing.T) {
	within := span.Span{From: 20000, To: 20001}
	tests := []struct {
		f    message.Failure
		want string
	}{
		{message.Failure{Source: "ecb", Error: "E"}, "source ecb E"},
		{message.Failure{Source: "ecb", Stream: "ecb-001", Error: "E", Attempts: 1, Message: "why"}, "stream ecb-001 E (why)"},
		{message.Failure{Source: "ecb", Stream: "ecb-001", Series: []string{"A", "B", "C"}, Span: within, Error: "E", Attempts: 2}, "stream ecb-001 A B C 2024-10-04/2024-10-05 E after 2 attempts"},
		{message.Failure{Source: "ecb", Series: []string{"A", "B", "C", "D"}, Error: "E"}, "A B C and 1 series E"},
	}
	for _, tt := range tests {
		if got := report.Describe(tt.f); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
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
