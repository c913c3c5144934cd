package main

import (
	"testing"

	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/row"

	"github.com/spf13/pflag"
)

// A failure is mended by the next run that is good, days only by their values: that they
// wait is no news, and no mending.
func TestWhatMends(t *testing.T) {
	type run struct {
		status   string
		code     int
		failures int
		series   message.SeriesResult
		want     string
	}
	news := message.SeriesResult{Count: row.Count{Absent: 1, New: 1}}
	tests := map[string][]run{
		"a failure": {{message.Incomplete, exit.CodeRemain, 1, message.SeriesResult{}, needsPerson}, {message.Pending, 0, 0, message.SeriesResult{Waiting: 9}, mended}, {message.Complete, 0, 0, message.SeriesResult{}, ""}},
		"a day": {{message.Pending, exit.CodeRemain, 0, news, needsPerson}, {message.Pending, 0, 0, message.SeriesResult{Waiting: 1}, ""},
			{message.Pending, exit.CodeWaiting, 0, message.SeriesResult{Waiting: 1}, ""}, {message.Complete, 0, 0, message.SeriesResult{}, mended}},
		"a quarantine": {{message.Incomplete, exit.CodeRemain, 0, news, needsPerson}, {message.Complete, 0, 0, message.SeriesResult{Quarantine: 1}, ""}, {message.Complete, 0, 0, message.SeriesResult{}, mended}},
		"a day and then a failure": {{message.Pending, exit.CodeRemain, 0, news, needsPerson}, {message.Incomplete, exit.CodeRemain, 1, news, needsPerson},
			{message.Pending, 0, 0, message.SeriesResult{Waiting: 1}, mended}},
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
			}
		})
	}
}
