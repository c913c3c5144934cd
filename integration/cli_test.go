//go:build integration

package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/cost"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// command is lacuna as a person has it, on a stack in an emulator.
type command struct {
	*testing.T
	program, stack string
	env            []string
	config         aws.Config
	stderr         string // of the last call
}

func newCommand(t *testing.T, s *stack) *command {
	t.Helper()
	c := &command{T: t, program: filepath.Join(t.TempDir(), "lacuna"), stack: "lacuna", env: s.environ(), config: s.config()}
	run(t, s.environ(), "..", "go", "build", "-o", c.program, "./cmd/lacuna")
	return c
}

// as is the same command in the hands of somebody else.
func (c *command) as(config aws.Config) *command {
	c.Helper()
	keys, err := config.Credentials.Retrieve(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	other := *c
	other.env = append(slices.Clone(c.env), "AWS_ACCESS_KEY_ID="+keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+keys.SecretAccessKey)
	return &other
}

// run runs lacuna, which must end with code, and returns what it printed.
func (c *command) run(code int, args ...string) string {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), c.program, append(args, "--target", "aws", "--stack", c.stack)...)
	cmd.Dir, cmd.Env = "..", c.env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		c.Fatal(err)
	}
	c.stderr = stderr.String()
	if got := cmd.ProcessState.ExitCode(); got != code {
		c.Fatalf("lacuna %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, stdout.String(), c.stderr)
	}
	return stdout.String()
}

