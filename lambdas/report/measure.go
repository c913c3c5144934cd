package report

import (
	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Measure returns the numbers of a run: of the fleet, of each source that it
// looked at, and the days of each series. They are there when they are zero,
// too, so that an alarm ends. Only FreshnessDays lacks when the run looked at
// no newest due day: a run over old days says nothing of it.
func Measure(in message.Report, sum message.Summary, streams []store.Stream) []metric.Value {
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
		t.Add(metric.Retries, s.Source, "", s.Attempt-1)
		for _, c := range s.Series {
			latest[c.Key] = max(latest[c.Key], c.Latest)
		}
	}
	for _, f := range sum.Failures {
		t.Add(metric.Failures, f.Source, "", 1)
	}
	results := map[string]message.SeriesResult{}
	for _, r := range sum.Series {
		results[r.Key] = r
	}
	for _, source := range in.Sources {
		for _, d := range source.Work.Series {
			if d.Error != "" { // nothing is known of it; it counts as a failure
				continue
			}
			d.Latest = max(d.Latest, latest[d.Key])
			r := results[d.Key]
			t.Add(metric.FilledDays, source.Source, d.Key, r.Observed)
			t.Add(metric.AbsentDays, source.Source, d.Key, r.Absent)
			t.Add(metric.MissingDays, source.Source, d.Key, r.Failed+r.Deferred)
			t.Add(metric.QuarantinedDays, source.Source, d.Key, d.Quarantined+r.Quarantined)
			t.Add(metric.OldestGapDays, source.Source, d.Key, oldestGap(in, d, r, sum.Failures))
			if days, known := behind(d); known {
				t.Add(metric.FreshnessDays, source.Source, d.Key, days)
			}
		}
	}
	return t.Values()
}

// oldestGap returns the age in days of the oldest day that the run left
// missing, at most; 0 when it left none. What is deferred is the oldest.
func oldestGap(in message.Report, d message.Detected, r message.SeriesResult, failures []message.Failure) int {
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
	return int(span.DayOf(in.AsOf) - oldest)
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
