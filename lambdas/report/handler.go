// Package report is the Report task: it sums what the streams of a run did,
// decides the run's status and keeps its summary.
package report

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/store"
)

// Store has what the streams of a run did, and keeps its summary.
type Store interface {
	Streams(ctx context.Context, run string) ([]store.Stream, error)
	SaveRun(ctx context.Context, r store.Run) error
	Runs(ctx context.Context, limit int) ([]store.Run, error)
	RunsOf(ctx context.Context, ids []string, from, to time.Time) ([]store.Run, error)
}

// Metrics keeps the numbers of runs, to be watched over time.
type Metrics interface {
	Put(ctx context.Context, values []metric.Value) error
}

// What bounds a summary, so that it stays under 256 KiB whatever failed.
const (
	maxFailures = 200
	maxMessages = 50  // failures that keep their message, and warnings
	maxKeys     = 400 // of failures, together
	leastKeys   = 3   // of one, when there are so many
)

// Handler reports. Use New.
type Handler struct {
	store   Store
	metrics Metrics
	log     *slog.Logger
}

// New returns a Handler that reads and writes s and gives a run's numbers to m.
func New(s Store, m Metrics, log *slog.Logger) *Handler { return &Handler{s, m, log} }

// Handle runs the task once. A retry writes the same summary again. A dry run
// leaves none, and no metrics. Metrics that cannot be sent do not fail a run.
func (h *Handler) Handle(ctx context.Context, in message.Report) (message.Summary, error) {
	sum, values, err := h.sum(ctx, in)
	if err != nil {
		return message.Summary{}, err
	}
	shorten(&sum)
	if in.DryRun && sum.Shard == nil { // the whole run reads those of its shards
		return sum, nil
	}
	text, err := json.Marshal(sum)
	if err != nil {
		return message.Summary{}, fmt.Errorf("summary of %s: %w", in.Run, err)
	}
	err = h.store.SaveRun(ctx, store.Run{ID: in.Run, AsOf: in.AsOf, Status: sum.Status, Cause: sum.Cause, Summary: text})
	if err != nil {
		return message.Summary{}, fmt.Errorf("summary of %s: %w", in.Run, err)
	}
	if in.DryRun {
		return sum, nil
	}
	if err := h.metrics.Put(ctx, values); err != nil {
		h.log.ErrorContext(ctx, "metrics are not sent", "run", in.Run, "error", err)
	}
	return sum, nil
}

// shorten cuts the failures of a summary, which may be hundreds of thousands of series. Until
// then all are needed: what is missing, and since when, is told by them.
func shorten(sum *message.Summary) {
	if n := len(sum.Failures) - maxFailures; n > 0 {
		sum.Failures, sum.Omitted = sum.Failures[:maxFailures], sum.Omitted+n
	}
	left := maxKeys
	for i := range sum.Failures {
		f := &sum.Failures[i]
		if i >= maxMessages {
			f.Message = ""
		}
		n := min(len(f.Series), max(leastKeys, left))
		left -= n
		f.Series, f.More = f.Series[:n:n], f.More+len(f.Series)-n
	}
}

// sum returns the summary and the numbers of a run.
func (h *Handler) sum(ctx context.Context, in message.Report) (message.Summary, []metric.Value, error) {
	var before *message.Standing
	if in.Scope.Stack && !in.DryRun {
		var err error
		if before, err = h.before(ctx, in); err != nil {
			return message.Summary{}, nil, err
		}
	}
	if len(in.Shards) > 0 {
		shards, err := h.shards(ctx, in)
		if err != nil {
			return message.Summary{}, nil, err
		}
		sum, values := SumShards(in, shards, before)
		return sum, values, nil
	}
	streams, err := h.store.Streams(ctx, in.Run)
	if err != nil {
		return message.Summary{}, nil, fmt.Errorf("streams of %s: %w", in.Run, err)
	}
	sum := Sum(in, streams)
	if in.Scope.Stack && !in.DryRun {
		sum.Stack = standing(in, sum, before)
	}
	if s := in.Input.Shard; s != nil {
		sum.Shard = standingOfShard(in, sum, streams, s.Of)
	}
	return sum, Measure(in, sum, streams), nil
}

// maxBefore is how many runs back a standing is looked for: runs over parts of the
// stack have none.
const maxBefore = 100

// before returns the standing that the last run over the whole stack left before
// in, nil when there is none or in sees all that it saw.
func (h *Handler) before(ctx context.Context, in message.Report) (*message.Standing, error) {
	if in.Scope.From == 0 {
		return nil, nil //nolint:nilnil // it needs none
	}
	runs, err := h.store.Runs(ctx, maxBefore)
	if err != nil {
		return nil, fmt.Errorf("runs before %s: %w", in.Run, err)
	}
	for _, r := range runs {
		var sum message.Summary
		if err := json.Unmarshal(r.Summary, &sum); err != nil {
			h.log.WarnContext(ctx, "a summary cannot be read", "run", r.ID, "error", err)
			continue
		}
		if sum.Stack != nil && r.ID != in.Run && r.AsOf.Before(in.AsOf) {
			return sum.Stack, nil
		}
	}
	return nil, nil //nolint:nilnil // there was none
}

