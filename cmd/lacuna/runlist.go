package main

import (
	"encoding/json"
	"fmt"
	"lacuna/internal/bound"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"strings"
	"time"
	"unicode/utf8"
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

// writeRuns writes runs for people: a row of 80 columns each, and below it what it was
// about, if that was not everything.
func (a *app) writeRuns(lines []runLine) error {
	if len(lines) == 0 {
		return a.stdout.Printf("No runs in %s.\n", a.where())
	}
	wide := 0
	for _, l := range lines {
		wide = max(wide, columns(l.Run))
	}
	out := a.stdout.Lines()
	row := func(run, status, started, took, filled string) {
		pad := strings.Repeat(" ", max(0, wide-columns(run)))
		out.Printf("%s%s  %-10s  %-16s  %8s  %6s\n", output.Shorten(run, output.MaxCell), pad, status, started, took, filled)
	}
	row("RUN", "STATUS", "STARTED", "DURATION", "FILLED")
	for _, l := range lines {
		took := time.Duration(l.DurationMS) * time.Millisecond
		if took > time.Minute {
			took = took.Round(time.Second)
		}
		row(l.Run, l.Status, l.Started.UTC().Format("2006-01-02 15:04"), took.String(), fmt.Sprint(l.Observed))
		for _, line := range wrapped(about(l), a.stdout.Width(a.env)-2) {
			out.Printf("  %s\n", line)
		}
	}
	return out.Flush()
}

// columns is how wide text is shown.
func columns(text string) int {
	return utf8.RuneCountInString(output.Visible(output.Shorten(text, output.MaxCell)))
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

// wrapped puts words into lines of so many columns; a word that is longer has a line of
// its own.
func wrapped(words []string, width int) []string {
	var lines []string
	for _, word := range words {
		word = output.Shorten(word, output.MaxCell)
		if last := len(lines) - 1; last >= 0 && columns(lines[last]+"  "+word) <= width {
			lines[last] += "  " + word
			continue
		}
		lines = append(lines, strings.TrimSpace(word))
	}
	return lines
}
