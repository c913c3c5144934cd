package main

import (
	"lacuna/internal/row"

	"github.com/spf13/cobra"
)

func (a *app) markCommand() *cobra.Command {
	return group("mark", "say that days never had a value, or withdraw the values of days",
		a.actCommand("absent", "settle the due days of a range that have no value: they are not asked for again", row.MarkAbsent),
		a.actCommand("missing", "withdraw what is stored of a range, values too: it is asked for again, and the old values are kept", row.MarkMissing),
	)
}
