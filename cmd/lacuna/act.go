package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"unicode"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/spf13/cobra"
)

// actCommand is a verb by which a person decides about days of one series.
func (a *app) actCommand(use, short string, act row.Act) *cobra.Command {
	d := decision{act: act}
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
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
	act        row.Act
	key        string
	days       choice.Flags
	reason, by string

	series *catalogue.Series
	within span.Span
	hand   row.Hand
}

// maxWords bounds what is kept of a person's words, in bytes.
const maxWords = 1000

// step is a row and what it becomes.
type step struct{ old, next row.Row }

func (d *decision) run(ctx context.Context, a *app, format string) (err error) {
	if err := d.read(a); err != nil {
		return err
	}
	rows, err := a.openToChange(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	steps, err := d.choose(ctx, a, rows)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("%s: %s of %s in %s. Go on?", d.act, output.Count(len(steps), "day"), d.series.Key, a.where())
	if err := a.confirm(ctx, question); err != nil {
		return err
	}
	for i := range steps {
		if err := d.change(ctx, rows, &steps[i]); err != nil {
			return fmt.Errorf("%s %s: %w; %d of %s changed", d.series.Key, steps[i].old.Day, err, i, output.Count(len(steps), "day"))
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

// read checks the flags.
func (d *decision) read(a *app) error {
	d.hand = row.Hand{At: a.asOf, By: strings.TrimSpace(d.by), Reason: strings.TrimSpace(d.reason)}
	if d.hand.By == "" {
		d.hand.By = a.person()
	}
	var missing []string
	for _, want := range []struct{ flag, value string }{
		{"series", d.key}, {"from", d.days.From}, {"to", d.days.To}, {"reason", d.hand.Reason}, {"by", d.hand.By},
	} {
		if want.value == "" {
			missing = append(missing, "--"+want.flag)
		}
	}
	why := ""
	if d.hand.By == "" {
		why = ": there is no $USER, and the operating system has no name for this user"
	}
	switch len(missing) {
	case 0:
	case 1:
		return exit.Usage("%s: %s is missing%s", d.act, missing[0], why)
	default:
		return exit.Usage("%s: %s are missing%s", d.act, strings.Join(missing, " and "), why)
	}
	for _, said := range [][2]string{{"by", d.hand.By}, {"reason", d.hand.Reason}} {
		if len(said[1]) > maxWords || strings.ContainsFunc(said[1], unicode.IsControl) {
			return exit.Usage("--%s: want one line of at most %d bytes", said[0], maxWords)
		}
	}
	s, err := a.openSeries()
	if err != nil {
		return err
	}
	if d.series, err = s.One(d.key); err != nil {
		return err
	}
	today := span.DayOf(a.asOf)
	if d.within, err = d.days.Span(today); err != nil {
		return err
	}
	if d.within.To > today {
		return exit.Usage("--to %s is in the future", d.within.To)
	}
	return nil
}

// choose returns what is to be done, all of it checked: an error means that
// nothing is.
func (d *decision) choose(ctx context.Context, a *app, rows rowReader) ([]step, error) {
	stored, err := rows.Rows(ctx, d.series.Key, d.within)
	if err != nil {
		return nil, err
	}
	if d.act == row.MarkAbsent {
		if stored, err = d.dueRows(a, stored); err != nil {
			return nil, err
		}
	}
	var steps []step
	var unfit error // the first
	for _, old := range stored {
		next, err := row.Decide(old, d.act, d.hand, d.series.Fields)
		if err == nil {
			steps = append(steps, step{old, next})
		} else if unfit == nil {
			unfit = fmt.Errorf("%s %s %w", d.series.Key, old.Day, err)
		}
	}
	each := d.act == row.MarkAbsent || d.act == row.MarkMissing // whether all rows must fit
	switch {
	case unfit != nil && (each || len(steps) == 0):
		return nil, fmt.Errorf("%w. Nothing was changed", unfit)
	case len(steps) == 0:
		return nil, fmt.Errorf("nothing is stored of %s for %s. Nothing was changed", d.series.Key, d.within)
	}
	return steps, nil
}

// dueRows returns a row for each due day of the range, an empty one where none
// of stored is.
func (d *decision) dueRows(a *app, stored []row.Row) ([]row.Row, error) {
	var all []row.Row
	last, ok := d.series.Due(a.asOf)
	for day := range d.series.Expected(d.within).All() {
		if !ok || day > last {
			break
		}
		r := row.Row{Series: d.series.Key, Day: day}
		if i := slices.IndexFunc(stored, func(r row.Row) bool { return r.Day == day }); i >= 0 {
			r = stored[i]
		}
		all = append(all, r)
	}
	if len(all) > 0 {
		return all, nil
	}
	_, why := d.series.Explain(d.within.From)
	return nil, fmt.Errorf("no day of %s is due in %s. %s: %s", d.series.Key, d.within, d.within.From, why)
}

// change does one step. When somebody else was quicker it is decided anew.
func (d *decision) change(ctx context.Context, rows rowWriter, s *step) error {
	return store.Replace(ctx, rows, s.old, s.next, func(now row.Row) (_ row.Row, ok bool, err error) {
		if s.old = now; d.hasMade(now) {
			return s.next, false, nil // the answer to our own change was lost, and it was sent twice
		}
		if s.next, err = row.Decide(now, d.act, d.hand, d.series.Fields); err != nil {
			err = fmt.Errorf("changed meanwhile and %w", err)
		}
		return s.next, true, err
	})
}

// hasMade reports whether the last thing that made r is this decision.
func (d *decision) hasMade(r row.Row) bool {
	if len(r.Trail) == 0 {
		return false
	}
	last := r.Trail[len(r.Trail)-1]
	return last.Answer == string(d.act) && last.By == d.hand.By && last.At.Equal(d.hand.At)
}

// decided is one day in the output of an act.
type decided struct {
	Day    span.Day   `json:"day"`
	Was    row.Status `json:"was"`
	Now    row.Status `json:"now"`
	Fields row.Fields `json:"fields"` // that were stored
}

func (d *decision) tell(a *app, format string, steps []step) error {
	days := make([]decided, len(steps))
	t := output.NewTable("day", "was", "now", "fields")
	for i, s := range steps {
		days[i] = decided{s.old.Day, cmp.Or(s.old.Status, "missing"), s.next.Status, s.old.Fields}
		t.Add(days[i].Day, days[i].Was, days[i].Now, days[i].Fields)
	}
	if format == "json" {
		return output.WriteJSON(a.stdout, struct {
			SchemaVersion int       `json:"schema_version"`
			Act           row.Act   `json:"act"`
			Key           string    `json:"key"`
			By            string    `json:"by"`
			Reason        string    `json:"reason"`
			Days          []decided `json:"days"`
		}{output.SchemaVersion, d.act, d.series.Key, d.hand.By, d.hand.Reason, days})
	}
	out := a.stdout.Lines()
	t.Write(out)
	next := "status"
	if d.act == row.MarkMissing || d.act == row.Release {
		next = "backfill"
	}
	out.Printf("\n%s: %s of %s.\nNext: %s\n", d.act, output.Count(len(steps), "day"), d.series.Key, a.again(next, "series", "from", "to"))
	return out.Flush()
}
