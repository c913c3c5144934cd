// Package scrape is the Scrape task: a worker behind a queue that downloads
// streams, stores their rows and answers the state machine's task token.
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
	"golang.org/x/sync/semaphore"
)

const (
	// beat is the time between heartbeats; the ASL allows 1,800 s without one.
	beat = 30 * time.Second
	// margin is what is left of the function's time when its work has to end.
	margin = 6 * time.Second
	// finishing is the part of margin for storing the publisher's answer that is there,
	// saving that for writing a failure down, and leaving that for what was not tried; what
	// is left is for telling of it. Ctrl-C leaves as much time.
	finishing = time.Second
	saving    = 3 * time.Second
	leaving   = time.Second
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

// Bodies keeps what a publisher has answered to a request, and returns the hash of it.
type Bodies interface {
	Keep(ctx context.Context, name string, r source.Request, t *source.Tape) (hash string, err error)
}

// Handler scrapes. Its fields are all required, but for Bodies and Turn.
type Handler struct {
	Catalogue *catalogue.Catalogue
	Sources   map[string]source.Source
	Store     Store
	Callback  callback.Callback
	Log       *slog.Logger
	Bodies    Bodies // nil: none are kept
	// Turn has a weight of one, which is who stores: of two that have an answer for one file,
	// the first is done in half the time and asks again while the other stores. nil: all at once.
	Turn *semaphore.Weighted
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
	log := h.Log.With("run", msg.Run, "source", msg.Source, "stream", msg.Streams[0].ID, "attempt", msg.Attempt)
	work, stop := h.keepAlive(ctx, msg.Token, log)
	defer stop()

	done, err := h.streams(work, msg, log)
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
	maxValues  = 20_000    // of its JSON, names included
	maxStreams = 1000      // of a message: 60 fit into a scraper's time
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
	if msg.V == 1 && msg.Stream != nil {
		msg.V, msg.Streams, msg.Stream = message.ScrapeVersion, []message.Stream{*msg.Stream}, nil
	}
	switch {
	case msg.V != message.ScrapeVersion:
		return msg, fmt.Errorf("message version %d, want %d", msg.V, message.ScrapeVersion)
	case len(msg.Streams) == 0 || len(msg.Streams) > maxStreams:
		return msg, fmt.Errorf("%d streams: want 1 to %d", len(msg.Streams), maxStreams)
	case msg.Attempt < 0 || msg.Attempt > maxAttempt:
		return msg, fmt.Errorf("attempt %d: want 0 to %d", msg.Attempt, maxAttempt)
	}
	for _, s := range msg.Streams {
		switch days := s.Span(); {
		case len(s.Series) > maxSeries:
			return msg, fmt.Errorf("stream of %d series: want at most %d", len(s.Series), maxSeries)
		case days.From > days.To || days.Days() > maxDays:
			return msg, fmt.Errorf("stream from %s to %s: want 1 to %d days", days.From, days.To, maxDays)
		}
	}
	return msg, nil
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

// streams does the streams of msg in turn. One that fails stops the others when they
// would fail alike; what is left then is done by the retry, and what is done is not
// done again.
func (h *Handler) streams(ctx context.Context, msg message.Scrape, log *slog.Logger) (message.Scraped, error) {
	finish, cancel := outlive(ctx, finishing)
	defer cancel()
	sum := message.Scraped{Stream: msg.Streams[0].ID, OK: true}
	earlier := sync.OnceValues(func() (map[string]store.Stream, error) { return h.earlier(finish, msg.Run) })
	var errs []error
	away := false // the publisher was, for the stream before
	for i, s := range msg.Streams {
		did, err := h.attempt(ctx, finish, task{msg, s, earlier}, log)
		if err == nil {
			away = false
			add(&sum, did)
			continue
		}
		errs = append(errs, err)
		if ctx.Err() != nil || stops(err, away) {
			h.leave(ctx, msg, msg.Streams[i+1:], err, log)
			return message.Scraped{}, err
		}
		away = fault.NameOf(err) == fault.Unavailable
	}
	return sum, source.Foremost(errs)
}

// outlive returns a context that ends a while after ctx has.
func outlive(ctx context.Context, while time.Duration) (longer context.Context, cancel func()) {
	longer, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(while, func() { end(context.Cause(ctx)) })
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); end(nil) }
}

