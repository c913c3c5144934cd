package history

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/store"
)

// Outcome is what became of one execution.
type Outcome struct {
	store.Execution
	Summary message.Summary // its status is failed without a report
	Used    Meter
}

// NewOutcome is the outcome of x; sum is what Report said, nil when it did not.
func NewOutcome(x store.Execution, sum *message.Summary, used Meter) Outcome {
	if sum == nil {
		sum = &message.Summary{Run: x.Name, Status: StatusFailed}
	}
	return Outcome{x, *sum, used}
}

const StatusFailed = "failed" // of a run that has no summary

// ReadHistory reads the events of a run behind the one with the id after, and the summary in
// them, nil when there is none.
func ReadHistory(ctx context.Context, from Reader, run string, after int64) ([]Event, *message.Summary, error) {
	stored, err := from.Events(ctx, run, after)
	if err != nil {
		return nil, nil, err
	}
	events, err := ReadEvents(stored)
	if err != nil {
		return nil, nil, err
	}
	sum, err := SummaryIn(events)
	return events, sum, err
}

// SummaryIn returns what the state Report gave last, nil when it did not.
func SummaryIn(events []Event) (*message.Summary, error) {
	for _, e := range slices.Backward(events) {
		if isReport(e.Type, e.name) {
			return readSummary(e.output)
		}
	}
	return nil, nil //nolint:nilnil // a run that was not reported is no error
}

// SummaryOf is SummaryIn of events of the engine.
func SummaryOf(events []engine.Event) (*message.Summary, error) {
	for _, e := range slices.Backward(events) {
		if e.Details != nil && isReport(e.Type, e.Details.Name) {
			return readSummary(text(e.Details.Output))
		}
	}
	return nil, nil //nolint:nilnil // a run that was not reported is no error
}

// isReport reports whether an event is the end of the state Report.
func isReport(kind, name string) bool { return kind == "TaskStateExited" && name == "Report" }

// maxSummary is how many values a summary may have, names included: one of 300
// series has 9,000.
const maxSummary = 50_000

// ParseSummary reads the summary of a run.
func ParseSummary(text []byte) (sum message.Summary, err error) {
	if err := bound.JSON(text, maxSummary, 10); err != nil {
		return sum, err
	}
	if err := json.Unmarshal(text, &sum); err != nil {
		return sum, errors.New(output.Shorten(err.Error(), output.MaxQuoted))
	}
	return sum, nil
}

// readSummary reads the output of the state Report. One whose Report failed has
// the error as output, and no summary.
func readSummary(output string) (*message.Summary, error) {
	sum, err := ParseSummary([]byte(output))
	if err != nil {
		return nil, fmt.Errorf("output of the state Report: %w", err)
	}
	if sum.Status == "" {
		return nil, nil //nolint:nilnil // a run that was not reported is no error
	}
	return &sum, nil
}

// Names returns the names of executions.
func Names(list []store.Execution) []string {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = x.Name
	}
	return names
}

// NewRunName returns a name that begins with the run's clock, so that names sort by it.
func NewRunName(asOf time.Time) string {
	var b [3]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("%s-%x", asOf.UTC().Format("2006-01-02T150405Z"), b)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
