package history

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/cost"
	"lacuna/internal/engine"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

// used are the events of a run over one series, which was asked for twice.
func used() []string {
	exited := func(name, output string) string {
		return fmt.Sprintf(`{"name":%q,"output":%q}`, name, output)
	}
	lines := []string{
		"ExecutionStarted",
		`TaskStateEntered {"name":"Select"}`, `TaskScheduled {"resourceType":"lambda"}`,
		"TaskStateExited " + exited("Select", `{"run":"r","scope":{"stack":true},"sources":[{"source":"a","batches":[{"series":[{"key":"A","from":"2024-01-01","to":"2024-12-30"}]}]}]}`),
		`MapStateEntered {"name":"EachSource"}`, `MapStateEntered {"name":"EachSeries"}`,
		`TaskStateEntered {"name":"Query"}`, `TaskScheduled {"resourceType":"lambda"}`, `TaskFailed {"error":"Store.Throttled"}`, `TaskScheduled {"resourceType":"lambda"}`, `TaskStateExited {"name":"Query","output":"{}"}`,
		`TaskStateEntered {"name":"Detect"}`, `TaskScheduled {"resourceType":"lambda"}`, `TaskStateExited {"name":"Detect","output":"{}"}`,
		`TaskStateEntered {"name":"FanOut"}`, `TaskScheduled {"resourceType":"lambda"}`,
		"TaskStateExited " + exited("FanOut", `{"run":"r","work":{"series":[{"key":"A","expected":260,"missing":10,"not_due":1}],"bundles":[{"streams":[{"id":"a-001","series":["A"],"from":"2024-01-01","to":"2024-03-13","days":10}]}],"planned":1}}`),
		`ChoiceStateEntered {"name":"AnyStreams?"}`, `MapStateEntered {"name":"EachStream"}`,
		`TaskStateEntered {"name":"Scrape"}`, `TaskScheduled {"resourceType":"sqs"}`, `TaskFailed {"error":"Source.Unavailable"}`, `TaskScheduled {"resourceType":"sqs"}`, `TaskStateExited {"name":"Scrape","output":"{}"}`,
		`PassStateEntered {"name":"SourceDone"}`,
		`TaskStateEntered {"name":"Report"}`, `TaskScheduled {"resourceType":"lambda"}`,
		"TaskStateExited " + exited("Report", `{"run":"r","status":"complete","series":[{"key":"A","observed":9,"absent":1,"revised":2}]}`),
		`ChoiceStateEntered {"name":"Complete?"}`, `SucceedStateEntered {"name":"Done"}`, "ExecutionSucceeded",
	}
	for i, line := range lines {
		lines[i] = fmt.Sprintf("%d %d %s", i+1, i, line)
	}
	return lines
}

func TestMeter(t *testing.T) {
	var m Meter
	for _, e := range made(t, used()...) { // as they come
		m.Add([]Event{e})
	}
	got, ok := m.Usage()
	want := cost.Run{
		Sources: 1, Asked: 1, Batches: 1, Series: []int{249}, Messages: 1, Streams: []cost.Stream{{42}}, Rows: 10, Revised: 2, Whole: true, Reported: true,
	}.Usage(cost.Counts{Transitions: 13 + 2 + 2, Tasks: 6, FanOuts: 1, Scrapes: 2})
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("usage (-want +got), %v:\n%s", ok, diff)
	}
	if bill := m.Bill("us-east-1"); bill.Basis != cost.Counted || bill.StepFunctions.Transitions != 17 {
		t.Errorf("bill %+v", bill)
	}
}

// billOf is the bill of events.
func billOf(events []Event) *cost.Bill {
	var m Meter
	m.Add(events)
	return m.Bill("us-east-1")
}

