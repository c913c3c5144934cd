package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/act"
	"lacuna/internal/choice"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) quarantineCommand() *cobra.Command {
	return group("quarantine", "list, release and accept the days without a good value",
		a.quarantineListCommand(),
		a.actCommand("release", "ask for quarantined days again, as if for the first time", row.Release),
		a.actCommand("accept", "let the stored value of quarantined or incomplete days count", row.Accept),
	)
}

func (a *app) quarantineListCommand() *cobra.Command {
	var which choice.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the quarantined days, those that the publisher withdrew, and the incomplete ones that may still heal",
		Args:  noArgs,
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
	a.bindAll(cmd.Flags())
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
	for _, one := range chosen {
		held, err := act.HeldOf(ctx, rows, one.Key, days)
		if err != nil {
			return nil, err
		}
		list = append(list, held...)
	}
	return list, nil
}

// needsMore orders days by how much they need a person: incomplete ones may heal.
func needsMore(x, y act.Held) int {
	needs := []row.Status{row.Quarantined, row.Observed, row.Incomplete}
	return cmp.Compare(slices.Index(needs, x.Status), slices.Index(needs, y.Status))
}

func (a *app) listHeld(list []act.Held, format string) error {
	of, series := map[row.Status]int{}, map[string]bool{}
	for _, h := range list {
		of[h.Status]++
		series[h.Series] = true
	}
	shown, rest := output.Part(a.listing(len(series)), list, "day", needsMore)
	t := output.NewTable("series", "day", "status", "attempts", "last_asked", "fields", "reason").
		Cut("reason").GiveWay("last_asked", "attempts", "fields")
	for _, h := range shown {
		t.Add(h.Series, h.Day, h.Status, h.Attempts, output.As{Shown: span.DayOf(h.LastAsked).String(), Of: h.LastAsked.Format(time.RFC3339)}, h.Fields, h.Reason)
	}
	if format == "table" && len(list) == 0 {
		return a.stdout.Printf("Nothing is quarantined, incomplete or withdrawn.\n")
	}
	err := output.WriteList(a.stdout, format, t.Rest(rest), act.NewHeldDocument(list), list)
	if format == "table" && err == nil {
		withdrawn := ""
		if n := of[row.Observed]; n > 0 {
			withdrawn = fmt.Sprintf(", %d withdrawn by the publisher", n)
		}
		err = a.stdout.Printf("\n%s quarantined, %d incomplete%s.\nNext: %s %s %s\n", output.Count(of[row.Quarantined], "day"), of[row.Incomplete], withdrawn,
			a.again("why"), output.Quote(shown[0].Series), shown[0].Day)
	}
	return err
}
