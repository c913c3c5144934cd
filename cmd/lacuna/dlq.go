package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/span"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/spf13/cobra"
)

// deadLetter is a message that no scraper could do. Its token is dead too, and
// stays out of sight.
type deadLetter struct {
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

func (a *app) dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "list and drop the messages that no scraper could do (--target aws)",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usage("dlq: want list or drop") },
	}
	cmd.AddCommand(a.dlqListCommand(), a.dlqDropCommand())
	return cmd
}

func (a *app) dlqListCommand() *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the dead letters of each source",
		Args:  cobra.NoArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			queues, s, err := a.deadQueues(cmd.Context(), only)
			if err != nil {
				return err
			}
			letters, err := queues.read(cmd.Context(), s)
			if err == nil {
				err = queues.putBack(cmd.Context(), s, letters)
			}
			if err != nil {
				return err
			}
			return a.listLetters(letters, format)
		}, "table", "json", "jsonl", "csv"),
	}
	cmd.Flags().StringSliceVar(&only, "source", nil, "`source` whose queue is read; may be repeated (default all)")
	return cmd
}

func (a *app) dlqDropCommand() *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "drop",
		Short: "delete the dead letters; their days are missing, and the next backfill asks for them",
		Args:  cobra.NoArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			queues, s, err := a.deadQueues(cmd.Context(), only)
			if err != nil {
				return err
			}
			return a.dropLetters(cmd.Context(), queues, s, format)
		}, "table", "json"),
	}
	cmd.Flags().StringSliceVar(&only, "source", nil, "`source` whose queue is emptied; may be repeated (default all)")
	a.bindYes(cmd.Flags())
	return cmd
}

// deadQueues are the URLs of dead-letter queues, by source.
type deadQueues map[string]string

func (a *app) deadQueues(ctx context.Context, only []string) (deadQueues, *sqs.Client, error) {
	if a.target != targetAWS {
		return nil, nil, usage("dlq is for --target aws: a local run that leaves dead letters says so, and keeps none")
	}
	s, err := a.openStack(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s.Queues == nil {
		return nil, nil, usage("dlq: want --stack: %s does not say where the queues are", variableMachine)
	}
	queues := deadQueues{}
	for source, q := range s.Queues {
		if only == nil || slices.Contains(only, source) {
			queues[source] = q.Dead
		}
	}
	for _, source := range only {
		if queues[source] == "" {
			return nil, nil, usage("--source %s: the stack has no queue of it, only of %v", source, slices.Sorted(maps.Keys(s.Queues)))
		}
	}
	return queues, sqs.NewFromConfig(s.config), nil
}

// hideFor is how long a message that was read is not seen again, in seconds.
const hideFor = 120

// read returns what the queues hold, by source and then oldest first. What is
// read is hidden for a while, from everybody.
func (q deadQueues) read(ctx context.Context, client *sqs.Client) ([]deadLetter, error) {
	now := time.Now()
	var all []deadLetter
	for _, source := range slices.Sorted(maps.Keys(q)) {
		visible, hidden, err := messages(ctx, client, q[source])
		if err != nil {
			return nil, fmt.Errorf("dead letters of %s: %w", source, err)
		}
		if visible+hidden == 0 {
			continue // receiving nothing would take a second
		}
		var letters []deadLetter
		known := map[string]bool{} // when reading takes long, messages come again
		for again := false; !again; {
			out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
				QueueUrl: aws.String(q[source]), MaxNumberOfMessages: 10, VisibilityTimeout: hideFor, WaitTimeSeconds: 1, // 1: all servers of the queue are asked
				MessageSystemAttributeNames: []types.MessageSystemAttributeName{
					types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameSentTimestamp,
				},
			})
			if err != nil {
				return nil, fmt.Errorf("about %s of %s: %w", count(visible+hidden, "dead letter"), source, err)
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
		slices.SortStableFunc(letters, func(a, b deadLetter) int { return a.Sent.Compare(b.Sent) })
		all = append(all, letters...)
	}
	return all, nil
}

func readLetter(source string, m types.Message, now time.Time) deadLetter {
	l := deadLetter{Source: source, Message: aws.ToString(m.MessageId), receipt: m.ReceiptHandle}
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
	l.Run, l.Stream, l.Series, l.From, l.To = body.Run, body.Stream.ID, body.Stream.Series, body.Stream.From, body.Stream.To
	return l
}

// messages returns about how many messages of a queue are to be received, and
// how many somebody has received and not deleted.
func messages(ctx context.Context, client *sqs.Client, url string) (visible, hidden int, err error) {
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

// putBack makes messages that were read visible again at once.
func (q deadQueues) putBack(ctx context.Context, client *sqs.Client, letters []deadLetter) error {
	for _, l := range letters {
		_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(q[l.Source]), ReceiptHandle: l.receipt, VisibilityTimeout: 0,
		})
		if err != nil {
			return fmt.Errorf("dead letter %s of %s: %w", l.Message, l.Source, err)
		}
	}
	return nil
}

func (a *app) listLetters(letters []deadLetter, format string) error {
	if format == "table" && len(letters) == 0 {
		err := a.stdout.printf("No dead letters.\n")
		return err
	}
	t := newTable("source", "stream", "from", "to", "series", "run", "receives", "age")
	for _, l := range letters {
		from, to := "", ""
		if l.Error == "" {
			from, to = l.From.String(), l.To.String()
		}
		t.add(l.Source, cmp.Or(l.Stream, l.Error), from, to, seriesNames(l.Series), l.Run, l.Receives, time.Duration(l.AgeS)*time.Second)
	}
	if letters == nil {
		letters = []deadLetter{}
	}
	return writeList(a.stdout, format, t, struct {
		SchemaVersion int          `json:"schema_version"`
		Messages      []deadLetter `json:"messages"`
	}{schemaVersion, letters}, letters)
}

// dropLetters deletes what the queues hold, after a question.
func (a *app) dropLetters(ctx context.Context, queues deadQueues, client *sqs.Client, format string) error {
	letters, err := queues.read(ctx, client)
	if err != nil {
		return err
	}
	if len(letters) > 0 {
		if err := a.confirm(ctx, fmt.Sprintf("Delete %s of %s?", count(len(letters), "dead letter"), a.where())); err != nil {
			return err
		}
	}
	for _, l := range letters {
		_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(queues[l.Source]), ReceiptHandle: l.receipt})
		if err != nil {
			return fmt.Errorf("dead letter %s of %s: %w", l.Message, l.Source, err)
		}
	}
	if format == "json" {
		return writeJSON(a.stdout, struct {
			SchemaVersion int `json:"schema_version"`
			Dropped       int `json:"dropped"`
		}{schemaVersion, len(letters)})
	}
	if len(letters) == 0 {
		err = a.stdout.printf("No dead letters.\n")
		return err
	}
	err = a.stdout.printf("Dropped %s. Next: %s\n", count(len(letters), "dead letter"), a.again("backfill"))
	return err
}
