//go:build integration

package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

type queueURLs struct {
	URL  string `json:"url"`
	Dead string `json:"dlq_url"`
}

// queue returns the URL of a source's queue, or of its dead-letter queue.
func (s *stack) queue(t *testing.T, source string, dead bool) *string {
	t.Helper()
	if s.queues == nil {
		s.queues = output[map[string]queueURLs](t, s.terraform, "queues")
	}
	if dead {
		return aws.String(s.queues[source].Dead)
	}
	return aws.String(s.queues[source].URL)
}

func (s *stack) sqs() *sqs.Client { return sqs.NewFromConfig(s.config()) }

// send puts a message into the queue of a source.
func (s *stack) send(t *testing.T, source, body string) {
	t.Helper()
	if _, err := s.sqs().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: s.queue(t, source, false), MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

// messages counts the messages of a queue, those in flight too.
func (s *stack) messages(t *testing.T, source string, dead bool) int {
	t.Helper()
	out, err := s.sqs().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: s.queue(t, source, dead), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"} {
		count, err := strconv.Atoi(out.Attributes[name])
		if err != nil {
			t.Fatal(err)
		}
		n += count
	}
	return n
}

// drained waits until the queue of a source is empty; its dead-letter queue must
// be, too.
func (s *stack) drained(t *testing.T, source string) {
	t.Helper()
	until(t.Context(), t, "the queue of "+source+" is empty", func() bool { return s.messages(t, source, false) == 0 })
	if dead := s.messages(t, source, true); dead != 0 {
		t.Errorf("%s has %d dead letters", source, dead)
	}
}

// receive takes a message out of the queue of a source.
func (s *stack) receive(t *testing.T, source string) (body string) {
	t.Helper()
	until(t.Context(), t, "there is a message for "+source, func() bool {
		out, err := s.sqs().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: s.queue(t, source, false)})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			body = *m.Body
			if _, err := s.sqs().DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: s.queue(t, source, false), ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
		return body != ""
	})
	return body
}

// poll sets whether Lambda polls the queue of a source.
func (s *stack) poll(t *testing.T, source string, on bool) {
	t.Helper()
	client := lambda.NewFromConfig(s.config())
	list, err := client.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("lacuna-scrape-" + source)})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.EventSourceMappings) != 1 {
		t.Fatalf("%s has %d mappings", source, len(list.EventSourceMappings))
	}
	if _, err := client.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: list.EventSourceMappings[0].UUID, Enabled: &on}); err != nil {
		t.Fatal(err)
	}
}

// purge empties the dead-letter queue of a source.
func (s *stack) purge(t *testing.T, source string) {
	t.Helper()
	if _, err := s.sqs().PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: s.queue(t, source, true)}); err != nil {
		t.Fatal(err)
	}
}

const visibility = 12 * time.Minute // of the real queues

// setVisibility sets how long a message that was received is hidden: nobody
// wants to wait twelve minutes.
func (s *stack) setVisibility(t *testing.T, source string, d time.Duration) {
	t.Helper()
	_, err := s.sqs().SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: s.queue(t, source, false), Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(d.Seconds()))},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// invocable fails the test unless a version of a function is there.
func (s *stack) invocable(t *testing.T, arn string) {
	t.Helper()
	if _, err := lambda.NewFromConfig(s.config()).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &arn}); err != nil {
		t.Errorf("a run in flight cannot invoke %s: %v", arn, err)
	}
}

// people is added to the root: a reader, and an operator, who is a reader too.
const people = `
# The emulator does not know of which alias a request is, and wants "*". What a
# person does with it is allowed on exact ARNs beside this.
locals {
  alias_of_emulator = { Sid = "Alias", Effect = "Allow", Action = ["states:DescribeStateMachineAlias"], Resource = ["*"] }
}

resource "aws_iam_user" "person" {
  for_each = toset(["reader", "operator"])
  name     = each.key
}

resource "aws_iam_user_policy" "reads" {
  for_each = aws_iam_user.person
  name     = "reads"
  user     = each.value.name
  policy   = jsonencode({ Version = "2012-10-17", Statement = concat(local.read_statements, [local.alias_of_emulator]) })
}

resource "aws_iam_user_policy" "operates" {
  name   = "operates"
  user   = aws_iam_user.person["operator"].name
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.operate_statements, [merge(local.alias_of_emulator, { Action = ["states:UpdateStateMachineAlias"] })]) })
}

resource "aws_iam_access_key" "person" {
  for_each = aws_iam_user.person
  user     = each.value.name
}

output "role_limits" {
  value = { for r in concat(values(aws_iam_role.function), [aws_iam_role.machine, aws_iam_role.schedule]) : r.name => { path = r.path, permissions_boundary = r.permissions_boundary } }
}

output "keys" {
  value     = { for name, k in aws_iam_access_key.person : name => { id = k.id, secret = k.secret } }
  sensitive = true
}
`

// as returns the SDK's configuration of one of the people.
func (s *stack) as(t *testing.T, name string) aws.Config {
	t.Helper()
	key := output[map[string]struct{ ID, Secret string }](t, s.terraform, "keys")[name]
	cfg := s.config()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(key.ID, key.Secret, "")
	return cfg
}

// kill kills the functions' processes of this emulator that have a variable in
// their environment, and returns how many there were.
func (s *stack) kill(t *testing.T, name, value string) int {
	t.Helper()
	killed := 0
	for _, p := range s.functions() {
		if p.environ[name] != value {
			continue
		}
		if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
			t.Fatal(fmt.Errorf("kill %d: %w", p.pid, err))
		}
		killed++
	}
	return killed
}

type process struct {
	pid     int
	environ map[string]string
}

// functions returns the processes of the functions of e.
func (e *emulator) functions() (all []process) {
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, file := range names {
		if name, err := os.ReadFile(file); err != nil || string(name) != "bootstrap\n" {
			continue // another program, or gone
		}
		dir := filepath.Dir(file)
		text, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil { // another user's, or gone
			continue
		}
		p := process{environ: map[string]string{}}
		for variable := range strings.SplitSeq(string(text), "\x00") {
			if name, value, ok := strings.Cut(variable, "="); ok {
				p.environ[name] = value
			}
		}
		if p.pid, err = strconv.Atoi(filepath.Base(dir)); err == nil && p.environ["AWS_ENDPOINT_URL"] == e.url {
			all = append(all, p)
		}
	}
	return all
}
