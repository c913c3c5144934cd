package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/publisher"
	"lacuna/internal/span"
	"lacuna/internal/story"

	"github.com/google/go-cmp/cmp"
)

// A day that its publisher leaves out is asked for on six days and on no other,
// however often backfill runs.
func TestTheLadder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	day := span.Date(2026, 6, 15)
	if err := b.Fail(publisher.Fault{Kind: publisher.LeftOut, Span: span.Span{From: day, To: day}}); err != nil {
		t.Fatal(err)
	}
	var asked []string
	for now := day + 1; now <= day+45; now++ {
		before := len(b.Requests(""))
		hours := []string{"T23:59:59Z"}
		if after := int(now - day); after&(after-1) == 0 { // 1, 2, 4, ...: the first run of the day asks
			hours = []string{"T00:00:00Z", "T00:00:00Z", "T23:59:59Z"}
		}
		for _, hour := range hours {
			code, stdout, stderr := b.run("backfill", "--series", "CURRENCY#USD", "--from", "2026-06-08", "--to", "2026-06-15", "--now", now.String()+hour)
			if code != 0 && code != exit.CodeRemain {
				t.Fatalf("%s: exit code %d\n%s%s", now, code, stdout, stderr)
			}
		}
		if n := len(b.Requests("")) - before; n > 0 {
			asked = append(asked, fmt.Sprintf("%s %d", now, n))
		}
	}
	want := []string{"2026-06-16 1", "2026-06-17 1", "2026-06-19 1", "2026-06-23 1", "2026-07-01 1", "2026-07-17 1"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("days and requests (-want +got):\n%s", diff)
	}
}

// A run is shown with what a person should know of it, and a missing day with
// the run that should have had it.
func TestWhatARunLeaves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := []string{"--series", "ECB#USD", "--from", "2026-06-22", "--to", "2026-06-26"}
	b.read(&result{}, 0, append([]string{"backfill"}, in...)...)
	if err := b.Fail(publisher.Fault{Kind: publisher.Revised}); err != nil {
		t.Fatal(err)
	}
	var got result
	b.read(&got, 0, append([]string{"backfill", "--only", "all"}, in...)...)
	if got.Series[0].Revised != 1 {
		t.Errorf("%+v, want 1 revised", got.Series[0])
	}
	code, tree, _ := b.run("runs", got.Run)
	if code != 0 || !strings.Contains(tree, "1 day revised: the old values are kept") {
		t.Errorf("exit code %d\n%s", code, tree)
	}
	var one struct {
		Summary struct{ Series []seriesTotal }
	}
	b.read(&one, 0, "runs", got.Run)
	if len(one.Summary.Series) != 1 || one.Summary.Series[0].Revised != 1 {
		t.Errorf("summary %+v, want 1 revised", one.Summary)
	}

	b.Heal()
	if err := b.Fail(publisher.Fault{Kind: publisher.Status, Status: 400}); err != nil {
		t.Fatal(err)
	}
	b.read(&got, 3, "backfill", "--series", "ECB#USD,CURRENCY#USD", "--from", "2026-06-15", "--to", "2026-06-19", "--log-level", "error")
	for key, error := range map[string]string{"ECB#USD": "Source.Rejected", "CURRENCY#USD": "Source.Rejected", "SGS#1": ""} {
		var why story.Story
		b.read(&why, 0, "why", key, "2026-06-17")
		want := []story.Failure{}
		if error != "" {
			want = []story.Failure{{Run: got.Run, At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Error: error}}
			if len(why.Failures) == 1 {
				want[0].Message = why.Failures[0].Message
			}
		}
		if diff := cmp.Diff(want, why.Failures); diff != "" || why.State != story.StateMissing {
			t.Errorf("%s, %s: failures (-want +got):\n%s", key, why.State, diff)
		}
	}
	if _, text, _ := b.run("why", "ECB#USD", "2026-06-17"); !strings.Contains(text, "failed    Source.Rejected in run "+got.Run) {
		t.Errorf("the failure is not told:\n%s", text)
	}
}

