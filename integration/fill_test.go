//go:build integration

package integration

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/span"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

// What the emulator (ministack 1.5.33) answers wrongly when Terraform reads
// back what it made: AWS's own provider would change these again and again.
var readBack = []struct {
	address    *regexp.Regexp
	attributes []string
}{
	{
		regexp.MustCompile(`^aws_cloudwatch_metric_alarm\.this\["[a-z-]+"\]$`),
		[]string{"actions_enabled", "alarm_actions", "alarm_description", "dimensions", "insufficient_data_actions", "ok_actions", "period", "statistic", "treat_missing_data"},
	},
	{regexp.MustCompile(`^aws_sfn_state_machine\.pipeline$`), []string{"revision_id", "state_machine_version_arn", "tracing_configuration"}},
	{regexp.MustCompile(`^aws_sfn_alias\.live$`), []string{"routing_configuration"}}, // it follows the machine, which it takes for changed
}

// everything is when the imitated publishers have anything.
var everything = span.Span{From: span.Date(1999, time.January, 4), To: publisher.Today - 1}

// upTo is the input of an execution.
func upTo(last span.Day) string {
	return fmt.Sprintf(`{"series":["%s"],"to":"%s"}`, strings.Join(filled, `","`), last)
}

// TestStack puts the stack into an emulated account from nothing, fills it in
// bad weather, changes it and takes it away again. The steps build on each other.
func TestStack(t *testing.T) {
	began := time.Now()
	s := newStack(t)
	fmt.Printf("terraform apply: %d resources, %s with emulator and zips\n", len(s.resources(t)), time.Since(began).Round(time.Second))
	for _, step := range []struct {
		name string
		run  func(*testing.T, *stack)
	}{
		{"the team's boundary, path and key are in force", teamHolds},
		{"a publisher fails once, a scraper is killed", firstFill},
		{"a message comes twice", messageTwice},
		{"two runs at once, and DynamoDB throttles", twoRuns},
		{"the emulator restarts in a run", restart},
		{"nothing is asked twice", func(t *testing.T, s *stack) { nothingTwice(t, s, restarted) }},
		{"metrics arrive", metricsArrive},
		{"a late duplicate is dropped", lateDuplicate},
		{"what cannot be read ends in the dead-letter queue", deadLetter},
		{"a reader changes nothing, an operator starts a run", peopleAct},
		{"the command does what people do", theCommand},
		{"the console does what people do", theConsole},
		{"a week that is late climbs the ladder", ladder},
		{"people decide about days", acts},
		{"functions keep to the keys of their roles", ownKeys},
		{"a second plan is empty", secondPlan},
		{"an upgrade publishes versions", upgrade},
		{"a rollback is one command", rollback},
		{"a message that kills its scrapers dies, and the next run heals", deadly},
		{"leaving leaves nothing", leave},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, s) }) {
			break
		}
	}
}

