package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/story"

	"github.com/spf13/cobra"
)

func (a *app) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "why SERIES DAY|MONTH",
		Long:  "Tell all that is known of one day: calendar, value, answers, revisions, marks. A month, such as 2026-06, is the day that stands for it in a monthly or quarterly series.",
		Short: "tell all that is known of one day: calendar, value, answers, revisions, marks",
		Args:  cobra.ExactArgs(2),

		ValidArgsFunction: a.completeKeys,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) error {
			st, err := a.why(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			if format == "json" {
				return output.WriteJSON(a.stdout, st)
			}
			return writeStory(a.stdout.Lines(), st)
		}, "table", "json"),
	}
}

func (a *app) why(ctx context.Context, key, day string) (st *story.Story, err error) {
	s, err := a.openSeries()
	if err != nil {
		return nil, err
	}
	one, err := s.One(key)
	if err != nil {
		return nil, err
	}
	d, ok := one.StandsFor(day)
	if !ok {
		if d, err = span.ParseAt(day, span.DayOf(a.asOf)); err != nil {
			return nil, exit.Usage("%w", err)
		}
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return story.Tell(ctx, rows, one, d, a.asOf, a.again)
}

// writeStory tells the story to people: the calendar, the row, what made it so, and
// what is next.
func writeStory(out *output.Lines, st *story.Story) error {
	out.Printf("%s %s, a %s: %s\n\n", st.Key, st.Day, st.Weekday, strings.ReplaceAll(st.State, "_", " "))
	line := func(name, text string) {
		if text != "" {
			out.Printf("%-9s %s\n", name, text)
		}
	}
	line("series", fmt.Sprintf("%s, %s", st.Of.Title, st.Of.Unit))
	rule := st.Rule
	if !st.Expected {
		rule = "no day of the series: " + rule
	}
	line("calendar", rule)
	if r := st.Row; r != nil {
		line("fields", r.Fields.String())
		line("reason", r.Reason)
		line("fetched", strings.TrimSuffix(fmt.Sprintf("%s from %s by %s", instant(r.FetchedAt), cmp.Or(r.Source, "nobody"), history.RunName(r.Run)), " by "))
		if !r.Compared.IsZero() {
			line("compared", instant(r.Compared))
		}
		if r.Attempts > 0 {
			line("attempts", fmt.Sprint(r.Attempts))
		}
	}
	for _, f := range st.Failures {
		line("failed", strings.TrimSuffix(fmt.Sprintf("%s in run %s: %s", f.Error, history.RunName(f.Run), f.Message), ": "))
	}
	writeTrail(out, st)
	writeRevisions(out, st)
	out.Printf("\n%s\n", st.Next)
	for _, command := range st.Commands {
		out.Printf("Next: %s\n", command)
	}
	return out.Flush()
}

func writeTrail(out *output.Lines, st *story.Story) {
	if st.Row == nil {
		return
	}
	out.Printf("\n")
	t := output.NewTable("at", "answer", "by", "reason").Below("reason")
	for _, s := range st.Row.Trail {
		t.Add(instant(s.At), s.Answer, who(s), s.Reason)
	}
	t.Write(out)
}

func writeRevisions(out *output.Lines, st *story.Story) {
	if len(st.Revisions) == 0 {
		return
	}
	out.Printf("\n")
	t := output.NewTable("value_until", "replaced_by", "fields", "known_from", "run")
	for _, r := range st.Revisions {
		t.Add(instant(r.ReplacedAt), r.ReplacedBy, r.Fields, instant(r.Trail[len(r.Trail)-1].At), history.RunName(r.Run))
	}
	t.Write(out)
}

// who is the person of a step, or the run.
func who(s row.Step) string { return cmp.Or(s.By, history.RunName(s.Run)) }

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