// stops reports whether an error tells of more than its stream: that a publisher is away
// it does when it was for the stream before.
func stops(err error, away bool) bool {
	if errors.As(err, new(partial)) { // the publisher answers
		return false
	}
	switch fault.NameOf(err) {
	case fault.Unavailable:
		return away
	case fault.Malformed, fault.Rejected, fault.InputInvalid, fault.Internal:
		return false
	}
	return true
}

// leave writes down that streams were not tried, for what reason, so that nobody has to
// guess which series they have. What an earlier attempt, or another worker with the same
// message, has written down of them stays.
func (h *Handler) leave(ctx context.Context, msg message.Scrape, streams []message.Stream, why error, log *slog.Logger) {
	if len(streams) == 0 || fault.NameOf(why) == fault.StoreUnusable { // which ends the run
		return
	}
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
	defer cancel()
	known, err := h.earlier(save, msg.Run)
	for _, s := range streams {
		if _, ok := known[s.ID]; ok || err != nil {
			continue
		}
		did := newStream(msg, s)
		did.Error, did.Message = string(fault.NameOf(why)), "not tried: "+fault.Message(why)
		err = h.Store.SaveStream(save, did)
	}
	if err != nil && fault.NameOf(err) != fault.StoreUnusable {
		log.WarnContext(ctx, "what was not tried is not written down", "error", err)
	}
}

// newStream is a stream of msg of which nothing is done.
func newStream(msg message.Scrape, s message.Stream) store.Stream {
	did := store.Stream{Run: msg.Run, ID: s.ID, Source: msg.Source, Span: s.Span()}
	for _, key := range s.Series {
		did.Series = append(did.Series, store.SeriesCount{Key: key})
	}
	return did
}

func add(sum *message.Scraped, did store.Stream) {
	var c row.Count
	for _, s := range did.Series {
		c.Add(s.Count)
	}
	sum.Requests += did.Requests
	sum.Rows, sum.Absent, sum.Incomplete = sum.Rows+c.Observed, sum.Absent+c.Absent, sum.Incomplete+c.Incomplete
}

// task is one stream of a message.
type task struct {
	message.Scrape
	stream  message.Stream
	earlier func() (map[string]store.Stream, error) // what earlier attempts at this run's streams did, by id
}

// tries returns how often the stream of t has been tried, with this time, and what came
// of it when that is all that there is to do.
func (t *task) tries() (n int, done *store.Stream, err error) {
	if t.Attempt == 0 || len(t.Streams) == 1 {
		return t.Attempt + 1, nil, nil
	}
	earlier, err := t.earlier()
	if err != nil {
		return 0, nil, err
	}
	was, tried := earlier[t.stream.ID]
	if tried && was.Error == "" {
		return 0, &was, nil
	}
	return min(was.Attempt, t.Attempt) + 1, nil, nil
}

// attempt scrapes once and writes down what came of it. When ctx has ended, an answer that
// is there is still stored while finish goes on.
func (h *Handler) attempt(ctx, finish context.Context, t task, log *slog.Logger) (store.Stream, error) {
	n, done, err := t.tries()
	switch {
	case err != nil:
		return store.Stream{}, err
	case done != nil:
		return *done, nil
	}
	did := newStream(t.Scrape, t.stream)
	did.Attempt = n
	err = h.scrape(ctx, finish, t, &did, log)
	if err != nil && ctx.Err() != nil && fault.NameOf(context.Cause(ctx)) != fault.Internal {
		err = context.Cause(ctx)
	}
	if err == nil {
		if err = h.Store.SaveStream(finish, did); err == nil {
			return did, nil
		}
		did.Requests = 0 // may be saved already
	}
	did.Error, did.Message = string(fault.NameOf(err)), fault.Message(err)
	// The work's time may be up; what is left of the function's is for this.
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), saving)
	defer cancel()
	if saveErr := h.Store.SaveStream(save, did); saveErr != nil && fault.NameOf(err) != fault.StoreUnusable { // else it says the same
		log.WarnContext(ctx, "what the attempt did is not written down", "error", saveErr)
	}
	if !errors.As(err, new(partial)) { // else the publisher answers
		if breakErr := h.trip(save, did, fault.NameOf(err)); breakErr != nil {
			log.WarnContext(ctx, "breaker not set", "error", breakErr)
		}
	}
	waitBeforeRetry(ctx, err)
	return did, err
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
