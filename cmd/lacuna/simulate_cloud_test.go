package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lacuna/internal/callback"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	inmemory "lacuna/internal/store/memory"

	"github.com/aws/aws-lambda-go/events"
)

// weather is how likely each fault is, of one occasion for it. Most seeds have
// some of them, so that rare combinations come too.
type weather struct {
	// The store.
	storeFails, answerLost, storeSlow, oldMarks float64
	// The workers.
	crash, freeze float64
	// Step Functions, SQS and Lambda.
	unanswerable, sendFails, duplicate, late, veryLate, functionFails, stopped float64
	// A person decides about days while a run goes on.
	meddled float64
	// The publishers.
	outage, throttle, unavailable, malformed, slowSource float64
	empty, stale, incomplete, impossible, damaged, wrong float64
	keeps                                                float64 // of a stale answer's values
	mute                                                 float64 // for a while
	elsewhere                                            float64 // rows of other days
	emptyRows                                            float64 // below a number: days without a value have rows
}

func newWeather(r *rand.Rand) weather {
	p := func(most float64) float64 {
		if chance(r, 0.5) {
			return 0
		}
		return most * r.Float64()
	}
	return weather{
		storeFails: p(0.1), answerLost: p(0.1), storeSlow: p(0.05), oldMarks: p(0.5),
		crash: p(0.1), freeze: p(0.1),
		unanswerable: p(0.1), sendFails: p(0.1), duplicate: p(0.5), late: p(0.3), veryLate: p(0.1), functionFails: p(0.05), stopped: p(0.2), meddled: p(0.5),
		outage: p(1), throttle: p(0.3), unavailable: p(0.3), malformed: p(0.1), slowSource: p(0.2),
		empty: p(0.2), stale: p(0.3), incomplete: p(0.3), impossible: p(0.3), damaged: p(0.3), wrong: p(0.3),
		keeps: r.Float64(), mute: p(1), elsewhere: p(0.1), emptyRows: r.Float64(),
	}
}

// stormy reports whether faults still happen.
func (w *world) stormy() bool { return !w.calm.Load() }

// caller is one call of a function: what happens to it is drawn by its name,
// and what it has seen is kept for the oracle.
type caller struct {
	name           string
	worker         bool            // a scraper, which may die
	msg            message.Scrape  // Stream is the one in hand
	done           map[string]bool // streams that an earlier attempt has done
	saved          string          // the stream that was in hand before, "" while there is none
	lived          *happened       // in its world
	calls          atomic.Int64
	fetches, beats int

	die         context.CancelFunc
	dead        atomic.Bool
	frozenUntil atomic.Int64 // in Unix nanoseconds; 0: not at all

	seen seen
}

// skip notes which of streams, what attempts before this one did, are not done again.
func (c *caller) skip(streams []store.Stream) {
	if !c.worker || c.msg.Attempt == 0 || len(c.msg.Streams) == 1 {
		return
	}
	for _, s := range streams {
		if s.Error == "" {
			c.done[s.ID] = true
		}
	}
	left := slices.DeleteFunc(slices.Clone(c.msg.Streams), func(s message.Stream) bool { return c.done[s.ID] })
	if len(left) > 0 && len(left) < len(c.msg.Streams) {
		c.lived.continued.Add(1)
	}
	if c.saved == "" {
		c.next()
	}
}

// next takes the stream in hand that comes after the one saved.
func (c *caller) next() {
	from := 1 + slices.IndexFunc(c.msg.Streams, func(s message.Stream) bool { return s.ID == c.saved })
	for i := from; i < len(c.msg.Streams); i++ {
		if c.msg.Stream = &c.msg.Streams[i]; !c.done[c.msg.Stream.ID] {
			break
		}
	}
	c.saved, c.seen = "", seen{}
}

type callerKey struct{}

