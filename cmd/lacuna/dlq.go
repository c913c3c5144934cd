package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/stack"

	"github.com/spf13/cobra"
)

func (a *app) dlqCommand() *cobra.Command {
	return group("dlq", "list and drop the messages that no scraper could do (--target aws)", a.dlqListCommand(), a.dlqDropCommand())
}

func (a *app) dlqListCommand() *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the dead letters of each source",
		Args:  noArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			queues, err := a.deadQueues(cmd.Context(), only)
			if err != nil {
				return err
			}
			letters, err := queues.Read(cmd.Context())
			if err == nil {
				err = queues.PutBack(cmd.Context(), letters)
			}
			if err != nil {
				return err
			}
			return a.listLetters(letters, format)
		}, "table", "json", "jsonl", "csv"),
	}
	cmd.Flags().StringSliceVar(&only, "source", nil, "`source` whose queue is read; may be repeated (default all)")
	return cmd
}

func (a *app) dlqDropCommand() *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "drop",
		Short: "delete the dead letters; their days are missing, and the next backfill asks for them",
		Args:  noArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			queues, err := a.deadQueues(cmd.Context(), only)
			if err != nil {
				return err
			}
			return a.dropLetters(cmd.Context(), queues, format)
		}, "table", "json"),
	}
	cmd.Flags().StringSliceVar(&only, "source", nil, "`source` whose queue is emptied; may be repeated (default all)")
	a.bindYes(cmd.Flags())
	return cmd
}

// deadQueues returns the dead-letter queues of the sources that were named.
func (a *app) deadQueues(ctx context.Context, only []string) (*stack.DeadQueues, error) {
	if a.target != targetAWS {
		return nil, exit.Usage("dlq is for --target aws: a local run that leaves dead letters says so, and keeps none")
	}
	s, err := a.openStack(ctx)
	if err != nil {
		return nil, err
	}
	if s.Queues == nil {
		return nil, exit.Usage("dlq: want --stack: %s does not say where the queues are", stack.VariableMachine)
	}
	for _, source := range only {
		if s.Queues[source].Dead == "" {
			return nil, exit.Usage("--source %s: the stack has no queue of it, only of %v", source, slices.Sorted(maps.Keys(s.Queues)))
		}
	}
	return s.DeadQueues(only), nil
}

func (a *app) listLetters(letters []stack.DeadLetter, format string) error {
	if format == "table" && len(letters) == 0 {
		return a.stdout.Printf("No dead letters.\n")
	}
	series := map[string]bool{}
	for _, l := range letters {
		for _, key := range l.Series {
			series[key] = true
		}
	}
	shown, rest := output.Part(a.listing(len(series)), letters, "dead letter", nil)
	t := output.NewTable("source", "stream", "from", "to", "series", "run", "receives", "age").
		GiveWay("receives", "source", "from", "to").Rest(rest)
	for _, l := range shown {
		from, to := "", ""
		if l.Error == "" {
			from, to = l.From.String(), l.To.String()
		}
		t.Add(l.Source, cmp.Or(l.Stream, l.Error), from, to, output.Names(l.Series), l.Run, l.Receives, time.Duration(l.AgeS)*time.Second)
	}
	return output.WriteList(a.stdout, format, t, struct {
		SchemaVersion int                `json:"schema_version"`
		Messages      []stack.DeadLetter `json:"messages"`
	}{output.SchemaVersion, letters}, letters)
}

// dropLetters deletes what the queues hold, after a question.
func (a *app) dropLetters(ctx context.Context, queues *stack.DeadQueues, format string) error {
	letters, err := queues.Read(ctx)
	if err != nil {
		return err
	}
	if len(letters) > 0 {
		if err := a.confirm(ctx, fmt.Sprintf("Delete %s of %s?", output.Count(len(letters), "dead letter"), a.where())); err != nil {
			return err
		}
	}
	if err := queues.Drop(ctx, letters); err != nil {
		return err
	}
	if format == "json" {
		return output.WriteJSON(a.stdout, struct {
			SchemaVersion int `json:"schema_version"`
			Dropped       int `json:"dropped"`
		}{output.SchemaVersion, len(letters)})
	}
	if len(letters) == 0 {
		return a.stdout.Printf("No dead letters.\n")
	}
	return a.stdout.Printf("Dropped %s. Next: %s\n", output.Count(len(letters), "dead letter"), a.again("backfill"))
}
