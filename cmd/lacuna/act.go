package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"

	"lacuna/internal/act"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

// actCommand is a verb by which a person decides about days of one series.
func (a *app) actCommand(use, short string, does row.Act) *cobra.Command {
	d := decision{Decision: act.Decision{Act: does}}
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  noArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			return d.run(cmd.Context(), a, format)
		}, "table", "json"),
	}
	f := cmd.Flags()
	f.StringVar(&d.key, "series", "", "`key` of the series")
	f.StringVar(&d.days.From, "from", "", "first `day`: 2024-01-05, today or -30d")
	f.StringVar(&d.days.To, "to", "", "last `day`")
	f.StringVar(&d.reason, "reason", "", "`text` that says why; it is kept with the days")
	f.StringVar(&d.by, "by", "", "`name` of who decides (default $USER, else the operating system's name of you)")
	a.bindYes(f)
	return cmd
}

// decision is what a person says of days: the flags, and what they come to.
type decision struct {
	key        string
	days       choice.Flags
	reason, by string

	act.Decision
}

func (d *decision) run(ctx context.Context, a *app, format string) (err error) {
	if err := d.read(a); err != nil {
		return err
	}
	rows, err := a.openToChange(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	steps, _, err := d.Choose(ctx, rows)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("%s: %s of %s in %s. Go on?", d.Act, output.Count(len(steps), "day"), d.Of.Key, a.where())
	if err := a.confirm(ctx, question); err != nil {
		return err
	}
	for i := range steps {
		if err := d.Do(ctx, rows, &steps[i]); err != nil {
			return fmt.Errorf("%s %s: %w; %d of %s changed", d.Of.Key, steps[i].Old.Day, err, i, output.Count(len(steps), "day"))
		}
	}
	return d.tell(a, format, steps)
}

// person is who calls, "" if nobody knows.
func (a *app) person() string {
	if name := strings.TrimSpace(a.env["USER"]); name != "" {
		return name
	}
	u, err := user.Current()
	if err != nil { // a user without an entry, as containers have
		return ""
	}
	return u.Username
}

// hand is who decides, the one who calls unless that is said, and why.
func (a *app) hand(by, reason string) row.Hand {
	h := row.Hand{At: a.asOf, By: strings.TrimSpace(by), Reason: strings.TrimSpace(reason)}
	if h.By == "" {
		h.By = a.person()
	}
	return h
}

// checkHand refuses words that cannot be kept.
func checkHand(h row.Hand) error {
	for _, said := range [][2]string{{"by", h.By}, {"reason", h.Reason}} {
		if err := act.CheckWords(said[1]); err != nil {
			return exit.Usage("--%s: %w", said[0], err)
		}
	}
	return nil
}

// read checks the flags.
func (d *decision) read(a *app) error {
	d.Hand = a.hand(d.by, d.reason)
	var missing []string
	for _, want := range []struct{ flag, value string }{
		{"series", d.key}, {"from", d.days.From}, {"to", d.days.To}, {"reason", d.Hand.Reason}, {"by", d.Hand.By},
	} {
		if want.value == "" {
			missing = append(missing, "--"+want.flag)
		}
	}
	why := ""
	if d.Hand.By == "" {
		why = ": there is no $USER, and the operating system has no name for this user"
	}
	switch len(missing) {
	case 0:
	case 1:
		return exit.Usage("%s: %s is missing%s", d.Act, missing[0], why)
	default:
		return exit.Usage("%s: %s are missing%s", d.Act, strings.Join(missing, " and "), why)
	}
	if err := checkHand(d.Hand); err != nil {
		return err
	}
	s, err := a.openSeries()
	if err != nil {
		return err
	}
	if d.Of, err = s.One(d.key); err != nil {
		return err
	}
	today := span.DayOf(a.asOf)
	if d.Within, err = d.days.Span(today); err != nil {
		return err
	}
	if d.Within.To > today {
		return exit.Usage("--to %s is in the future", d.Within.To)
	}
	return nil
}

func (d *decision) tell(a *app, format string, steps []act.Step) error {
	done := d.Document(steps)
	if format == "json" {
		return output.WriteJSON(a.stdout, done)
	}
	t := output.NewTable("day", "was", "now", "fields")
	for _, day := range done.Days {
		t.Add(day.Day, day.Was, day.Now, day.Fields)
	}
	out := a.stdout.Lines()
	t.Write(out)
	next := "status"
	if d.Act == row.MarkMissing || d.Act == row.Release {
		next = "backfill"
	}
	out.Printf("\n%s: %s of %s.\nNext: %s\n", d.Act, output.Count(len(steps), "day"), d.Of.Key, a.again(next, "series", "from", "to"))
	return out.Flush()
}
