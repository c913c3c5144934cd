package main

import (
	"strings"
	"testing"

	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/pflag"
)

// A failure is mended by the next run that is good, days only by their values: that they
// wait is no news, and no mending. A run tells the next one by how it ended, so what was
// told before a failure is still known after it.
func TestWhatMends(t *testing.T) {
	type run struct {
		status   string
		code     int
		failures int
		series   message.SeriesResult
		want     string
	}
	news, decide := message.SeriesResult{Count: row.Count{Absent: 1, New: 1}}, message.SeriesResult{Count: row.Count{Quarantined: 1, New: 1}}
	tests := map[string][]run{
		"a failure": {{message.Incomplete, exit.CodeRemain, 1, message.SeriesResult{}, needsPerson}, {message.Pending, 0, 0, message.SeriesResult{Waiting: 9}, mended},
			{message.Complete, 0, 0, message.SeriesResult{}, mended}, {message.Complete, 0, 0, message.SeriesResult{}, ""}}, // the days, of which an earlier run told
		"a day": {{message.Pending, exit.CodeRemain, 0, news, needsPerson}, {message.Pending, 0, 0, message.SeriesResult{Waiting: 1}, ""},
			{message.Pending, exit.CodeWaiting, 0, message.SeriesResult{Waiting: 1}, ""}, {message.Complete, 0, 0, message.SeriesResult{}, mended}},
		"a quarantine": {{message.Incomplete, exit.CodeRemain, 0, decide, needsPerson}, {message.Complete, 0, 0, message.SeriesResult{Quarantine: 1}, ""}, {message.Complete, 0, 0, message.SeriesResult{}, mended}},
		"a day and then a failure": {{message.Pending, exit.CodeRemain, 0, news, needsPerson}, {message.Incomplete, exit.CodeRemain, 1, news, needsPerson},
			{message.Pending, 0, 0, message.SeriesResult{Waiting: 1}, mended}, {message.Complete, 0, 0, message.SeriesResult{}, mended}}, // the failure, then the day
	}
	for name, runs := range tests {
		t.Run(name, func(t *testing.T) {
			a, u := &app{flags: pflag.NewFlagSet("", pflag.ContinueOnError), db: "x.db"}, &unattended{}
			for i, r := range runs {
				u.last = &total{}
				u.last.add(history.Outcome{Summary: message.Summary{Status: r.status, Series: []message.SeriesResult{r.series}, Failures: make([]message.Failure, r.failures)}})
				got, told := u.notice(a, nil, r.code)
				if told != (r.want != "") || told && got.Event != r.want {
					t.Errorf("run %d: told %t, %s; want %q", i, told, got.Event, r.want)
				}
				if r.series.Quarantined > 0 && !strings.HasSuffix(got.Text, "Look: lacuna quarantine list") {
					t.Errorf("run %d: who decides is not led to the days: %s", i, got.Text)
				}
			}
		})
	}
}

// cron starts a process a run, and each has to know what the ones before told.
func TestWhatMendsWithoutEvery(t *testing.T) {
	t.Parallel()
	b, h := newBench(t), newHook(t)
	if err := b.Fail(publisher.Fault{Kind: publisher.NoValue, Source: publisher.SGS, Span: span.Span{From: span.Date(2024, 6, 13), To: span.Date(2024, 6, 13)}, Times: 1}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		now  string
		code int
		want string
	}{
		{"2024-06-15", exit.CodeRemain, needsPerson},
		{"2024-06-15", 0, ""}, // waits
		{"2024-06-15", 0, ""},
		{"2024-06-17", 0, mended},
		{"2024-06-17", 0, ""},
	} {
		h.last.Store(&notice{})
		code, stdout, stderr := b.run("backfill", "--series", "SGS#1", "--from", "2024-06-03", "--to", "2024-06-14", "--now", tt.now, "--notify", h.URL)
		got := h.last.Load()
		if code != tt.code || got.Event != tt.want {
			t.Errorf("%s: exit code %d, notice %q; want %d, %q\n%s%s", tt.now, code, got.Event, tt.code, tt.want, stdout, stderr)
		}
		if tt.want == needsPerson && !strings.Contains(got.Text, "SGS#1: 1 day newly found without a good value. SGS#1 2024-06-13: absent. Look: lacuna runs ") {
			t.Errorf("the day is not named: %s", got.Text)
		}
	}
}
