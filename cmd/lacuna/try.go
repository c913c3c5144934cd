package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/exit"
	"lacuna/internal/fault"
	"lacuna/internal/notation"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/declared"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

// tryDays is how many expected days `series try` asks for.
const tryDays = 10

func (a *app) seriesTryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "try KEY",
		Short: "ask the publisher for the last due days of a series and compare with the calendar; stores nothing",
		Args:  cobra.ExactArgs(1),

		ValidArgsFunction: a.completeKeys,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) error {
			s, err := a.openSeries()
			if err != nil {
				return err
			}
			one, err := s.One(args[0])
			if err != nil {
				return err
			}
			t, err := a.try(cmd.Context(), s.Catalogue, one)
			if err != nil {
				return err
			}
			return t.tell(a, format)
		}, "table", "json"),
	}
}

// trial is what a publisher answered, against what was expected.
type trial struct {
	SchemaVersion int        `json:"schema_version"`
	Key           string     `json:"key"`
	Source        string     `json:"source"`
	From          span.Day   `json:"from"`
	To            span.Day   `json:"to"`
	Agrees        bool       `json:"agrees"`
	Days          []trialDay `json:"days"`
	Suggests      string     `json:"suggests,omitempty"` // for the catalogue, when one thing is likely to be wrong there
	Requests      []exchange `json:"requests"`
	Read          []string   `json:"read,omitempty"` // how a declared source was understood

	fields []string
	why    string // of Suggests
}

// exchange is a request as it was sent, secrets masked, and what came.
type exchange struct {
	URL     string   `json:"url"`
	Headers []string `json:"headers,omitempty"`
	Status  int      `json:"status"`
	Bytes   int      `json:"bytes"`
	Begins  []string `json:"begins,omitempty"` // the first lines of the body
}

type trialDay struct {
	Day    span.Day   `json:"day"`
	Fields row.Fields `json:"fields,omitempty"`
	Says   string     `json:"says"` // good, or what is wrong
}

const (
	good         = "good"
	notPublished = "expected, but not published"
)

func (a *app) try(ctx context.Context, c *catalogue.Catalogue, one *catalogue.Series) (t trial, err error) {
	expected := one.LastDue(a.asOf, tryDays)
	if len(expected) == 0 {
		return t, fmt.Errorf("%s: no day is due at %s", one.Key, a.asOf.Format("2006-01-02 15:04 MST"))
	}
	asked := span.Span{From: expected[0].From, To: expected[len(expected)-1].To}
	of, _ := c.Source(one.Source)
	from, err := a.openSources(of)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	watch := &source.Watch{}
	answer, err := from.ByName[of.Name].Fetch(source.WithWatch(ctx, watch), source.Request{
		Series: []source.Series{{Key: one.Key, Code: one.Code, Fields: one.Fields}}, Span: asked,
	})
	t.Requests, t.Read = exchanges(watch, of), watch.Notes()
	if err != nil {
		t.tellExchanges(a)
		switch fault.NameOf(err) {
		case fault.Unavailable, fault.Throttled:
			return t, exit.New(exit.CodeUnreachable, "%s cannot be reached: %w", of.Name, fault.Bare(err))
		}
		return t, err
	}
	t.SchemaVersion, t.Key, t.Source, t.From, t.To, t.fields = output.SchemaVersion, one.Key, of.Name, asked.From, asked.To, one.Fields
	t.judge(one, expected, answer)
	if t.Suggests = t.later(one, span.DayOf(a.asOf.In(one.Ready.Zone))); t.Suggests != "" {
		t.why = "Only the newest period is not published yet. If that is so each time, say in the catalogue how many days it takes, at least"
	} else if t.Suggests = t.firsts(of, one); t.Suggests != "" {
		t.why = "No value is of the first day of a period, as the catalogue has them. If the publisher means its days so, say there"
	}
	return t, nil
}

// shownLines and shownWidth are how much of a body is shown.
const (
	shownLines = 8
	shownWidth = 160
)

func exchanges(w *source.Watch, of *catalogue.Source) (list []exchange) {
	for _, x := range w.Exchanges() {
		e := exchange{URL: x.URL, Headers: x.Headers, Status: x.Status, Bytes: x.Bytes}
		if text := declared.Text(of, x.Head); strings.HasPrefix(text, "PK") {
			e.Begins = []string{"(a workbook, or another ZIP)"}
		} else {
			for line := range strings.Lines(text) {
				line = strings.TrimRight(line, "\r\n")
				if len(line) > shownWidth {
					line = strings.ToValidUTF8(line[:shownWidth], "") + "..."
				}
				if e.Begins = append(e.Begins, line); len(e.Begins) == shownLines {
					break
				}
			}
		}
		list = append(list, e)
	}
	return list
}

