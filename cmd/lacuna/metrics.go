package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"lacuna/internal/choice"
	"lacuna/internal/output"
	"lacuna/internal/span"
	"lacuna/internal/standing"
)

// metrics are numbers about series and the last run, in Prometheus's text format.
type metrics struct{ text strings.Builder }

const metricsHead = "# HELP lacuna_"

// gauge writes a metric with a value for each series that has one.
func (m *metrics) gauge(name, help string, series []standing.Standing, value func(*standing.Standing) (int, bool)) {
	m.head(name, help)
	for i := range series {
		if n, ok := value(&series[i]); ok {
			fmt.Fprintf(&m.text, "lacuna_%s{series=\"%s\"} %d\n", name, label.Replace(output.Visible(series[i].Key)), n)
		}
	}
}

func (m *metrics) head(name, help string) {
	fmt.Fprintf(&m.text, metricsHead+"%s %s\n# TYPE lacuna_%s gauge\n", name, help, name)
}

// label escapes the value of a label.
var label = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// one writes a metric of a single value.
func (m *metrics) one(name, help string, n int64) {
	m.head(name, help)
	fmt.Fprintf(&m.text, "lacuna_%s %d\n", name, n)
}

// metricsOf returns how series stand at asOf, and how the run that was made then ended.
func metricsOf(series []standing.Standing, asOf time.Time, code, requests int) string {
	var m metrics
	all := func(n func(*standing.Standing) int) func(*standing.Standing) (int, bool) {
		return func(s *standing.Standing) (int, bool) { return n(s), true }
	}
	today := span.DayOf(asOf)
	m.gauge("missing_days", "Due days without a row, or marked missing.", series, all(func(s *standing.Standing) int { return s.Missing }))
	m.gauge("waiting_days", "Days without a good value that will be asked for again.", series, all(func(s *standing.Standing) int { return s.Waiting }))
	m.gauge("quarantined_days", "Days that wait for a person.", series, all(func(s *standing.Standing) int { return s.Quarantined }))
	m.gauge("withdrawn_days", "Days whose value the publisher took away, until a person decides.", series, all(func(s *standing.Standing) int { return s.Withdrawn }))
	m.gauge("observed_days", "Days with a value.", series, all(func(s *standing.Standing) int { return s.Observed }))
	m.gauge("oldest_gap_days", "Age of the oldest missing day, 0 without one.", series, all(func(s *standing.Standing) int {
		if s.OldestGap == nil {
			return 0
		}
		return int(today - s.OldestGap.From)
	}))
	m.gauge("freshness_days", "Due days after the newest value; none for a series without values.", series,
		func(s *standing.Standing) (int, bool) { return s.Behind, s.Newest != 0 })
	m.one("last_run_timestamp_seconds", "When the last run began, in seconds since 1970.", asOf.Unix())
	m.one("last_run_exit_code", "How the last run ended: 0 is good, 3 needs a look, 1 is an error.", int64(code))
	m.one("last_run_requests", "Requests of the last run to publishers.", int64(requests))
	return m.text.String()
}

// writeMetrics writes the metrics of the chosen series, and where these cannot be read those
// of the run: what its exit code was must not stay that of a better one. A file that is no
// metrics of ours stays.
func (a *app) writeMetrics(ctx context.Context, file string, which choice.Flags, code, requests int) error {
	s, err := a.status(ctx, which)
	if err != nil {
		s.Series = nil // not some of them
	}
	if err == nil || ctx.Err() == nil { // what cannot be read, the run itself has met
		err = cmp.Or(a.writeFile(file, []byte(metricsOf(s.Series, a.asOf, code, requests)), isMetrics), err)
	}
	if err != nil {
		return fmt.Errorf("--metrics: %w", err)
	}
	return nil
}

// isMetrics returns an error when the file of that name is not one of writeMetrics.
func isMetrics(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(metricsHead))
	if n, err := f.Read(head); err != nil || string(head[:n]) != metricsHead {
		return errors.New("it holds no metrics of lacuna")
	}
	return nil
}