// The first request to the ECB fails, and the scraper that asks PTAX first is
// killed in the middle: its message comes back.
func firstFill(t *testing.T, s *stack) {
	for _, f := range []publisher.Fault{
		{Source: publisher.ECB, Kind: publisher.Status, Status: 503, Times: 1},
		{Source: publisher.PTAX, Kind: publisher.Hang, Times: 1},
	} {
		if err := s.publisher.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	s.setVisibility(t, publisher.PTAX, 5*time.Second)
	began := time.Now()
	days := span.Span{From: everything.From, To: span.Date(2012, time.December, 31)}
	arn := s.start(t.Context(), t, "fill", upTo(days.To))
	until(t.Context(), t, "a scraper waits for PTAX", func() bool {
		return slices.ContainsFunc(s.publisher.Requests(publisher.PTAX), func(r publisher.Request) bool { return r.Fault == publisher.Hang })
	})
	killed := s.kill(t, "LACUNA_SOURCE", publisher.PTAX)
	if killed == 0 {
		t.Error("no scraper was there to be killed")
	}
	fmt.Printf("killed: %d scrapers of PTAX\n", killed)
	succeeds(t, s.wait(t.Context(), t, arn))
	s.setVisibility(t, publisher.PTAX, visibility)
	fmt.Printf("first fill: %d rows, %d requests, %s\n", s.compare(t, days), len(s.publisher.Requests("")), time.Since(began).Round(100*time.Millisecond))
}

// A message comes twice, at the same time.
func messageTwice(t *testing.T, s *stack) {
	s.poll(t, publisher.ECB, false)
	days := span.Span{From: everything.From, To: span.Date(2014, time.December, 31)}
	arn := s.start(t.Context(), t, "twice", upTo(days.To))
	body := s.receive(t, publisher.ECB)
	s.send(t, publisher.ECB, body)
	s.send(t, publisher.ECB, body)
	s.poll(t, publisher.ECB, true)
	succeeds(t, s.wait(t.Context(), t, arn))
	fmt.Printf("a message twice: %d rows\n", s.compare(t, days))
	s.drained(t, publisher.ECB)
}

// Two runs want the same days, and every other batch is refused.
func twoRuns(t *testing.T, s *stack) {
	days := span.Span{From: everything.From, To: span.Date(2023, time.December, 31)}
	s.throttling(true)
	began := time.Now()
	first := s.start(t.Context(), t, "first", upTo(days.To))
	second := s.start(t.Context(), t, "second", upTo(days.To))
	succeeds(t, s.wait(t.Context(), t, first))
	succeeds(t, s.wait(t.Context(), t, second))
	refused := s.throttling(false)
	if refused == 0 {
		t.Error("DynamoDB did not throttle")
	}
	fmt.Printf("two runs: %d rows, %d batches refused, %s\n", s.compare(t, days), refused, time.Since(began).Round(100*time.Millisecond))
}

var restarted = span.Span{From: everything.From, To: span.Date(2025, time.June, 30)}

// The emulator ends while a scraper waits for its publisher, and comes back with
// what it knew: the execution has failed, the next one fills the rest.
func restart(t *testing.T, s *stack) {
	for _, source := range publisher.Sources() {
		s.setVisibility(t, source, 20*time.Second) // five receives are longer than a slow machine needs
	}
	asked := len(s.publisher.Requests(publisher.PTAX))
	if err := s.publisher.Fail(publisher.Fault{Source: publisher.PTAX, Kind: publisher.Hang, Times: 1}); err != nil {
		t.Fatal(err)
	}
	arn := s.start(t.Context(), t, "cut", upTo(restarted.To))
	until(t.Context(), t, "a scraper waits for PTAX", func() bool { return len(s.publisher.Requests(publisher.PTAX)) > asked })
	s.stop()
	s.emulator.start(t)
	if x := s.wait(t.Context(), t, arn); x.Status != types.ExecutionStatusFailed {
		t.Errorf("the execution ended %s", x.Status)
	}
	succeeds(t, s.execute(t, "healed", upTo(restarted.To)))
	fmt.Printf("restart: %d rows\n", s.compare(t, restarted))
	for _, source := range publisher.Sources() {
		s.drained(t, source)
		s.setVisibility(t, source, visibility)
	}
}

func nothingTwice(t *testing.T, s *stack, days span.Span) {
	before := len(s.publisher.Requests(""))
	succeeds(t, s.execute(t, "again", upTo(days.To)))
	more := len(s.publisher.Requests("")) - before
	fmt.Printf("a run of what is there: %d requests\n", more)
	if more != 0 {
		t.Errorf("%d requests, want none", more)
	}
}

// What Report sends is what the alarms look at.
func metricsArrive(t *testing.T, s *stack) {
	list, err := cloudwatch.NewFromConfig(s.config()).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{Namespace: aws.String("Lacuna")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list.Metrics {
		for _, d := range m.Dimensions {
			got = append(got, *m.MetricName+" "+*d.Name+"="+*d.Value)
		}
	}
	slices.Sort(got)
	want := []string{ // nothing of how the stack stands: no run was over all series up to now
		"AbsentDays Stack=lacuna", "Failures Stack=lacuna", "FilledDays Stack=lacuna", "Requests Stack=lacuna", "Retries Stack=lacuna",
	}
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// A message that comes again after its task has ended asks nobody.
func lateDuplicate(t *testing.T, s *stack) {
	before := len(s.publisher.Requests(""))
	s.send(t, publisher.ECB, fmt.Sprintf(`{"v":1,"run":"2026-01-01T000000Z-old","as_of":"2026-07-01T00:00:00Z","only":"all","source":"ecb",`+
		`"stream":{"id":"ecb-001","series":["ECB#USD"],"from":"2026-01-01","to":"2026-06-30","days":100},"token":%q,"attempt":0}`, s.lastToken()))
	s.drained(t, publisher.ECB)
	if more := len(s.publisher.Requests("")) - before; more != 0 {
		t.Errorf("the duplicate made %d requests", more)
	}
}

// After five receives a message that nobody can read lies in the dead-letter
// queue, until it is purged.
func deadLetter(t *testing.T, s *stack) {
	s.setVisibility(t, publisher.SGS, time.Second)
	s.send(t, publisher.SGS, "not for lacuna")
	until(t.Context(), t, "the message is dead", func() bool { return s.messages(t, publisher.SGS, true) == 1 })
	s.purge(t, publisher.SGS)
	until(t.Context(), t, "the dead-letter queue is empty", func() bool { return s.messages(t, publisher.SGS, true) == 0 })
	s.setVisibility(t, publisher.SGS, visibility)
}

// The policies handed out for people do what they say.
func peopleAct(t *testing.T, s *stack) {
	reader := sfn.NewFromConfig(s.as(t, "reader"))
	if _, err := reader.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &s.arn}); err != nil {
		t.Errorf("a reader lists runs: %v", err)
	}
	if _, err := reader.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &s.alias}); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("a reader starts a run: %v, want AccessDenied", err)
	}
	operator := sfn.NewFromConfig(s.as(t, "operator"))
	started, err := operator.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &s.alias, Input: aws.String(`{"from":"2026-06-30","to":"2026-06-01"}`)})
	if err != nil {
		t.Fatalf("an operator starts a run: %v", err)
	}
	x := s.wait(t.Context(), t, *started.ExecutionArn)
	if x.Status != types.ExecutionStatusFailed || orDash(x.Error) != "Input.Invalid" {
		t.Errorf("a run with from after to ended %s %s: %s", x.Status, orDash(x.Error), orDash(x.Cause))
	}
}

