package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lacuna/internal/output"

	"github.com/aws/aws-lambda-go/events"
)

const (
	// MaxReceives is how often a message is tried before it is a dead letter.
	MaxReceives = 5
	// FunctionTime is what a worker has for one message, as its Lambda has.
	FunctionTime = 120 * time.Second
	// queueLength is more than a run can have in flight, so that sending never waits.
	queueLength = 1000
)

// Worker does the messages of a queue, as a Lambda does.
type Worker func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// queue is a source's queue and its workers, in process. A message is done once
// a worker has not reported it as failed, and comes back until then.
type queue struct {
	messages chan events.SQSMessage
	work     Worker
	log      *slog.Logger
	running  sync.WaitGroup

	mu   sync.Mutex
	dead []events.SQSMessage
}

func newQueue(work Worker, log *slog.Logger) *queue {
	return &queue{messages: make(chan events.SQSMessage, queueLength), work: work, log: log}
}

func queueURL(source string) string { return "https://sqs.local/000000000000/lacuna-" + source }

// start starts n workers, which end with ctx.
func (q *queue) start(ctx context.Context, n int) {
	for range n {
		q.running.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case m := <-q.messages:
					q.receive(ctx, m)
				}
			}
		})
	}
}

// Send puts a message into the queue and returns its id.
func (q *queue) Send(ctx context.Context, body string) (string, error) {
	m := events.SQSMessage{MessageId: rand.Text(), Body: body}
	select {
	case q.messages <- m:
		return m.MessageId, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (q *queue) receive(ctx context.Context, m events.SQSMessage) {
	for range MaxReceives {
		if ctx.Err() != nil || q.done(ctx, m) {
			return
		}
	}
	q.log.ErrorContext(ctx, "dead letter", "message", m.MessageId, "receives", MaxReceives)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dead = append(q.dead, m)
}

func (q *queue) done(ctx context.Context, m events.SQSMessage) bool {
	ctx, cancel := context.WithTimeout(ctx, FunctionTime)
	defer cancel()
	out, err := q.work(ctx, events.SQSEvent{Records: []events.SQSMessage{m}})
	if err != nil {
		q.log.ErrorContext(ctx, "worker", "message", m.MessageId, "error", err)
	}
	return err == nil && len(out.BatchItemFailures) == 0
}

// deadLetters says how many messages nobody could do.
func (q *queue) deadLetters() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.dead); n > 0 {
		return fmt.Errorf("%s after %d tries each", output.Count(n, "dead letter"), MaxReceives)
	}
	return nil
}
