package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/row"
)

// write tells the story to people: the calendar, the row, what made it so, and
// what is next.
func (st *story) write(a *app) error {
	out := a.stdout.lines()
	out.printf("%s %s, a %s: %s\n\n", st.Key, st.Day, st.Weekday, strings.ReplaceAll(st.State, "_", " "))
	line := func(name, text string) {
		if text != "" {
			out.printf("%-9s %s\n", name, text)
		}
	}
	line("series", fmt.Sprintf("%s, %s", st.series.Title, st.series.Unit))
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
	st.writeTrail(out)
	st.writeRevisions(out)
	out.printf("\n%s\n", st.Next)
	for _, command := range st.do {
		out.printf("Next: %s\n", command)
	}
	return out.flush()
}

func (st *story) writeTrail(out *lines) {
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

func (st *story) writeRevisions(out *lines) {
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
