package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/plan"
	"lacuna/internal/publisher"
	"lacuna/internal/span"
	"lacuna/internal/standing"

	"github.com/google/go-cmp/cmp"
)

var fiveSeries = []string{"CURRENCY#USD", "CURRENCY#BRL", "ECB#USD", "SGS#1", "SGS#10813"}

var fiveRange = []string{"--series", strings.Join(fiveSeries, ","), "--from", "2008-01-01", "--to", "2026-06-30"}

// published returns what `export` must write of key: the publisher's own digits.
func published(p *publisher.Data, key string, days span.Span) []string {
	where := map[string][2]string{
		"CURRENCY#USD": {publisher.PTAX, "USD"}, "CURRENCY#BRL": {publisher.ECB, "BRL"}, "ECB#USD": {publisher.ECB, "USD"},
		"SGS#1": {publisher.SGS, "1"}, "SGS#10813": {publisher.SGS, "10813"},
	}[key]
	var lines []string
	for _, o := range p.Observations(where[0], where[1]) {
		if days.Contains(o.Day) {
			lines = append(lines, fmt.Sprintf("%s,%s,observed,%s", key, o.Day, strings.Join(o.Values, ",")))
		}
	}
	return lines
}

// exportedRows returns the lines of `export` of one series without the header.
func (b *bench) exportedRows(key string) []string {
	b.Helper()
	code, stdout, stderr := b.run("export", "--series", key)
	if code != 0 {
		b.Fatalf("export %s: exit code %d\n%s", key, code, stderr)
	}
	return strings.Split(strings.TrimSpace(stdout), "\n")[1:]
}

func TestFillsEveryPublishedDay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	days := span.Span{From: span.Date(2008, 1, 1), To: span.Date(2026, 6, 30)}
	var planned plan.Plan
	b.read(&planned, 0, append([]string{"plan"}, fiveRange...)...)
	var got result
	b.read(&got, 0, append([]string{"backfill"}, fiveRange...)...)
	if got.Status != "complete" || got.Requests != planned.Requests || len(b.Requests("")) != planned.Requests {
		t.Errorf("status %s, %d requests, the publisher counts %d, planned were %d", got.Status, got.Requests, len(b.Requests("")), planned.Requests)
	}
	for i, key := range fiveSeries {
		want := published(b.Data, key, days)
		if diff := cmp.Diff(want, b.exportedRows(key)); diff != "" {
			t.Errorf("%s (-published +stored):\n%s", key, diff)
		}
		if s := planned.Series[slices.IndexFunc(planned.Series, func(s plan.Series) bool { return s.Key == key })]; s.Requested != len(want) {
			t.Errorf("%s: %d days planned, %d published", key, s.Requested, len(want))
		}
		if got.Series[i].Observed == 0 {
			t.Errorf("%s: nothing observed in %+v", got.Series[i].Key, got.Series[i])
		}
	}
	var st status
	b.read(&st, 0, append([]string{"status", "--detailed-exitcode"}, fiveRange...)...)
	if !st.Complete {
		t.Errorf("status is not complete: %+v", st)
	}
	before := len(b.Requests(""))
	b.read(&got, 0, append([]string{"backfill"}, fiveRange...)...)
	if got.Requests != 0 || len(b.Requests("")) != before {
		t.Errorf("the second run made %d requests, the publisher counts %d more", got.Requests, len(b.Requests(""))-before)
	}
}

