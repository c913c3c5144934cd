package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"lacuna/internal/cost"
	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/span"
	"lacuna/lambdas/report"
)

// total is what the runs of one backfill did together.
type total struct {
	started  time.Time
	runs     []history.Outcome
	requests int
	retries  int
	series   []message.SeriesResult
	at       map[string]int // place of a key in series
	warnings []string
	news     []string // of the days that are new, the first
	used     cost.Usage
	unknown  bool // what some run used
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
	used, ok := o.Used.Usage()
	t.used.Add(used)
	t.unknown = t.unknown || !ok
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
	i, ok := t.at[key]
	if t.at == nil {
		t.at = map[string]int{}
	}
	if !ok {
		i = len(t.series)
		t.at[key] = i
		t.series = append(t.series, message.SeriesResult{Key: key})
	}
	return &t.series[i]
}

// bill is what the runs cost at the prices of a region, nil when that is not known.
func (t *total) bill(region string) *cost.Bill {
	if t.unknown {
		return nil
	}
	b := t.used.Bill(region, cost.Counted, len(t.runs))
	return &b
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
		err = output.WriteJSON(a.stdout, t.document(a.region()))
	default:
		err = t.write(a)
	}
	if err != nil {
		return err
	}
	switch sum := t.counts(); {
	case last.Summary.Status == history.StatusFailed:
		return exit.New(exit.CodeError, "run %s failed: %s: %s", last.Name, last.Error, history.CauseOf(last.Cause))
	case last.Summary.Status == message.Incomplete || sum.Deferred > 0 || sum.New > 0:
		return &exit.Error{Code: exit.CodeRemain}
	case last.Summary.Status == message.Pending && b.detailed:
		return &exit.Error{Code: exit.CodeWaiting}
	}
	return nil
}

func (t *total) document(region string) any {
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
		Omitted       int               `json:"failures_omitted,omitempty"`
		Warnings      []string          `json:"warnings,omitempty"`
		MoreWarnings  int               `json:"warnings_omitted,omitempty"`
		Requests      int               `json:"requests"`
		Retries       int               `json:"retries"`
		DurationMS    int64             `json:"duration_ms"`
		Cost          *cost.Bill        `json:"cost"` // null: not known
	}{output.SchemaVersion, last.Run, runs, last.Status, last.Cause, series, last.Failures, last.Omitted, t.warnings, last.WarningsOmitted, t.requests, t.retries, time.Since(t.started).Milliseconds(), t.bill(region)}
}

func (t *total) write(a *app) error {
	out := a.stdout.Lines()
	last, of := t.last().Summary, a.listing(len(t.series))
	if t.requests > 0 {
		rows := output.NewTable("key", "requested", "observed", "absent", "incomplete", "failed", "quarantined", "new", "waiting").
			GiveWay("waiting", "absent", "incomplete")
		shown, rest := output.Part(of, t.series, "series", wentWorse)
		for _, s := range shown {
			rows.Add(s.Key, s.Requested, s.Observed, s.Absent, s.Incomplete, s.Failed, s.Quarantined, s.New, s.Waiting)
		}
		rows.Rest(rest).Write(out)
		out.Printf("\n")
	}
	failures, rest := output.Part(of, last.Failures, "failure", nil)
	for _, f := range failures {
		out.Printf("failed: %s\n", report.Describe(f))
	}
	if rest != "" {
		out.Printf("%s\n", rest)
	}
	t.more(out, a, last.Omitted, "failure")
	remarks(out, of, t.counts(), t.warnings)
	t.more(out, a, last.WarningsOmitted, "warning")
	t.conclude(out, a)
	return out.Flush()
}

// more says where those failures or warnings are that a summary has no room for.
func (t *total) more(out *output.Lines, a *app, n int, thing string) {
	if n == 0 {
		return
	}
	last := t.last()
	where := a.again("runs " + output.Quote(last.Name) + " -o jsonl")
	if shards := last.Summary.Shards; len(shards) > 0 { // whose histories are their own
		where += ", and that of its " + output.Count(len(shards), "shard") + ", such as " + output.Quote(shards[0].Run)
	}
	out.Printf("%s more: %s\n", output.Count(n, thing), where)
}

