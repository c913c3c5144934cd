package main

import (
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/cost"
	"lacuna/internal/history"
	"lacuna/internal/publisher"

	"github.com/google/go-cmp/cmp"
)

// costs is the part of a document that tells them.
type costs struct {
	Run  string
	Runs []string
	Cost *cost.Bill
}

// near fails the test unless the receipt is within 5 % of the plan, of each service too.
func (b *bench) near(planned, receipt cost.Bill) {
	b.Helper()
	if receipt.Basis != cost.Counted || planned.Basis != cost.Planned || receipt.Runs != planned.Runs {
		b.Errorf("%d runs by %s, planned %d by %s", receipt.Runs, receipt.Basis, planned.Runs, planned.Basis)
	}
	for what, usd := range map[string][2]cost.USD{
		"all": {planned.USD, receipt.USD}, "Step Functions": {planned.StepFunctions.USD, receipt.StepFunctions.USD}, "Lambda": {planned.Lambda.USD, receipt.Lambda.USD},
		"SQS": {planned.SQS.USD, receipt.SQS.USD}, "DynamoDB": {planned.DynamoDB.USD, receipt.DynamoDB.USD}, "CloudWatch": {planned.CloudWatch.USD, receipt.CloudWatch.USD},
	} {
		if off := 100 * max(usd[0]-usd[1], usd[1]-usd[0]); off > 5*usd[0] {
			b.Errorf("%s: planned %s USD, used %s", what, usd[0], usd[1])
		}
	}
}

func TestReceiptIsWithin5PercentOfThePlan(t *testing.T) {
	t.Parallel()
	narrow := filepath.Join(t.TempDir(), "narrow.yaml")
	writeFile(t, narrow, `version: 1
sources:
  bcb-ptax: {max_days: 2, max_series: 1, request_cost_days: 365, concurrency: 8, rate_per_s: 1000, timeout: 30s}
series:
- {key: DOLLAR, title: US dollar, unit: BRL, source: bcb-ptax, code: USD, fields: [buy, sell], calendar: brazil-bank, since: 2016-01-01, ready: {at: "18:00", zone: America/Sao_Paulo}}
`)
	for _, tt := range []struct {
		name   string
		before []string // flags of a run
		edit   string
		flags  []string
		runs   int
	}{
		{name: "one series", flags: []string{"--series", "CURRENCY#USD", "--from", "2008-01-01"}, runs: 1},
		{name: "a month of one series", flags: []string{"--series", "ECB#USD", "--from", "-30d"}, runs: 1},
		{name: "all shipped series", flags: []string{"--offline"}, runs: 1},
		{name: "nothing missing", before: []string{"--offline"}, flags: []string{"--offline"}, runs: 1},
		{
			name: "holes of two sources", before: fiveRange, flags: fiveRange, runs: 1,
			edit: "DELETE FROM rows WHERE substr(date, 6) IN ('03-02', '09-15') OR date > '2026-06-10'",
		},
		{name: "every day once more", before: fiveRange, flags: append([]string{"--only", "all"}, fiveRange...), runs: 1},
		{name: "more streams than a run takes", flags: []string{"--catalogue", narrow}, runs: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			if tt.before != nil {
				b.read(&costs{}, 0, append([]string{"backfill"}, tt.before...)...)
			}
			if tt.edit != "" {
				b.edit(tt.edit)
			}
			var planned, got costs
			b.read(&planned, 0, append([]string{"plan"}, tt.flags...)...)
			b.read(&got, 0, append([]string{"backfill"}, tt.flags...)...)
			b.near(*planned.Cost, *got.Cost)
			if len(got.Runs) != tt.runs || got.Cost.Runs != tt.runs {
				t.Errorf("%d runs, told are %d, want %d", len(got.Runs), got.Cost.Runs, tt.runs)
			}
			var all cost.USD
			for _, run := range got.Runs {
				var one costs
				args := []string{"runs", run}
				if tt.flags[0] == "--offline" {
					args = append(args, "--offline")
				}
				b.read(&one, 0, args...)
				all += one.Cost.USD
			}
			if off := all - got.Cost.USD; off < 0 || off > cost.USD(5*tt.runs) { // each is rounded up
				t.Errorf("runs RUN tell %s USD, backfill %s", all, got.Cost.USD)
			}
		})
	}
}

// Retries stand in the receipt: it is what the history tells, event by event.
func TestReceiptCountsRetries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := []string{"--series", "CURRENCY#USD,ECB#USD", "--from", "2024-01-01"}
	var planned, got costs
	b.read(&planned, 0, append([]string{"plan"}, in...)...)
	if err := b.Fail(publisher.Fault{Source: publisher.ECB, Kind: publisher.Status, Status: 503, Times: 2}); err != nil {
		t.Fatal(err)
	}
	b.read(&got, 0, append([]string{"backfill"}, in...)...)
	var whole struct {
		costs
		Events []history.Event
	}
	b.read(&whole, 0, "runs", got.Run)
	entered, scheduled, queued := 0, 0, 0
	for _, e := range whole.Events {
		switch {
		case strings.HasSuffix(e.Type, "StateEntered"):
			entered++
		case e.Type == "TaskScheduled":
			scheduled++
			if strings.Contains(string(e.Details), `"sqs"`) {
				queued++
			}
		}
	}
	const retries = 2
	want := []int{planned.Cost.StepFunctions.Transitions + retries, planned.Cost.Lambda.Requests + retries, planned.Cost.SQS.Requests + 3*retries}
	for _, bill := range []*cost.Bill{got.Cost, whole.Cost} {
		if diff := cmp.Diff(want, []int{bill.StepFunctions.Transitions, bill.Lambda.Requests, bill.SQS.Requests}); diff != "" {
			t.Errorf("transitions, invocations, requests to queues (-planned and retried +told):\n%s", diff)
		}
		if diff := cmp.Diff([]int{entered + retries + 2, scheduled, 3 * queued}, []int{bill.StepFunctions.Transitions, bill.Lambda.Requests, bill.SQS.Requests}); diff != "" {
			t.Errorf("transitions, invocations, requests to queues (-history +told):\n%s", diff)
		}
	}
}
