package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "why SERIES DAY",
		Short: "tell all that is known of one day: calendar, value, answers, revisions, marks",
		Args:  cobra.ExactArgs(2),

		ValidArgsFunction: a.completeKeys,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) error {
			st, err := a.why(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(a.stdout, st)
			}
			return writeStory(a.stdout.lines(), st)
		}, "table", "json"),
	}
}

// whyOf is the command that tells of a day.
func (a *app) whyOf(key string, day span.Day) string {
	return a.again("why") + " " + quote(key) + " " + day.String()
}

func (a *app) why(ctx context.Context, key, day string) (st *story, err error) {
	d, err := span.ParseAt(day, span.DayOf(a.asOf))
	if err != nil {
		return nil, usage("%w", err)
	}
	s, err := a.openSeries()
	if err != nil {
		return nil, err
	}
	one, err := s.only(key)
	if err != nil {
		return nil, err
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return tell(ctx, rows, one, d, a.asOf, a.again)
}

// writeStory tells the story to people: the calendar, the row, what made it so, and
// what is next.
func writeStory(out *lines, st *story) error {
	out.printf("%s %s, a %s: %s\n\n", st.Key, st.Day, st.Weekday, strings.ReplaceAll(st.State, "_", " "))
	line := func(name, text string) {
		if text != "" {
			out.printf("%-9s %s\n", name, text)
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
		line("fetched", strings.TrimSuffix(fmt.Sprintf("%s from %s by %s", instant(r.FetchedAt), cmp.Or(r.Source, "nobody"), r.Run), " by "))
		if r.Attempts > 0 {
			line("attempts", fmt.Sprint(r.Attempts))
		}
	}
	for _, f := range st.Failures {
		line("failed", strings.TrimSuffix(fmt.Sprintf("%s in run %s: %s", f.Error, f.Run, f.Message), ": "))
	}
	writeTrail(out, st)
	writeRevisions(out, st)
	out.printf("\n%s\n", st.Next)
	for _, command := range st.Commands {
		out.printf("Next: %s\n", command)
	}
	return out.flush()
}

func writeTrail(out *lines, st *story) {
	if st.Row == nil {
		return
	}
	out.printf("\n")
	t := newTable("at", "answer", "by", "reason")
	for _, s := range st.Row.Trail {
		t.add(instant(s.At), s.Answer, who(s), s.Reason)
	}
	t.write(out)
}

func writeRevisions(out *lines, st *story) {
	if len(st.Revisions) == 0 {
		return
	}
	out.printf("\n")
	t := newTable("value_until", "replaced_by", "fields", "known_from", "run")
	for _, r := range st.Revisions {
		t.add(instant(r.ReplacedAt), r.ReplacedBy, r.Fields, instant(r.Trail[len(r.Trail)-1].At), r.Run)
	}
	t.write(out)
}

// who is the person of a step, or the run.
func who(s row.Step) string { return cmp.Or(s.By, s.Run) }

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
