package report

import (
	"slices"

	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Measure returns the numbers of a run. What it did is there for the fleet and
// each source that it looked at, also when it is zero. How it left things is
// there for what it saw all of, up to now, and knows all of: for the fleet and a
// source by in.Scope, for a series when its range has the newest due day. A run
// over a part would end an alarm, or hide a trouble, of which it knows nothing.
func Measure(in message.Report, sum message.Summary, streams []store.Stream) []metric.Value {
	t := tally(in, sum, streams)
	if sum.Stack != nil {
		t.Add(metric.OldestGapDays, "", "", age(in, sum.Stack.Oldest))
	}
	upToNow := map[string]bool{} // by series
	for _, source := range in.Sources {
		for _, d := range source.Work.Series {
			upToNow[d.Key] = d.Due != 0
		}
	}
	return toSend(t, in, sum, func(source string) bool { return known(in, source) }, upToNow)
}

// toSend returns the numbers of t but those of how the run left what it does not know all
// of: of sources that are not whole, and of series that are not up to now.
func toSend(t *metric.Tally, in message.Report, sum message.Summary, whole func(source string) bool, upToNow map[string]bool) []metric.Value {
	return slices.DeleteFunc(t.Values(), func(v metric.Value) bool {
		if !v.Name.IsStanding() {
			return false
		}
		switch v.Level() {
		case metric.Series:
			return !upToNow[v.Series]
		case metric.Source:
			return !slices.Contains(in.Scope.Sources, v.Source) || !whole(v.Source)
		}
		return sum.Stack == nil
	})
}

// tally returns the numbers of a run, those too that only a run over more may send.
func tally(in message.Report, sum message.Summary, streams []store.Stream) *metric.Tally {
	var t metric.Tally
	for _, source := range append([]message.SourceDone{{}}, in.Sources...) {
		for _, name := range []metric.Name{
			metric.FilledDays, metric.AbsentDays, metric.Requests, metric.Retries, metric.Failures,
			metric.MissingDays, metric.QuarantinedDays, metric.OldestGapDays,
		} {
			t.Add(name, source.Source, "", 0)
		}
	}
	latest := map[string]span.Day{}
	for _, s := range streams {
		t.Add(metric.Requests, s.Source, "", s.Requests)
		t.Add(metric.Retries, s.Source, "", max(0, s.Attempt-1))
		for _, c := range s.Series {
			latest[c.Key] = max(latest[c.Key], c.Latest)
		}
	}
	for _, f := range sum.Failures {
		t.Add(metric.Failures, f.Source, "", 1)
	}
	t.Add(metric.Failures, "", "", sum.Omitted)
	results := resultsOf(sum)
	for _, source := range in.Sources {
		for _, d := range source.Work.Series {
			if d.Error != "" { // nothing is known of it; it counts as a failure
				continue
			}
			d.Latest = max(d.Latest, latest[d.Key])
			r := results[d.Key]
			t.Add(metric.FilledDays, source.Source, d.Key, r.Observed)
			t.Add(metric.AbsentDays, source.Source, d.Key, r.Absent)
			if r.Withdrawn > 0 {
				t.Add(metric.WithdrawnDays, source.Source, d.Key, r.Withdrawn)
			}
			t.Add(metric.MissingDays, source.Source, d.Key, r.Failed+r.Deferred)
			t.Add(metric.QuarantinedDays, source.Source, d.Key, r.Quarantine)
			t.Add(metric.OldestGapDays, source.Source, d.Key, age(in, oldestGap(d, r, sum.Failures)))
			if days, known := behind(d); known {
				t.Add(metric.FreshnessDays, source.Source, d.Key, days)
			}
		}
	}
	return &t
}

// known reports whether nothing of source failed to be looked at, of all sources
// when it is empty.
func known(in message.Report, source string) bool {
	return !slices.ContainsFunc(in.Sources, func(s message.SourceDone) bool {
		if source != "" && s.Source != source {
			return false
		}
		return s.Error != "" || slices.ContainsFunc(s.Work.Series, func(d message.Detected) bool { return d.Error != "" })
	})
}

// standing returns how the run, which saw all of the stack, left it; nil when it does not
// know all of what it saw. A gap of before its range, which it cannot
// see, is the one that before, the standing of the run before it, knows.
func standing(in message.Report, sum message.Summary, before *message.Standing) *message.Standing {
	if !known(in, "") {
		return nil
	}
	var s message.Standing
	if before != nil && before.Oldest < in.Scope.From {
		s = *before
	}
	results := resultsOf(sum)
	for _, source := range in.Sources {
		for _, d := range source.Work.Series {
			if gap := oldestGap(d, results[d.Key], sum.Failures); gap != 0 && (s.Oldest == 0 || gap < s.Oldest) {
				s.Oldest = gap
			}
		}
	}
	return &s
}

func resultsOf(sum message.Summary) map[string]message.SeriesResult {
	results := map[string]message.SeriesResult{}
	for _, r := range sum.Series {
		results[r.Key] = r
	}
	return results
}

// age returns the age in days of the missing day d, 0 for none.
func age(in message.Report, d span.Day) int {
	if d == 0 {
		return 0
	}
	return int(span.DayOf(in.AsOf) - d)
}

// oldestGap returns the oldest day that the run left missing, at least; 0 when it
// left none. What is deferred is the oldest.
func oldestGap(d message.Detected, r message.SeriesResult, failures []message.Failure) span.Day {
	if r.Failed+r.Deferred == 0 {
		return 0
	}
	oldest := d.Newest
	if r.Deferred > 0 {
		oldest = d.Oldest
	}
	for _, f := range failures {
		if f.Stream != "" && mayLack(d.Key, []message.Failure{f}) {
			oldest = min(oldest, max(f.Span.From, d.Oldest)) // a stream that wrote nothing down has no range
		}
	}
	return oldest
}

// behind returns by how many days the newest observed day of d is behind the
// newest due one. Without any observed day it is at least as much as the range
// lacks.
func behind(d message.Detected) (days int, known bool) {
	newest := d.Latest
	if newest == 0 && d.Oldest != 0 {
		newest = d.Oldest - 1
	}
	if d.Due == 0 || newest == 0 {
		return 0, false
	}
	return int(max(0, d.Due-newest)), true
}