// wentWorse orders series by what did not become of their days, the most first.
func wentWorse(x, y message.SeriesResult) int {
	return cmp.Or(cmp.Compare(y.Failed, x.Failed), cmp.Compare(y.Quarantined, x.Quarantined), cmp.Compare(y.Deferred, x.Deferred),
		cmp.Compare(y.Incomplete, x.Incomplete), cmp.Compare(y.New, x.New), cmp.Compare(y.Requested, x.Requested))
}

// maxNews is how many new days are told one by one, and of how many series they are looked for.
const maxNews = 5

// news names the first of the days that runs have newly found without a good value, of the
// series with most of them. For that no stack is read, which would cost.
func (b *backfill) news(ctx context.Context, a *app, t *total) (list []string, err error) {
	found := func(s message.SeriesResult) int { return s.New - s.Withdrawn }
	series := slices.DeleteFunc(slices.Clone(t.series), func(s message.SeriesResult) bool { return found(s) <= 0 })
	if a.target == targetAWS || len(series) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(series, func(x, y message.SeriesResult) int { return cmp.Compare(found(y), found(x)) })
	within := map[string]span.Span{}
	for _, part := range b.parts {
		for _, source := range part.Sources {
			for _, one := range source.Series() {
				within[one.Key] = one.Span()
			}
		}
	}
	rows, err := a.openStored(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for _, s := range series[:min(len(series), maxNews)] {
		stored, err := rows.Rows(ctx, s.Key, within[s.Key])
		if err != nil {
			return nil, err
		}
		var days []string
		for i := range stored {
			if r := &stored[i]; t.made(r.Run) && r.FoundBy(r.Run) {
				days = append(days, s.Key+" "+r.Day.String()+": "+string(r.Status))
			}
		}
		if len(days) == found(s) { // else some are behind the end of the series, which is no news
			list = append(list, days...)
		}
	}
	return list[:min(len(list), maxNews)], nil
}

// made reports whether an execution is one of the runs, or a shard of one.
func (t *total) made(execution string) bool {
	whole, _ := message.ShardOf(execution)
	return slices.ContainsFunc(t.runs, func(r history.Outcome) bool { return r.Name == execution || r.Name == whole })
}

// counts sums what a person should know of.
func (t *total) counts() message.SeriesResult { return history.Counted(t.series) }

// remarks writes what a person should look at after a run.
func remarks(out *output.Lines, of output.Listing, sum message.SeriesResult, warnings []string) {
	warnings, rest := output.Part(of, warnings, "warning", nil)
	for _, line := range history.Remarks(sum, warnings) {
		out.Printf("%s\n", line)
	}
	if rest != "" {
		out.Printf("%s\n", rest)
	}
}

// conclude says how it ended and what to do next.
func (t *total) conclude(out *output.Lines, a *app) {
	last, sum := t.last(), t.counts()
	if last.Summary.Status == history.StatusFailed {
		out.Printf("Failed. What it had stored stays.\nNext: %s\n", a.again("runs "+output.Quote(last.Name)))
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
	if bill := t.bill(a.region()); bill != nil {
		out.Printf("%s\n", bill.Text(a.target == targetAWS))
	}
	if n := sum.New - sum.Withdrawn; n > 0 {
		out.Printf("%s newly found without a good value.\n", output.Count(n, "day"))
		for _, one := range t.news {
			out.Printf("%s\n", one)
		}
		if more := n - len(t.news); more > 0 && len(t.news) > 0 {
			out.Printf("and %d more\n", more)
		}
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
		says := "Nothing new is wrong"
		if sum.Deferred > 0 {
			says = "Not all was asked for: run it again"
		} else if sum.New > 0 {
			says = "What has no good value yet will be asked for again, by later runs on its day"
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
