package main

import (
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/lambdas/report"
)

// total is what the runs of one backfill did together.
type total struct {
	started  time.Time
	runs     []history.Outcome
	requests int
	retries  int
	series   []message.SeriesResult
	warnings []string
}

// seriesTotal is a series in the JSON of a backfill.
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
	New          int    `json:"new"`        // found by these runs to be absent, incomplete, quarantined or withdrawn
	Waiting      int    `json:"waiting"`    // absent or incomplete before, and to be asked for again
	Quarantine   int    `json:"quarantine"` // in quarantine, whoever put them there
	Deferred     int    `json:"deferred"`
	Error        string `json:"error,omitempty"`
}

// add adds a run: what it stored adds up, what remains is what the last one left.
func (t *total) add(o history.Outcome) {
	t.runs = append(t.runs, o)
	t.requests += o.Summary.Requests
	t.retries += o.Summary.Retries
	t.warnings = append(t.warnings, o.Summary.Warnings...)
	for _, s := range o.Summary.Series {
		one := t.one(s.Key)
		one.Add(s.Count)
		if len(t.runs) == 1 { // what a run finds waits in the next one
			one.Waiting = s.Waiting
		}
		one.Failed, one.Quarantine, one.Deferred, one.Error = s.Failed, s.Quarantine, s.Deferred, s.Error
		one.Requested = one.Days() + one.Failed
		if len(t.runs) == 1 {
			one.Requested = s.Requested
		}
	}
}

func (t *total) one(key string) *message.SeriesResult {
	for i := range t.series {
		if t.series[i].Key == key {
			return &t.series[i]
		}
	}
	t.series = append(t.series, message.SeriesResult{Key: key})
	return &t.series[len(t.series)-1]
}

func (t *total) last() history.Outcome { return t.runs[len(t.runs)-1] }

// formatNone writes nothing.
const formatNone = "none"

// tell writes the summary; its error has the exit code of the status.
func (b *backfill) tell(a *app, format string, t *total) error {
	last := t.last()
	var err error
	switch format {
	case formatNone:
	case "json":
		err = output.WriteJSON(a.stdout, t.document())
	default:
		err = t.write(a)
	}
	if err != nil {
		return err
	}
	switch sum := t.counts(); {
	case last.Summary.Status == history.StatusFailed:
		return exit.New(exit.CodeError, "run %s failed: %s: %s", last.Name, last.Error, last.Cause)
	case last.Summary.Status == message.Incomplete || sum.Deferred > 0 || sum.New > 0:
		return &exit.Error{Code: exit.CodeRemain}
	case last.Summary.Status == message.Pending && b.detailed:
		return &exit.Error{Code: exit.CodeWaiting}
	}
	return nil
}

func (t *total) document() any {
	var runs []string
	for _, r := range t.runs {
		runs = append(runs, r.Name)
	}
	last := t.last().Summary
	series := make([]seriesTotal, len(t.series)) // never null
	for i, s := range t.series {
		series[i] = seriesTotal{
			s.Key, s.Requested, s.Observed, s.Absent, s.Incomplete, s.Failed,
			s.Quarantined, s.Revised, s.Contradicted, s.Withdrawn, s.Suspicious, s.New, s.Waiting, s.Quarantine, s.Deferred, s.Error,
		}
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
	}{output.SchemaVersion, last.Run, runs, last.Status, last.Cause, series, last.Failures, t.warnings, t.requests, t.retries, time.Since(t.started).Milliseconds()}
}

func (t *total) write(a *app) error {
	out := a.stdout.Lines()
	last := t.last().Summary
	if t.requests > 0 {
		rows := output.NewTable("key", "requested", "observed", "absent", "incomplete", "failed", "quarantined").
			GiveWay("absent", "incomplete")
		for _, s := range t.series {
			rows.Add(s.Key, s.Requested, s.Observed, s.Absent, s.Incomplete, s.Failed, s.Quarantined)
		}
		rows.Write(out)
		out.Printf("\n")
	}
	for _, f := range last.Failures {
		out.Printf("failed: %s\n", report.Describe(f))
	}
	remarks(out, t.counts(), t.warnings)
	t.conclude(out, a)
	return out.Flush()
}

// counts sums what a person should know of.
func (t *total) counts() message.SeriesResult { return history.Counted(t.series) }

// remarks writes what a person should look at after a run.
func remarks(out *output.Lines, sum message.SeriesResult, warnings []string) {
	for _, line := range history.Remarks(sum, warnings) {
		out.Printf("%s\n", line)
	}
}

// conclude says how it ended and what to do next.
func (t *total) conclude(out *output.Lines, a *app) {
	last, sum := t.last(), t.counts()
	if last.Summary.Status == history.StatusFailed {
		out.Printf("Failed. What was fetched is stored.\nNext: %s\n", a.again("runs "+output.Quote(last.Name)))
		return
	}
	switch {
	case t.requests == 0 && last.Summary.Status == message.Complete:
		out.Printf("Nothing missing: 0 requests.\n")
	case t.requests == 0:
		out.Printf("0 requests.\n")
	default:
		out.Printf("%s, %s, %s.\n", output.Count(t.requests, "request"), output.Retries(t.retries), time.Since(t.started).Round(time.Millisecond))
	}
	if n := sum.New - sum.Withdrawn; n > 0 {
		out.Printf("%s newly found without a good value.\n", output.Count(n, "day"))
	}
	if sum.Waiting > 0 {
		out.Printf("%s found so before will be asked for again, by later runs on their day.\n", output.Count(sum.Waiting, "day"))
	}
	if sum.Deferred > 0 {
		out.Printf("%s left for the next run.\n", output.Count(sum.Deferred, "day"))
	}
	switch in := output.Count(sum.Quarantine, "day"); {
	case sum.Quarantine == 0:
		out.Printf("%s quarantined.\n", in)
	case sum.Quarantined == 0:
		out.Printf("%s quarantined: a person decides, %s\n", in, a.again("quarantine list", "series"))
	default:
		out.Printf("%s quarantined, %d of them in this run: asked for often enough, a person decides.\n", in, sum.Quarantined)
	}
	switch last.Summary.Status {
	case message.Complete:
		out.Printf("Next: %s\n", a.again("status", "series", "from", "to"))
	case message.Pending:
		says := "Pending: run it again another day"
		if sum.New+sum.Deferred == 0 {
			says = "Nothing new is wrong"
		}
		out.Printf("%s. Next: %s\n", says, a.again("status", "series", "from", "to"))
	case message.Incomplete:
		next := a.again("runs "+output.Quote(last.Name)) + ", or run it again"
		if sum.Quarantined > 0 {
			next = a.again("quarantine list", "series")
		}
		out.Printf("Incomplete: %s.\n", next)
	}
}