// tellExchanges notes what was asked, what came and how it was understood.
func (t *trial) tellExchanges(a *app) {
	for _, x := range t.Requests {
		a.note("GET %s", x.URL)
		for _, h := range x.Headers {
			a.note("    %s", h)
		}
		a.note("  status %d, %d bytes", x.Status, x.Bytes)
		for _, line := range x.Begins {
			a.note("  | %s", line)
		}
	}
	for _, line := range t.Read {
		a.note("  read: %s", line)
	}
}

// judge compares an answer with the expected days.
func (t *trial) judge(one *catalogue.Series, expected span.Runs, answer source.Answer) {
	byDay := map[span.Day]trialDay{}
	for d := range expected.All() {
		byDay[d] = trialDay{Day: d, Says: notPublished}
	}
	for _, o := range answer.Observations {
		says := one.Check(o.Fields)
		if is, why := one.Explain(o.Day); !is {
			says = "published, but not expected: " + why
		}
		if says == "" {
			says = good
		}
		byDay[o.Day] = trialDay{o.Day, o.Fields, says}
	}
	for _, d := range answer.Damaged {
		byDay[d.Day] = trialDay{d.Day, d.Fields, d.Reason}
	}
	t.Agrees = true
	for _, d := range byDay {
		t.Days = append(t.Days, d)
		t.Agrees = t.Agrees && d.Says == good
	}
	slices.SortFunc(t.Days, func(a, b trialDay) int { return int(a.Day - b.Day) })
}

// later returns the `ready` by which the newest period is due on the day after
// today, when it alone is not published.
func (t *trial) later(one *catalogue.Series, today span.Day) string {
	last := len(t.Days) - 1
	if last < 1 || t.Days[last].Says != notPublished || slices.ContainsFunc(t.Days[:last], func(d trialDay) bool { return d.Says != good }) {
		return ""
	}
	after := max(1, today+1-one.End(t.Days[last].Day))
	if after > catalogue.MaxAfter {
		return ""
	}
	return fmt.Sprintf(`ready: {after: %dd, at: "%02d:%02d", zone: %s}`, after, one.Ready.Hour, one.Ready.Minute, one.Ready.Zone)
}

// firsts returns what makes the days that are published those of the series, when none of
// them is one and they are alike: all of one weekday, or each of a month or quarter of its own.
func (t *trial) firsts(of *catalogue.Source, one *catalogue.Series) string {
	var days []span.Day
	for _, d := range t.Days {
		is, _ := one.Explain(d.Day)
		if is && d.Says != notPublished {
			return ""
		}
		if !is {
			days = append(days, d.Day)
		}
	}
	if len(days) == 0 {
		return ""
	}
	switch one.Cadence {
	case catalogue.Weekly:
		if slices.ContainsFunc(days, func(d span.Day) bool { return d.Weekday() != days[0].Weekday() }) {
			return ""
		}
		return fmt.Sprintf("since: %s", one.Since+(days[0]-one.Since)%7)
	case catalogue.Monthly, catalogue.Quarterly:
		period := map[string]string{catalogue.Monthly: notation.Month, catalogue.Quarterly: notation.Quarter}[one.Cadence]
		if of.Declared == nil || of.Declared.Period != "" {
			return ""
		}
		for i := range days[1:] {
			if notation.PeriodOf(days[i], period) == notation.PeriodOf(days[i+1], period) {
				return ""
			}
		}
		return "period: " + period
	}
	return ""
}

// tell writes t; it is an error when publisher and calendar disagree.
func (t *trial) tell(a *app, format string) error {
	if format == "json" {
		if err := output.WriteJSON(a.stdout, t); err != nil {
			return err
		}
	} else {
		t.tellExchanges(a)
		if err := t.write(a); err != nil {
			return err
		}
	}
	if !t.Agrees {
		return errors.New("publisher and catalogue do not agree")
	}
	return nil
}

func (t *trial) write(a *app) error {
	rows := output.NewTable(append(append([]string{"day", "weekday"}, t.fields...), "says")...).Below("says")
	for _, d := range t.Days {
		cells := []any{d.Day, d.Day.Weekday()}
		for _, name := range t.fields {
			value, _ := d.Fields.Get(name)
			cells = append(cells, value)
		}
		rows.Add(append(cells, d.Says)...)
	}
	out := a.stdout.Lines()
	out.Printf("%s from %s, %s to %s; nothing is stored.\n\n", t.Key, t.Source, t.From, t.To)
	rows.Write(out)
	if t.Agrees {
		out.Printf("\nPublisher and catalogue agree on %s.\n", strings.TrimSpace(output.Count(len(t.Days), "day")))
	}
	if t.Suggests != "" {
		out.Printf("\n%s:\n  %s\n", t.why, t.Suggests)
	}
	return out.Flush()
}