// A shard is no message, though an emulator calls both a task of "states".
func TestMeterOfShardsAndMessages(t *testing.T) {
	for resource, want := range map[string]int{
		"startExecution.sync:2": 0, "arn:aws:states:::states:startExecution.sync:2": 0,
		"sendMessage.waitForTaskToken": 3, "arn:aws:states:::sqs:sendMessage.waitForTaskToken": 3,
	} {
		bill := billOf(made(t, "1 0 ExecutionStarted", `2 1 TaskStateEntered {"name":"X"}`, fmt.Sprintf(`3 2 TaskScheduled {"resourceType":"states","resource":%q}`, resource)))
		if bill == nil || bill.SQS.Requests != want {
			t.Errorf("%s: %+v, want %d requests to queues", resource, bill, want)
		}
	}
}

// What has not come to Select or Report has used less, and is told all the same.
func TestMeterOfPartOfARun(t *testing.T) {
	lines := used()
	for n := range lines {
		m := Meter{}
		m.Add(made(t, lines[:n]...))
		whole, ok := m.Usage()
		if !ok || n > 0 && whole.Transitions == 0 || n < len(lines)-3 && whole.MetricHours > 0 {
			t.Errorf("of %d events: %v %+v", n, ok, whole)
		}
	}
}

func TestMeterOfWhatIsNoRun(t *testing.T) {
	for _, output := range []string{`[1]`, `"x"`, `{"work":{"series":3}}`, `{"work":`, strings.Repeat("[", 50)} {
		if bill := billOf(made(t, "1 0 ExecutionStarted", fmt.Sprintf(`2 1 TaskStateExited {"name":"FanOut","output":%q}`, output))); bill != nil {
			t.Errorf("%s has a bill: %+v", output, bill)
		}
	}
	// FanOut has failed, and its state gives what it was given.
	if billOf(made(t, `1 0 TaskStateExited {"name":"FanOut","output":"{\"work\":[{\"key\":\"A\"}],\"failure\":{}}"}`)) == nil {
		t.Error("a run whose FanOut failed has no bill")
	}
}

// Whatever states give, a run costs something or nobody knows what.
func FuzzMeter(f *testing.F) {
	f.Add(`{"sources":[{"source":"a","series":[{"key":"A","from":"0001-01-01","to":"9999-12-31"}]}]}`, `{"work":{"series":[{"key":"A","expected":9223372036854775807,"missing":-9223372036854775808}],"streams":[{"series":["A","A"],"from":"2024-01-02","to":"2024-01-01","days":-1}]}}`, `{"status":"complete","series":[{"observed":9223372036854775807,"revised":-5}]}`)
	f.Add(`null`, `{"work":[]}`, `{}`)
	f.Fuzz(func(t *testing.T, selected, fanned, reported string) {
		m := Meter{}
		for name, output := range map[string]string{"Select": selected, "FanOut": fanned, "Report": reported} {
			details, err := json.Marshal(map[string]string{"name": name, "output": output})
			if err != nil {
				t.Fatal(err)
			}
			events, err := ReadEvents([]store.Event{{ID: 1, Type: "ExecutionStarted", Details: json.RawMessage("{}")}, {ID: 2, Type: "TaskStateExited", Details: details}})
			if err != nil {
				t.Fatal(err)
			}
			m.Add(events)
		}
		if b := m.Bill("us-east-1"); b != nil && (b.StepFunctions.USD <= 0 || b.Lambda.USD < 0 || b.DynamoDB.USD < 0 || b.CloudWatch.USD < 0 || b.USD > 1e15) {
			t.Errorf("a bill of %+v", b)
		}
	})
}

// ofEngine makes events of the engine of lines as used has them.
func ofEngine(t *testing.T, lines []string) (events []engine.Event) {
	t.Helper()
	for i, line := range lines {
		part := strings.SplitN(line, " ", 4)
		e := engine.Event{ID: int64(i + 1), Type: part[2]}
		if len(part) > 3 {
			e.Details = &engine.Details{}
			if err := json.Unmarshal([]byte(part[3]), e.Details); err != nil {
				t.Fatal(err)
			}
		}
		events = append(events, e)
	}
	return events
}