func withCaller(ctx context.Context, c *caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// crash ends a worker's process: whatever it calls from now on does nothing.
func (c *caller) crash() error {
	c.dead.Store(true)
	c.die()
	return context.Canceled
}

// pause waits unless ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// weatheredStore is a store over a network. A call takes its own time, so no two
// happen at once and a seed replays exactly.
type weatheredStore struct {
	*world
	under *inmemory.Store

	mu  sync.Mutex
	old map[string][]old // by series
}

// over performs act, a call that reads or writes. It may come late, fail before
// or after it is done, or be the last that its worker does.
func over[T any](ctx context.Context, s *weatheredStore, act func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	c := callerOf(ctx)
	r := s.draw("store", c.name, int(c.calls.Add(1)))
	stormy := s.stormy()
	latency := between(r, time.Millisecond, 80*time.Millisecond)
	if stormy && chance(r, s.weather.storeSlow) { // lost in the network and found again: nobody waits for it any more
		latency = between(r, time.Second, time.Hour)
	}
	fails := stormy && chance(r, s.weather.storeFails)
	lost := stormy && chance(r, s.weather.answerLost)
	diesBefore := stormy && c.worker && chance(r, s.weather.crash/4)
	diesAfter := stormy && c.worker && chance(r, s.weather.crash/4)
	if c.dead.Load() || diesBefore {
		return none, c.crash()
	}
	arrives := make(chan answer, 1)
	s.running.Go(func() {
		time.Sleep(latency)
		if fails {
			arrives <- answer{err: fault.New(fault.StoreThrottled, "slow down")}
			return
		}
		value, err := act(context.WithoutCancel(ctx))
		arrives <- answer{value, err}
	})
	var got answer
	select {
	case got = <-arrives:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	switch {
	case diesAfter:
		return none, c.crash()
	case lost && got.err == nil:
		return none, fault.New(fault.StoreUnavailable, "no answer")
	}
	return got.value, got.err
}

// do is over for a call without a value.
func (s *weatheredStore) do(ctx context.Context, act func(context.Context) error) error {
	_, err := over(ctx, s, func(ctx context.Context) (struct{}, error) { return struct{}{}, act(ctx) })
	return err
}

// old is a row as it was before a write: reads that need not be consistent may
// still see it for a second.
type old struct {
	row.Mark
	until time.Time
}

// forget notes that the row r, which may be none, is about to be replaced.
func (s *weatheredStore) forget(r row.Row) {
	if s.weather.oldMarks == 0 || !s.stormy() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.old[r.Series] = slices.DeleteFunc(s.old[r.Series], func(o old) bool { return o.until.Before(now) })
	s.old[r.Series] = append(s.old[r.Series], old{r.Mark(), now.Add(time.Second)})
}

// remember returns marks as they were up to a second ago.
func (s *weatheredStore) remember(series string, days span.Span, marks []row.Mark) []row.Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range slices.Backward(s.old[series]) {
		if o.until.Before(time.Now()) || !days.Contains(o.Day) {
			continue
		}
		at, found := slices.BinarySearchFunc(marks, o.Day, func(m row.Mark, d span.Day) int { return int(m.Day - d) })
		switch {
		case found && o.Status == "":
			marks = slices.Delete(marks, at, at+1)
		case found:
			marks[at] = o.Mark
		}
	}
	return marks
}

var everyDay = span.Span{From: span.Date(1, 1, 1), To: span.Date(9999, 12, 31)}

func (s *weatheredStore) Marks(ctx context.Context, series string, days span.Span) ([]row.Mark, error) {
	r := s.draw("marks", callerOf(ctx).name, 0)
	return over(ctx, s, func(ctx context.Context) ([]row.Mark, error) {
		marks, err := s.under.Marks(ctx, series, days)
		if s.stormy() && chance(r, s.weather.oldMarks) {
			marks = s.remember(series, days, marks)
		}
		return marks, err
	})
}

func (s *weatheredStore) Rows(ctx context.Context, series string, days span.Span) ([]row.Row, error) {
	rows, err := over(ctx, s, func(ctx context.Context) ([]row.Row, error) { return s.under.Rows(ctx, series, days) })
	if err == nil {
		s.oracle.covered(callerOf(ctx), series, rows)
	}
	return rows, err
}

func (s *weatheredStore) Insert(ctx context.Context, rows []row.Row) error {
	c := callerOf(ctx)
	r := s.draw("insert", c.name, 0)
	part := len(rows)
	if s.stormy() && len(rows) > 0 && chance(r, s.weather.storeFails) {
		part = r.IntN(len(rows))
	}
	return s.do(ctx, func(ctx context.Context) error {
		for _, one := range rows[:part] {
			s.forget(row.Row{Series: one.Series, Day: one.Day})
		}
		if err := s.under.Insert(ctx, rows[:part]); err != nil {
			return err
		}
		for _, one := range rows[:part] {
			s.oracle.landed(c, one, true)
		}
		if part < len(rows) {
			return fault.New(fault.StoreThrottled, "%d rows are left", len(rows)-part)
		}
		return nil
	})
}

func (s *weatheredStore) Change(ctx context.Context, before, next row.Row) error {
	c := callerOf(ctx)
	return s.do(ctx, func(ctx context.Context) error {
		err := s.under.Change(ctx, before, next)
		if err == nil {
			s.forget(before)
			s.oracle.landed(c, next, false)
		}
		return err
	})
}

func (s *weatheredStore) SaveStream(ctx context.Context, did store.Stream) error {
	c := callerOf(ctx)
	if did.Error == "" {
		s.oracle.finished(c)
	}
	c.saved = did.ID
	return s.do(ctx, func(ctx context.Context) error { return s.under.SaveStream(ctx, did) })
}

func (s *weatheredStore) Streams(ctx context.Context, run string) ([]store.Stream, error) {
	streams, err := over(ctx, s, func(ctx context.Context) ([]store.Stream, error) { return s.under.Streams(ctx, run) })
	callerOf(ctx).skip(streams)
	return streams, err
}

func (s *weatheredStore) SaveRun(ctx context.Context, r store.Run) error {
	return s.do(ctx, func(ctx context.Context) error { return s.under.SaveRun(ctx, r) })
}

func (s *weatheredStore) RunsOf(ctx context.Context, ids []string, from, to time.Time) ([]store.Run, error) {
	return over(ctx, s, func(ctx context.Context) ([]store.Run, error) { return s.under.RunsOf(ctx, ids, from, to) })
}

func (s *weatheredStore) Runs(ctx context.Context, limit int) ([]store.Run, error) {
	return over(ctx, s, func(ctx context.Context) ([]store.Run, error) { return s.under.Runs(ctx, limit) })
}

func (s *weatheredStore) Breaker(ctx context.Context, source string) (store.Breaker, error) {
	return over(ctx, s, func(ctx context.Context) (store.Breaker, error) { return s.under.Breaker(ctx, source) })
}

func (s *weatheredStore) SetBreaker(ctx context.Context, source string, b store.Breaker) error {
	return s.do(ctx, func(ctx context.Context) error { return s.under.SetBreaker(ctx, source, b) })
}

// weatheredAnswers is the way back to the state machine.
type weatheredAnswers struct {
	*world
	under callback.Callback
}

func (a weatheredAnswers) Success(ctx context.Context, token string, output []byte) error {
	return a.answer(ctx, func() error { return a.under.Success(ctx, token, output) })
}

func (a weatheredAnswers) Failure(ctx context.Context, token string, name fault.Name, cause string) error {
	return a.answer(ctx, func() error { return a.under.Failure(ctx, token, name, cause) })
}

func (a weatheredAnswers) answer(ctx context.Context, send func() error) error {
	c := callerOf(ctx)
	r := a.draw("answer", c.name, int(c.calls.Add(1)))
	latency := between(r, time.Millisecond, 50*time.Millisecond)
	if c.dead.Load() {
		return c.crash()
	}
	if !a.stormy() {
		time.Sleep(latency)
		return send()
	}
	switch {
	case chance(r, a.weather.crash): // before the answer
		return c.crash()
	case chance(r, a.weather.freeze): // an hour late, and without a sign of life until then
		latency = between(r, 50*time.Minute, 70*time.Minute)
		c.frozenUntil.Store(time.Now().Add(latency).UnixNano())
	case chance(r, a.weather.unanswerable):
		time.Sleep(latency)
		return errors.New("Step Functions cannot be reached") //nolint:staticcheck // a name
	}
	time.Sleep(latency)
	err := send()
	if chance(r, a.weather.crash) { // after it
		return c.crash()
	}
	if err == nil && chance(r, a.weather.unanswerable) {
		return errors.New("Step Functions did not say whether it has the answer") //nolint:staticcheck // a name
	}
	return err
}

func (a weatheredAnswers) Heartbeat(ctx context.Context, token string) error {
	c := callerOf(ctx)
	c.beats++
	r := a.draw("beat", c.name, c.beats)
	if c.dead.Load() || c.frozenUntil.Load() != 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	if !pause(ctx, between(r, time.Millisecond, 50*time.Millisecond)) {
		return ctx.Err()
	}
	if a.stormy() && chance(r, a.weather.unanswerable) {
		return errors.New("Step Functions cannot be reached") //nolint:staticcheck // a name
	}
	return a.under.Heartbeat(ctx, token)
}

// weatheredQueue is a source's queue as SQS has them: at least once, in any
// order, after any time. A message that a worker did not do comes back when its
// visibility time-out is over, and is dead after a few receives.
type weatheredQueue struct {
	*world
	work    local.Worker
	workers chan struct{}
}

// visibility is six times a function's time, as in Terraform.
const visibility = 6 * local.FunctionTime

func (q *weatheredQueue) Send(ctx context.Context, body string) (string, error) {
	var msg message.Scrape
	if err := json.Unmarshal([]byte(body), &msg); err != nil {
		return "", err
	}
	if len(msg.Streams) > 1 {
		q.lived.bundles.Add(1)
	}
	name := fmt.Sprintf("%s/%s/%d", msg.Run, msg.Streams[0].ID, msg.Attempt)
	r := q.draw("queue", name, 0)
	copies := 1
	if q.stormy() {
		if chance(r, q.weather.sendFails) {
			return "", &engine.Error{Name: "SQS.AmazonSQSException", Cause: "not taken"}
		}
		if chance(r, q.weather.duplicate) {
			copies += 1 + r.IntN(4)
		}
	}
	for i := range copies {
		delay := between(r, time.Millisecond, time.Second)
		if q.stormy() {
			switch p := r.Float64(); {
			case p < q.weather.veryLate:
				delay = between(r, time.Hour, 3*simulatedDay)
			case p < q.weather.veryLate+q.weather.late:
				delay = between(r, time.Second, 20*time.Minute)
			}
		}
		q.running.Go(func() {
			time.Sleep(delay)
			q.deliver(fmt.Sprintf("%s#%d", name, i), msg, body)
		})
	}
	if q.stormy() && chance(r, q.weather.sendFails) {
		return "", &engine.Error{Name: "SQS.SdkClientException", Cause: "taken, but nobody said so"}
	}
	return name, nil
}

func (q *weatheredQueue) deliver(name string, msg message.Scrape, body string) {
	for n := range local.MaxReceives {
		if q.receive(fmt.Sprintf("%s.%d", name, n), msg, body) {
			return
		}
		time.Sleep(visibility + between(q.draw("visible", name, n), 0, time.Second))
	}
	q.dead.Add(1)
}

func (q *weatheredQueue) receive(name string, msg message.Scrape, body string) (done bool) {
	q.workers <- struct{}{}
	defer func() { <-q.workers }()
	ctx, cancel := context.WithTimeout(context.Background(), local.FunctionTime)
	defer cancel()
	c := &caller{name: name, worker: true, msg: msg, die: cancel, done: map[string]bool{}, lived: q.lived}
	c.next()
	out, err := q.work(withCaller(ctx, c), events.SQSEvent{Records: []events.SQSMessage{{MessageId: name, Body: body}}})
	q.logf("worker %s: dead %t, %d stay", name, c.dead.Load(), len(out.BatchItemFailures))
	return err == nil && len(out.BatchItemFailures) == 0 && !c.dead.Load()
}

// integration is the pipeline's, with what can happen between Step Functions and
// a function or a queue.
func (w *world) integration(resource string) engine.Integration {
	call := w.Pipeline.Integration(resource)
	if call == nil {
		return nil
	}
	return func(ctx context.Context, in engine.Call) (json.RawMessage, error) {
		name, err := occasion(in)
		if err != nil {
			return nil, err
		}
		r := w.draw("function", name, 0)
		if !pause(ctx, between(r, time.Millisecond, 100*time.Millisecond)) {
			return nil, ctx.Err()
		}
		function := in.State != "Scrape"
		if function && w.stormy() && chance(r, w.weather.functionFails) {
			return nil, &engine.Error{Name: "Lambda.ServiceException", Cause: "not called"}
		}
		out, err := call(withCaller(ctx, &caller{name: name}), in)
		if function && err == nil && w.stormy() && chance(r, w.weather.functionFails) {
			return nil, &engine.Error{Name: "Sandbox.Timedout", Cause: "done, but nobody said so"}
		}
		return out, err
	}
}

// occasion names a call of a function by what it is given, which has neither a
// token nor a clock of its own.
func occasion(in engine.Call) (string, error) {
	if in.State != "Scrape" {
		h := fnv.New64a()
		h.Write(in.Parameters)
		return fmt.Sprintf("%s/%s/%x/%d", in.Execution, in.State, h.Sum64(), in.Attempt), nil
	}
	var p struct {
		MessageBody struct{ Streams []struct{ ID string } }
	}
	err := json.Unmarshal(in.Parameters, &p)
	return fmt.Sprintf("%s/%s/%s/%d", in.Execution, in.State, p.MessageBody.Streams[0].ID, in.Attempt), err
}
