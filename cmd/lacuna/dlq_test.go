package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/plan"
	"lacuna/internal/stack"

	"github.com/google/go-cmp/cmp"
)

// deadQueue lays down a dead-letter queue of ECB that is received in batches.
func (a *account) deadQueue(batches ...string) {
	n := 0
	a.reply("ReceiveMessage", func(body map[string]any) string {
		if n++; n > len(batches) {
			return `{}`
		}
		return `{"Messages":[` + batches[n-1] + `]}`
	})
	a.answer("GetQueueAttributes", queueCounts(len(batches), 0))
	a.answer("ChangeMessageVisibility", `{}`)
	a.answer("DeleteMessage", `{}`)
}

func deadMessage(id, body string, receives int, sent time.Time) string {
	return fmt.Sprintf(`{"MessageId":%q,"ReceiptHandle":"receipt-%[1]s","Body":%[2]q,"Attributes":{"ApproximateReceiveCount":"%[3]d","SentTimestamp":"%[4]d"}}`,
		id, body, receives, sent.UnixMilli())
}

const scrapeBody = `{"v":1,"run":"2026-07-01T000000Z-abc123","as_of":"2026-07-01T00:00:00Z","only":"due","source":"ecb",` +
	`"stream":{"id":"ecb-001","series":["ECB#USD"],"from":"2024-01-02","to":"2024-01-05","days":4},"token":"secret-token","attempt":0}`

func TestDeadLettersAreListedAndLeft(t *testing.T) {
	a := newAccount(t)
	old, older := time.Now().Add(-time.Hour), time.Now().Add(-2*time.Hour)
	a.deadQueue(deadMessage("1", scrapeBody, 6, old), deadMessage("2", "hello", 7, older))
	code, stdout, stderr := a.run("dlq", "list", "-o", "json")
	var got struct{ Messages []stack.DeadLetter }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v\n%s%s", code, err, stdout, stderr)
	}
	for i := range got.Messages {
		if age := got.Messages[i].AgeS; age < 3600 || age > 7300 {
			t.Errorf("message %d is %d s old", i, age)
		}
		got.Messages[i].AgeS = 0
	}
	stream := days4Stream()
	want := []stack.DeadLetter{
		{Source: "ecb", Receives: 7, Sent: older.UTC().Truncate(time.Millisecond), Message: "2", Error: "no scraper's message: invalid character 'h' looking for beginning of value"},
		{
			Source: "ecb", Run: "2026-07-01T000000Z-abc123", Stream: "ecb-001", Series: []string{"ECB#USD"}, From: stream.From, To: stream.To,
			Receives: 6, Sent: old.UTC().Truncate(time.Millisecond), Message: "1",
		},
	}
	if diff := cmp.Diff(want, got.Messages, cmp.AllowUnexported(stack.DeadLetter{})); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if strings.Contains(stdout, "secret") {
		t.Errorf("a token is shown:\n%s", stdout)
	}
	if left := a.of("ChangeMessageVisibility"); len(left) != 2 || left[0]["VisibilityTimeout"] != 0.0 || left[0]["ReceiptHandle"] != "receipt-2" {
		t.Errorf("made visible again: %v", left)
	}
	if n := len(a.of("DeleteMessage")); n != 0 {
		t.Errorf("%d deleted", n)
	}
	for _, r := range a.of("ReceiveMessage") {
		if r["QueueUrl"] != queueBase+"ecb-dlq" {
			t.Errorf("received from %s", r["QueueUrl"])
		}
	}
}

func days4Stream() plan.Stream {
	var s plan.Stream
	if err := json.Unmarshal([]byte(`{"from":"2024-01-02","to":"2024-01-05"}`), &s); err != nil {
		panic(err)
	}
	return s
}

func TestDeadLettersAreDropped(t *testing.T) {
	a := newAccount(t)
	a.deadQueue(deadMessage("1", scrapeBody, 6, time.Now())+","+deadMessage("2", scrapeBody, 6, time.Now()),
		deadMessage("1", scrapeBody, 7, time.Now())) // again: that takes long
	code, stdout, stderr := a.run("dlq", "drop", "--source", "ecb")
	if code != 0 || !strings.HasPrefix(stdout, "Dropped 2 dead letters. Next: lacuna backfill") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	var receipts []any
	for _, d := range a.of("DeleteMessage") {
		receipts = append(receipts, d["ReceiptHandle"])
	}
	if diff := cmp.Diff([]any{"receipt-1", "receipt-2"}, receipts); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
}

func TestDeadLettersThatCannotBeHad(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  []string
		code int
		want string
	}{
		{"a source without a queue", []string{"dlq", "list", "--source", "fred"}, nil, 64, "--source fred: the stack has no queue of it, only of [ecb]"},
		{"no right to read", []string{"dlq", "list"}, nil, 1, "about 3 dead letters of ecb: "},
		{"queues that variables do not name", []string{"dlq", "list"}, []string{"LACUNA_TARGET=aws", "LACUNA_TABLE=x", "LACUNA_STATE_MACHINE_ARN=" + machineARN}, 64, "want --stack"},
		{"neither list nor drop", []string{"dlq"}, nil, 64, "want list or drop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.answer("GetQueueAttributes", queueCounts(2, 1))
			a.answer("ReceiveMessage", refused("AccessDeniedException", "not authorized to perform: sqs:receivemessage"))
			if tt.env != nil {
				a.env = tt.env
			}
			if code, _, stderr := a.run(tt.args...); code != tt.code || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d\n%s", code, stderr)
			}
		})
	}
	a := newAccount(t)
	a.deadQueue()
	for _, verb := range []string{"list", "drop"} {
		if code, stdout, _ := a.run("dlq", verb); code != 0 || stdout != "No dead letters.\n" {
			t.Errorf("dlq %s: exit code %d\n%s", verb, code, stdout)
		}
	}
}
