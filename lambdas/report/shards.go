package report

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/store"
)

// maxWorst is how many series the summary of a run that divided itself names.
const maxWorst = 100

// standingOfShard returns what the shard in tells the run that it is a part of.
func standingOfShard(in message.Report, sum message.Summary, streams []store.Stream, of string) *message.ShardStanding {
	s := &message.ShardStanding{Of: of}
	for _, source := range in.Sources {
		if !known(in, source.Source) {
			s.Unknown = append(s.Unknown, source.Source)
		}
	}
	if left := standing(in, sum, nil); left != nil {
		s.Oldest = left.Oldest
	}
	for _, v := range tally(in, sum, streams).Values() {
		if v.Name.IsStanding() && v.Level() == metric.Source {
			s.Left = append(s.Left, message.Measure{Name: string(v.Name), Source: v.Source, Number: v.Number})
		}
	}
	return s
}

// shard is a shard of a run, with its summary when it was reported.
type shard struct {
	message.ShardDone
	sum *message.Summary
}

// shards reads the summaries of in's shards. That of one that has succeeded is there,
// or will be: an error named Store.Unavailable has it read again.
func (h *Handler) shards(ctx context.Context, in message.Report) ([]shard, error) {
	names := make([]string, len(in.Shards))
	for i, s := range in.Shards {
		names[i] = s.Shard
	}
	runs, err := h.store.RunsOf(ctx, names, in.AsOf, in.AsOf)
	if err != nil {
		return nil, fmt.Errorf("shards of %s: %w", in.Run, err)
	}
	sums := make(map[string]*message.Summary, len(runs))
	for i, r := range runs {
		var sum message.Summary
		if err := json.Unmarshal(r.Summary, &sum); err != nil {
			return nil, fmt.Errorf("summary of the shard %s: %w", r.ID, err)
		}
		all := sum.All()
		slices.SortFunc(sum.Series, worst)
		sum.Series, sum.Total = slices.Clone(sum.Series[:min(len(sum.Series), maxWorst)]), &all
		sums[r.ID], runs[i].Summary = &sum, nil // they are large
	}
	all := make([]shard, 0, len(in.Shards))
	for _, s := range in.Shards {
		if sums[s.Shard] == nil && s.Error == "" {
			return nil, fault.New(fault.StoreUnavailable, "the summary of the shard %s is not there yet", s.Shard)
		}
		all = append(all, shard{s, sums[s.Shard]})
	}
	return all, nil
}

// SumShards returns the summary of a run that divided itself, and how it left what
// it saw; what it did, its shards have told. before is the standing of the run before it.
func SumShards(in message.Report, shards []shard, before *message.Standing) (message.Summary, []metric.Value) {
	sum := message.Summary{Run: in.Run, Series: []message.SeriesResult{}, Total: &message.Total{}}
	left := &message.Standing{}
	if before != nil && before.Oldest < in.Scope.From {
		left.Oldest = before.Oldest
	}
	var t metric.Tally
	pending, lost := false, false // some shard's summary
	var unknown []string          // sources
	for _, s := range shards {
		result := message.ShardResult{Run: s.Shard}
		if s.sum != nil {
			result.Status = s.sum.Status
			pending = pending || s.sum.Status == message.Pending
			addShard(&sum, s.sum)
		}
		if s.Error != "" && result.Status != message.Incomplete {
			sum.Failures = append(sum.Failures, message.Failure{Shard: s.Shard, Error: s.Error})
			t.Add(metric.Failures, "", "", 1) // who is lost has sent none
		}
		sum.Shards = append(sum.Shards, result)
		if s.sum == nil || s.sum.Shard == nil {
			lost = true
			continue
		}
		of := s.sum.Shard
		unknown = append(unknown, of.Unknown...)
		if of.Oldest != 0 && (left.Oldest == 0 || of.Oldest < left.Oldest) {
			left.Oldest = of.Oldest
		}
		for _, m := range of.Left {
			t.Add(metric.Name(m.Name), m.Source, "", m.Number)
		}
	}
	slices.SortFunc(sum.Series, worst)
	sum.Series = sum.Series[:min(len(sum.Series), maxWorst)]
	conclude(&sum, in.Input, pending)
	if in.Scope.Stack && !lost && len(unknown) == 0 && !in.DryRun {
		sum.Stack = left
		t.Add(metric.OldestGapDays, "", "", age(in, left.Oldest))
	}
	whole := func(source string) bool { return !lost && !slices.Contains(unknown, source) }
	return sum, toSend(&t, in, sum, whole, nil) // its shards have told of their series
}

// addShard adds what a shard did to the sum of the whole run.
func addShard(sum, s *message.Summary) {
	sum.Streams += s.Streams
	sum.Requests += s.Requests
	sum.Retries += s.Retries
	sum.Deferred += s.Deferred
	sum.Warnings = append(sum.Warnings, s.Warnings...)
	sum.Failures = append(sum.Failures, s.Failures...)
	sum.Omitted += s.Omitted
	sum.WarningsOmitted += s.WarningsOmitted
	if s.Status == message.Incomplete {
		sum.Status = message.Incomplete
	}
	sum.Total.Sum(s.All())
	sum.Series = append(sum.Series, s.Series...)
}

// worst orders series by what a person should look at first.
func worst(a, b message.SeriesResult) int {
	failed := func(r message.SeriesResult) int {
		if r.Error != "" {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(failed(b), failed(a)),
		cmp.Compare(b.Failed+b.Deferred, a.Failed+a.Deferred),
		cmp.Compare(b.Quarantined, a.Quarantined),
		cmp.Compare(b.New, a.New),
		cmp.Compare(b.Missing, a.Missing),
		cmp.Compare(a.Key, b.Key),
	)
}
