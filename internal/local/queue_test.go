package local

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

func failing(id string) events.SQSEventResponse {
	return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: id}}}
}

func TestMessageComesBackUntilItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := map[string]int{}
		q := newQueue(func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			m := e.Records[0]
			received[m.Body]++
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != FunctionTime {
				t.Errorf("deadline %v, want %s from now", deadline, FunctionTime)
			}
			if m.Body == "never" || m.Body == "third" && received[m.Body] < 3 {
				return failing(m.MessageId), nil
			}
			if m.Body == "error" {
				return events.SQSEventResponse{}, errors.New("the worker fell over")
			}
			return events.SQSEventResponse{}, nil
		}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		q.start(ctx, 1)
		for _, body := range []string{"first", "third", "never", "error", "last"} {
			if _, err := q.Send(ctx, body); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		cancel()
		q.running.Wait()
		for body, want := range map[string]int{"first": 1, "third": 3, "never": MaxReceives, "error": MaxReceives, "last": 1} {
			if received[body] != want {
				t.Errorf("%s: received %d times, want %d", body, received[body], want)
			}
		}
		if err := q.deadLetters(); err == nil || !strings.Contains(err.Error(), "2 dead letters") {
			t.Errorf("dead letters: %v, want 2", err)
		}
	})
}

func TestWorkersEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			<-ctx.Done()
			return failing(e.Records[0].MessageId), nil
		}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		q.start(ctx, 2)
		for range 5 {
			if _, err := q.Send(ctx, "x"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		cancel()
		q.running.Wait()
		if err := q.deadLetters(); err != nil {
			t.Errorf("messages of a process that ends are no dead letters: %v", err)
		}
	})
}
