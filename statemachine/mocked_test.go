package statemachine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/sfnapi"
	"lacuna/internal/sfnapi/mockfile"
	"lacuna/statemachine"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

const (
	mockConfig  = "MockConfigFile.json"
	machineName = "lacuna" // in mockConfig
)

// mockedCase is an execution whose tasks mockConfig answers. Nothing in it depends
// on the order in which the iterations of a Map run: where one of several
// iterations fails, the good answers have the lower numbers, so that it is always
// exactly one, whichever comes last.
type mockedCase struct {
	name, input  string
	status       string // of the run, as Report gives it; empty if it does not come so far
	error, cause string // of the execution; none if it succeeds
	entered      map[string]int
	failed       []string // errors of calls, in their order
	attempts     []int    // in the messages to scrapers, sorted
	received     []string // what Report is told of shards, sources, series and streams, sorted
	room         int      // of an execution, for Select; 0: as it is
}

const incompleteSuffix = `; what could be had is stored. Redrive would repeat this state alone: start a new execution with `

// ends are the states that an execution enters which comes to Report, besides
// those that are given.
func ends(end string, entered map[string]int) map[string]int {
	return with(map[string]int{"Select": 1, "Divided?": 1, "EachSource": 1, "Report": 1, "Complete?": 1, end: 1}, entered)
}

var (
	oneSeries    = map[string]int{"EachSeries": 1, "Query": 1, "Detect": 1, "FanOut": 1, "AnyStreams?": 1, "SourceDone": 1}
	threeStreams = with(oneSeries, map[string]int{"EachStream": 1, "Scrape": 3})
	allReceived  = []string{"series CURRENCY#USD lacks 6653", "stream has 2031 rows", "stream has 2281 rows", "stream has 2341 rows"}
)

