package main

import (
	"lacuna/internal/exit"
	"lacuna/internal/row"

	"github.com/spf13/cobra"
)

func (a *app) markCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mark",
		Short: "say that days never had a value, or withdraw the values of days",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return exit.Usage("mark: want absent or missing") },
	}
	cmd.AddCommand(
		a.actCommand("absent", "settle the due days of a range that have no value: they are not asked for again", row.MarkAbsent),
		a.actCommand("missing", "withdraw what is stored of a range, values too: it is asked for again, and the old values are kept", row.MarkMissing),
	)
	return cmd
}