// Sum returns the summary of a run from what its states left and what its
// streams wrote down.
func Sum(in message.Report, streams []store.Stream) message.Summary {
	sum := message.Summary{Run: in.Run, Series: []message.SeriesResult{}}
	written := map[string]store.SeriesCount{}
	for _, s := range streams {
		sum.Requests += s.Requests
		sum.Retries += max(0, s.Attempt-1)
		sum.Warnings = append(sum.Warnings, s.Warnings...)
		for _, c := range s.Series {
			n := beside(s, c, streams)
			c.Observed, c.Revised = c.Observed+n, c.Revised+n
			written[c.Key] = add(written[c.Key], c)
		}
	}
	pending := false
	for _, source := range in.Sources {
		failed := failedStreams(source, streams)
		sum.Failures = append(sum.Failures, failures(source, failed)...)
		sum.Streams += numberOfStreams(in, source, streams)
		for _, d := range source.Work.Series {
			c := written[d.Key]
			waiting := max(0, d.Waiting-c.Early)
			r := message.SeriesResult{
				Key: d.Key, Missing: d.Missing, Requested: d.Requested, Count: c.Count, Deferred: d.Deferred, Error: d.Error,
				Waiting: waiting + c.Still, Quarantine: max(0, d.Quarantined-c.Healed) + c.Quarantined,
			}
			if mayLack(d.Key, failed) {
				r.Failed = max(0, d.Requested-c.Days())
			}
			sum.Series = append(sum.Series, r)
			sum.Deferred += d.Deferred
			pending = pending || c.Pending > 0 || waiting > 0 || d.Deferred > 0
			if c.Quarantined > c.Ended {
				sum.Status = message.Incomplete
			}
		}
	}
	conclude(&sum, in.Input, pending)
	return sum
}

// conclude decides the status of sum; one that is incomplete stays so.
func conclude(sum *message.Summary, in message.Input, pending bool) {
	if more := len(sum.Warnings) - maxMessages; more > 0 {
		sum.Warnings, sum.WarningsOmitted = sum.Warnings[:maxMessages], sum.WarningsOmitted+more
	}
	switch {
	case len(sum.Failures) > 0 || sum.Status == message.Incomplete:
		sum.Status = message.Incomplete
		sum.Cause = cause(*sum, in)
	case pending:
		sum.Status = message.Pending
	default:
		sum.Status = message.Complete
	}
}

// beside returns how many days of c.Beside are in no other stream's range: what a
// stream has in its own it counts, whoever wrote it.
func beside(s store.Stream, c store.SeriesCount, streams []store.Stream) (n int) {
	for _, day := range c.Beside {
		if !slices.ContainsFunc(streams, func(o store.Stream) bool {
			return o.ID != s.ID && o.Span.Contains(day) && slices.ContainsFunc(o.Series, func(x store.SeriesCount) bool { return x.Key == c.Key })
		}) {
			n++
		}
	}
	return n
}

func add(a, b store.SeriesCount) store.SeriesCount {
	a.Add(b.Count)
	a.Ended += b.Ended
	a.Early += b.Early
	a.Still += b.Still
	a.Healed += b.Healed
	a.Pending += b.Pending
	return a
}

// numberOfStreams returns how many streams of source were tried, or in a dry run
// would be.
func numberOfStreams(in message.Report, source message.SourceDone, streams []store.Stream) int {
	if in.DryRun {
		return source.Work.Planned
	}
	tried := map[string]bool{}
	for _, s := range streams {
		if s.Source == source.Source {
			tried[s.ID] = true
		}
	}
	for _, m := range source.Work.Messages {
		for _, id := range append(m.IDs, m.Stream) {
			tried[id] = true
		}
	}
	return len(tried)
}

// failedStreams returns a Failure for each failed stream of source, with those of
// its series that could not be had when others could. Of a message that failed those
// streams failed that are not known to be done. One whose
// scraper died before it could write anything down has no series and range.
func failedStreams(source message.SourceDone, streams []store.Stream) []message.Failure {
	byID := map[string]store.Stream{}
	for _, s := range streams {
		byID[s.ID] = s
	}
	var failed []message.Failure
	for _, m := range source.Work.Messages {
		if m.OK || m.Stream == "" { // those of a dry run have no outcome
			continue
		}
		for _, id := range undone(m, byID) {
			f := message.Failure{Source: source.Source, Stream: id, Error: m.Error}
			if did, ok := byID[id]; ok {
				f.Span, f.Message, f.Attempts = did.Span, did.Message, did.Attempt
				if did.Error != "" {
					f.Error = did.Error
				}
				some := slices.ContainsFunc(did.Series, func(c store.SeriesCount) bool { return c.Failed > 0 })
				for _, c := range did.Series {
					if c.Failed > 0 || !some {
						f.Series = append(f.Series, c.Key)
					}
				}
			}
			failed = append(failed, f)
		}
	}
	return failed
}

// undone returns the streams of a message that failed which are not known to be done;
// when all are, the last, whose answer did not arrive.
func undone(m message.Scraped, byID map[string]store.Stream) []string {
	ids := m.IDs
	if len(ids) == 0 { // it may be the only one
		ids = []string{m.Stream}
	}
	left := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		did, ok := byID[id]
		return ok && did.Error == ""
	})
	if len(left) == 0 {
		return ids[len(ids)-1:]
	}
	return left
}

// mayLack reports whether a failed stream asked, or may have asked, for key.
func mayLack(key string, failed []message.Failure) bool {
	return slices.ContainsFunc(failed, func(f message.Failure) bool {
		return len(f.Series) == 0 || slices.Contains(f.Series, key)
	})
}

func failures(source message.SourceDone, streams []message.Failure) []message.Failure {
	var all []message.Failure
	if source.Error != "" {
		all = append(all, message.Failure{Source: source.Source, Error: source.Error})
	}
	for _, d := range source.Work.Series {
		if d.Error != "" {
			all = append(all, message.Failure{Source: source.Source, Series: []string{d.Key}, Error: d.Error})
		}
	}
	return append(all, streams...)
}
