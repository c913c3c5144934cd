//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/cost"
	"lacuna/internal/message"
	"lacuna/internal/publisher"
	"lacuna/internal/span"
	"lacuna/internal/store/dynamo"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"
)

// family has a currency for each combination of letters, and asks for each by itself.
const family = `version: 1
sources: {ecb: {max_series: 1, concurrency: 2, rate_per_s: 200}}
series:
- {key: "FAMILY#{a}{b}{c}", each: {a: [A, B, C], b: [%[1]s], c: [%[1]s]}, title: "{a}{b}{c}", unit: x, source: ecb, code: "{a}{b}{c}", calendar: target, since: %[2]s, until: %[3]s}
`

const inFamily = 3 * 20 * 20

var familyDays = span.Span{From: span.Date(2026, time.June, 15), To: span.Date(2026, time.June, 26)}

// newFamily puts a stack into an emulated account whose catalogue has the family, of which
// each member has other values.
func newFamily(t *testing.T) (s *stack, file string) {
	t.Helper()
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	text := fmt.Appendf(nil, family, "A, B, C, D, E, F, G, H, I, J, K, L, M, P, Q, R, S, T, U, V", familyDays.From, familyDays.To)
	c, err := catalogue.Parse("family.yaml", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Match()
	if err != nil {
		t.Fatal(err)
	}
	for i, series := range all {
		var list []publisher.Observation
		for day := range familyDays.Days() {
			if at := familyDays.From + span.Day(day); at.Weekday() != time.Saturday && at.Weekday() != time.Sunday {
				list = append(list, publisher.Observation{Day: at, Values: []string{fmt.Sprintf("%d.%04d", day+1, i)}})
			}
		}
		p.Add(series.Source, series.Code, list)
	}
	e := startEmulator(t)
	s = &stack{terraform: newTerraform(t, e), publisher: p, catalogue: c, machine: sfn.NewFromConfig(e.config())}
	file = filepath.Join(s.dir, "..", "family.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, e.environ(), "..", "go", "run", "./internal/zips", "-arch", runtime.GOARCH, "-catalogue", file, "-out", filepath.Join(s.dir, "..", "dist"))
	s.apply(t, map[string]any{"catalogue": file, "insecure_publisher_urls": map[string]string{publisher.ECB: p.URL(publisher.ECB)}})
	s.alias = output[string](t, s.terraform, "state_machine_alias_arn")
	s.rows = dynamo.New(dynamodb.NewFromConfig(e.config()), output[string](t, s.terraform, "table"))
	s.holdKeys(t)
	return s, file
}

// A catalogue that no execution takes needs no other commands than a small one: one apply,
// one start. The run divides itself, each shard is an execution, and what they did is
// one summary and one bill, which is what was planned; the days of all series are there,
// and nothing is asked for twice.
func TestDivided(t *testing.T) {
	began := time.Now()
	s, file := newFamily(t)
	lacuna := newCommand(t, s)
	lacuna.env = append(lacuna.env, "LACUNA_CATALOGUE="+file)
	reader := lacuna.as(s.as(t, "reader"))
	var planned struct {
		Requests int
		Cost     cost.Bill
	}
	reader.read(&planned, 0, "plan")
	fmt.Printf("a family of %d: %d resources, %s with emulator and zips\n", inFamily, len(s.resources(t)), time.Since(began).Round(time.Second))

	began = time.Now()
	filled := s.execute(t, "fill", `{}`)
	succeeds(t, filled)
	sum := s.checkDivided(t, filled, 25) // messages: 600 streams of a shard, 24 in each
	fmt.Printf("divided: %d series, %d days in %s\n", sum.All().Number, sum.All().Observed, time.Since(began).Round(time.Second))
	days := 0
	for _, series := range s.family(t) {
		got, absent := s.stored(t, series.Key, familyDays)
		if diff := cmp.Diff(s.published(t, series.Key, familyDays), got); diff != "" || absent != 0 {
			t.Fatalf("%s: the table is not what was published (-published +table), and %d absent:\n%s", series.Key, absent, diff)
		}
		days += len(got)
	}
	if all := sum.All(); all.Number != inFamily || all.Observed != days || days != 10*inFamily || sum.Requests != inFamily {
		t.Errorf("%+v of %d requests, and %d days are stored", all, sum.Requests, days)
	}
	if sum.Stack == nil || sum.Stack.Oldest != 0 {
		t.Errorf("the run leaves the stack %+v", sum.Stack)
	}
	if asked := len(s.publisher.Requests("")); asked != inFamily {
		t.Errorf("%d requests, want one for each series", asked)
	}
	s.checkGauges(t)
	s.checkStops(t, fmt.Sprintf("arn:aws:states:%s:000000000000:execution:lacuna:%s", region, sum.Shards[1].Run))

	var told struct {
		Cost   cost.Bill
		Shards []struct{ Run, Status string }
	}
	reader.read(&told, 0, "runs", *filled.Name)
	if planned.Requests != inFamily || told.Cost.SQS != planned.Cost.SQS || told.Cost.Lambda.Requests != planned.Cost.Lambda.Requests || told.Cost.Lambda.Requests != 2+2*(2+1+2*25+25) {
		t.Errorf("%d requests and\n%+v were planned, the run was told as\n%+v", planned.Requests, planned.Cost, told.Cost)
	}
	if len(told.Shards) != 2 || told.Shards[0].Run != sum.Shards[0].Run || told.Shards[1].Status != message.Complete {
		t.Errorf("the run is told with the shards %+v", told.Shards)
	}

	var again backfilled
	lacuna.read(&again, 0, "backfill")
	if asked := len(s.publisher.Requests("")); asked != inFamily || again.Requests != 0 || again.Status != message.Complete {
		t.Errorf("%d requests by a run of what is there: %s, %d requests", asked-inFamily, again.Status, again.Requests)
	}
	arn := strings.TrimSuffix(*filled.ExecutionArn, *filled.Name) + again.Run
	x, err := s.machine.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	last := s.checkDivided(t, x, 0)
	if all := last.All(); all.Number != inFamily || all.Missing != 0 {
		t.Errorf("the second run: %+v", all)
	}
	if k := s.keys.Load(); k.allowed["scrape-ecb"] == 0 || len(k.refused) > 0 {
		t.Errorf("with the beginning of its keys the scraper was let in %d times; refused were %q", k.allowed["scrape-ecb"], k.refused)
	}
}

func (s *stack) family(t *testing.T) []*catalogue.Series {
	t.Helper()
	all, err := s.catalogue.Match()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// checkDivided returns what a run over everything says of itself. It is of two shards,
// each with one source, 25 batches and so many messages, and uses what docs/costs.md says
// of such a run.
func (s *stack) checkDivided(t *testing.T, x *sfn.DescribeExecutionOutput, messages int) message.Summary {
	t.Helper()
	reader := sfn.NewFromConfig(s.as(t, "reader"))
	var sum message.Summary
	if err := json.Unmarshal([]byte(*x.Output), &sum); err != nil {
		t.Fatal(err)
	}
	want := []message.ShardResult{{Run: *x.Name + "-shard-001", Status: message.Complete}, {Run: *x.Name + "-shard-002", Status: message.Complete}}
	if diff := cmp.Diff(want, sum.Shards); diff != "" || sum.Status != message.Complete {
		t.Fatalf("the run is %s, its shards (-want +got):\n%s", sum.Status, diff)
	}
	checkCounts(t, reader, *x.ExecutionArn, cost.Run{Shards: make([]int, 2)})
	for _, shard := range sum.Shards {
		arn := strings.TrimSuffix(*x.ExecutionArn, *x.Name) + shard.Run
		checkCounts(t, reader, arn, cost.Run{Sources: 1, Asked: min(messages, 1), Batches: 25, Messages: messages})
		d, err := reader.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		var in message.Input
		if err := json.Unmarshal([]byte(*d.Input), &in); err != nil {
			t.Fatal(err)
		}
		if in.Shard == nil || in.Shard.Of != *x.Name || in.Parent != *x.ExecutionArn {
			t.Errorf("the input of %s is %s", shard.Run, *d.Input)
		}
	}
	return sum
}

// checkCounts holds the history of an execution to the arithmetic of docs/costs.md. The
// emulator's (ministack 1.5.33) has the Tasks inside of a Map, but not its states.
func checkCounts(t *testing.T, client *sfn.Client, arn string, of cost.Run) {
	t.Helper()
	var got cost.Counts
	shards := 0
	pages := sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			switch {
			case e.StateEnteredEventDetails != nil, strings.HasPrefix(string(e.Type), "Execution"):
				got.Transitions++
			case e.TaskScheduledEventDetails == nil:
			case strings.Contains(*e.TaskScheduledEventDetails.Resource, "lambda:invoke"):
				got.Tasks++
			case strings.Contains(*e.TaskScheduledEventDetails.Resource, "sqs:sendMessage"):
				got.Scrapes++
			case strings.Contains(*e.TaskScheduledEventDetails.Resource, "startExecution"):
				shards++
			}
		}
	}
	want := of.Expected()
	want.FanOuts = 0 // of Tasks
	want.Transitions -= 4*of.Sources + of.Asked + 2*of.Batches + of.Messages + len(of.Shards)
	if diff := cmp.Diff(want, got); diff != "" || shards != len(of.Shards) {
		t.Errorf("%s started %d shards, its history (-docs/costs.md +counted):\n%s", arn, shards, diff)
	}
}

// checkStops has people stop a shard that has ended: whether it may be stopped is asked
// before whether there is anything to stop.
func (s *stack) checkStops(t *testing.T, arn string) {
	t.Helper()
	for name, want := range map[string]string{"reader": "AccessDenied", "operator": "ValidationException"} {
		_, err := sfn.NewFromConfig(s.as(t, name)).StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &arn})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the %s stops %s: %v, want %s", name, arn, err, want)
		}
	}
}

// checkGauges looks for what only a run over all series, up to now, may say.
func (s *stack) checkGauges(t *testing.T) {
	t.Helper()
	list, err := cloudwatch.NewFromConfig(s.config()).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{Namespace: aws.String("Lacuna")})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list.Metrics {
		names = append(names, *m.MetricName)
	}
	for _, name := range []string{"OldestGapDays", "FreshnessDays", "MissingDays", "FilledDays"} {
		if !slices.Contains(names, name) {
			t.Errorf("no metric %s of the divided run; there are %s", name, names)
		}
	}
}
