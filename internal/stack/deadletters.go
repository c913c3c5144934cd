package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/span"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// DeadLetter is a message that no scraper could do. Its token is dead too, and
// stays out of sight.
type DeadLetter struct {
	Source   string    `json:"source"`
	Run      string    `json:"run,omitempty"`
	Stream   string    `json:"stream,omitempty"`
	Series   []string  `json:"series,omitempty"`
	From     span.Day  `json:"from,omitzero"`
	To       span.Day  `json:"to,omitzero"`
	Receives int       `json:"receives"`
	Sent     time.Time `json:"sent"`
	AgeS     int64     `json:"age_s"`
	Message  string    `json:"message_id"`
	Error    string    `json:"error,omitempty"` // of a body that is no scraper's

	receipt *string
}

// DeadQueues are the dead-letter queues of some sources.
type DeadQueues struct {
	client *sqs.Client
	urls   map[string]string // by source
}

// DeadQueues returns the dead-letter queues of the sources named, of all for none.
func (s *Stack) DeadQueues(only []string) *DeadQueues {
	q := &DeadQueues{client: sqs.NewFromConfig(s.Config), urls: map[string]string{}}
	for source, queue := range s.Queues {
		if only == nil || slices.Contains(only, source) {
			q.urls[source] = queue.Dead
		}
	}
	return q
}

// hideFor is how long a message that was read is not seen again, in seconds.
const hideFor = 120

// Read returns what the queues hold, by source and then oldest first. What is
// read is hidden for a while, from everybody.
func (q *DeadQueues) Read(ctx context.Context) ([]DeadLetter, error) {
	now := time.Now()
	all := []DeadLetter{} // never null
	for _, source := range slices.Sorted(maps.Keys(q.urls)) {
		visible, hidden, err := Messages(ctx, q.client, q.urls[source])
		if err != nil {
			return nil, fmt.Errorf("dead letters of %s: %w", source, err)
		}
		if visible+hidden == 0 {
			continue // receiving nothing would take a second
		}
		var letters []DeadLetter
		known := map[string]bool{} // when reading takes long, messages come again
		for again := false; !again; {
			out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
				QueueUrl: aws.String(q.urls[source]), MaxNumberOfMessages: 10, VisibilityTimeout: hideFor, WaitTimeSeconds: 1, // 1: all servers of the queue are asked
				MessageSystemAttributeNames: []types.MessageSystemAttributeName{
					types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameSentTimestamp,
				},
			})
			if err != nil {
				return nil, fmt.Errorf("about %s of %s: %w", output.Count(visible+hidden, "dead letter"), source, err)
			}
			if len(out.Messages) == 0 {
				break
			}
			for _, m := range out.Messages {
				l := readLetter(source, m, now)
				if again = known[l.Message]; again {
					break
				}
				known[l.Message] = true
				letters = append(letters, l)
			}
		}
		slices.SortStableFunc(letters, func(a, b DeadLetter) int { return a.Sent.Compare(b.Sent) })
		all = append(all, letters...)
	}
	return all, nil
}

func readLetter(source string, m types.Message, now time.Time) DeadLetter {
	l := DeadLetter{Source: source, Message: aws.ToString(m.MessageId), receipt: m.ReceiptHandle}
	// Both are numbers wherever they are set.
	l.Receives, _ = strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	if ms, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64); err == nil {
		l.Sent = time.UnixMilli(ms).UTC()
		l.AgeS = int64(now.Sub(l.Sent).Seconds())
	}
	var body message.Scrape
	if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &body); err != nil {
		l.Error = "no scraper's message: " + err.Error()
		return l
	}
	b := message.Bundle{Streams: body.Streams}
	if body.Stream != nil { // of version 1
		b.Streams = []message.Stream{*body.Stream}
	}
	if len(b.Streams) == 0 {
		l.Error = "no scraper's message: it has no streams"
		return l
	}
	all := b.Span()
	l.Run, l.Stream, l.From, l.To = body.Run, b.String(), all.From, all.To
	for _, s := range b.Streams {
		for _, key := range s.Series {
			if !slices.Contains(l.Series, key) {
				l.Series = append(l.Series, key)
			}
		}
	}
	return l
}

// Messages returns about how many messages of a queue are to be received, and
// how many somebody has received and not deleted.
func Messages(ctx context.Context, client *sqs.Client, url string) (visible, hidden int, err error) {
	const waiting, taken = types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{waiting, taken}})
	if err != nil {
		return 0, 0, err
	}
	if visible, err = strconv.Atoi(out.Attributes[string(waiting)]); err != nil {
		return 0, 0, err
	}
	hidden, err = strconv.Atoi(out.Attributes[string(taken)])
	return visible, hidden, err
}

// PutBack makes messages that were read visible again at once.
func (q *DeadQueues) PutBack(ctx context.Context, letters []DeadLetter) error {
	for _, l := range letters {
		_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(q.urls[l.Source]), ReceiptHandle: l.receipt, VisibilityTimeout: 0,
		})
		if err != nil {
			return fmt.Errorf("dead letter %s of %s: %w", l.Message, l.Source, err)
		}
	}
	return nil
}

// Drop deletes messages that were read.
func (q *DeadQueues) Drop(ctx context.Context, letters []DeadLetter) error {
	for _, l := range letters {
		_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(q.urls[l.Source]), ReceiptHandle: l.receipt})
		if err != nil {
			return fmt.Errorf("dead letter %s of %s: %w", l.Message, l.Source, err)
		}
	}
	return nil
}
