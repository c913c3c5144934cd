package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/act"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) quarantineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "quarantine",
		Short: "list, release and accept the days without a good value",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return exit.Usage("quarantine: want list, release or accept") },
	}
	cmd.AddCommand(
		a.quarantineListCommand(),
		a.actCommand("release", "ask for quarantined days again, as if for the first time", row.Release),
		a.actCommand("accept", "let the stored value of quarantined or incomplete days count", row.Accept),
	)
	return cmd
}

func (a *app) quarantineListCommand() *cobra.Command {
	var which choice.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the quarantined days, those that the publisher withdrew, and the incomplete ones that may still heal",
		Args:  cobra.NoArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			list, err := a.heldDays(cmd.Context(), which)
			if err != nil {
				return err
			}
			return a.listHeld(list, format)
		}, "table", "json", "jsonl", "csv"),
	}
	which.BindSeries(cmd.Flags())
	which.BindDays(cmd.Flags())
	return cmd
}

func (a *app) heldDays(ctx context.Context, which choice.Flags) (list []act.Held, err error) {
	chosen, days, err := a.choose(which)
	if err != nil {
		return nil, err
	}
	if err := a.wantRows(); err != nil {
		return nil, err
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	list = []act.Held{}
	for _, one := range chosen {
		held, err := act.HeldOf(ctx, rows, one.Key, days)
		if err != nil {
			return nil, err
		}
		list = append(list, held...)
	}
	return list, nil
}

func (a *app) listHeld(list []act.Held, format string) error {
	of := map[row.Status]int{}
	t := output.NewTable("series", "day", "status", "attempts", "last_asked", "fields", "reason").
		Cut("reason").GiveWay("last_asked", "attempts", "fields")
	for _, h := range list {
		of[h.Status]++
		t.Add(h.Series, h.Day, h.Status, h.Attempts, output.As{Shown: span.DayOf(h.LastAsked).String(), Of: h.LastAsked.Format(time.RFC3339)}, h.Fields, h.Reason)
	}
	if format == "table" && len(list) == 0 {
		err := a.stdout.Printf("Nothing is quarantined, incomplete or withdrawn.\n")
		return err
	}
	err := output.WriteList(a.stdout, format, t, act.NewHeldDocument(list), list)
	if format == "table" && err == nil {
		withdrawn := ""
		if n := of[row.Observed]; n > 0 {
			withdrawn = fmt.Sprintf(", %d withdrawn by the publisher", n)
		}
		err = a.stdout.Printf("\n%s quarantined, %d incomplete%s.\nNext: %s\n", output.Count(of[row.Quarantined], "day"), of[row.Incomplete], withdrawn,
			a.whyOf(list[0].Series, list[0].Day))
	}
	return err
}
