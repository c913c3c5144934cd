// Package scrape is the Scrape task: a worker behind a queue that downloads
// one stream, stores its rows and answers the state machine's task token.
package scrape

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/callback"
	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/aws/aws-lambda-go/events"
)

const (
	// beat is the time between heartbeats; the ASL allows 600 s without one.
	beat = 30 * time.Second
	// margin is what is left of the function's time for telling of a failure.
	margin = 5 * time.Second
	// saving is the part of margin for writing the failure down; what is left
	// is for the answer.
	saving = 3 * time.Second
	// maxWait bounds how long a publisher's Retry-After is obeyed here; the
	// ASL's back-off comes on top.
	maxWait = 60 * time.Second
)

// Store is what a scraper reads and writes.
type Store interface {
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	Insert(ctx context.Context, rows []row.Row) error
	Change(ctx context.Context, old, next row.Row) error
	SaveStream(ctx context.Context, s store.Stream) error
	Streams(ctx context.Context, run string) ([]store.Stream, error)
	Breaker(ctx context.Context, source string) (store.Breaker, error)
	SetBreaker(ctx context.Context, source string, b store.Breaker) error
}

// Handler scrapes. Its fields are all required.
type Handler struct {
	Catalogue *catalogue.Catalogue
	Sources   map[string]source.Source
	Store     Store
	Callback  callback.Callback
	Log       *slog.Logger
}

// Handle processes a batch. A message comes back, and at last reaches the dead
// letter queue, only when it cannot be read or Step Functions cannot be
// answered; any other failure is told to the state machine, which retries with
// a new message. Doing a message twice is safe: the rows already stored are
// not asked for again.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	// An empty list, never null: pollers have choked on it.
	out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, m := range batch.Records {
		if err := h.message(ctx, m.Body); err != nil {
			level := slog.LevelError
			if ctx.Err() != nil { // the process ends, and the message is another's
				level = slog.LevelInfo
			}
			h.Log.Log(ctx, level, "message stays in the queue", "message", m.MessageId, "error", err)
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return out, nil
}

// message does one message. An error means that it must come back.
func (h *Handler) message(ctx context.Context, body string) error {
	msg, err := decode(body)
	if err != nil && msg.Token == "" {
		return fmt.Errorf("message body: %w", err)
	} else if err != nil {
		return h.dropIfGone(h.fail(ctx, msg, fault.New(fault.InputInvalid, "message body: %w", err)))
	}
	if err := h.Callback.Heartbeat(ctx, msg.Token); err != nil {
		return h.dropIfGone(err)
	}
	log := h.Log.With("run", msg.Run, "source", msg.Source, "stream", msg.Stream.ID, "attempt", msg.Attempt)
	work, stop := h.keepAlive(ctx, msg.Token, log)
	defer stop()

	done, err := h.attempt(work, msg, log)
	switch {
	case ctx.Err() != nil: // this process ends: the message is another worker's
		return context.Cause(ctx)
	case errors.Is(context.Cause(work), callback.ErrGone):
		return nil // the state machine has moved on
	case err != nil:
		log.InfoContext(ctx, "attempt failed", "error_name", fault.NameOf(err), "error", err)
		return h.dropIfGone(h.fail(ctx, msg, err))
	}
	output, err := json.Marshal(done)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return h.dropIfGone(h.Callback.Success(ctx, msg.Token, output))
}

// What a message may have at most: whoever may send to the queue may send more.
const (
	maxBody    = 256 << 10 // bytes; a stream of 40 series has 3 KB
	maxValues  = 5000      // of its JSON, names included
	maxSeries  = 1000      // of a stream: what a catalogue may allow a source
	maxDays    = 36_500    // of a stream: the same
	maxAttempt = 1000      // the state machine makes 7
)

// decode reads the body of a message. With an error, what could be read may have
// the token.
func decode(body string) (msg message.Scrape, err error) {
	if len(body) > maxBody {
		return msg, fmt.Errorf("%d bytes: want at most %d", len(body), maxBody)
	}
	if err := bound.JSON(body, maxValues, 10); err != nil {
		return msg, err
	}
	if err := json.Unmarshal([]byte(body), &msg); err != nil {
		return msg, fmt.Errorf("%.300s", err.Error())
	}
	switch days := msg.Stream.Span(); {
	case len(msg.Stream.Series) > maxSeries:
		err = fmt.Errorf("stream of %d series: want at most %d", len(msg.Stream.Series), maxSeries)
	case days.From > days.To || days.Days() > maxDays:
		err = fmt.Errorf("stream from %s to %s: want 1 to %d days", days.From, days.To, maxDays)
	case msg.Attempt < 0 || msg.Attempt > maxAttempt:
		err = fmt.Errorf("attempt %d: want 0 to %d", msg.Attempt, maxAttempt)
	}
	return msg, err
}

// keepAlive returns a context for the work that ends margin before ctx does,
// or with the cause ErrGone once the token is gone; it heartbeats until stop,
// which waits for the last heartbeat.
func (h *Handler) keepAlive(ctx context.Context, token string, log *slog.Logger) (work context.Context, stop func()) {
	work, cancel := context.WithCancelCause(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		timer := time.AfterFunc(time.Until(deadline)-margin, func() {
			cancel(fault.New(fault.Unavailable, "no answer %s before the end of the function's time", margin))
		})
		context.AfterFunc(work, func() { timer.Stop() })
	}
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-work.Done():
				return
			case <-tick.C:
			}
			switch err := h.Callback.Heartbeat(work, token); {
			case errors.Is(err, callback.ErrGone):
				cancel(callback.ErrGone)
			case err != nil && work.Err() == nil: // the next one may get through
				log.WarnContext(work, "heartbeat", "error", err)
			}
		}
	})
	return work, func() {
		cancel(nil)
		beating.Wait()
	}
}

