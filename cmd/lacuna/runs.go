package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/output"
	"lacuna/internal/stack"
	"lacuna/internal/store"

	"github.com/spf13/cobra"
)

func (a *app) runsCommand() *cobra.Command {
	var limit int
	var picture string
	cmd := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "list the runs, or show one as a tree of its states",
		Args:  cobra.MaximumNArgs(1),

		ValidArgsFunction: a.completeRuns,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) (err error) {
			if limit < 1 {
				return exit.Usage("--limit %d: want 1 or more", limit)
			}
			if picture != "" && len(args) == 0 {
				return exit.Usage("--svg %s: want the RUN of which it is a picture", picture)
			}
			from, err := a.openRuns(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, from.Close()) }()
			if len(args) == 1 {
				return a.showRun(cmd.Context(), from, args[0], format, picture)
			}
			return a.listRuns(cmd.Context(), from, limit, format)
		}, "table", "json", "jsonl", "csv"),
	}
	cmd.AddCommand(a.runsStopCommand())
	bindPicture(cmd.Flags(), &picture, "the states of RUN")
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
	list, err := history.NewListDocument(executions, summaries)
	if err != nil {
		return err
	}
	if format == "table" {
		if len(list.Runs) == 0 {
			return a.stdout.Printf("No runs in %s.\n", a.where())
		}
		return output.WriteList(a.stdout, format, runTable(list.Runs), list, list.Runs)
	}
	t := output.NewTable("run", "status", "started", "duration", "requests", "retries", "observed", "failed", "error", "series", "range")
	for _, l := range list.Runs {
		t.Add(l.Run, l.Status, l.Started.Format("2006-01-02 15:04:05"), time.Duration(l.DurationMS)*time.Millisecond,
			l.Requests, l.Retries, l.Observed, l.Failed, l.Error, strings.Join(l.Of.Series, " "), l.Range())
	}
	return output.WriteList(a.stdout, format, t, list, list.Runs)
}

func (a *app) showRun(ctx context.Context, from runReader, name, format, picture string) error {
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
	if err := a.savePicture(picture, a.drawRun(ctx, from, name, events)); err != nil {
		return err
	}
	switch format {
	case "json":
		return output.WriteJSON(a.stdout, history.NewRunDocument(x, sum, events))
	case "jsonl":
		return output.WriteLines(a.stdout, events)
	}
	out := a.stdout.Lines()
	history.WriteTree(out, x, events)
	if sum != nil {
		remarks(out, history.Counted(sum.Series), sum.Warnings)
	}
	return out.Flush()
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