func TestHealsRowsDeletedByHand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := []string{"--series", "CURRENCY#USD,ECB#USD", "--from", "2020-01-01", "--to", "2026-06-30"}
	b.read(&result{}, 0, append([]string{"backfill"}, in...)...)
	complete := append(b.exportedRows("CURRENCY#USD"), b.exportedRows("ECB#USD")...)
	b.edit(`DELETE FROM rows WHERE date IN ('2021-03-02', '2021-03-04', '2024-02-29') AND info_type = 'CURRENCY#USD'
		OR date BETWEEN '2022-12-23' AND '2022-12-28' AND info_type = 'ECB#USD'`)
	before := len(b.Requests(""))
	var planned plan.Plan
	b.read(&planned, 2, append([]string{"plan", "--detailed-exitcode"}, in...)...)
	gaps := map[string][]standing.Days{}
	for _, s := range planned.Series {
		gaps[s.Key] = s.Gaps
	}
	day := func(text string) span.Day {
		d, err := span.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := map[string][]standing.Days{
		"CURRENCY#USD": {{From: day("2021-03-02"), To: day("2021-03-02"), Days: 1}, {From: day("2021-03-04"), To: day("2021-03-04"), Days: 1}, {From: day("2024-02-29"), To: day("2024-02-29"), Days: 1}},
		"ECB#USD":      {{From: day("2022-12-23"), To: day("2022-12-28"), Days: 3}},
	}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	var got result
	b.read(&got, 0, append([]string{"backfill"}, in...)...)
	var asked []string
	for _, r := range b.Requests("")[before:] {
		asked = append(asked, r.Source+" "+r.Span.String())
	}
	slices.Sort(asked)
	// The two days of March 2021 are near: one request bridges the day between.
	if diff := cmp.Diff([]string{"bcb-ptax 2021-03-02/2021-03-04", "bcb-ptax 2024-02-29", "ecb 2022-12-23/2022-12-28"}, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if healed := append(b.exportedRows("CURRENCY#USD"), b.exportedRows("ECB#USD")...); !slices.Equal(healed, complete) {
		t.Errorf("rows after healing (-before +after):\n%s", cmp.Diff(complete, healed))
	}
	if got.Requests != planned.Requests {
		t.Errorf("%d requests, planned were %d", got.Requests, planned.Requests)
	}
}

func TestDaysWithoutPublicationAreNotAskedFor(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, series, from, to, now string }{
		{"weekend", "CURRENCY#USD", "2026-06-20", "2026-06-21", "2026-07-01"},
		{"Brazilian bank holiday", "CURRENCY#USD", "2024-11-20", "2024-11-20", "2026-07-01"},
		{"carnival", "SGS#1", "2026-02-16", "2026-02-17", "2026-07-01"},
		{"TARGET day", "ECB#USD", "2026-04-03", "2026-04-06", "2026-07-01"},
		{"not due before 18:00 in Brazil", "CURRENCY#USD", "2026-06-30", "2026-06-30", "2026-06-30T20:59:59Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			code, stdout, stderr := b.run("backfill", "--series", tt.series, "--from", tt.from, "--to", tt.to, "--now", tt.now)
			if code != 0 || !strings.Contains(stdout, "Nothing missing: 0 requests.") {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
			if n := len(b.Requests("")); n > 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestDueDayIsAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var got result
	b.read(&got, 0, "backfill", "--series", "CURRENCY#USD", "--from", "2026-06-30", "--to", "2026-06-30", "--now", "2026-06-30T21:00:00Z")
	if got.Requests != 1 || got.Series[0].Observed != 1 {
		t.Errorf("got %+v", got)
	}
}

// Of thirty currencies every twentieth row is deleted at random: what is planned
// is what is asked, and all is as it was.
func TestHeals30Currencies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.hurry("../../examples/ecb.yaml")
	since, requests, few := "2008-01-02", 6, 6000
	if !thorough { // which takes as long as a twentieth of all tests
		since, requests, few = "2018-01-02", 3, 2500
	}
	var got result
	b.read(&got, 0, "backfill", "--from", since)
	export := func() string {
		code, stdout, stderr := b.run("export", "--series", "*")
		if code != 0 {
			t.Fatalf("export: exit code %d\n%s", code, stderr)
		}
		return stdout
	}
	before := export()
	random := rand.New(rand.NewPCG(30, 50))
	deleted := 0
	var days []string
	for _, line := range strings.Split(strings.TrimSpace(before), "\n")[1:] {
		if random.IntN(20) == 0 {
			field := strings.SplitN(line, ",", 3)
			days = append(days, fmt.Sprintf("('%s','%s')", field[0], field[1]))
			deleted++
		}
	}
	b.edit("DELETE FROM rows WHERE (info_type, date) IN (VALUES " + strings.Join(days, ",") + ")")
	asked := len(b.Requests(""))
	var planned plan.Plan
	b.read(&planned, 0, "plan", "--from", since)
	b.read(&got, 0, "backfill", "--from", since)
	observed := 0
	for _, s := range got.Series {
		observed += s.Observed
	}
	if n := len(b.Requests("")) - asked; n != requests || got.Requests != n || planned.Requests != n || got.Status != "complete" || observed != deleted || deleted < few {
		t.Errorf("status %s, %d of %d days with %d requests, the publisher counts %d, planned were %d; want %d", got.Status, observed, deleted, got.Requests, n, planned.Requests, requests)
	}
	if after := export(); after != before {
		t.Error("what is exported is not what it was before the rows were deleted")
	}
}