// read runs lacuna and reads its JSON into document.
func (c *command) read(document any, code int, args ...string) {
	c.Helper()
	text := c.run(code, append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(text), document); err != nil {
		c.Fatalf("lacuna %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

// backfilled is what a backfill prints.
type backfilled struct {
	Run, Status string
	Requests    int
	Series      []struct {
		Key      string
		Observed int
	}
	Cost cost.Bill
}

// theCommand does with a stack what people do: look, plan, fill, follow, heal
// rows that somebody deleted, read logs, clear a dead-letter queue. It may run
// before or after other fills, when publishers answer and no dead letters lie
// about. What it asks for is January 2024 of ECB#USD.
func theCommand(t *testing.T, s *stack) {
	began := time.Now()
	c := newCommand(t, s)
	january := []string{"--series", "ECB#USD", "--from", "2024-01-01", "--to", "2024-01-31"}
	with := func(args ...string) []string { return append(args, january...) }

	c.run(0, "doctor")
	var filled, healed, again backfilled
	c.read(&filled, 0, with("backfill")...)
	export := c.run(0, with("export")...)
	if n := strings.Count(export, ",observed,"); n != 22 {
		t.Errorf("export has %d observed days of January 2024, want 22\n%s", n, export)
	}

	deleted := []string{"2024-01-09", "2024-01-10", "2024-01-25"}
	c.deleteRows("ECB#USD", deleted...)
	var planned struct {
		Requests int
		Series   []struct{ Missing int }
		Cost     cost.Bill
	}
	stale := filepath.Join(t.TempDir(), "plan.json")
	c.run(0, with("plan", "--out", stale)...)
	c.read(&planned, 2, with("plan", "--detailed-exitcode")...)
	if planned.Requests != 1 || planned.Series[0].Missing != len(deleted) {
		t.Errorf("plan after %d rows were deleted: %+v", len(deleted), planned)
	}
	c.run(2, with("status", "--detailed-exitcode")...)
	c.run(4, with("backfill", "--max-requests", "0")...)
	asked := len(s.publisher.Requests(""))
	c.run(4, with("backfill", "--max-cost", (planned.Cost.USD-1).String())...)
	c.read(&healed, 0, with("backfill")...)
	if healed.Status != "complete" || healed.Requests != 1 || healed.Series[0].Observed != len(deleted) {
		t.Errorf("healing %d rows: %+v", len(deleted), healed)
	}
	if after := c.run(0, with("export")...); after != export {
		t.Errorf("export after healing:\n%s\nbefore:\n%s", after, export)
	}
	c.read(&again, 0, with("backfill")...)
	if again.Status != "complete" || again.Requests != 0 {
		t.Errorf("again: %+v", again)
	}

	c.run(4, "backfill", "--plan", stale)
	if more := len(s.publisher.Requests("")) - asked; more != 1 {
		t.Errorf("%d requests, want the one that healed: what was refused asks nothing", more)
	}

	c.checkRuns(filled.Run, healed.Run, again.Run)
	c.checkCost(planned.Cost, healed)
	c.checkDeadLetters()
	c.as(s.as(t, "reader")).checkReader(healed.Run)
	fmt.Printf("command: doctor, plan, backfill, export, status, runs, logs and dlq, %s\n", time.Since(began).Round(100*time.Millisecond))
}

// checkRuns looks at runs that are complete; the second one has made a request.
func (c *command) checkRuns(runs ...string) {
	c.Helper()
	var listed struct {
		Runs []struct{ Run, Status, Execution string }
	}
	c.read(&listed, 0, "runs", "--limit", "1000")
	for _, run := range runs {
		i := slices.IndexFunc(listed.Runs, func(x struct{ Run, Status, Execution string }) bool { return x.Run == run })
		if i < 0 || listed.Runs[i].Status != "complete" || listed.Runs[i].Execution != "SUCCEEDED" {
			c.Errorf("run %s in the list: %+v", run, listed.Runs)
		}
	}
	tree := c.run(0, "runs", runs[1])
	for _, state := range []string{"Select", "EachSource", "Report", "Complete?", "Done"} {
		if !strings.Contains(tree, "─ "+state+"  ") {
			c.Errorf("no state %s in\n%s", state, tree)
		}
	}
	var logs string
	until(c.Context(), c.T, "the scraper's line is in the logs", func() bool {
		logs = c.run(0, "logs", runs[1])
		return strings.Contains(logs, " scrape-ecb {")
	})
	lines := strings.Split(strings.TrimSpace(logs), "\n")
	if !slices.IsSorted(lines) { // each begins with its time
		c.Errorf("logs are not in order of time:\n%s", logs)
	}
	for _, line := range lines {
		if !strings.Contains(line, runs[1]) {
			c.Errorf("a line of another run: %s", line)
		}
	}
	c.run(1, "runs", "stop", runs[1])
	c.run(1, "runs", "no-such-run")
}

// checkCost holds a receipt to the history of its run, event by event.
func (c *command) checkCost(planned cost.Bill, did backfilled) {
	c.Helper()
	var told struct {
		Cost   cost.Bill
		Events []struct {
			Type    string
			Details struct{ ResourceType string }
		}
	}
	c.read(&told, 0, "runs", did.Run)
	entered, retries, tasks, messages := 0, 0, 0, 0
	for _, e := range told.Events {
		switch {
		case strings.HasSuffix(e.Type, "StateEntered"):
			entered++
			if e.Type == "TaskStateEntered" {
				retries--
			}
		case e.Type == "TaskScheduled":
			tasks++
			retries++
			if e.Details.ResourceType != "lambda" {
				messages++
			}
		}
	}
	want := [3]int{entered + retries + 2, tasks, 3 * messages} // and start and end
	for what, b := range map[string]cost.Bill{"backfill": did.Cost, "runs RUN": told.Cost} {
		if got := [3]int{b.StepFunctions.Transitions, b.Lambda.Requests, b.SQS.Requests}; got != want || messages == 0 {
			c.Errorf("%s: transitions, invocations and requests to queues are %v, in the history %v", what, got, want)
		}
		// The emulator's history (ministack 1.5.33) has no states inside of a Map.
		if b.SQS != planned.SQS || b.Region != region {
			c.Errorf("%s: %+v, planned were %+v", what, b, planned)
		}
	}
	fmt.Printf("cost: planned %s USD, told %s; %d transitions, %d invocations, %d messages\n", planned.USD, told.Cost.USD, want[0], want[1], messages)
}

// checkDeadLetters puts a message where those land that kill their scrapers.
func (c *command) checkDeadLetters() {
	c.Helper()
	client := sqs.NewFromConfig(c.config)
	queue, err := client.GetQueueUrl(c.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(c.stack + "-ecb-dlq")})
	if err != nil {
		c.Fatal(err)
	}
	body := `{"v":2,"run":"a-run","source":"ecb","streams":[{"id":"ecb-007","series":["ECB#USD"],"from":"2024-01-02","to":"2024-01-05","days":4}],"token":"t"}`
	if _, err := client.SendMessage(c.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: &body}); err != nil {
		c.Fatal(err)
	}
	var listed struct {
		Messages []struct{ Source, Run, Stream string }
	}
	for range 2 { // listing leaves them there
		c.read(&listed, 0, "dlq", "list")
		if len(listed.Messages) != 1 || listed.Messages[0].Stream != "ecb-007" {
			c.Errorf("dead letters: %+v", listed.Messages)
		}
	}
	c.run(1, "doctor")
	c.run(0, "dlq", "drop", "--source", "ecb", "--yes")
	if text := c.run(0, "dlq", "list"); text != "No dead letters.\n" {
		c.Errorf("after dlq drop:\n%s", text)
	}
	c.run(0, "doctor")
}

// checkReader does what the reader policy is for, and what it is not. Without
// logs: the emulator knows a log group's ARN without the :* that AWS's has.
func (c *command) checkReader(run string) {
	c.Helper()
	for _, args := range [][]string{
		{"doctor"}, {"plan"}, {"status"}, {"export", "--series", "ECB#USD"}, {"runs"}, {"runs", run}, {"dlq", "list"},
	} {
		c.run(0, args...)
	}
	c.run(1, "backfill", "--series", "ECB#USD", "--from", "2024-01-01", "--to", "2024-01-31")
	if !strings.Contains(c.stderr, "AccessDenied") || !strings.Contains(c.stderr, "operator_policy") {
		c.Errorf("a reader starts a run:\n%s", c.stderr)
	}
}

func (c *command) deleteRows(series string, days ...string) {
	c.Helper()
	client := dynamodb.NewFromConfig(c.config)
	for _, day := range days {
		_, err := client.DeleteItem(c.Context(), &dynamodb.DeleteItemInput{TableName: &c.stack, Key: map[string]types.AttributeValue{
			"info_type": &types.AttributeValueMemberS{Value: series}, "date": &types.AttributeValueMemberS{Value: day},
		}})
		if err != nil {
			c.Fatal(err)
		}
	}
}
