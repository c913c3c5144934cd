package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/span"
	"lacuna/internal/standing"

	"github.com/spf13/cobra"
)

type status struct {
	standing.Report
	which choice.Flags
}

func (a *app) statusCommand() *cobra.Command {
	var which choice.Flags
	var detailed, heat bool
	var picture string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show what is stored of each series and what lacks",
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			s, err := a.status(cmd.Context(), which)
			if err != nil {
				return err
			}
			fetched := s.Series
			if format == "table" && !a.all {
				fetched = s.fetched()
			}
			if err := a.savePicture(picture, drawCoverage(fetched)); err != nil {
				return err
			}
			shown, rest := output.Part(a.listing(len(fetched)), fetched, "series", standsWorse)
			if err := output.WriteList(a.stdout, format, s.table(shown).Rest(rest), s, s.Series); err != nil {
				return err
			}
			if format == "table" {
				if err := s.tell(a, shown, len(s.Series)-len(fetched), heat); err != nil {
					return err
				}
			}
			if detailed && !s.Complete {
				return &exit.Error{Code: exit.CodeGaps}
			}
			return nil
		}, "table", "json", "jsonl", "csv"),
	}
	f := cmd.Flags()
	which.BindSeries(f)
	which.BindDays(f)
	f.BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when days are missing or waiting")
	f.BoolVar(&heat, "heat", false, "draw each year, in cells of as many days as fit; without it on a terminal for up to five series")
	bindPicture(f, &picture, "the coverage, a line a year")
	f.BoolVar(&a.all, "all", false, "show also the series that have no rows, and more than the worst 40")
	return a.takeKeys(cmd)
}