// storedItem is the table's item of ECB#USD on 2024-01-02.
const storedItem = `{"info_type":{"S":"ECB#USD"},"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fields":{"M":{"value":{"N":"1.0956"}}},
	"source":{"S":"ecb"},"fetched_at":{"S":"2026-07-01T00:00:00Z"},"run":{"S":"x"}}`

func TestActsOnATable(t *testing.T) {
	a := newAccount(t)
	a.reply("Query", func(body map[string]any) string {
		if values := fmt.Sprint(body["ExpressionAttributeValues"]); strings.Contains(values, "ECB#USD]") {
			return `{"Items":[` + storedItem + `],"Count":1}`
		}
		return `{"Items":[],"Count":0}`
	})
	conflicts := 1
	a.reply("TransactWriteItems", func(map[string]any) string {
		if conflicts--; conflicts >= 0 {
			return `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
				"CancellationReasons":[{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"None"}]}`
		}
		return `{}`
	})
	acted := []string{"--series", "ECB#USD", "--from", "2024-01-02", "--to", "2024-01-03", "--reason", "odd", "--by", "ana"}
	code, stdout, stderr := a.run(append([]string{"mark", "missing"}, acted...)...)
	if code != 0 || !strings.Contains(stdout, "2024-01-02  observed  missing  value 1.0956\n") || len(a.of("TransactWriteItems")) != 2 {
		t.Fatalf("exit code %d after %d transactions\n%s%s", code, len(a.of("TransactWriteItems")), stdout, stderr)
	}
	written := fmt.Sprint(a.of("TransactWriteItems")[1])
	for _, want := range []string{"S:ECB#USD#REVISIONS", "S:mark missing", "S:ana", "odd (was observed value 1.0956)"} {
		if !strings.Contains(written, want) {
			t.Errorf("%q is not in what was written:\n%s", want, written)
		}
	}

	a.answer("PutItem", `{}`)
	code, stdout, stderr = a.run("mark", "absent", "--series", "ECB#USD", "--from", "2024-01-03", "--to", "2024-01-04", "--reason", "odd", "--by", "ana")
	if code != 0 || len(a.of("PutItem")) != 2 || !strings.Contains(stdout, "2024-01-04  missing  absent\n") {
		t.Errorf("exit code %d after %d puts\n%s%s", code, len(a.of("PutItem")), stdout, stderr)
	}
}

func TestWhyOfATable(t *testing.T) {
	a := newAccount(t)
	a.reply("Query", func(body map[string]any) string {
		switch values := fmt.Sprint(body["ExpressionAttributeValues"]); {
		case strings.Contains(values, "ECB#USD]"):
			return `{"Items":[` + storedItem + `],"Count":1}`
		case strings.Contains(values, "ECB#USD#REVISIONS"):
			return `{"Items":[` + strings.Replace(strings.NewReplacer(`"ECB#USD"`, `"ECB#USD#REVISIONS"`, `1.0956`, `1.0955`).Replace(storedItem),
				`"2024-01-02"}`, `"2024-01-02#2026-07-02T10:00:00.000000000Z"},"replaced_at":{"S":"2026-07-02T00:00:00Z"},"replaced_by":{"S":"y"}`, 1) + `],"Count":1}`
		}
		return `{"Items":[],"Count":0}`
	})
	code, stdout, stderr := a.run("why", "ECB#USD", "2024-01-02")
	for _, want := range []string{"ECB#USD 2024-01-02, a Tuesday: observed", "fields    value 1.0956", "2026-07-02 00:00:00Z  y            value 1.0955"} {
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("exit code %d, want %q in\n%s%s", code, want, stdout, stderr)
		}
	}
	code, stdout, stderr = a.run("export", "--series", "ECB#USD", "--as-of", "2026-07-01")
	if want := "info_type,date,status,value\nECB#USD,2024-01-02,observed,1.0955\n"; code != 0 || stdout != want {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}
