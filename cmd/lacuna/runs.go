package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/stack"
	"lacuna/internal/store"

	"github.com/spf13/cobra"
)

// runLine is one run in the list.
type runLine struct {
	Run        string          `json:"run"`
	Status     string          `json:"status"` // complete, pending, incomplete, failed, aborted or running
	Execution  string          `json:"execution"`
	Started    time.Time       `json:"started"`
	DurationMS int64           `json:"duration_ms"`
	Requests   int             `json:"requests"`
	Retries    int             `json:"retries"`
	Observed   int             `json:"observed"`
	Failed     int             `json:"failed"`
	Error      string          `json:"error,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	Input      json.RawMessage `json:"input"`
	of         message.Input   // what Input says, as far as it can be read
}

func (a *app) runsCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "list the runs, or show one as a tree of its states",
		Args:  cobra.MaximumNArgs(1),

		ValidArgsFunction: a.completeRuns,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) (err error) {
			if limit < 1 {
				return exit.Usage("--limit %d: want 1 or more", limit)
			}
			from, err := a.openRuns(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, from.Close()) }()
			if len(args) == 1 {
				return a.showRun(cmd.Context(), from, args[0], format)
			}
			return a.listRuns(cmd.Context(), from, limit, format)
		}, "table", "json", "jsonl", "csv"),
	}
	cmd.AddCommand(a.runsStopCommand())
	cmd.Flags().IntVar(&limit, "limit", 20, "most `runs` listed, the newest first")
	return cmd
}

func (a *app) listRuns(ctx context.Context, from runReader, limit int, format string) error {
	executions, err := from.Executions(ctx, limit)
	if err != nil {
		return err
	}
	summaries, err := from.Summaries(ctx, executions)
	if err != nil {
		return err
	}
	byRun := map[string]json.RawMessage{}
	for _, r := range summaries {
		byRun[r.ID] = r.Summary
	}
	t := output.NewTable("run", "status", "started", "duration", "requests", "retries", "observed", "failed", "error", "series", "range")
	lines := make([]runLine, 0, len(executions))
	for _, x := range executions {
		line, err := lineOf(x, byRun[x.Name])
		if err != nil {
			return err
		}
		lines = append(lines, line)
		t.Add(line.Run, line.Status, line.Started.Format("2006-01-02 15:04:05"), time.Duration(line.DurationMS)*time.Millisecond,
			line.Requests, line.Retries, line.Observed, line.Failed, line.Error, strings.Join(line.of.Series, " "), rangeOf(line.of))
	}
	if format == "table" {
		if len(lines) == 0 {
			return a.stdout.Printf("No runs in %s.\n", a.where())
		}
		t = runTable(lines)
	}
	return output.WriteList(a.stdout, format, t, struct {
		SchemaVersion int       `json:"schema_version"`
		Runs          []runLine `json:"runs"`
	}{output.SchemaVersion, lines}, lines)
}

// lineOf describes an execution; summary is empty when it has made none.
func lineOf(x store.Execution, summary json.RawMessage) (runLine, error) {
	line := runLine{Run: x.Name, Execution: x.Status, Started: x.Started, Error: x.Error, Cause: x.Cause, Input: x.Input}
	line.of, _ = inputOf(x.Input) // of anything: Select refuses it, not we
	if !x.Stopped.IsZero() {
		line.DurationMS = x.Stopped.Sub(x.Started).Milliseconds()
	}
	switch x.Status {
	case engine.Running:
		line.Status = "running"
	case engine.Aborted:
		line.Status = "aborted"
	default:
		line.Status = history.StatusFailed
	}
	if summary == nil {
		return line, nil
	}
	sum, err := history.ParseSummary(summary)
	if err != nil {
		return line, fmt.Errorf("summary of run %s: %w", x.Name, err)
	}
	if x.Status == engine.Succeeded || x.Status == engine.Failed {
		line.Status = sum.Status
	}
	line.Requests, line.Retries = sum.Requests, sum.Retries
	for _, s := range sum.Series {
		line.Observed += s.Observed
		line.Failed += s.Failed
	}
	return line, nil
}

func (a *app) showRun(ctx context.Context, from runReader, name, format string) error {
	if format == "csv" {
		return exit.Usage("-o csv: one run is written as table, json, jsonl")
	}
	x, err := from.Execution(ctx, name)
	if errors.Is(err, store.ErrUnknown) {
		return a.unknownRun(name)
	}
	if err != nil {
		return err
	}
	stored, err := from.Events(ctx, name, 0)
	if err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	events, err := history.ReadEvents(stored)
	if err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	sum, err := history.SummaryIn(events)
	if err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	switch format {
	case "json":
		return output.WriteJSON(a.stdout, struct {
			SchemaVersion int              `json:"schema_version"`
			Run           string           `json:"run"`
			Execution     any              `json:"execution"`
			Summary       *message.Summary `json:"summary"` // null: the run was not reported
			Events        []history.Event  `json:"events"`
		}{output.SchemaVersion, name, executionDocument(x), sum, events})
	case "jsonl":
		return output.WriteLines(a.stdout, events)
	}
	out := a.stdout.Lines()
	history.WriteTree(out, x, events)
	if sum != nil {
		t := total{}
		t.add(history.NewOutcome(x, sum))
		remarks(out, t.counts(), t.warnings)
	}
	return out.Flush()
}

func executionDocument(x store.Execution) any {
	var stopped *time.Time
	if !x.Stopped.IsZero() {
		stopped = &x.Stopped
	}
	return struct {
		Status  string          `json:"status"`
		Started time.Time       `json:"started"`
		Stopped *time.Time      `json:"stopped,omitempty"`
		Input   json.RawMessage `json:"input"`
		Output  json.RawMessage `json:"output,omitempty"`
		Error   string          `json:"error,omitempty"`
		Cause   string          `json:"cause,omitempty"`
	}{x.Status, x.Started, stopped, x.Input, x.Output, x.Error, x.Cause}
}

func (a *app) unknownRun(name string) error {
	return fmt.Errorf("run %s is not in %s: `%s` lists them", name, a.where(), a.again("runs"))
}

func (a *app) runsStopCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "stop RUN",
		Short: "stop a run that is going on, or all; what was fetched is stored (--target aws)",
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		ValidArgsFunction: a.completeRuns,
		RunE: a.verb(func(cmd *cobra.Command, args []string, _ string) error {
			if a.target != targetAWS {
				return exit.Usage("runs stop is for --target aws: a local run is stopped by Ctrl-C where it runs")
			}
			s, err := a.openStack(cmd.Context())
			if err != nil {
				return err
			}
			if all {
				return a.stopAll(cmd.Context(), s)
			}
			err = s.Stop(cmd.Context(), args[0])
			if errors.Is(err, store.ErrUnknown) {
				return a.unknownRun(args[0])
			}
			if err != nil {
				return err
			}
			err = a.stdout.Printf("Stopped %s. What was fetched is stored.\nNext: %s\n", args[0], a.again("backfill"))
			return err
		}, "table"),
	}
	cmd.Flags().BoolVar(&all, "all", false, "stop every run that is going on, before the stack goes")
	return cmd
}

// stopAll stops every run that is going on.
func (a *app) stopAll(ctx context.Context, s *stack.Stack) error {
	runs, err := s.Running(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := s.Abort(ctx, run); err != nil {
			return err
		}
		if err := a.stdout.Printf("Stopped %s.\n", run); err != nil {
			return err
		}
	}
	if len(runs) == 0 {
		err = a.stdout.Printf("No run is going on in %s.\n", a.where())
	}
	return err
}
