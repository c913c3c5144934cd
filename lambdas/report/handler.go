// Package report is the Report task: it sums what the streams of a run did,
// decides the run's status and keeps its summary.
package report

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/store"
)

// Store has what the streams of a run did, and keeps its summary.
type Store interface {
	Streams(ctx context.Context, run string) ([]store.Stream, error)
	SaveRun(ctx context.Context, r store.Run) error
	Runs(ctx context.Context, limit int) ([]store.Run, error)
}

// Metrics keeps the numbers of runs, to be watched over time.
type Metrics interface {
	Put(ctx context.Context, values []metric.Value) error
}

// maxMessages bounds how many failures keep their message and how many warnings
// stay, so that the summary of a run in which all 250 streams failed stays under
// 256 KiB.
const maxMessages = 50

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
	streams, err := h.store.Streams(ctx, in.Run)
	if err != nil {
		return message.Summary{}, fmt.Errorf("streams of %s: %w", in.Run, err)
	}
	sum := Sum(in, streams)
	if in.DryRun {
		return sum, nil
	}
	if in.Scope.Stack {
		before, err := h.before(ctx, in)
		if err != nil {
			return message.Summary{}, err
		}
		sum.Stack = standing(in, sum, before)
	}
	text, err := json.Marshal(sum)
	if err != nil {
		return message.Summary{}, fmt.Errorf("summary of %s: %w", in.Run, err)
	}
	err = h.store.SaveRun(ctx, store.Run{ID: in.Run, AsOf: in.AsOf, Status: sum.Status, Cause: sum.Cause, Summary: text})
	if err != nil {
		return message.Summary{}, fmt.Errorf("summary of %s: %w", in.Run, err)
	}
	if err := h.metrics.Put(ctx, Measure(in, sum, streams)); err != nil {
		h.log.ErrorContext(ctx, "metrics are not sent", "run", in.Run, "error", err)
	}
	return sum, nil
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
		sum.Retries += s.Attempt - 1
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
		sum.Streams += len(source.Work.Streams)
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
	sum.Warnings = sum.Warnings[:min(len(sum.Warnings), maxMessages)]
	for i := range sum.Failures {
		if i >= maxMessages {
			sum.Failures[i].Message = ""
		}
	}
	switch {
	case len(sum.Failures) > 0 || sum.Status == message.Incomplete:
		sum.Status = message.Incomplete
		sum.Cause = cause(sum, in.Input)
	case pending:
		sum.Status = message.Pending
	default:
		sum.Status = message.Complete
	}
	return sum
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

// failedStreams returns a Failure for each failed stream of source, with those of
// its series that could not be had when others could. One whose
// scraper died before it could write anything down has no series and range.
func failedStreams(source message.SourceDone, streams []store.Stream) []message.Failure {
	var failed []message.Failure
	for _, s := range source.Work.Streams {
		if s.OK || s.Stream == "" { // the streams of a dry run have no outcome
			continue
		}
		f := message.Failure{Source: source.Source, Stream: s.Stream, Error: s.Error}
		i := slices.IndexFunc(streams, func(x store.Stream) bool { return x.ID == s.Stream })
		if i >= 0 {
			did := streams[i]
			f.Span, f.Message, f.Attempts = did.Span, did.Message, did.Attempt
			some := slices.ContainsFunc(did.Series, func(c store.SeriesCount) bool { return c.Failed > 0 })
			for _, c := range did.Series {
				if c.Failed > 0 || !some {
					f.Series = append(f.Series, c.Key)
				}
			}
		}
		failed = append(failed, f)
	}
	return failed
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