func (a *app) status(ctx context.Context, which choice.Flags) (out status, err error) {
	out = status{standing.Report{SchemaVersion: output.SchemaVersion, AsOf: a.asOf, Complete: true, Series: []standing.Standing{}}, which}
	chosen, within, err := a.choose(which)
	if err != nil {
		return out, err
	}
	today := span.DayOf(a.asOf)
	if err := standing.Any(chosen, within, today); err != nil {
		return out, exit.Usage("%w", err)
	}
	rows, err := a.openRows(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for _, one := range chosen {
		r, ok := standing.Range(one, within, today)
		if !ok {
			continue
		}
		marks, err := rows.Marks(ctx, one.Key, r)
		if err != nil {
			return out, err
		}
		out.Add(standing.Of(one, r, marks, a.asOf))
	}
	return out, nil
}

// fetched returns the series that have rows, and those that were asked for by name.
func (s *status) fetched() []standing.Standing {
	return slices.DeleteFunc(slices.Clone(s.Series), func(st standing.Standing) bool {
		return st.Rows() == 0 && !slices.Contains(s.which.Series, st.Key)
	})
}

// standsWorse orders series by the days that lack, the most and the oldest first, and
// then by those that have no good value and by how far behind they are.
func standsWorse(x, y standing.Standing) int {
	since := func(s standing.Standing) span.Day {
		if s.OldestGap == nil {
			return 0
		}
		return s.OldestGap.From
	}
	return cmp.Or(cmp.Compare(y.Missing, x.Missing), cmp.Compare(since(x), since(y)), cmp.Compare(y.Waiting, x.Waiting),
		cmp.Compare(y.Quarantined+y.Withdrawn, x.Quarantined+x.Withdrawn), cmp.Compare(y.Behind, x.Behind))
}

func (s *status) table(series []standing.Standing) *output.Table {
	t := output.NewTable("key", "from", "to", "expected", "observed", "absent", "incomplete", "quarantined", "missing", "not_due", "oldest_gap", "newest", "freshness_days", "next_recheck").
		GiveWay("to", "from", "not_due", "expected", "next_recheck", "incomplete", "absent", "oldest_gap")
	for _, st := range series {
		oldest := ""
		if g := st.OldestGap; g != nil {
			oldest = span.Span{From: g.From, To: g.To}.String()
		}
		t.Add(st.Key, st.From, st.To, st.Expected, st.Observed, st.Absent, st.Incomplete, st.Quarantined, st.Missing, st.NotDue,
			oldest, dayCell(st.Newest), s.behind(&st), dayCell(st.NextRecheck))
	}
	return t
}

// behind is the freshness of a series; a number says nothing where no day was ever there.
func (s *status) behind(st *standing.Standing) output.As {
	shown := strconv.Itoa(st.Behind)
	if st.Newest == 0 && st.Behind > 0 && s.everyDay() {
		shown = "never"
	}
	return output.As{Shown: shown, Of: st.Behind}
}

// everyDay reports whether the days were not chosen.
func (s *status) everyDay() bool { return s.which.From == "" && s.which.To == "" }

// maxWithdrawn bounds how many withdrawn days of a series are told of one by one.
const maxWithdrawn = 5

// tell tells people more than the table does, of which unfetched series are left out.
func (s *status) tell(a *app, shown []standing.Standing, unfetched int, heat bool) error {
	out := a.stdout.Lines()
	if len(shown) > 0 {
		out.Printf("\n")
	}
	heatMap(a, out, shown, heat)
	s.withdrawn(a, out)
	if unfetched > 0 {
		says := "never fetched"
		if !s.everyDay() {
			says = "without rows in these days"
		}
		out.Printf("%s %s: --all shows them.\n", output.Count(unfetched, "series"), says)
	}
	out.Printf("%s\n", s.sentence(a))
	return out.Flush()
}

// withdrawn writes a line for each day whose value the publisher no longer has.
func (s *status) withdrawn(a *app, out *output.Lines) {
	list := slices.DeleteFunc(slices.Clone(s.Series), func(st standing.Standing) bool { return st.Withdrawn == 0 })
	list, rest := output.Part(a.listing(len(list)), list, "series", func(x, y standing.Standing) int { return cmp.Compare(y.Withdrawn, x.Withdrawn) })
	for _, st := range list {
		for _, day := range st.Withdrawals()[:min(st.Withdrawn, maxWithdrawn)] {
			out.Printf("%s %s\n", st.Key, day)
		}
		if n := st.Withdrawn - maxWithdrawn; n > 0 {
			out.Printf("%s: and %d more\n", st.Key, n)
		}
	}
	if rest != "" {
		out.Printf("%s\n", rest)
	}
}

// sentence says whether all is there, or what is not.
func (s *status) sentence(a *app) string {
	var sum standing.Coverage
	for _, st := range s.Series {
		sum.Missing += st.Missing
		sum.Waiting += st.Waiting
		sum.Quarantined += st.Quarantined
		sum.Unexpected += st.Unexpected
		sum.Withdrawn += st.Withdrawn
	}
	var more []string
	if sum.Waiting > 0 {
		more = append(more, output.Count(sum.Waiting, "day")+" without a good value, to be asked for again")
	}
	if sum.Quarantined > 0 {
		more = append(more, output.Count(sum.Quarantined, "day")+" quarantined")
	}
	if sum.Withdrawn > 0 {
		more = append(more, output.Count(sum.Withdrawn, "day")+" withdrawn by the publisher")
	}
	if sum.Unexpected > 0 {
		more = append(more, output.Count(sum.Unexpected, "row")+" of closed days")
	}
	rest := strings.Join(append([]string{""}, more...), "; ")
	switch {
	case sum.Missing > 0:
		return fmt.Sprintf("Missing: %s%s. Next: %s", output.Count(sum.Missing, "day"), rest, a.again("backfill", "series", "from", "to"))
	case s.Complete:
		rest = fmt.Sprintf("Complete: %d series, every due day%s.", len(s.Series), rest)
	default:
		rest = "Nothing missing" + rest + "."
	}
	today := span.DayOf(a.asOf)
	if slices.ContainsFunc(s.Series, func(st standing.Standing) bool { return st.NextRecheck != 0 && st.NextRecheck <= today }) {
		return rest + " Next: " + a.again("backfill", "series", "from", "to")
	}
	if sum.Quarantined+sum.Withdrawn > 0 {
		rest += " Next: " + a.again("quarantine list", "series", "from", "to")
	}
	return rest
}

// manySeries is from how many series on status draws only when it is told to.
const manySeries = 6

// heatMap writes the picture of the coverage, with a line of words for each series.
// It is for a terminal, and for those who want it.
func heatMap(a *app, out *output.Lines, list []standing.Standing, wanted bool) {
	terminal := output.IsTerminal(a.stdout, a.env)
	if len(list) == 0 || !wanted && (!terminal || len(list) >= manySeries) {
		return
	}
	h := standing.Heat{Width: a.stdout.Width(a.env), Colour: terminal && a.env["NO_COLOR"] == ""}
	for i := range list {
		st := &list[i]
		out.Printf("%s: %s\n%s\n", st.Key, st.Words(), h.Picture(&st.Coverage))
	}
	out.Printf("%s\n\n", h.Legend())
}