// attempt scrapes once and writes down what came of it.
func (h *Handler) attempt(ctx context.Context, msg message.Scrape, log *slog.Logger) (message.Scraped, error) {
	did := store.Stream{Run: msg.Run, ID: msg.Stream.ID, Source: msg.Source, Span: msg.Stream.Span(), Attempt: msg.Attempt + 1}
	for _, key := range msg.Stream.Series {
		did.Series = append(did.Series, store.SeriesCount{Key: key})
	}
	err := h.scrape(ctx, msg, &did, log)
	if err != nil && ctx.Err() != nil && fault.NameOf(context.Cause(ctx)) != fault.Internal {
		err = context.Cause(ctx)
	}
	if err == nil {
		if err = h.Store.SaveStream(ctx, did); err == nil {
			return answer(did), nil
		}
		did.Requests = 0 // may be saved already
	}
	did.Error, did.Message = string(fault.NameOf(err)), fault.Message(err)
	// The work's time may be up; what is left of the function's is for this.
	save := context.WithoutCancel(ctx)
	save, cancel := context.WithTimeout(save, saving)
	defer cancel()
	if saveErr := h.Store.SaveStream(save, did); saveErr != nil {
		log.WarnContext(ctx, "what the attempt did is not written down", "error", saveErr)
	}
	if !errors.As(err, new(partial)) { // else the publisher answers
		if breakErr := h.trip(save, msg, fault.NameOf(err)); breakErr != nil {
			log.WarnContext(ctx, "breaker not set", "error", breakErr)
		}
	}
	waitBeforeRetry(ctx, err)
	return message.Scraped{}, err
}

func answer(did store.Stream) message.Scraped {
	var sum row.Count
	for _, c := range did.Series {
		sum.Add(c.Count)
	}
	return message.Scraped{Stream: did.ID, OK: true, Requests: did.Requests, Rows: sum.Observed, Absent: sum.Absent, Incomplete: sum.Incomplete}
}

// waitBeforeRetry waits as long as the publisher asked for, while the
// heartbeats go on.
func waitBeforeRetry(ctx context.Context, err error) {
	var after source.RetryAfter
	if !errors.As(err, &after) {
		return
	}
	timer := time.NewTimer(min(time.Duration(after), maxWait))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (h *Handler) fail(ctx context.Context, msg message.Scrape, err error) error {
	return h.Callback.Failure(ctx, msg.Token, fault.NameOf(err), fault.Message(err))
}

func (h *Handler) dropIfGone(err error) error {
	if errors.Is(err, callback.ErrGone) {
		return nil
	}
	return err
}
