package history

import (
	"encoding/json"
	"fmt"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/cost"
	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// ListDocument is the list of runs, the last started first, for programs.
type ListDocument struct {
	SchemaVersion int    `json:"schema_version"`
	Runs          []Line `json:"runs"`
}

// Line is one run in the list. What nobody knows is nil: when a killed run ended, and what
// was done by one that has not come to its report.
type Line struct {
	Run        string          `json:"run"`
	Status     string          `json:"status"` // complete, pending, incomplete, failed, aborted, running or unknown; of a shard also not begun
	Execution  string          `json:"execution"`
	Started    time.Time       `json:"started,omitzero"` // of a shard that has not begun: none
	DurationMS *int64          `json:"duration_ms"`      // of one that goes on: until now
	Requests   *int            `json:"requests"`
	Retries    *int            `json:"retries"`
	Observed   *int            `json:"observed"`
	Failed     *int            `json:"failed"`
	Error      string          `json:"error,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	Input      json.RawMessage `json:"input"`
	Of         message.Input   `json:"-"` // what Input says, as far as it can be read
}

// RunDocument is all that is known of a run, for programs.
type RunDocument struct {
	SchemaVersion int              `json:"schema_version"`
	Run           string           `json:"run"`
	Execution     any              `json:"execution"`
	Summary       *message.Summary `json:"summary"`            // null: the run was not reported
	Cost          *cost.Bill       `json:"cost"`               // null: not known
	ShardOf       string           `json:"shard_of,omitempty"` // the run of which it is a part
	Shards        []Shard          `json:"shards,omitempty"`   // of a run that divided itself
	Events        []Event          `json:"events"`
}

// NewListDocument describes executions; summaries are of those that were reported.
func NewListDocument(list []store.Execution, summaries []store.Run) (ListDocument, error) {
	byRun := map[string]json.RawMessage{}
	for _, r := range summaries {
		byRun[r.ID] = r.Summary
	}
	d := ListDocument{output.SchemaVersion, make([]Line, 0, len(list))}
	for _, x := range list {
		line, err := newLine(x, byRun[x.Name])
		if err != nil {
			return d, err
		}
		d.Runs = append(d.Runs, line)
	}
	return d, nil
}

// newLine describes an execution; summary is empty when it has made none.
func newLine(x store.Execution, summary json.RawMessage) (Line, error) {
	line := Line{Run: x.Name, Execution: x.Status, Started: x.Started, Error: x.Error, Cause: x.Cause, Input: x.Input}
	line.Of, _ = inputOf(x.Input) // of anything: Select refuses it, not we
	if ended := untilOf(x); !ended.IsZero() {
		took := max(0, ended.Sub(x.Started).Milliseconds())
		line.DurationMS = &took
	}
	switch x.Status {
	case engine.Running:
		line.Status = "running"
	case sqlite.StatusUnknown:
		line.Status = "unknown"
	case engine.Aborted:
		line.Status = "aborted"
	default:
		line.Status = StatusFailed
	}
	if summary == nil {
		return line, nil
	}
	sum, err := ParseSummary(summary)
	if err != nil {
		return line, fmt.Errorf("summary of run %s: %w", x.Name, err)
	}
	if x.Status == engine.Succeeded || x.Status == engine.Failed {
		line.Status = sum.Status
	}
	all := sum.All()
	line.Requests, line.Retries, line.Observed, line.Failed = &sum.Requests, &sum.Retries, &all.Observed, &all.Failed
	return line, nil
}

// untilOf is until when x went on, as far as anybody knows; zero: nobody does.
func untilOf(x store.Execution) time.Time {
	switch {
	case x.Status == engine.Running:
		return time.Now() // the clock of Started may be another machine's
	case x.Error == sqlite.DiedError: // some time after it was last heard of
		return time.Time{}
	}
	return x.Stopped
}

// maxInput is how many values the input of a run may have to be read, names included.
const maxInput = 1000

// inputOf reads the input of a run.
func inputOf(text json.RawMessage) (in message.Input, err error) {
	if err := bound.JSON(text, maxInput, 3); err != nil {
		return in, err
	}
	err = json.Unmarshal(text, &in)
	return in, err
}

// Range names the days of a run.
func (l Line) Range() string {
	switch in := l.Of; {
	case in.From != "" && in.To != "":
		return in.From + "/" + in.To
	case in.From != "":
		return "from " + in.From
	case in.To != "":
		return "to " + in.To
	}
	return ""
}

// Took is how long the run went on, "" when nobody knows.
func (l Line) Took() string {
	if l.DurationMS == nil {
		return ""
	}
	took := time.Duration(*l.DurationMS) * time.Millisecond
	if took > time.Minute {
		took = took.Round(time.Second)
	}
	return took.String()
}

// Known is n as a cell of a table, an empty one when nobody knows it.
func Known(n *int) any {
	if n == nil {
		return ""
	}
	return *n
}

// About names the series and the days of a run, and how it ended when its status does
// not tell.
func (l Line) About() []string {
	const some = 5
	var words []string
	if s := l.Of.Shard; s != nil {
		words = append(words, fmt.Sprintf("%s to %s of %s", s.First, s.Last, s.Of))
	}
	words = append(words, l.Of.Series[:min(some, len(l.Of.Series))]...)
	if n := len(l.Of.Series) - some; n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	if days := l.Range(); days != "" {
		words = append(words, days)
	}
	if l.Of.Only != "" && l.Of.Only != "due" {
		words = append(words, "only "+l.Of.Only)
	}
	if l.Of.DryRun {
		words = append(words, "dry run")
	}
	if l.Error != "" && l.Status == StatusFailed {
		words = append(words, l.Error)
	}
	return words
}

// NewRunDocument describes a run with its events; sum is what it reported, nil when it did
// not, bill what it costs, nil when that is not known, and shards its parts, if it has any.
func NewRunDocument(x store.Execution, sum *message.Summary, bill *cost.Bill, events []Event, shards []Shard) RunDocument {
	var stopped *time.Time
	if !x.Stopped.IsZero() {
		stopped = &x.Stopped
	}
	of := ""
	if in, err := inputOf(x.Input); err == nil && in.Shard != nil {
		of = in.Shard.Of
	}
	return RunDocument{output.SchemaVersion, x.Name, struct {
		Status  string          `json:"status"`
		Started time.Time       `json:"started"`
		Stopped *time.Time      `json:"stopped,omitempty"`
		Input   json.RawMessage `json:"input"`
		Output  json.RawMessage `json:"output,omitempty"`
		Error   string          `json:"error,omitempty"`
		Cause   string          `json:"cause,omitempty"`
	}{x.Status, x.Started, stopped, x.Input, x.Output, x.Error, x.Cause}, sum, bill, of, shards, events}
}

// Remarks says what a person should look at after runs: their warnings, and of what they
// counted.
func Remarks(sum message.SeriesResult, warnings []string) []string {
	var list []string
	for _, w := range warnings {
		list = append(list, "warning: "+w)
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
			list = append(list, fmt.Sprintf("%s %s.", output.Count(one.n, "day"), one.says))
		}
	}
	return list
}

// Counted sums what runs counted of their series.
func Counted(series []message.SeriesResult) (sum message.SeriesResult) {
	for _, s := range series {
		sum.Add(s.Count)
		sum.Failed += s.Failed
		sum.Waiting += s.Waiting
		sum.Quarantine += s.Quarantine
		sum.Deferred += s.Deferred
	}
	return sum
}