func with(a, b map[string]int) map[string]int {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

var mockedCases = []mockedCase{
	{
		name: "HappyPath", input: `{"series":["CURRENCY#USD"]}`, status: message.Complete,
		entered: ends("Done", threeStreams), attempts: []int{0, 0, 0}, received: allReceived,
	},
	{
		name: "NothingMissing", input: `{"from":"2026-06-01","series":["CURRENCY#USD"]}`, status: message.Complete,
		entered: ends("Done", oneSeries), received: []string{"series CURRENCY#USD lacks 0"},
	},
	{
		name: "DryRun", input: `{"series":["CURRENCY#USD"],"dry_run":true}`, status: message.Complete,
		entered:  ends("Done", oneSeries),
		received: []string{"series CURRENCY#USD lacks 6653", "stream is not asked for", "stream is not asked for", "stream is not asked for"},
	},
	{
		name: "ThrottledTwice", input: `{"series":["CURRENCY#USD"]}`, status: message.Complete,
		entered: ends("Done", threeStreams), failed: []string{"Source.Throttled", "Source.Throttled"}, attempts: []int{0, 0, 0, 1, 2}, received: allReceived,
	},
	{
		name: "HeartbeatLost", input: `{"series":["CURRENCY#USD"]}`, status: message.Complete,
		entered: ends("Done", threeStreams), failed: []string{"States.Timeout"}, attempts: []int{0, 0, 0, 1}, received: allReceived,
	},
	{
		name: "StreamFails", input: `{"series":["CURRENCY#USD"]}`, status: message.Incomplete, error: "Lacuna.Incomplete",
		cause: "stream bcb-ptax-003 CURRENCY#USD 2000-01-03/2008-02-01 Source.Unavailable after 6 attempts" +
			" (bcb-ptax 2000-01-03/2008-02-01: Source.Unavailable: status 503)" + incompleteSuffix + `{"series":["CURRENCY#USD"]}`,
		entered: ends("Incomplete", with(threeStreams, map[string]int{"StreamFailed": 1})), failed: slices.Repeat([]string{"Source.Unavailable"}, 6),
		attempts: []int{0, 0, 0, 1, 2, 3, 4, 5},
		received: []string{"series CURRENCY#USD lacks 6653", "stream failed: Source.Unavailable", "stream has 2281 rows", "stream has 2341 rows"},
	},
	{
		name: "SeriesFails", input: `{"from":"2026-06-01","series":["ECB#*"]}`, status: message.Incomplete, error: "Lacuna.Incomplete",
		cause: "ECB#BRL Lambda.Unknown" + incompleteSuffix + `{"from":"2026-06-01","series":["ECB#*"]}`,
		entered: ends("Incomplete", map[string]int{
			"EachSeries": 1, "Query": 2, "Detect": 1, "SeriesFailed": 1, "FanOut": 1, "AnyStreams?": 1, "EachStream": 1, "Scrape": 1, "SourceDone": 1,
		}),
		failed: slices.Repeat([]string{"Lambda.Unknown"}, 7), attempts: []int{0},
		received: []string{"series ECB#USD lacks 22", "series failed: Lambda.Unknown", "stream has 22 rows"},
	},
	{
		name: "SourceFails", input: `{"from":"2026-06-01","series":["CURRENCY#USD"]}`, status: message.Incomplete, error: "Lacuna.Incomplete",
		cause: "source bcb-ptax Lacuna.Internal" + incompleteSuffix + `{"from":"2026-06-01","series":["CURRENCY#USD"]}`,
		entered: ends("Incomplete", map[string]int{
			"EachSeries": 1, "Query": 1, "Detect": 1, "FanOut": 1, "SourceFailed": 1,
		}),
		failed:   []string{"Lacuna.Internal"},
		received: []string{"source failed: Lacuna.Internal"},
	},
	{
		name: "NothingCanBeRead", input: `{"from":"2026-06-01","series":["CURRENCY#USD"]}`, error: "Store.Unusable",
		cause:   `{"errorMessage":"coverage of CURRENCY#USD: Store.Unusable: table lacuna: ResourceNotFoundException","errorType":"Store.Unusable"}`,
		entered: map[string]int{"Select": 1, "Divided?": 1, "EachSource": 1, "EachSeries": 1, "Query": 1, "NoStoreToRead": 1, "NoStore": 1},
		failed:  []string{"Store.Unusable"},
	},
	{
		name: "NothingCanBeStored", input: `{"from":"2026-06-01","series":["CURRENCY#USD"]}`, error: "Store.Unusable",
		cause: "rows of CURRENCY#USD: Store.Unusable: table lacuna: ResourceNotFoundException",
		entered: map[string]int{
			"Select": 1, "Divided?": 1, "EachSource": 1, "EachSeries": 1, "Query": 1, "Detect": 1, "FanOut": 1, "AnyStreams?": 1, "EachStream": 1, "Scrape": 1, "NoStoreToWrite": 1, "NoStore": 1,
		},
		failed: []string{"Store.Unusable"}, attempts: []int{0},
	},
	{
		name: "ReportFails", input: `{"series":["CURRENCY#USD"]}`, error: "Lacuna.ReportFailed",
		cause: `the report of this run failed: Lacuna.Internal {"errorMessage":"summary: a fault of ours","errorType":"Lacuna.Internal"};` +
			` what could be had is stored, but the run has neither summary nor metrics. Redrive would repeat this state alone: start a new execution with the same input`,
		entered: with(threeStreams, map[string]int{"Select": 1, "Divided?": 1, "EachSource": 1, "Report": 1, "ReportFailed": 1, "Unreported": 1}),
		failed:  slices.Repeat([]string{"Lacuna.Internal"}, 3), attempts: []int{0, 0, 0}, received: allReceived,
	},
	{
		name: "Divided", input: `{"from":"2026-06-01"}`, status: message.Complete, room: 500,
		entered:  map[string]int{"Select": 1, "Divided?": 1, "EachShard": 1, "Shard": 2, "Report": 1, "Complete?": 1, "Done": 1},
		received: []string{"shard 2026-07-01T230000Z-mocked-shard-001", "shard 2026-07-01T230000Z-mocked-shard-002"},
	},
	{
		name: "ShardsFail", input: `{"from":"2026-06-01"}`, status: message.Incomplete, error: "Lacuna.Incomplete", room: 500,
		cause:   "shard 2026-07-01T230000Z-mocked-shard-001 States.TaskFailed; shard 2026-07-01T230000Z-mocked-shard-002 States.TaskFailed" + incompleteSuffix + `{"from":"2026-06-01"}`,
		entered: map[string]int{"Select": 1, "Divided?": 1, "EachShard": 1, "Shard": 2, "ShardFailed": 2, "Report": 1, "Complete?": 1, "Incomplete": 1},
		failed:  []string{"States.TaskFailed", "States.TaskFailed"},
		received: []string{
			"shard 2026-07-01T230000Z-mocked-shard-001 failed: States.TaskFailed", "shard 2026-07-01T230000Z-mocked-shard-002 failed: States.TaskFailed",
		},
	},
	{
		name: "BadInput", input: `{"series":["CURRENCY#UDS"]}`, error: "Input.Invalid",
		cause:   `{"errorMessage":"Input.Invalid: no series matches \"CURRENCY#UDS\": did you mean CURRENCY#USD?","errorType":"Input.Invalid"}`,
		entered: map[string]int{"Select": 1, "BadInput": 1}, failed: []string{"Input.Invalid"},
	},
}

// TestMocked runs the cases on the embedded engine, or at SFN_ENDPOINT: Step
// Functions Local, or an emulator that reads its mock configuration, started with
// mockConfig. docs/step-functions-local.md says how.
func TestMocked(t *testing.T) {
	endpoint := os.Getenv("SFN_ENDPOINT")
	if endpoint == "" {
		endpoint = serveMocked(t)
	}
	api := newClient(t, endpoint)
	arn := createPipeline(t, api)
	at := time.Now().UTC().Format("2006-01-02T150405.000Z-")
	for _, c := range mockedCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := execute(t, api, arn+"#"+c.name, at+c.name, c.input)
			c.check(t, x)
		})
	}
}