// The engine's events are counted as the stored ones are, and tell the same summary.
func TestEventsOfTheEngineTellTheSame(t *testing.T) {
	var stored, own Meter
	stored.Add(made(t, used()...))
	own.AddOf(ofEngine(t, used()))
	want, _ := stored.Usage()
	if got, ok := own.Usage(); !ok || cmp.Diff(want, got) != "" {
		t.Errorf("usage (-stored +own), %v:\n%s", ok, cmp.Diff(want, got))
	}
	of, err := SummaryOf(ofEngine(t, used()))
	if in, inErr := SummaryIn(made(t, used()...)); err != nil || inErr != nil || of == nil || cmp.Diff(in, of) != "" {
		t.Errorf("summary (-stored +own), %v, %v:\n%s", inErr, err, cmp.Diff(in, of))
	}
}

// A run is not told to be cheap because nobody can read what it did.
func TestMeterOfWhatCannotBeRead(t *testing.T) {
	report := `TaskStateExited {"name":"Report","output":"{\"run\":\"r\",\"status\":\"complete\",\"series\":3}"}`
	for name, last := range map[string]string{"a summary of another form": report, "a service that is no text": `TaskScheduled {"resourceType":3}`, "a selection of another form": `TaskStateExited {"name":"Select","output":"[]"}`} {
		var m Meter
		m.Add(made(t, append(used(), fmt.Sprintf("%d %d %s", len(used())+1, len(used()), last))...))
		if usage, ok := m.Usage(); ok || m.Bill("us-east-1") != nil {
			t.Errorf("%s: usage %+v", name, usage)
		}
	}
}

// A run that divided itself has used what it did itself and what its shards did.
func TestMeterOfShards(t *testing.T) {
	var shard, shards Meter
	shard.Add(made(t, used()...))
	one, ok := shard.Usage()
	if !ok {
		t.Fatal("a shard is no run")
	}
	shards.AddShard(&shard)
	shards.AddShard(&shard)
	exited := func(name, output string) string { return fmt.Sprintf(`{"name":%q,"output":%q}`, name, output) }
	own := made(
		t, "1 0 ExecutionStarted",
		`2 1 TaskStateEntered {"name":"Select"}`, `3 2 TaskScheduled {"resourceType":"lambda"}`,
		"4 3 TaskStateExited "+exited("Select", `{"run":"r","scope":{"stack":true},"shards":[{"name":"r-shard-001"},{"name":"r-shard-002"}],"sources":[]}`),
		`5 4 MapStateEntered {"name":"EachShard"}`,
		`6 5 TaskStateEntered {"name":"Shard"}`, `7 6 TaskScheduled {"resourceType":"states","resource":"startExecution.sync:2"}`, `8 7 TaskFailed {"error":"StepFunctions.SdkClientException"}`, `9 8 TaskScheduled {"resourceType":"states","resource":"startExecution.sync:2"}`,
		`10 9 TaskStateEntered {"name":"Shard"}`, `11 10 TaskScheduled {"resourceType":"states","resource":"startExecution.sync:2"}`,
		`12 11 TaskStateEntered {"name":"Report"}`, `13 12 TaskScheduled {"resourceType":"lambda"}`,
		"14 13 TaskStateExited "+exited("Report", `{"run":"r","status":"complete","series":[{"key":"A"}],"total":{"number":1000,"observed":500},"shards":[{"run":"r-shard-001"},{"run":"r-shard-002"}]}`),
		"15 14 ExecutionSucceeded",
	)
	var m Meter
	m.Add(own)
	m.AddShard(&shards)
	got, ok := m.Usage()
	// Started, Select, EachShard, two shards of which one was tried twice, Report, ended; the rows are those of the shards.
	want := cost.Run{Shards: []int{500, 500}, Whole: true, Reported: true}.Usage(cost.Counts{Transitions: 8, Tasks: 2})
	want.Add(one)
	want.Add(one)
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("usage (-want +got), %v:\n%s", ok, diff)
	}
	// Of a shard that nobody can read, nobody knows what the whole used.
	var broken Meter
	broken.Add(made(t, `1 0 TaskStateExited {"name":"FanOut","output":"[1]"}`))
	m.AddShard(&broken)
	if u, ok := m.Usage(); ok {
		t.Errorf("with a broken shard: %+v", u)
	}
}
