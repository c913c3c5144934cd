package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
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
			if limit < 1 || limit > mostRuns {
				return exit.Usage("--limit %d: want 1 to %d", limit, mostRuns)
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
	a.bindAll(cmd.Flags())
	cmd.Flags().Lookup("all").Usage += "; the shards of runs beside them"
	cmd.Flags().IntVar(&limit, "limit", 20, "most `runs` listed, the newest first")
	return cmd
}

// mostRuns bounds what is held of a list of runs, with their summaries.
const mostRuns = 100_000

func (a *app) listRuns(ctx context.Context, from runReader, limit int, format string) error {
	read := from.Executions
	if a.all {
		read = from.AllExecutions
	}
	executions, err := read(ctx, limit)
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
		t := output.NewTable("run", "status", "started", "duration", "filled", "about").GiveWay("started", "duration", "filled").Below("about")
		for _, l := range list.Runs { // with what each was about, if that was not everything
			t.Add(l.Run, l.Status, l.Started.UTC().Format("2006-01-02 15:04"), l.Took(), history.Known(l.Observed), strings.Join(l.About(), "  "))
		}
		return output.WriteList(a.stdout, format, t, list, list.Runs)
	}
	t := output.NewTable("run", "status", "started", "duration", "requests", "retries", "observed", "failed", "error", "series", "range")
	for _, l := range list.Runs {
		took := ""
		if l.DurationMS != nil {
			took = (time.Duration(*l.DurationMS) * time.Millisecond).String()
		}
		t.Add(l.Run, l.Status, l.Started.UTC().Format("2006-01-02 15:04:05"), took,
			history.Known(l.Requests), history.Known(l.Retries), history.Known(l.Observed), history.Known(l.Failed), l.Error, strings.Join(l.Of.Series, " "), l.Range())
	}
	return output.WriteList(a.stdout, format, t, list, list.Runs)
}

func (a *app) showRun(ctx context.Context, from runReader, name, format, picture string) error {
	if format == "csv" {
		return exit.Usage("-o csv: one run is written as table, json, jsonl")
	}
	x, err := from.Execution(ctx, name)
	if err != nil {
		return a.ofRun(name, err)
	}
	events, sum, err := history.ReadHistory(ctx, from, name, 0)
	if err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	if err := a.savePicture(picture, a.drawRun(ctx, from, name, events)); err != nil {
		return err
	}
	var used history.Meter
	used.Add(events)
	shards, err := history.ReadShards(ctx, from, x, &used, true)
	if err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	bill := used.Bill(a.region())
	switch format {
	case "json":
		return output.WriteJSON(a.stdout, history.NewRunDocument(x, sum, bill, events, shards))
	case "jsonl":
		return writeEvents(a.stdout, events, shards)
	}
	out := a.stdout.Lines()
	of := a.listing(0)
	history.WriteTree(out, x, events, shards, of)
	if sum != nil {
		all := sum.All()
		of.Series = all.Number
		remarks(out, of, all.SeriesResult, sum.Warnings)
	}
	if bill != nil {
		out.Printf("%s\n", bill.Text(a.target == targetAWS))
	}
	if shard := history.WorstShard(shards); shard != "" {
		out.Printf("Next: %s\n", a.again("runs "+output.Quote(shard)))
	}
	return out.Flush()
}

// writeEvents writes a line an event and, of a run that divided itself, one with its shards.
func writeEvents(to *output.Screen, events []history.Event, shards []history.Shard) error {
	lines := make([]any, len(events), len(events)+1)
	for i, e := range events {
		lines[i] = e
	}
	if len(shards) > 0 {
		lines = append(lines, struct {
			Shards []history.Shard `json:"shards"`
		}{shards})
	}
	return output.WriteLines(to, lines)
}

// ofRun is an error about a run, which may not be there.
func (a *app) ofRun(name string, err error) error {
	if errors.Is(err, store.ErrUnknown) {
		return fmt.Errorf("run %s is not in %s: `%s` lists them", name, a.where(), a.again("runs"))
	}
	return err
}

func (a *app) runsStopCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "stop RUN",
		Short: "stop a run that is going on, or all; what was fetched is stored (--target aws)",
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return noArgs(cmd, args)
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
			if len(args) == 0 { // not all: LACUNA_ALL is of other verbs too, and args are right without it
				return a.stopAll(cmd.Context(), s)
			}
			shards, err := s.Stop(cmd.Context(), args[0])
			if err != nil {
				return a.ofRun(args[0], err)
			}
			of := ""
			if shards > 0 {
				of = " and " + output.Count(shards, "shard") + " of it"
			}
			return a.stdout.Printf("Stopped %s%s. What was fetched is stored.\nNext: %s\n", args[0], of, a.again("backfill"))
		}, "table"),
	}
	cmd.Flags().BoolVar(&all, "all", false, "stop every run that is going on, before the stack goes")
	return cmd
}

// stopAll stops every run that is going on: the runs first, which begin no shards then.
func (a *app) stopAll(ctx context.Context, s *stack.Stack) error {
	running, err := s.Running(ctx)
	if err != nil {
		return err
	}
	whole := slices.DeleteFunc(slices.Clone(running), message.IsShard)
	if err := s.AbortAll(ctx, whole); err != nil {
		return err
	}
	for _, run := range whole {
		if err := a.stdout.Printf("Stopped %s.\n", run); err != nil {
			return err
		}
	}
	shards, err := s.Running(ctx)
	if err != nil {
		return err
	}
	shards = slices.DeleteFunc(shards, func(name string) bool { return !message.IsShard(name) })
	if err := s.AbortAll(ctx, shards); err != nil {
		return err
	}
	switch {
	case len(shards) > 0:
		err = a.stdout.Printf("Stopped %s.\n", output.Count(len(shards), "shard"))
	case len(running) == 0:
		err = a.stdout.Printf("No run is going on in %s.\n", a.where())
	}
	return err
}