// serveMocked serves the API on the embedded engine, with the answers of
// mockConfig and without waits.
func serveMocked(t *testing.T) (url string) {
	mocks, err := mockfile.Load(mockConfig)
	if err != nil {
		t.Fatal(err)
	}
	none := 0.0
	api := sfnapi.New(sfnapi.Options{Mocks: mocks, WaitScale: &none})
	server := httptest.NewServer(api)
	t.Cleanup(func() { server.Close(); api.Close() })
	return server.URL
}

func newClient(t *testing.T, endpoint string) *sfn.Client {
	t.Helper()
	region := os.Getenv("AWS_REGION")
	if region == "" {
		region = "us-east-1"
	}
	return sfn.New(sfn.Options{BaseEndpoint: &endpoint, Region: region, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
}

// createPipeline creates the pipeline under the name that mockConfig has. One of
// that name that is there already, as with lacuna serve, has to be the same but
// for the functions' ARNs.
func createPipeline(t *testing.T, api *sfn.Client) string {
	t.Helper()
	text, err := statemachine.Definition(arn)
	if err != nil {
		t.Fatal(err)
	}
	created, err := api.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String(machineName), Definition: aws.String(string(text)), RoleArn: aws.String("arn:aws:iam::123456789012:role/lacuna"),
	})
	if err == nil {
		return *created.StateMachineArn
	}
	if there := (*types.StateMachineAlreadyExists)(nil); !errors.As(err, &there) {
		t.Fatal(err)
	}
	machines, err := api.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(machines.StateMachines, func(m types.StateMachineListItem) bool { return *m.Name == machineName })
	if i < 0 {
		t.Fatalf("%s exists and is not listed", machineName)
	}
	machine, err := api.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: machines.StateMachines[i].StateMachineArn})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutARNs(string(text)), withoutARNs(*machine.Definition)); diff != "" {
		t.Fatalf("the state machine %s at the endpoint is another one: start the server anew (-want +got):\n%s", machineName, diff)
	}
	return *machine.StateMachineArn
}

var functionName = regexp.MustCompile(`"FunctionName": *"[^"]*"`)

func withoutARNs(definition string) string { return functionName.ReplaceAllString(definition, "") }

// executed is an execution that has ended.
type executed struct {
	*sfn.DescribeExecutionOutput
	events []types.HistoryEvent
}

// execute runs an execution to its end, which it asks for again and again: the API
// has nothing to wait for.
func execute(t *testing.T, api *sfn.Client, machine, name, input string) executed {
	t.Helper()
	started, err := api.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	ask := time.NewTicker(20 * time.Millisecond)
	defer ask.Stop()
	for {
		x, err := api.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != types.ExecutionStatusRunning {
			return executed{x, history(t, api, *started.ExecutionArn)}
		}
		<-ask.C
	}
}

func history(t *testing.T, api *sfn.Client, arn string) (events []types.HistoryEvent) {
	t.Helper()
	pages := sfn.NewGetExecutionHistoryPaginator(api, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, IncludeExecutionData: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, page.Events...)
	}
	return events
}

// entered counts the entries of each state.
func (x executed) entered() map[string]int {
	n := map[string]int{}
	for _, e := range x.events {
		if e.StateEnteredEventDetails != nil {
			n[aws.ToString(e.StateEnteredEventDetails.Name)]++
		}
	}
	return n
}

// failed returns the errors of the calls that failed. AWS writes a lost heartbeat
// as a time-out.
func (x executed) failed() (names []string) {
	for _, e := range x.events {
		switch {
		case e.TaskFailedEventDetails != nil:
			names = append(names, aws.ToString(e.TaskFailedEventDetails.Error))
		case e.TaskTimedOutEventDetails != nil:
			names = append(names, aws.ToString(e.TaskTimedOutEventDetails.Error))
		}
	}
	for i, name := range names {
		if name == "States.HeartbeatTimeout" {
			names[i] = "States.Timeout"
		}
	}
	return names
}

// call is what a task was told, and its answer: neither an output nor an error as
// long as there is none.
type call struct {
	service       string // lambda or sqs
	parameters    json.RawMessage
	output        json.RawMessage
	failed, cause string
}