func secondPlan(t *testing.T, s *stack) {
	changes := s.changes(t)
	for address, change := range changes {
		if !isReadBackFault(address, change) {
			t.Errorf("a second plan would change %s: %s", address, change)
		}
	}
	fmt.Printf("second plan: %d changes, each a known read-back fault of the emulator\n", len(changes))
}

// isReadBackFault reports whether a change is in place, and of no other
// attributes than those of readBack.
func isReadBackFault(address string, change []string) bool {
	for _, fault := range readBack {
		if fault.address.MatchString(address) && change[0] == "update" {
			return !slices.ContainsFunc(change[1:], func(name string) bool { return !slices.Contains(fault.attributes, name) })
		}
	}
	return false
}

// docs/upgrade.md: an apply publishes new versions, the old ones stay for runs
// that name them, and the definition names the new ones.
func upgrade(t *testing.T, s *stack) {
	before := output[map[string]string](t, s.terraform, "functions")
	s.apply(t, map[string]any{"log_level": "debug"})
	after := output[map[string]string](t, s.terraform, "functions")
	machine, err := s.machine.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &s.arn})
	if err != nil {
		t.Fatal(err)
	}
	for task, arn := range after {
		if want := strings.TrimSuffix(before[task], ":1") + ":2"; arn != want {
			t.Errorf("%s is %s, want %s", task, arn, want)
		}
		if !strings.HasPrefix(task, "scrape-") && !strings.Contains(*machine.Definition, `"`+arn+`"`) {
			t.Errorf("the definition does not name %s", arn)
		}
		s.invocable(t, before[task])
	}
	nothingTwice(t, s, restarted)
}

// docs/upgrade.md: the alias leads to the newest version, an operator turns it
// back, and the next apply forward again. (The emulator runs the newest definition
// by whatever version it is started.)
func rollback(t *testing.T, s *stack) {
	s.apply(t, map[string]any{"log_level": "warn"})
	versions := s.versions(t)
	if len(versions) < 2 {
		t.Fatalf("an apply that changes functions published no version: %q", versions)
	}
	leadsTo := func(want string) {
		t.Helper()
		alias, err := s.machine.DescribeStateMachineAlias(t.Context(), &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &s.alias})
		if err != nil {
			t.Fatal(err)
		}
		if len(alias.RoutingConfiguration) != 1 || *alias.RoutingConfiguration[0].StateMachineVersionArn != want {
			t.Errorf("the alias leads to %+v, want %s", alias.RoutingConfiguration, want)
		}
	}
	leadsTo(versions[0])
	operator := sfn.NewFromConfig(s.as(t, "operator"))
	if _, err := operator.UpdateStateMachineAlias(t.Context(), &sfn.UpdateStateMachineAliasInput{
		StateMachineAliasArn: &s.alias, RoutingConfiguration: []types.RoutingConfigurationListItem{{StateMachineVersionArn: &versions[1], Weight: 100}},
	}); err != nil {
		t.Fatalf("an operator rolls back: %v", err)
	}
	leadsTo(versions[1])
	s.apply(t, nil)
	leadsTo(s.versions(t)[0])
}

