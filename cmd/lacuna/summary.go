package main

import (
	"time"

	"lacuna/internal/message"
	"lacuna/lambdas/report"
)

// total is what the runs of one backfill did together.
type total struct {
	started  time.Time
	runs     []outcome
	requests int
	retries  int
	series   []seriesTotal
	warnings []string
}

type seriesTotal struct {
	Key          string `json:"key"`
	Requested    int    `json:"requested"`
	Observed     int    `json:"observed"`
	Absent       int    `json:"absent"`
	Incomplete   int    `json:"incomplete"`
	Failed       int    `json:"failed"`
	Quarantined  int    `json:"quarantined"`
	Revised      int    `json:"revised"`
	Contradicted int    `json:"contradicted"`
	Withdrawn    int    `json:"withdrawn"`
	Suspicious   int    `json:"suspicious"`
	Waiting      int    `json:"waiting"`
	Deferred     int    `json:"deferred"`
	Error        string `json:"error,omitempty"`
}

// add adds a run: what it stored adds up, what remains is what the last one left.
func (t *total) add(o outcome) {
	t.runs = append(t.runs, o)
	t.requests += o.summary.Requests
	t.retries += o.summary.Retries
	t.warnings = append(t.warnings, o.summary.Warnings...)
	for _, s := range o.summary.Series {
		one := t.one(s.Key)
		one.Observed += s.Observed
		one.Absent += s.Absent
		one.Incomplete += s.Incomplete
		one.Quarantined += s.Quarantined
		one.Revised += s.Revised
		one.Contradicted += s.Contradicted
		one.Withdrawn += s.Withdrawn
		one.Suspicious += s.Suspicious
		one.Failed, one.Waiting, one.Deferred, one.Error = s.Failed, s.Waiting, s.Deferred, s.Error
		one.Requested = one.Observed + one.Absent + one.Incomplete + one.Quarantined + one.Failed
		if len(t.runs) == 1 {
			one.Requested = s.Requested
		}
	}
}

func (t *total) one(key string) *seriesTotal {
	for i := range t.series {
		if t.series[i].Key == key {
			return &t.series[i]
		}
	}
	t.series = append(t.series, seriesTotal{Key: key})
	return &t.series[len(t.series)-1]
}

func (t *total) last() outcome { return t.runs[len(t.runs)-1] }

// tell writes the summary; its error has the exit code of the status.
func (b *backfill) tell(a *app, format string, t *total) error {
	last := t.last()
	var err error
	if format == "json" {
		err = writeJSON(a.stdout, t.document())
	} else {
		err = t.write(a)
	}
	if err != nil {
		return err
	}
	switch last.summary.Status {
	case message.Complete:
		return nil
	case statusFailed:
		return exit(exitError, "run %s failed: %s: %s", last.Name, last.Error, last.Cause)
	}
	return &exitCode{code: exitRemain}
}

func (t *total) document() any {
	var runs []string
	for _, r := range t.runs {
		runs = append(runs, r.Name)
	}
	last := t.last().summary
	series := t.series
	if series == nil {
		series = []seriesTotal{}
	}
	return struct {
		SchemaVersion int               `json:"schema_version"`
		Run           string            `json:"run"`
		Runs          []string          `json:"runs"`
		Status        string            `json:"status"`
		Cause         string            `json:"cause,omitempty"`
		Series        []seriesTotal     `json:"series"`
		Failures      []message.Failure `json:"failures,omitempty"`
		Warnings      []string          `json:"warnings,omitempty"`
		Requests      int               `json:"requests"`
		Retries       int               `json:"retries"`
		DurationMS    int64             `json:"duration_ms"`
	}{schemaVersion, last.Run, runs, last.Status, last.Cause, series, last.Failures, t.warnings, t.requests, t.retries, time.Since(t.started).Milliseconds()}
}

func (t *total) write(a *app) error {
	out := a.stdout.lines()
	last := t.last().summary
	if t.requests > 0 {
		rows := newTable("key", "requested", "observed", "absent", "incomplete", "failed", "quarantined")
		for _, s := range t.series {
			rows.add(s.Key, s.Requested, s.Observed, s.Absent, s.Incomplete, s.Failed, s.Quarantined)
		}
		rows.write(out)
		out.printf("\n")
	}
	for _, f := range last.Failures {
		out.printf("failed: %s\n", report.Describe(f))
	}
	remarks(out, t.counts(), t.warnings)
	t.conclude(out, a)
	return out.flush()
}

// counts sums what a person should know of.
func (t *total) counts() message.SeriesResult {
	var sum message.SeriesResult
	for _, s := range t.series {
		sum.Revised += s.Revised
		sum.Contradicted += s.Contradicted
		sum.Withdrawn += s.Withdrawn
		sum.Suspicious += s.Suspicious
		sum.Quarantined += s.Quarantined
	}
	return sum
}

// remarks writes what a person should look at after a run.
func remarks(out *lines, sum message.SeriesResult, warnings []string) {
	for _, w := range warnings {
		out.printf("warning: %s\n", w)
	}
	for _, one := range []struct {
		n    int
		says string
	}{
		{sum.Revised, "revised: the old values are kept, `lacuna why` and `export --as-of` have them"},
		{sum.Contradicted, "with a value that the calendar or an earlier verdict says should not be there"},
		{sum.Withdrawn, "withdrawn by the publisher: the values stay, `lacuna quarantine list` has them"},
		{sum.Suspicious, "without a value are suspicious: not taken for holidays"},
	} {
		if one.n > 0 {
			out.printf("%s %s.\n", count(one.n, "day"), one.says)
		}
	}
}

// conclude says how it ended and what to do next.
func (t *total) conclude(out *lines, a *app) {
	last := t.last()
	var waiting, deferred int
	for _, s := range t.series {
		waiting += s.Waiting
		deferred += s.Deferred
	}
	if last.summary.Status == statusFailed {
		out.printf("Failed. What was fetched is stored.\nNext: %s\n", a.again("runs "+quote(last.Name)))
		return
	}
	switch {
	case t.requests == 0 && last.summary.Status == message.Complete:
		out.printf("Nothing missing: 0 requests.\n")
	case t.requests == 0:
		out.printf("0 requests.\n")
	default:
		out.printf("%s, %s, %s.\n", count(t.requests, "request"), retriesOf(t.retries), time.Since(t.started).Round(time.Millisecond))
	}
	if waiting > 0 {
		out.printf("%s without a good value will be asked for again, by later runs on their day.\n", count(waiting, "day"))
	}
	if deferred > 0 {
		out.printf("%s left for the next run.\n", count(deferred, "day"))
	}
	switch last.summary.Status {
	case message.Complete:
		out.printf("Next: %s\n", a.again("status", "series", "from", "to"))
	case message.Pending:
		out.printf("Pending: run it again another day. Next: %s\n", a.again("status", "series", "from", "to"))
	case message.Incomplete:
		next := a.again("runs "+quote(last.Name)) + ", or run it again"
		if n := t.counts().Quarantined; n > 0 {
			out.printf("%s quarantined: asked for often enough, a person decides.\n", count(n, "day"))
			next = a.again("quarantine list", "series")
		}
		out.printf("Incomplete: %s.\n", next)
	}
}