// calls returns the calls of tasks in the order in which they began.
func (x executed) calls(t *testing.T) []*call {
	t.Helper()
	var all []*call
	of := map[int64]*call{} // by each of its events
	for _, e := range x.events {
		if d := e.TaskScheduledEventDetails; d != nil {
			of[e.Id] = &call{service: aws.ToString(d.ResourceType), parameters: json.RawMessage(aws.ToString(d.Parameters))}
			all = append(all, of[e.Id])
			continue
		}
		c := of[e.PreviousEventId]
		if c == nil {
			continue
		}
		switch {
		case e.TaskStartedEventDetails != nil, e.TaskSubmittedEventDetails != nil:
			of[e.Id] = c
		case e.TaskSucceededEventDetails != nil:
			c.output = json.RawMessage(aws.ToString(e.TaskSucceededEventDetails.Output))
		case e.TaskFailedEventDetails != nil:
			c.failed, c.cause = aws.ToString(e.TaskFailedEventDetails.Error), aws.ToString(e.TaskFailedEventDetails.Cause)
		case e.TaskTimedOutEventDetails != nil:
			c.failed = aws.ToString(e.TaskTimedOutEventDetails.Error)
		}
	}
	return all
}

func (c *mockedCase) check(t *testing.T, x executed) {
	wantStatus := types.ExecutionStatusSucceeded
	if c.error != "" {
		wantStatus = types.ExecutionStatusFailed
	}
	if x.Status != wantStatus || aws.ToString(x.Error) != c.error || aws.ToString(x.Cause) != c.cause {
		t.Errorf("%s, error %q, cause %q; want %s, %q, %q", x.Status, aws.ToString(x.Error), aws.ToString(x.Cause), wantStatus, c.error, c.cause)
	}
	if diff := cmp.Diff(c.entered, x.entered()); diff != "" {
		t.Errorf("states entered mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(c.failed, x.failed()); diff != "" {
		t.Errorf("failed calls mismatch (-want +got):\n%s", diff)
	}
	var attempts []int
	var reported *call
	calls := x.calls(t)
	for _, call := range calls {
		switch {
		case call.service == "sqs":
			attempts = append(attempts, scrapeMessage(t, call).Attempt)
		case strings.Contains(string(call.parameters), "lacuna-report"):
			reported = call
		}
	}
	slices.Sort(attempts)
	if diff := cmp.Diff(c.attempts, attempts); diff != "" {
		t.Errorf("attempts of scrapers mismatch (-want +got):\n%s", diff)
	}
	if reported == nil {
		if c.status != "" {
			t.Errorf("Report was told nothing, want %q", c.received)
		}
		return
	}
	if diff := cmp.Diff(c.received, received(t, reported)); diff != "" {
		t.Errorf("Report was told something else (-want +got):\n%s", diff)
	}
	if c.error == "" {
		c.checkOutput(t, x, reported)
	}
}

// checkOutput holds the output of an execution against Report's answer.
func (c *mockedCase) checkOutput(t *testing.T, x executed, reported *call) {
	var answer struct{ Payload message.Summary }
	var output message.Summary
	if err := errors.Join(json.Unmarshal(reported.output, &answer), json.Unmarshal([]byte(aws.ToString(x.Output)), &output)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(answer.Payload, output); diff != "" || output.Status != c.status {
		t.Errorf("output has status %s, want %s; mismatch with Report's answer (-want +got):\n%s", output.Status, c.status, diff)
	}
}

// scrapeMessage is what a call tells a scraper.
func scrapeMessage(t *testing.T, c *call) message.Scrape {
	t.Helper()
	var sent struct{ MessageBody message.Scrape }
	if err := json.Unmarshal(c.parameters, &sent); err != nil {
		t.Fatal(err)
	}
	return sent.MessageBody
}

// received is what Report was told, a line for each source that failed, series and
// stream, sorted. Those that failed have no name: which one it is depends on the
// order of iterations.
func received(t *testing.T, c *call) (lines []string) {
	t.Helper()
	var sent struct{ Payload message.Report }
	if err := json.Unmarshal(c.parameters, &sent); err != nil {
		t.Fatal(err)
	}
	for _, source := range sent.Payload.Sources {
		if source.Error != "" {
			lines = append(lines, "source failed: "+source.Error)
		}
		for _, s := range source.Work.Series {
			if s.Error != "" {
				lines = append(lines, "series failed: "+s.Error)
				continue
			}
			lines = append(lines, fmt.Sprintf("series %s lacks %d", s.Key, s.Missing))
		}
		for _, s := range source.Work.Messages {
			switch {
			case sent.Payload.DryRun:
				lines = append(lines, "stream is not asked for")
			case s.OK:
				lines = append(lines, fmt.Sprintf("stream has %d rows", s.Rows))
			default:
				lines = append(lines, "stream failed: "+s.Error)
			}
		}
	}
	for _, s := range sent.Payload.Shards {
		line := "shard " + s.Shard
		if s.Error != "" {
			line += " failed: " + s.Error
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}
