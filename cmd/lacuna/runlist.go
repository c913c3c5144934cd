package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
)

// maxInput is how many values the input of a run may have to be read, names included.
const maxInput = 1000

// inputOf reads the input of a run.
func inputOf(text json.RawMessage) (in message.Input, err error) {
	if err := bound.JSON(text, maxInput, 3); err != nil {
		return in, err
	}
	err = json.Unmarshal(text, &in)
	return in, err
}

// rangeOf names the days of a run.
func rangeOf(in message.Input) string {
	switch {
	case in.From != "" && in.To != "":
		return in.From + "/" + in.To
	case in.From != "":
		return "from " + in.From
	case in.To != "":
		return "to " + in.To
	}
	return ""
}

// runTable has runs for people, each with what it was about, if that was not everything.
func runTable(lines []runLine) *output.Table {
	t := output.NewTable("run", "status", "started", "duration", "filled", "about").GiveWay("started", "duration", "filled").Below("about")
	for _, l := range lines {
		took := time.Duration(l.DurationMS) * time.Millisecond
		if took > time.Minute {
			took = took.Round(time.Second)
		}
		t.Add(l.Run, l.Status, l.Started.UTC().Format("2006-01-02 15:04"), took, l.Observed, strings.Join(about(l), "  "))
	}
	return t
}

// about names the series and the days of a run, and how it ended when its status does
// not tell.
func about(l runLine) []string {
	const some = 5
	words := append([]string(nil), l.of.Series[:min(some, len(l.of.Series))]...)
	if n := len(l.of.Series) - some; n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	if days := rangeOf(l.of); days != "" {
		words = append(words, days)
	}
	if l.of.Only != "" && l.of.Only != "due" {
		words = append(words, "only "+l.of.Only)
	}
	if l.of.DryRun {
		words = append(words, "dry run")
	}
	if l.Error != "" && l.Status == history.StatusFailed {
		words = append(words, l.Error)
	}
	return words
}
