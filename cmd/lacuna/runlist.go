package main

import (
	"strings"

	"lacuna/internal/history"
	"lacuna/internal/output"
)

// runTable has runs for people, each with what it was about, if that was not everything.
func runTable(lines []history.Line) *output.Table {
	t := output.NewTable("run", "status", "started", "duration", "filled", "about").GiveWay("started", "duration", "filled").Below("about")
	for _, l := range lines {
		t.Add(l.Run, l.Status, l.Started.UTC().Format("2006-01-02 15:04"), l.Took(), l.Observed, strings.Join(l.About(), "  "))
	}
	return t
}