// versions returns the ARNs of the state machine's versions, the newest first.
func (s *stack) versions(t *testing.T) (arns []string) {
	t.Helper()
	list, err := s.machine.ListStateMachineVersions(t.Context(), &sfn.ListStateMachineVersionsInput{StateMachineArn: &s.arn})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list.StateMachineVersions {
		arns = append(arns, *v.StateMachineVersionArn)
	}
	return arns
}

// A message kills each scraper that takes it: it dies in the end, the run says
// what is left, the next run fills it, and the dead letters are for a person to
// drop. The emulator knows no heartbeat, so its task times out; sooner than an
// hour, for this test.
func deadly(t *testing.T, s *stack) {
	s.rewrite(t, "statemachine/pipeline.asl.json", `"HeartbeatSeconds": 1800`, `"HeartbeatSeconds": 10`)
	s.rewrite(t, "statemachine/pipeline.asl.json", `"TimeoutSeconds": 3600`, `"TimeoutSeconds": 15`)
	s.apply(t, nil)
	s.setVisibility(t, publisher.SGS, time.Second)
	if err := s.publisher.Fail(publisher.Fault{Source: publisher.SGS, Kind: publisher.Hang}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	arn := s.start(t.Context(), t, "deadly", upTo(everything.To))
	var x *sfn.DescribeExecutionOutput
	killed := 0
	until(t.Context(), t, "the run has ended", func() bool {
		killed += s.kill(t, "LACUNA_SOURCE", publisher.SGS)
		var err error
		if x, err = s.machine.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn}); err != nil {
			t.Fatal(err)
		}
		return x.Status != types.ExecutionStatusRunning
	})
	if x.Status != types.ExecutionStatusFailed || orDash(x.Error) != "Lacuna.Incomplete" || !strings.Contains(orDash(x.Cause), publisher.SGS) {
		t.Errorf("the run ended %s %s: %s", x.Status, orDash(x.Error), orDash(x.Cause))
	}
	until(t.Context(), t, "the messages are dead", func() bool {
		killed += s.kill(t, "LACUNA_SOURCE", publisher.SGS)
		return s.messages(t, publisher.SGS, false) == 0
	})
	dead := s.messages(t, publisher.SGS, true)
	if dead == 0 {
		t.Error("no dead letter")
	}
	fmt.Printf("deadly: %d scrapers killed, %d dead letters, %s: %s\n", killed, dead, time.Since(began).Round(100*time.Millisecond), orDash(x.Cause))

	s.publisher.Heal()
	succeeds(t, s.execute(t, "healed", upTo(everything.To)))
	fmt.Printf("healed: %d rows\n", s.compare(t, everything))
	if still := s.messages(t, publisher.SGS, true); still != dead {
		t.Errorf("%d dead letters after the healing run, want %d", still, dead)
	}
	s.purge(t, publisher.SGS)
	until(t.Context(), t, "the dead-letter queue is empty", func() bool { return s.messages(t, publisher.SGS, true) == 0 })
}

// docs/leave.md.
func leave(t *testing.T, s *stack) {
	began := time.Now()
	if err := s.try(t, "destroy", "-auto-approve", "-input=false", "-no-color", "-target=aws_dynamodb_table.rows"); err == nil {
		t.Fatal("a protected table was destroyed")
	}
	s.apply(t, map[string]any{"deletion_protection": false})
	s.run(t, "destroy", "-auto-approve", "-input=false", "-no-color", "-target=aws_scheduler_schedule.run")
	if err := s.publisher.Fail(publisher.Fault{Source: publisher.PTAX, Kind: publisher.Hang}); err != nil {
		t.Fatal(err)
	}
	arn := s.start(t.Context(), t, "late", `{"only":"all","series":["CURRENCY#USD"]}`) // a run that does not end by itself
	if out := newCommand(t, s).run(0, "runs", "stop", "--all"); !strings.Contains(out, "Stopped ") {
		t.Errorf("no run was stopped:\n%s", out)
	}
	if x := s.wait(t.Context(), t, arn); x.Status != types.ExecutionStatusAborted {
		t.Errorf("%s is %s", arn, x.Status)
	}
	s.run(t, "destroy", "-auto-approve", "-input=false", "-no-color", "-parallelism=30")
	if left := s.resources(t); len(left) != 0 {
		t.Errorf("destroy left %s", left)
	}
	fmt.Printf("protection off and destroy: %s\n", time.Since(began).Round(time.Second))
}
